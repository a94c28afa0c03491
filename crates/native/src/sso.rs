//! Sign-in at outside providers.

use axum::Router;
use roster_api::{
    BeginSsoSignIn, DisableUserSso, EnableUserSso, FinishSsoSignIn, ListSsoLinks, ListSsoProviders,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Page, SignedIn, SsoLink, SsoProvider, SsoTicket};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(providers))
        .merge(endpoint(begin))
        .merge(endpoint(finish))
        .merge(endpoint(links))
        .merge(endpoint(enable))
        .merge(endpoint(disable))
}

async fn providers(call: Call<ListSsoProviders>) -> Result<Page<SsoProvider>> {
    call.core.sso_providers(&call.actor).await.map(Page::from)
}

async fn begin(call: Call<BeginSsoSignIn>) -> Result<SsoTicket> {
    let account = call.body.account.as_ref();
    call.core.begin_sso_sign_in(&call.actor, &call.body.provider, account).await
}

async fn finish(call: Call<FinishSsoSignIn>) -> Result<SignedIn> {
    call.core.finish_sso_sign_in(&call.actor, &call.body.ticket).await
}

async fn links(call: Call<ListSsoLinks>) -> Result<Page<SsoLink>> {
    call.core.list_sso_links(&call.actor, &call.path.user).await.map(Page::from)
}

async fn enable(call: Call<EnableUserSso>) -> Result<SsoLink> {
    let email = call.body.email.as_deref();
    call.core.enable_sso(&call.actor, &call.path.user, &call.path.provider, email).await
}

async fn disable(call: Call<DisableUserSso>) -> Result<SsoLink> {
    call.core.disable_sso(&call.actor, &call.path.user, &call.path.provider).await
}
