//! Passwords, one-time codes, e-mail addresses and phone numbers.

use axum::Router;
use roster_api::{
    ChangeUserPassword, ConfirmEmailAddress, RemovePhone, ResetPassword, SendCode, SetUserPhone,
    VerifyUserPhone,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Accepted, User};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(change_password))
        .merge(endpoint(send_code))
        .merge(endpoint(reset_password))
        .merge(endpoint(confirm_email))
        .merge(endpoint(set_phone))
        .merge(endpoint(remove_phone))
        .merge(endpoint(verify_phone))
}

async fn change_password(call: Call<ChangeUserPassword>) -> Result<()> {
    call.core.change_password(&call.actor, &call.path.user, &call.body).await
}

async fn send_code(call: Call<SendCode>) -> Result<Accepted> {
    call.core.send_code(&call.actor, &call.body).await
}

async fn reset_password(call: Call<ResetPassword>) -> Result<()> {
    call.core.reset_password(&call.actor, &call.body).await
}

async fn confirm_email(call: Call<ConfirmEmailAddress>) -> Result<User> {
    call.core.confirm_email(&call.actor, &call.body).await
}

async fn set_phone(call: Call<SetUserPhone>) -> Result<User> {
    call.core.set_phone(&call.actor, &call.path.user, &call.body).await
}

async fn remove_phone(call: Call<RemovePhone>) -> Result<User> {
    call.core.remove_phone(&call.actor, &call.path.user).await
}

async fn verify_phone(call: Call<VerifyUserPhone>) -> Result<User> {
    call.core.verify_phone(&call.actor, &call.path.user, &call.body).await
}
