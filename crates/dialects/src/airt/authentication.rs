//! `POST /token` and `GET /version`.

use roster_model::SignIn;

use super::{
    Reply,
    call::Call,
    replies::{TokenReply, done},
    requests::{self, password_and_code},
    translate::Refusal,
};

/// A token for a name and a password, and a code if the account has MFA.
pub(super) async fn token(call: &Call) -> Reply {
    let form: requests::Token = serde_urlencoded::from_bytes(&call.body)
        .map_err(|error| Refusal::malformed(format!("The form is malformed: {error}")))?;
    let (password, code) = password_and_code(form.password);
    let sign_in = SignIn { login: form.username, password, code };
    let signed_in = call.core().sign_in(&call.nobody()?, &sign_in).await?;
    done(&TokenReply::from(signed_in.token))
}

/// The server's version.
pub(super) fn version(call: &Call) -> Reply {
    call.nobody()?;
    done(&serde_json::json!({ "airt_service": env!("CARGO_PKG_VERSION") }))
}
