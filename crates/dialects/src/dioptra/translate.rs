//! The rulebook's refusals in Dioptra's words (contract, section 8).

use std::{borrow::Cow, collections::BTreeMap};

use axum::response::Response;
use http::StatusCode;
use roster_core::{Error, Kind};
use roster_http_kit::RequestContext;
use roster_model::{ErrorCode, Field, Reason};
use serde_json::{Value, json};

use super::call::Path;
use crate::besides::Besides;

/// Said to whoever comes without a good session.
const UNAUTHENTICATED: &str = "The server could not verify that you are authorized to access this \
                               address: log in first.";

/// A refusal, ready to be sent.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Body,
    besides: Besides,
}

#[derive(Debug)]
enum Body {
    /// A sentence.
    Message(Cow<'static, str>),
    /// What is wrong with fields.
    Fields(Problems),
    /// An error that the client's documentation names.
    Named { error: &'static str, text: Cow<'static, str>, detail: Box<Value> },
}

/// What is wrong with the fields of a body or query.
#[derive(Debug, Default)]
pub(super) struct Problems(BTreeMap<String, Vec<String>>);

impl Problems {
    pub(super) fn add(&mut self, field: &str, what: impl Into<String>) {
        let field: String = field.chars().take(100).collect();
        self.0.entry(field).or_default().push(what.into());
    }

    /// Nothing is wrong.
    ///
    /// # Errors
    /// The refusal that says what is.
    pub(super) fn none(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::BAD_REQUEST, Body::Fields(self)))
    }
}

impl Refusal {
    fn new(status: StatusCode, body: Body) -> Self {
        Self { status, body, besides: Besides::default() }
    }

    fn message(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status, Body::Message(text.into()))
    }

    fn named(
        status: StatusCode,
        error: &'static str,
        text: impl Into<Cow<'static, str>>,
        detail: Value,
    ) -> Self {
        Self::new(status, Body::Named { error, text: text.into(), detail: Box::new(detail) })
    }

    /// There is no such route here.
    pub(super) fn no_such_route() -> Self {
        Self::message(StatusCode::NOT_FOUND, "There is no such address here.")
    }

    /// The route is there, but not with this method.
    pub(super) fn wrong_method() -> Self {
        Self::message(StatusCode::METHOD_NOT_ALLOWED, "This address takes no such request.")
    }

    /// A body or query that cannot be read at all.
    pub(super) fn no_json(what: impl Into<Cow<'static, str>>) -> Self {
        Self::message(StatusCode::BAD_REQUEST, what)
    }

    /// A browser sends it for another site.
    pub(super) fn from_another_site() -> Self {
        Self::message(StatusCode::FORBIDDEN, "This request was sent from another site.")
    }

    /// A password and its repetition differ, where an account is made.
    pub(super) fn unlike_passwords() -> Self {
        let text = "The password and its confirmation are not the same.";
        Self::named(StatusCode::BAD_REQUEST, "QueryParameterValidationError", text, json!({}))
    }

    /// There is no such user.
    pub(super) fn no_such_user() -> Self {
        let text = "There is no such user.";
        Self::named(StatusCode::UNAUTHORIZED, "UserDoesNotExistError", text, json!({}))
    }

    /// There is no group of this number, which may be any digits.
    pub(super) fn no_such_group(id: &str) -> Self {
        // The original fails at what is beyond 64 bits (contract, R5). JSON has numbers of any length, but not every
        // client can read those: they are said as text.
        let id = id.parse::<i64>().map_or_else(|_| json!(id), |id| json!(id));
        let detail = json!({ "entity_type": "group", "group_id": id });
        let text = "There is no such group.";
        Self::named(StatusCode::NOT_FOUND, "EntityDoesNotExistError", text, detail)
    }

    /// A text that cannot be searched for.
    pub(super) fn unsearchable(query: &str, reason: &str) -> Self {
        let detail = json!({ "query": query, "reason": reason });
        let text = "The search text cannot be read.";
        Self::named(StatusCode::UNPROCESSABLE_ENTITY, "SearchParseError", text, detail)
    }

    /// Writes a fault of the server into the log.
    pub(super) fn noted(mut self, context: &RequestContext) -> Self {
        self.besides.note(context);
        self
    }

    /// The reply to a request to `path`.
    pub(super) fn said(self, path: &Path) -> Response {
        let body = match self.body {
            Body::Message(text) => json!({ "message": text }),
            Body::Fields(Problems(fields)) => {
                json!({ "errors": fields, "message": "Input payload validation failed" })
            }
            Body::Named { error, text, detail } => {
                let phrase = self.status.canonical_reason().unwrap_or_default();
                json!({
                    "error": error,
                    "message": format!("{phrase} - {text}"),
                    "detail": detail,
                    "originating_path": path.as_str(),
                })
            }
        };
        let mut reply = crate::json::reply(self.status, &body);
        self.besides.tell(&mut reply);
        reply
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let refusal = match &error {
            Error::Unauthenticated => Self::message(StatusCode::UNAUTHORIZED, UNAUTHENTICATED),
            Error::InvalidCredentials => {
                let text = "The username or the password is not correct.";
                Self::named(StatusCode::UNAUTHORIZED, "UserAuthenticationError", text, json!({}))
            }
            Error::Invalid { field, reason } => invalid(*field, reason),
            Error::NameTaken { field: Field::Username, held_as: Field::Email, .. } => {
                let reason = Reason::Other("is the e-mail address of another user".to_owned());
                invalid(Field::Username, &reason)
            }
            Error::NameTaken { field, holder, .. } => {
                let attribute = match field {
                    Field::Email => "email_address",
                    _ => "username",
                };
                let detail = json!({
                    "entity_type": "user",
                    "existing_id": holder.0,
                    "entity_attributes": { attribute: Value::Null },
                });
                let text = "There is a user of this name or address already.";
                Self::named(StatusCode::CONFLICT, "EntityExistsError", text, detail)
            }
            Error::RegistrationClosed => {
                let text = "Nobody can make an account for oneself here; ask an administrator.";
                Self::named(StatusCode::FORBIDDEN, "RegistrationClosedError", text, json!({}))
            }
            Error::NotFound(Kind::User) => Self::no_such_user(),
            Error::NotFound(_) => Self::message(StatusCode::NOT_FOUND, error.to_string()),
            // There is no way to send a code through this client.
            Error::OtpRequired | Error::OtpInvalid | Error::OtpExpired | Error::OtpExhausted => {
                let text =
                    "This account has a second factor and this needs it: do it at Roster itself.";
                Self::message(StatusCode::FORBIDDEN, text)
            }
            Error::Forbidden
            | Error::BeyondConstraints
            | Error::PasswordExpired
            | Error::AccountUnavailable
            | Error::WrongState(_) => Self::message(StatusCode::FORBIDDEN, error.to_string()),
            Error::AlreadyExists { .. }
            | Error::PreconditionFailed
            | Error::IdempotencyConflict
            | Error::SsoPending
            | Error::SsoFailed => Self::message(StatusCode::CONFLICT, error.to_string()),
            Error::RateLimited { .. } => {
                Self::message(StatusCode::TOO_MANY_REQUESTS, error.to_string())
            }
            Error::ChannelUnavailable(_)
            | Error::Unavailable { .. }
            | Error::ProviderUnavailable(_) => {
                Self::message(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            Error::Internal(_) => {
                Self::message(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            }
        };
        Self { besides: error.into(), ..refusal }
    }
}

/// What comes from before the handlers: no session, too many requests, a body that is too long.
impl From<roster_http_kit::Refusal> for Refusal {
    fn from(refusal: roster_http_kit::Refusal) -> Self {
        let besides = Besides::from(&refusal);
        let text = match refusal.code {
            ErrorCode::Unauthenticated => UNAUTHENTICATED.into(),
            _ => refusal.detail,
        };
        Self { besides, ..Self::message(refusal.status, text) }
    }
}

fn invalid(field: Field, reason: &Reason) -> Refusal {
    let mut problems = Problems::default();
    problems.add(name(field), reason.to_string());
    Refusal::new(StatusCode::BAD_REQUEST, Body::Fields(problems))
}

/// What Dioptra calls a field.
fn name(field: Field) -> &'static str {
    match field {
        Field::NewPassword => "newPassword",
        field => field.as_str(),
    }
}

/// A refusal of a sign-in: whatever the reason, it looks the same, but for one that has nothing to do with the account.
pub(super) fn at_login(error: Error) -> Refusal {
    match error {
        Error::OtpRequired
        | Error::OtpInvalid
        | Error::PasswordExpired
        | Error::AccountUnavailable => Error::InvalidCredentials.into(),
        error => error.into(),
    }
}

/// A refusal of a name or an address, which were to be these.
pub(super) fn about_names(error: Error, username: &str, email: &str) -> Refusal {
    let taken = match &error {
        Error::NameTaken { field: Field::Email, .. } => Some(("email_address", email)),
        Error::NameTaken { .. } => Some(("username", username)),
        _ => None,
    };
    let mut refusal = Refusal::from(error);
    if let (Some((attribute, value)), Body::Named { detail, .. }) = (taken, &mut refusal.body) {
        detail["entity_attributes"] = json!({ attribute: value });
    }
    refusal
}

/// A refusal of a new password. What the policy wants of it is told by field.
pub(super) fn at_password_change(error: Error) -> Refusal {
    let text: Cow<'static, str> = match &error {
        Error::InvalidCredentials => "The old password is not correct.".into(),
        Error::Invalid { field, reason: reason @ (Reason::Differs | Reason::Unchanged) } => {
            format!("{} {reason}", name(*field)).into()
        }
        Error::AccountUnavailable | Error::OtpRequired => error.to_string().into(),
        _ => return error.into(),
    };
    Refusal::named(StatusCode::FORBIDDEN, "UserPasswordChangeError", text, json!({}))
}

/// A refusal of deleting oneself: an expired password is as wrong as a wrong one.
pub(super) fn at_deletion(error: Error) -> Refusal {
    match error {
        Error::PasswordExpired | Error::Invalid { field: Field::Password, .. } => {
            let text = "The password is not correct.";
            Refusal::named(StatusCode::UNAUTHORIZED, "UserPasswordError", text, json!({}))
        }
        error => error.into(),
    }
}
