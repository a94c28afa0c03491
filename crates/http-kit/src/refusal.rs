//! How a refusal is said. The native API says it here; each dialect has its own words.

use std::{borrow::Cow, time::Duration};

use axum::{body::Body, response::Response};
use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use roster_core::Error;
use roster_model::{ErrorCode, Problem};

/// Why a request gets no answer of its own: an error of the rulebook, or one of HTTP itself.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status that the native API gives it.
    pub status: StatusCode,
    /// The stable code.
    pub code: ErrorCode,
    /// A sentence for people.
    pub detail: Cow<'static, str>,
    /// The part of the request that is wrong, by the name it was sent by.
    pub field: Option<Box<str>>,
    /// What is wrong with that part.
    pub reason: Option<&'static str>,
    /// How long to wait.
    pub retry_after: Option<Duration>,
    /// What may be done to the resource instead (405).
    pub allow: Option<HeaderValue>,
    /// A credential came and is not good.
    pub had_credential: bool,
    /// Nobody knows whether it was done all the same, so whoever asks again may do it twice.
    pub may_be_done: bool,
}

/// How a door says a refusal that comes before its handlers.
pub type Renderer = fn(&Refusal, request_id: &str) -> Response;

impl Refusal {
    /// A refusal of HTTP's own making.
    pub fn http(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => ErrorCode::NotFound,
            StatusCode::TOO_MANY_REQUESTS => ErrorCode::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => ErrorCode::Unavailable,
            StatusCode::INTERNAL_SERVER_ERROR => ErrorCode::Internal,
            _ => ErrorCode::BadRequest,
        };
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            reason: None,
            retry_after: None,
            allow: None,
            had_credential: false,
            may_be_done: false,
        }
    }

    /// Something in the request that is not what it should be.
    pub fn invalid(
        field: impl Into<Box<str>>,
        reason: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            code: ErrorCode::FieldInvalid,
            field: Some(field.into()),
            reason: Some(reason),
            ..Self::http(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// There is nothing under this address.
    pub fn not_found() -> Self {
        Self::http(StatusCode::NOT_FOUND, "there is nothing at this address")
    }

    /// Too many requests from one address.
    pub fn too_many(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Error::RateLimited { retry_after }.into() }
    }

    /// The answer of the native API (RFC 9457).
    pub fn into_problem(self, request_id: &str) -> Response {
        let seconds = self.retry_after.map(seconds);
        let problem = Problem {
            kind: format!("about:blank#{}", self.code),
            status: self.status.as_u16(),
            title: self.status.canonical_reason().unwrap_or_default().into(),
            detail: self.detail.into_owned(),
            code: self.code,
            field: self.field.map(String::from),
            reason: self.reason.map(Into::into),
            retry_after: seconds,
            request_id: request_id.into(),
        };
        // A `Problem` has text for keys and nothing that could fail.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, allow);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, challenge(self.code, self.had_credential));
        }
        response
    }
}

/// A wait as `Retry-After` tells it (RFC 9110, section 10.2.3): in whole seconds, at least one and none too few.
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// What a client has to bring (RFC 6750, section 3; RFC 9470, section 3).
fn challenge(code: ErrorCode, had_credential: bool) -> HeaderValue {
    HeaderValue::from_static(match code {
        ErrorCode::Unauthenticated if had_credential => {
            r#"Bearer realm="Roster", error="invalid_token""#
        }
        ErrorCode::OtpRequired | ErrorCode::OtpInvalid => {
            r#"Bearer realm="Roster", error="insufficient_user_authentication""#
        }
        _ => r#"Bearer realm="Roster""#,
    })
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let code = error.code();
        let reason = match &error {
            Error::Invalid { reason, .. } => Some(reason.code()),
            _ => None,
        };
        Self {
            code,
            field: error.field().map(|field| field.as_str().into()),
            reason,
            retry_after: error.retry_after(),
            ..Self::http(roster_api::status(code), error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{Field, Reason};

    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (milliseconds, told) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (30_000, 30)] {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), told, "{milliseconds}");
        }
    }

    #[test]
    fn a_refusal_names_the_field_and_what_is_wrong_with_it() {
        let error = Error::invalid(Field::Username, Reason::Empty);
        let refusal = Refusal::from(error);
        assert_eq!(refusal.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((refusal.field, refusal.reason), (Some("username".into()), Some("empty")));
        assert_eq!(refusal.detail, "username must not be empty");
    }

    #[test]
    fn t26_the_cause_of_a_fault_stays_inside() {
        let refusal = Refusal::from(Error::internal("SELECT secret FROM users"));
        assert_eq!(refusal.detail, "a fault of the server");
    }

    #[test]
    fn whoever_must_wait_is_told_how_long() {
        let refusal = Refusal::too_many(Duration::from_millis(200));
        let response = refusal.into_problem("r");
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "1");
    }

    #[test]
    fn a_missing_credential_is_challenged() {
        let response = Refusal::from(Error::Unauthenticated).into_problem("r");
        assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Bearer realm="Roster""#);
    }
}
