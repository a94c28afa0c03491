//! The rulebook's refusals in airt's words: a status, and a sentence with the phrases that the client searches for.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_core::{Error, Kind};
use roster_http_kit::RequestContext;
use roster_model::{ErrorCode, Field};
use serde_json::json;

use crate::besides::Besides;

/// Said to whoever comes without a good credential.
const UNAUTHENTICATED: &str = "Could not validate credentials";

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: Cow<'static, str>,
    besides: Besides,
}

impl Refusal {
    /// A refusal in words of this door.
    pub(super) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into(), besides: Besides::default() }
    }

    /// The same words under another status.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Writes a fault of the server into the log.
    pub(super) fn noted(mut self, context: &RequestContext) -> Self {
        self.besides.note(context);
        self
    }

    /// Input that is not of the form it must have.
    pub(super) fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// What everybody but super users gets who names another account, whether it is there or not.
    fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "You don't have permission for this")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut reply = crate::json::reply(self.status, &json!({ "detail": self.detail }));
        self.besides.tell(&mut reply);
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            reply.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        reply
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let (status, detail): (_, Cow<'static, str>) = match &error {
            Error::Unauthenticated => (StatusCode::UNAUTHORIZED, UNAUTHENTICATED.into()),
            Error::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "Incorrect username or password".into())
            }
            Error::OtpRequired => (StatusCode::UNAUTHORIZED, "OTP is required".into()),
            // Which of these it was is told where a phone number is validated, and nowhere else.
            Error::OtpInvalid | Error::OtpExpired | Error::OtpExhausted => {
                (StatusCode::UNAUTHORIZED, "Invalid OTP".into())
            }
            Error::PasswordExpired => {
                (StatusCode::FORBIDDEN, "The password has expired and must be changed".into())
            }
            Error::AccountUnavailable => (
                StatusCode::FORBIDDEN,
                "The account is disabled; please contact your administrator".into(),
            ),
            Error::Forbidden | Error::BeyondConstraints | Error::RegistrationClosed => {
                return Self::forbidden();
            }
            Error::NotFound(Kind::User) => {
                (StatusCode::BAD_REQUEST, "The user uuid or username is invalid".into())
            }
            Error::NotFound(Kind::ApiKey) => {
                (StatusCode::BAD_REQUEST, "The API key uuid or name is invalid".into())
            }
            Error::NotFound(Kind::Provider) => {
                (StatusCode::BAD_REQUEST, "There is no such SSO provider".into())
            }
            Error::Invalid { field: Field::Plan, .. } => {
                (StatusCode::BAD_REQUEST, "subscription_type must be small, medium or large".into())
            }
            Error::Invalid { field, reason } => {
                (StatusCode::BAD_REQUEST, format!("{} {reason}", name(*field)).into())
            }
            Error::AlreadyExists { field } | Error::NameTaken { field, .. } => {
                (StatusCode::BAD_REQUEST, format!("{} is already in use", name(*field)).into())
            }
            Error::SsoPending => {
                (StatusCode::BAD_REQUEST, "SSO authentication is not complete".into())
            }
            Error::SsoFailed => (
                StatusCode::BAD_REQUEST,
                "SSO authentication failed or has expired; start again".into(),
            ),
            Error::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, sentence(&error)),
            Error::Unavailable { .. } | Error::ProviderUnavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, sentence(&error))
            }
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, sentence(&error)),
            Error::NotFound(_)
            | Error::WrongState(_)
            | Error::PreconditionFailed
            | Error::IdempotencyConflict
            | Error::ChannelUnavailable(_) => (StatusCode::BAD_REQUEST, sentence(&error)),
        };
        Self { status, detail, besides: error.into() }
    }
}

/// What comes from before the handlers: no credential, too many requests, a body that is too long.
impl From<roster_http_kit::Refusal> for Refusal {
    fn from(refusal: roster_http_kit::Refusal) -> Self {
        let besides = Besides::from(&refusal);
        let detail = match refusal.code {
            ErrorCode::Unauthenticated => UNAUTHENTICATED.into(),
            _ => refusal.detail,
        };
        Self { status: refusal.status, detail, besides }
    }
}

/// A refusal about signing in at a provider.
pub(super) fn at_provider(error: Error, provider: &str) -> Refusal {
    match error {
        // A provider that there is: its name is no text of the caller's making.
        Error::WrongState(_) => {
            Refusal::new(StatusCode::BAD_REQUEST, format!("SSO is not enabled for {provider}"))
        }
        error => error.into(),
    }
}

/// A refusal where a phone number is validated. The command asks again until it reads one of two phrases.
pub(super) fn at_validation(error: Error) -> Refusal {
    let detail = match error {
        Error::OtpExhausted => {
            "Too many failed attempts; please register the phone number again to get a new OTP"
        }
        Error::OtpExpired => {
            "The OTP entered is expired; please register the phone number again to get a new OTP"
        }
        Error::OtpInvalid | Error::OtpRequired => "The OTP is not the one that was sent",
        error => return error.into(),
    };
    Refusal::new(StatusCode::BAD_REQUEST, detail)
}

/// A refusal of a first code. The command asks for another one, three times at most, when it reads the phrase, which is
/// due after the third wrong code as well.
pub(super) fn at_activation(error: Error) -> Refusal {
    match error {
        Error::WrongState(why) => {
            Refusal::new(StatusCode::BAD_REQUEST, format!("Invalid OTP: {why}"))
        }
        error => error.into(),
    }
}

/// A refusal of a password reset: unknown user and wrong code are one.
pub(super) fn at_reset(error: Error) -> Refusal {
    match error {
        Error::OtpInvalid
        | Error::OtpRequired
        | Error::OtpExpired
        | Error::OtpExhausted
        | Error::InvalidCredentials
        | Error::AccountUnavailable
        | Error::NotFound(_) => Refusal::new(
            StatusCode::BAD_REQUEST,
            "The username or the OTP is not valid; if you have neither a verified phone number nor \
             an authenticator, please contact your administrator",
        ),
        error => error.into(),
    }
}

fn sentence(error: &Error) -> Cow<'static, str> {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect::<String>().into()
}

/// What airt calls a field.
fn name(field: Field) -> &'static str {
    match field {
        Field::Plan => "subscription_type",
        Field::Phone => "phone_number",
        Field::ExpiresAt => "expiry",
        Field::Provider => "sso_provider",
        Field::Code => "otp",
        field => field.as_str(),
    }
}
