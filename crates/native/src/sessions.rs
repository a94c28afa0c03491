//! Signing in and out, sessions, and what a token stands for.

use axum::Router;
use roster_api::{
    EndSession, EndSessions, GetSession, ImpersonateUser, Introspect, ListSessions, Register,
    ReplaceExpiredPassword, RequestRegistration, SignInWithPassword, SignOut, WhoAmI,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Accepted, EndedSessions, Introspection, Page, Session, SignedIn, User, Whoami};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(sign_in))
        .merge(endpoint(sign_out))
        .merge(endpoint(change_expired_password))
        .merge(endpoint(request_registration))
        .merge(endpoint(register))
        .merge(endpoint(whoami))
        .merge(endpoint(introspect))
        .merge(endpoint(list))
        .merge(endpoint(get))
        .merge(endpoint(end_all))
        .merge(endpoint(end))
        .merge(endpoint(impersonate))
}

async fn sign_in(call: Call<SignInWithPassword>) -> Result<SignedIn> {
    call.core.sign_in(&call.actor, &call.body).await
}

async fn sign_out(call: Call<SignOut>) -> Result<()> {
    call.core.sign_out(&call.actor).await
}

async fn change_expired_password(call: Call<ReplaceExpiredPassword>) -> Result<()> {
    call.core.change_expired_password(&call.actor, &call.body).await
}

async fn request_registration(call: Call<RequestRegistration>) -> Result<Accepted> {
    call.core.request_registration(&call.actor, &call.body).await
}

async fn register(call: Call<Register>) -> Result<User> {
    Ok(call.core.register(&call.actor, &call.body).await?.user)
}

async fn whoami(call: Call<WhoAmI>) -> Result<Whoami> {
    call.core.whoami(&call.actor).await
}

async fn introspect(call: Call<Introspect>) -> Result<Introspection> {
    call.core.introspect(&call.actor, &call.body).await
}

async fn list(call: Call<ListSessions>) -> Result<Page<Session>> {
    call.core.list_sessions(&call.actor, &call.path.user, &call.query.0, &call.query.1).await
}

async fn get(call: Call<GetSession>) -> Result<Session> {
    call.core.get_session(&call.actor, &call.path.user, call.path.session).await
}

async fn end_all(call: Call<EndSessions>) -> Result<EndedSessions> {
    let keep_current = call.query.keep_current.unwrap_or(false);
    call.core.end_sessions(&call.actor, &call.path.user, keep_current).await
}

async fn end(call: Call<EndSession>) -> Result<()> {
    call.core.end_session(&call.actor, &call.path.user, call.path.session).await
}

async fn impersonate(call: Call<ImpersonateUser>) -> Result<SignedIn> {
    call.core.impersonate(&call.actor, &call.path.user).await
}
