//! Second factors, one-time codes, and what is done with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Secret, problem::words};

words! {
    /// What a one-time code is for; it is good for nothing else.
    CodePurpose {
        /// Setting a new password without the old one.
        ResetPassword = "reset_password",
        /// Turning multi-factor authentication off.
        DisableMfa = "disable_mfa",
        /// Proving that a phone number is one's own.
        VerifyPhone = "verify_phone",
        /// Signing in.
        GetToken = "get_token",
        /// Proving that an e-mail address is one's own.
        ConfirmEmail = "confirm_email",
    }
}

words! {
    /// How a one-time code is sent.
    CodeChannel {
        /// To the verified phone number.
        Sms = "sms",
        /// To the confirmed e-mail address.
        Email = "email",
    }
}

/// The state of a user's second factors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MfaStatus {
    /// Whether sign-in asks for a second factor.
    pub is_active: bool,
    /// Whether an enrolment waits for its first code.
    pub is_pending: bool,
    /// Since when it is active.
    pub activated_at: Option<Timestamp>,
    /// Recovery codes not yet used.
    pub recovery_codes_left: u32,
}

/// A new secret for an authenticator app. It does nothing until activated with a code.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TotpEnrolment {
    /// The `otpauth://` address that a QR code holds.
    pub otpauth_url: Secret,
    /// The secret in base32, for typing in.
    pub secret: Secret,
}

/// The first code of an enrolment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateMfa {
    /// Six digits from the authenticator app.
    pub code: Secret,
}

/// Codes for the day on which the authenticator is lost. Shown here and never again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each good for one use.
    pub codes: Vec<Secret>,
}

/// Somebody asks for a one-time code. The answer is the same for known and unknown names.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// Username or e-mail address.
    pub login: String,
    /// What the code is to be for.
    pub purpose: CodePurpose,
    /// How it is to be sent.
    #[serde(default = "sms")]
    pub channel: CodeChannel,
}

fn sms() -> CodeChannel {
    CodeChannel::Sms
}

/// A new password, with proof that the account is one's own: either a code and the login it
/// belongs to, or the token of a mailed link.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// Username or e-mail address, with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The code that was sent, or one of the authenticator app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// The token of a mailed link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// The password from now on.
    pub new_password: Secret,
}
