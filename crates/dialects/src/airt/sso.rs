//! Signing in at Google and GitHub, and the settings for it.

use roster_model::{SignIn, UserRef};

use super::{
    Reply,
    call::Call,
    replies::{SsoReply, TokenReply, done},
    requests::{self, password_and_code},
    translate,
    users::named,
};

pub(super) async fn initiate(call: &Call) -> Reply {
    let nobody = call.nobody()?;
    let body: requests::BeginSso = requests::json(&call.body)?;
    let (password, code) = password_and_code(body.password);
    let sign_in = SignIn { login: body.username, password, code };
    let provider = known(&body.sso_provider);
    let ticket = call
        .core()
        .begin_sso_sign_in(&nobody, provider, Some(&sign_in))
        .await
        .map_err(|error| translate::at_provider(error, provider))?;
    done(&serde_json::json!({ "authorization_url": ticket.authorization_url }))
}

pub(super) async fn token(call: &Call) -> Reply {
    let nobody = call.nobody()?;
    let url = call.query.text("authorization_url")?.unwrap_or_default();
    let signed_in = call.core().finish_sso_sign_in_at(&nobody, url).await?;
    done(&TokenReply::from(signed_in.token))
}

pub(super) async fn enable(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let body: requests::EnableSso = requests::json(&call.body)?;
    let actor = actor.with_proof(body.otp.proof());
    let email = body.sso_email.as_deref();
    let link =
        call.core().enable_sso(&actor, &UserRef::Me, known(&body.sso_provider), email).await?;
    done(&SsoReply::from(&link))
}

pub(super) async fn disable(call: &Call, user: &str, provider: &str) -> Reply {
    let actor = call.caller_with_code().await?;
    let link = call.core().disable_sso(&actor, &named(user), known(provider)).await?;
    done(&SsoReply::from(&link))
}

/// A provider that airt knows. Others may be there for the other doors; here their names are nobody's.
fn known(provider: &str) -> &str {
    if matches!(provider, "google" | "github") { provider } else { "" }
}
