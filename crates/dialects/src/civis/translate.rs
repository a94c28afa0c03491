//! The rulebook's refusals in Civis' words.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use roster_core::Error;
use roster_http_kit::RequestContext;
use roster_model::{ErrorCode, Field};
use serde_json::json;

use super::{names, replies};
use crate::besides::Besides;

/// The client reads it and dies without it.
const CHALLENGE: &str = r#"Bearer realm="roster", error="invalid_token""#;

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    description: Cow<'static, str>,
    besides: Besides,
}

impl Refusal {
    fn new(status: StatusCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { status, description: description.into(), besides: Besides::default() }
    }

    /// A value that is not what it must be.
    pub(super) fn invalid(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, description)
    }

    /// There is no such route here, or none with this method.
    pub(super) fn no_such_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such address here")
    }

    /// The same, where a thing that is not in the right state is in conflict with others.
    pub(super) fn conflict(error: Error) -> Self {
        let status = match error {
            Error::WrongState(_) => StatusCode::CONFLICT,
            _ => return error.into(),
        };
        Self { status, ..error.into() }
    }

    /// What the client shows.
    #[cfg(test)]
    pub(super) fn description(&self) -> String {
        self.description.clone().into_owned()
    }

    /// Writes a fault of the server into the log.
    pub(super) fn noted(mut self, context: &RequestContext) -> Self {
        self.besides.note(context);
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let slug = match self.status {
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::CONFLICT => "conflict",
            StatusCode::PAYLOAD_TOO_LARGE => "payload_too_large",
            StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
            StatusCode::REQUEST_TIMEOUT => "request_timeout",
            StatusCode::SERVICE_UNAVAILABLE => "service_unavailable",
            status if status.is_server_error() => "internal_server_error",
            _ => "bad_request",
        };
        let body = json!({
            "error": slug,
            "errorDescription": self.description,
            "code": self.status.as_u16(),
        });
        let mut reply = replies::json(self.status, &body);
        self.besides.tell(&mut reply);
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(CHALLENGE);
            reply.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        reply
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Unauthenticated
            | Error::InvalidCredentials
            | Error::AccountUnavailable
            | Error::PasswordExpired => StatusCode::UNAUTHORIZED,
            Error::OtpRequired
            | Error::OtpInvalid
            | Error::OtpExpired
            | Error::OtpExhausted
            | Error::RegistrationClosed
            | Error::BeyondConstraints
            | Error::Forbidden => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Invalid { .. }
            | Error::AlreadyExists { .. }
            | Error::NameTaken { .. }
            | Error::WrongState(_) => StatusCode::BAD_REQUEST,
            Error::PreconditionFailed
            | Error::IdempotencyConflict
            | Error::SsoPending
            | Error::SsoFailed
            | Error::ChannelUnavailable(_) => StatusCode::CONFLICT,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable { .. } | Error::ProviderUnavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let description = match &error {
            Error::Invalid { field, reason } => format!("{} {reason}", name(*field)),
            Error::AlreadyExists { field } | Error::NameTaken { field, .. } => {
                format!("{} is already in use", name(*field))
            }
            // There is no way to send a code through this client.
            Error::OtpRequired | Error::OtpInvalid => {
                "this account has a second factor and this needs it: do it at Roster itself, or \
                 with a session in which a code was given less than ten minutes ago"
                    .to_owned()
            }
            error => error.to_string(),
        };
        Self { besides: error.into(), ..Self::new(status, description) }
    }
}

/// What comes from before the handlers: no credential, too many requests, a body that is too long or no JSON.
impl From<roster_http_kit::Refusal> for Refusal {
    fn from(refusal: roster_http_kit::Refusal) -> Self {
        // The client repeats even a POST that was answered 503, so that must mean that nothing was done.
        if refusal.may_be_done {
            return Self::new(StatusCode::INTERNAL_SERVER_ERROR, refusal.detail);
        }
        let besides = Besides::from(&refusal);
        let status = match refusal.status {
            StatusCode::METHOD_NOT_ALLOWED => StatusCode::NOT_FOUND,
            StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::URI_TOO_LONG
            | StatusCode::UNSUPPORTED_MEDIA_TYPE => StatusCode::BAD_REQUEST,
            status => status,
        };
        let description = match refusal.code {
            ErrorCode::Unauthenticated => Error::Unauthenticated.to_string().into(),
            _ => refusal.detail,
        };
        Self { besides, ..Self::new(status, description) }
    }
}

/// What Civis calls a field.
fn name(field: Field) -> String {
    match field {
        Field::Username => "user".to_owned(),
        Field::FirstName | Field::LastName => "name".to_owned(),
        Field::EmailText => "shareEmailBody".to_owned(),
        Field::ExpiresAt => "expiresIn".to_owned(),
        Field::Settings => "settingsJson".to_owned(),
        Field::LogoId => "logoFileId".to_owned(),
        Field::AccountState => "accountStatus".to_owned(),
        Field::Roles => "roleIds".to_owned(),
        field => names::camel(field.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_what_was_not_done_is_answered_so_that_the_client_repeats_it() {
        let late = roster_http_kit::Refusal::http(StatusCode::SERVICE_UNAVAILABLE, "late");
        let busy = Error::Unavailable { retry_after: Duration::from_secs(2), cause: None };
        for (refusal, status, waits) in [
            (Refusal::from(busy), 503, true),
            (Refusal::from(late.clone()), 503, false),
            (Refusal::from(roster_http_kit::Refusal { may_be_done: true, ..late }), 500, false),
        ] {
            let reply = refusal.into_response();
            assert_eq!(reply.status().as_u16(), status);
            assert_eq!(reply.headers().contains_key(header::RETRY_AFTER), waits);
        }
    }
}
