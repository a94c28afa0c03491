//! Why a call failed.

use std::{fmt, time::Duration};

use roster_model::{ErrorCode, Problem};

/// What a call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. No variant ever holds a token, a password or a code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server understood the request and refused it.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// The server could not be reached, or the connection broke.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Something answered, but not as Roster does: another program, a proxy, another release.
    #[error("{server} does not answer as a Roster server does: {what} (HTTP status {status})")]
    Unexpected {
        /// Who answered.
        server: String,
        /// The HTTP status of the answer.
        status: u16,
        /// What is wrong with it.
        what: String,
        /// How long it asks to wait before the next try.
        retry_after: Option<Duration>,
    },
    /// The client was set up with something it cannot work with.
    #[error("{0}")]
    Setup(String),
}

impl Error {
    /// The refusal, if it is one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The stable code of the refusal, if it is one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// The part of the request that the refusal speaks of, as [`Problem::field`] has it.
    pub fn field(&self) -> Option<&str> {
        self.problem()?.field.as_deref()
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(problem) => problem.retry_after.map(Duration::from_secs),
            Self::Unexpected { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the same call may succeed a little later: the server was not reached, did not answer in time, or cannot
    /// serve just now. It may have acted on the call all the same, unless it says that it did not.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Refused(problem) => {
                matches!(problem.code, ErrorCode::Unavailable | ErrorCode::RateLimited)
            }
            // What a proxy in front of a restarting server says.
            Self::Unexpected { status, .. } => matches!(status, 502..=504),
            Self::Setup(_) => false,
        }
    }

    /// Whether the call fails for want of a right one-time code, so that asking for one and
    /// repeating it ([`Client::with_code`](crate::Client::with_code)) may help.
    pub fn wants_code(&self) -> bool {
        matches!(
            self.code(),
            Some(ErrorCode::OtpRequired | ErrorCode::OtpInvalid | ErrorCode::OtpExpired)
        )
    }
}

/// How far a request came that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportFailure {
    /// There was no connection: nothing was sent.
    Connect,
    /// There was no answer in time; whether the server acted on the request is unknown.
    Timeout,
    /// The connection broke; whether the server acted on the request is unknown.
    Broken,
}

/// The server could not be reached, or the connection broke.
#[derive(Debug)]
pub struct TransportError {
    failure: TransportFailure,
    server: String,
    source: reqwest::Error,
}

impl TransportError {
    /// `server` is named in the message; the full address is not, since it names users.
    pub(crate) fn new(server: &str, source: reqwest::Error) -> Self {
        let failure = if source.is_connect() {
            TransportFailure::Connect
        } else if source.is_timeout() {
            TransportFailure::Timeout
        } else {
            TransportFailure::Broken
        };
        Self { failure, server: server.into(), source: source.without_url() }
    }

    /// How far the request came.
    pub fn failure(&self) -> TransportFailure {
        self.failure
    }

    /// The innermost cause: what the operating system or the TLS library said.
    fn cause(&self) -> String {
        let mut cause: &dyn std::error::Error = &self.source;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.server;
        match self.failure {
            TransportFailure::Connect => write!(f, "cannot reach {server}: {}", self.cause()),
            TransportFailure::Timeout => write!(f, "no answer from {server} in time"),
            TransportFailure::Broken => {
                write!(f, "the connection to {server} broke: {}", self.cause())
            }
        }
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.source()
    }
}
