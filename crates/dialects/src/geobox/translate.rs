//! The rulebook's refusals in Geobox's words. The client knows 401, 403, 404, 422 and 500 for refusals and takes every
//! other status for success, so there are no others here.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_core::Error;
use roster_http_kit::RequestContext;
use roster_model::{ErrorCode, Field};
use serde_json::{Value, json};

use crate::besides::Besides;

/// Said to whoever comes without a good credential.
const UNAUTHENTICATED: &str = "Could not validate credentials";

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: Value,
    besides: Besides,
}

impl Refusal {
    fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let detail = Value::String(detail.into().into_owned());
        Self { status, detail, besides: Besides::default() }
    }

    /// A value that is not what it must be, in the body or the query.
    pub(super) fn invalid(
        place: &'static str,
        name: &str,
        what: impl Into<Cow<'static, str>>,
    ) -> Self {
        let what: Cow<'static, str> = what.into();
        let detail = json!([{ "loc": [place, name], "msg": what, "type": "value_error" }]);
        Self { detail, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "") }
    }

    /// There is no such route here, or none with this method.
    pub(super) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such address here")
    }

    /// Writes a fault of the server into the log.
    pub(super) fn noted(mut self, context: &RequestContext) -> Self {
        self.besides.note(context);
        self
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
        let refusal = match &error {
            Error::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, UNAUTHENTICATED),
            Error::InvalidCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "incorrect username or password")
            }
            Error::Invalid { field, reason } => {
                Self::invalid("body", name(*field), reason.to_string())
            }
            Error::AlreadyExists { field } | Error::NameTaken { field, .. } => {
                Self::invalid("body", name(*field), "is already in use")
            }
            // There is no way to send a code through this client.
            Error::OtpRequired | Error::OtpInvalid | Error::OtpExpired | Error::OtpExhausted => {
                Self::new(
                    StatusCode::FORBIDDEN,
                    "this account has a second factor and this needs it: sign in at Roster itself \
                     and use that access token within ten minutes",
                )
            }
            Error::Forbidden
            | Error::BeyondConstraints
            | Error::RegistrationClosed
            | Error::PasswordExpired
            | Error::RateLimited { .. } => Self::new(StatusCode::FORBIDDEN, error.to_string()),
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            Error::AccountUnavailable
            | Error::WrongState(_)
            | Error::PreconditionFailed
            | Error::IdempotencyConflict
            | Error::SsoPending
            | Error::SsoFailed
            | Error::ChannelUnavailable(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            Error::Unavailable { .. } | Error::ProviderUnavailable(_) | Error::Internal(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        };
        Self { besides: error.into(), ..refusal }
    }
}

/// What comes from before the handlers: no credential, too many requests, a body that is too long or no JSON.
impl From<roster_http_kit::Refusal> for Refusal {
    fn from(refusal: roster_http_kit::Refusal) -> Self {
        let besides = Besides::from(&refusal);
        let status = match refusal.status {
            StatusCode::UNAUTHORIZED => StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => StatusCode::FORBIDDEN,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => StatusCode::NOT_FOUND,
            status if status.is_server_error() => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let said = match (refusal.code, refusal.detail.split_once(' ')) {
            (ErrorCode::Unauthenticated, _) => Self::new(status, UNAUTHENTICATED),
            // The sentence begins with the key: `email is missing`.
            (ErrorCode::FieldInvalid, Some((name, what))) if name != "the" => {
                Self::invalid("body", name, what.to_owned())
            }
            _ => Self::new(status, refusal.detail),
        };
        Self { besides, ..said }
    }
}

/// A refusal of a sign-in: always of a kind that the client knows for one.
pub(super) fn at_sign_in(error: Error) -> Refusal {
    let unauthorized = |detail: &'static str| Refusal::new(StatusCode::UNAUTHORIZED, detail);
    match error {
        Error::OtpRequired => unauthorized(
            "this account has a second factor, which this client cannot send: use an API key or an \
             access token",
        ),
        Error::PasswordExpired => unauthorized("the password has expired and must be changed"),
        Error::AccountUnavailable => {
            unauthorized("this account may not sign in; ask an administrator")
        }
        Error::RateLimited { .. } => {
            let refusal = Refusal::from(error);
            Refusal { status: StatusCode::TOO_MANY_REQUESTS, ..refusal }
        }
        error => error.into(),
    }
}

/// What Geobox calls a field.
fn name(field: Field) -> &'static str {
    match field {
        Field::Phone => "mobile",
        Field::Plan => "plan_id",
        Field::PlanExpiresAt => "expiration_date",
        field => field.as_str(),
    }
}
