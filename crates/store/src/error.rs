//! Why the store could not do what it was asked.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::Unique;

/// Why the store could not do what it was asked. Its text never contains stored or bound values.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Something with this value is there already.
    #[error("{0} is already taken")]
    Unique(Unique),
    /// The change names a row that is not there, or removes one that others name.
    #[error("a row that this one belongs to is missing, or rows still belong to it")]
    ForeignKey,
    /// The database can't serve now; trying again later may help. Whether a change was kept may be unknown.
    #[error("the database is not available: {reason}")]
    Unavailable {
        /// A sentence for the operator.
        reason: &'static str,
        /// What the driver said.
        #[source]
        cause: Option<Cause>,
    },
    /// The store can't be opened as asked; the sentence says what to change.
    #[error("{0}")]
    Refused(String),
    /// The database holds something that the code can't read.
    #[error("column {column} holds {why}")]
    Corrupt {
        /// Name or position of the column.
        column: String,
        /// What is wrong with it, without the value.
        why: String,
    },
    /// A fault of Roster's own.
    #[error("the database refused a statement")]
    Internal(#[source] Cause),
}

/// What lies behind an error.
pub type Cause = Arc<dyn StdError + Send + Sync>;

impl Error {
    /// A fault of ours, described by `why`.
    pub(crate) fn internal(why: impl Into<String>) -> Self {
        Self::Internal(Arc::new(Fault(why.into())))
    }

    /// A column whose contents are not what the code expects.
    pub(crate) fn corrupt(column: &'static str, why: &'static str) -> Self {
        Self::Corrupt { column: column.to_owned(), why: why.to_owned() }
    }

    /// The database can't serve now.
    pub(crate) fn unavailable(reason: &'static str) -> Self {
        Self::Unavailable { reason, cause: None }
    }

    /// The database can't serve now, and this is what the driver said.
    pub(crate) fn outage(
        reason: &'static str,
        cause: impl StdError + Send + Sync + 'static,
    ) -> Self {
        Self::Unavailable { reason, cause: Some(Arc::new(cause)) }
    }
}

/// A plain sentence as an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(pub(crate) String);
