//! Phone numbers, codes by SMS, and setting a new password with one.

use roster_model::{
    CodeChannel, CodePurpose, CodeRequest, PasswordReset, SetPhone, UserRef, VerifyPhone,
};

use super::{Reply, call::Call, replies::done, requests, translate, users::reply};

/// Said to everybody, whoever asks for whatever code.
const SENT: &str =
    "If the account has a verified phone number, an SMS with the OTP is on its way to it";

pub(super) async fn register(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let body: requests::RegisterPhone = requests::json(&call.body)?;
    let actor = actor.with_proof(body.otp.proof());
    let phone = SetPhone { phone: body.phone_number };
    let user = call.core().set_phone(&actor, &UserRef::Me, &phone).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn validate(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let code = call.query.text("otp")?.unwrap_or_default().into();
    let user = call
        .core()
        .verify_phone(&actor, &UserRef::Me, &VerifyPhone { code })
        .await
        .map_err(translate::at_validation)?;
    reply(call, &actor, &user).await
}

pub(super) async fn send_code(call: &Call) -> Reply {
    let nobody = call.nobody()?;
    let login = call.query.text("username")?.unwrap_or_default();
    // An unknown template sends nothing; the number of a new registration is no way around the login.
    let purpose = match call.query.text("message_template_name")? {
        Some("reset_password") => Some(CodePurpose::ResetPassword),
        Some("disable_mfa") => Some(CodePurpose::DisableMfa),
        Some("get_token") => Some(CodePurpose::GetToken),
        _ => None,
    };
    if let Some(purpose) = purpose {
        let request = CodeRequest { login: login.into(), purpose, channel: CodeChannel::Sms };
        call.core().send_code(&nobody, &request).await?;
    }
    done(&SENT)
}

pub(super) async fn reset_password(call: &Call) -> Reply {
    let nobody = call.nobody()?;
    let body: requests::ResetPassword = requests::json(&call.body)?;
    let reset = PasswordReset {
        login: Some(body.username),
        code: Some(body.otp.0.unwrap_or_else(|| "".into())),
        token: None,
        new_password: body.new_password,
    };
    call.core().reset_password(&nobody, &reset).await.map_err(translate::at_reset)?;
    done(&"The password has been reset")
}
