//! What PostgreSQL's errors mean: whether to try again, and what to tell those above.

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use crate::{Error, Unique};

/// What a failed statement means for its transaction, in order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sql) enum Fault {
    /// Another transaction was faster: the same again may succeed.
    Race,
    /// The server ended the statement, which took too long.
    Canceled,
    /// Nothing is gained by trying again.
    Final,
    /// The connection is gone.
    Lost,
}

/// What the server said, without the details, which may contain stored values.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL error {code}: {message}")]
struct Said {
    code: String,
    message: String,
}

/// Reads a driver's error.
pub(super) fn of(error: &tokio_postgres::Error) -> (Fault, Error) {
    let Some(said) = error.as_db_error() else {
        return if error.is_closed()
            || std::error::Error::source(error).is_some_and(|cause| cause.is::<std::io::Error>())
        {
            let what = crate::error::Fault(describe(error));
            (Fault::Lost, Error::outage("the connection to the database was lost", what))
        } else {
            (Fault::Final, Error::internal(describe(error)))
        };
    };
    let code = said.code();
    if *code == SqlState::UNIQUE_VIOLATION {
        let name = said.constraint().unwrap_or_default();
        let unique = Unique::of_postgres(name);
        return (
            Fault::Final,
            unique.map_or_else(|| Error::internal(format!("not unique: {name}")), Error::Unique),
        );
    }
    if *code == SqlState::FOREIGN_KEY_VIOLATION {
        return (Fault::Final, Error::ForeignKey);
    }
    let what = Said { code: code.code().to_owned(), message: said.message().to_owned() };
    let (fault, reason) = match code.code() {
        "40001" | "40P01" => (Fault::Race, "too many changes at the same place"),
        "57P01" | "57P02" | "57P03" | "57P05" => {
            (Fault::Lost, "the database is stopping or starting")
        }
        "57014" => (Fault::Canceled, "the database took too long"),
        "55P03" => (Fault::Final, "a lock was held too long"),
        "25P03" => (Fault::Lost, "a transaction was left idle too long"),
        "25006" => (Fault::Lost, "the database only answers reads"),
        code if code.starts_with("08") => (Fault::Lost, "the connection to the database was lost"),
        code if code.starts_with("53") => {
            (Fault::Final, "the database is out of disk, memory or connections")
        }
        code if code.starts_with("58") => (Fault::Final, "the database's machine is failing"),
        _ => return (Fault::Final, Error::Internal(std::sync::Arc::new(what))),
    };
    (fault, Error::outage(reason, what))
}

/// Why no connection could be had.
pub(super) fn of_pool(error: PoolError) -> (Error, Fault) {
    match error {
        PoolError::Backend(error) => match of(&error) {
            (Fault::Final, Error::Internal(cause)) => (
                Error::Unavailable {
                    reason: "the database refuses the connection",
                    cause: Some(cause),
                },
                Fault::Final,
            ),
            (fault, error) => (error, fault),
        },
        PoolError::Timeout(TimeoutType::Wait) => {
            (Error::unavailable("all connections to the database are in use"), Fault::Final)
        }
        PoolError::Timeout(_) => (Error::unavailable("the database does not answer"), Fault::Final),
        PoolError::Closed => (Error::unavailable("the store is closed"), Fault::Final),
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            (Error::unavailable("the database refused the settings of a connection"), Fault::Final)
        }
    }
}

/// An error with its causes.
fn describe(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
