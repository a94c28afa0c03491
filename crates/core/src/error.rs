//! Why an operation was refused. Doors only decide how to say it.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use roster_model::{Channel, ErrorCode, Field, Reason, UserId};

/// What an operation gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user.
    User,
    /// A session.
    Session,
    /// An API key.
    ApiKey,
    /// An organization.
    Organization,
    /// A group.
    Group,
    /// A member of a group.
    Member,
    /// A share of a group.
    Share,
    /// A plan.
    Plan,
    /// A sign-in provider.
    Provider,
    /// A link to a sign-in provider.
    SsoLink,
    /// A message of the outbox.
    Message,
    /// A favorite.
    Favorite,
    /// A theme.
    Theme,
    /// A logo of themes.
    Logo,
    /// An object of the platform.
    Object,
    /// A feature flag.
    Flag,
    /// An invitation.
    Invitation,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Session => "session",
            Self::ApiKey => "API key",
            Self::Organization => "organization",
            Self::Group => "group",
            Self::Member => "member",
            Self::Share => "share",
            Self::Plan => "plan",
            Self::Provider => "sign-in provider",
            Self::SsoLink => "link to that sign-in provider",
            Self::Message => "message",
            Self::Favorite => "favorite",
            Self::Theme => "theme",
            Self::Logo => "logo",
            Self::Object => "object",
            Self::Flag => "feature flag",
            Self::Invitation => "invitation",
        })
    }
}

/// Why an operation was refused. `Display` is a sentence for people and holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The credential is missing, unknown, expired or revoked.
    #[error("sign in first: the credential is missing, expired or revoked")]
    Unauthenticated,
    /// Unknown account or wrong password; which of them is not told.
    #[error("the login or the password is wrong")]
    InvalidCredentials,
    /// The account has multi-factor authentication and no code came.
    #[error("a one-time code is required")]
    OtpRequired,
    /// The code is wrong, used, expired or exhausted.
    #[error("the one-time code is not valid")]
    OtpInvalid,
    /// The code was right once, but its time is over. Only told to the signed-in owner.
    #[error("the one-time code has expired; ask for a new one")]
    OtpExpired,
    /// Too many wrong codes. Only told to the signed-in owner.
    #[error("too many wrong codes; ask for a new one")]
    OtpExhausted,
    /// The password is right but expired.
    #[error("the password has expired and must be changed")]
    PasswordExpired,
    /// Pending, suspended or disabled; told only after the right password.
    #[error("this account may not sign in; ask an administrator")]
    AccountUnavailable,
    /// Nobody may make an account for oneself here, or only with an invitation.
    #[error("registration is closed here; ask an administrator for an account or an invitation")]
    RegistrationClosed,
    /// The caller may not do this.
    #[error("you have no permission for this")]
    Forbidden,
    /// The key may not reach this path with this method, whatever its owner may.
    #[error("this API key's constraints do not let this request through")]
    BeyondConstraints,
    /// There is no such thing, or none that the caller may know of.
    #[error("there is no such {0}")]
    NotFound(Kind),
    /// A value is malformed or not allowed.
    #[error("{field} {reason}")]
    Invalid {
        /// Which.
        field: Field,
        /// What is wrong with it.
        reason: Reason,
    },
    /// The value is in use.
    #[error("{field} is already in use")]
    AlreadyExists {
        /// Which.
        field: Field,
    },
    /// A name to sign in with, or an address, that somebody has, or had before being deleted.
    #[error("{field} is already in use")]
    NameTaken {
        /// Which of the two was wanted.
        field: Field,
        /// Who has it.
        holder: UserId,
        /// As which of the two the holder has it.
        held_as: Field,
    },
    /// The thing is not in a state in which this can be done; the sentence says which it is in.
    #[error("{0}")]
    WrongState(&'static str),
    /// The record changed meanwhile.
    #[error("the record has changed meanwhile; read it again")]
    PreconditionFailed,
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used with another request")]
    IdempotencyConflict,
    /// Too many attempts.
    #[error("too many attempts; try again in {}", seconds(*retry_after))]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The sign-in at the provider is not finished yet.
    #[error("the sign-in at the provider is not complete")]
    SsoPending,
    /// The sign-in at the provider failed, expired or was used.
    #[error("the sign-in at the provider failed or has expired; start again")]
    SsoFailed,
    /// A message is due and no transport for its channel is configured.
    #[error("no {0} transport is configured; the operator must set one")]
    ChannelUnavailable(Channel),
    /// The server cannot do it now.
    #[error("the server is busy or its database is away; try again in {}", seconds(*retry_after))]
    Unavailable {
        /// How long to wait.
        retry_after: Duration,
        /// What is in the way, where that is more than too many callers; for the log only.
        #[source]
        cause: Option<Arc<dyn StdError + Send + Sync>>,
    },
    /// The provider that somebody wants to sign in at cannot be reached.
    #[error("the sign-in provider {0} cannot be reached now; try again later")]
    ProviderUnavailable(String),
    /// A fault of the server. What happened is for the log only.
    #[error("a fault of the server")]
    Internal(#[source] Arc<dyn StdError + Send + Sync>),
}

impl Error {
    /// A value that is malformed or not allowed.
    pub fn invalid(field: Field, reason: Reason) -> Self {
        Self::Invalid { field, reason }
    }

    /// A fault of the server.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// The stable word for machines.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthenticated => ErrorCode::Unauthenticated,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::OtpRequired => ErrorCode::OtpRequired,
            Self::OtpInvalid => ErrorCode::OtpInvalid,
            Self::OtpExpired => ErrorCode::OtpExpired,
            Self::OtpExhausted => ErrorCode::OtpExhausted,
            Self::PasswordExpired => ErrorCode::PasswordExpired,
            Self::AccountUnavailable => ErrorCode::AccountUnavailable,
            Self::RegistrationClosed => ErrorCode::RegistrationClosed,
            Self::Forbidden | Self::BeyondConstraints => ErrorCode::Forbidden,
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Invalid { .. } => ErrorCode::FieldInvalid,
            Self::AlreadyExists { .. } | Self::NameTaken { .. } => ErrorCode::AlreadyExists,
            Self::WrongState(_) => ErrorCode::WrongState,
            Self::PreconditionFailed => ErrorCode::PreconditionFailed,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::SsoPending => ErrorCode::SsoPending,
            Self::SsoFailed => ErrorCode::SsoFailed,
            Self::ChannelUnavailable(_) => ErrorCode::ChannelUnavailable,
            Self::Unavailable { .. } | Self::ProviderUnavailable(_) => ErrorCode::Unavailable,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The part of the request that is wrong.
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Invalid { field, .. }
            | Self::AlreadyExists { field }
            | Self::NameTaken { field, .. } => Some(*field),
            _ => None,
        }
    }

    /// Whether there is more to it than a caller is told: something for the log.
    pub fn is_for_the_log(&self) -> bool {
        matches!(self, Self::Internal(_) | Self::Unavailable { cause: Some(_), .. })
    }

    /// Itself and what has caused it, one after the other, as the log tells it.
    pub fn chain(&self) -> String {
        let mut chain = self.to_string();
        let mut source = self.source();
        while let Some(deeper) = source {
            let text = deeper.to_string();
            // Some errors repeat what has caused them.
            if !chain.ends_with(&text) {
                chain.push_str(": ");
                chain.push_str(&text);
            }
            source = deeper.source();
        }
        chain
    }

    /// How long to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }
}

impl From<crate::credentials::hasher::HashingError> for Error {
    fn from(error: crate::credentials::hasher::HashingError) -> Self {
        use crate::credentials::hasher::HashingError;
        match error {
            HashingError::Overloaded { retry_after } => {
                Self::Unavailable { retry_after, cause: None }
            }
            other => Self::internal(other),
        }
    }
}

impl From<roster_store::Error> for Error {
    fn from(error: roster_store::Error) -> Self {
        match error {
            outage @ roster_store::Error::Unavailable { .. } => Self::Unavailable {
                retry_after: Duration::from_secs(1),
                cause: Some(Arc::new(outage)),
            },
            other => Self::internal(other),
        }
    }
}

/// A length of time for people, a second at least.
fn seconds(wait: Duration) -> String {
    match wait.as_secs() {
        0 | 1 => "1 second".to_owned(),
        more => format!("{more} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_an_outage_is_told_to_the_log_only() {
        let outage = roster_store::Error::Unavailable {
            reason: "the disk is full",
            cause: Some(Arc::new(std::io::Error::other("no space left on device"))),
        };
        let error = Error::from(outage);
        assert!(error.is_for_the_log() && !error.to_string().contains("disk"), "{error}");
        let chain = error.chain();
        assert!(chain.ends_with("the disk is full: no space left on device"), "{chain}");
        let busy = Error::Unavailable { retry_after: Duration::from_secs(1), cause: None };
        assert!(!busy.is_for_the_log());
    }
}
