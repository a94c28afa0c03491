//! Second factors.

use axum::Router;
use roster_api::{ActivateTotp, BeginTotp, DisableMfa, GetMfa, RenewRecoveryCodes};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{MfaStatus, RecoveryCodes, TotpEnrolment, User};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(get))
        .merge(endpoint(begin))
        .merge(endpoint(activate))
        .merge(endpoint(disable))
        .merge(endpoint(renew_recovery_codes))
}

async fn get(call: Call<GetMfa>) -> Result<MfaStatus> {
    call.core.get_mfa(&call.actor, &call.path.user).await
}

async fn begin(call: Call<BeginTotp>) -> Result<TotpEnrolment> {
    call.core.begin_totp(&call.actor, &call.path.user).await
}

async fn activate(call: Call<ActivateTotp>) -> Result<RecoveryCodes> {
    let (_, codes) = call.core.activate_totp(&call.actor, &call.path.user, &call.body).await?;
    Ok(codes)
}

async fn disable(call: Call<DisableMfa>) -> Result<User> {
    call.core.disable_mfa(&call.actor, &call.path.user).await
}

async fn renew_recovery_codes(call: Call<RenewRecoveryCodes>) -> Result<RecoveryCodes> {
    call.core.renew_recovery_codes(&call.actor, &call.path.user).await
}
