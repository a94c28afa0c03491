//! `/user/mfa/…`: enrolling an authenticator, and turning it off.

use roster_model::{ActivateMfa, UserRef};

use super::{
    Reply,
    call::Call,
    replies::{MfaReply, done},
    requests,
    translate::{self, Refusal},
    users::{named, reply},
};

pub(super) async fn generate(call: &Call) -> Reply {
    let actor = call.caller_with_code().await?;
    let enrolment = call.core().begin_totp(&actor, &UserRef::Me).await?;
    done(&MfaReply::from(enrolment))
}

pub(super) async fn activate(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let body: requests::ActivateMfa = requests::json(&call.body)?;
    let code = body.user_otp.0.ok_or_else(|| Refusal::malformed("user_otp is missing"))?;
    // The recovery codes that come with it are Roster's own; this door has no place to show them.
    let (user, _) = call
        .core()
        .activate_totp(&actor, &UserRef::Me, &ActivateMfa { code })
        .await
        .map_err(translate::at_activation)?;
    reply(call, &actor, &user).await
}

pub(super) async fn disable(call: &Call, user: &str) -> Reply {
    let actor = call.caller_with_code().await?;
    let user = call.core().disable_mfa(&actor, &named(user)).await?;
    reply(call, &actor, &user).await
}
