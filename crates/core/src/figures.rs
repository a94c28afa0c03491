//! How the installation fares: for readiness, for metrics, and for an orderly end.

use roster_store::Statistics;

use crate::{Core, Result};

/// What has been counted since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Password hashes computed.
    pub password_hashes: u64,
    /// Sign-ins that wait for a thread that hashes.
    pub hashes_waiting: usize,
    /// What the store has done.
    pub store: Statistics,
}

impl Core {
    /// What has been counted since the start.
    pub fn figures(&self) -> Figures {
        Figures {
            password_hashes: self.hasher().operations(),
            hashes_waiting: self.hasher().waiting(),
            store: self.store().statistics(),
        }
    }

    /// Whether requests can be answered: the database gives a sign of life, and takes changes as far as is known.
    ///
    /// # Errors
    /// `Unavailable` while it does not.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store().ready().await?)
    }

    /// Waits for what is being committed and closes the database; every operation is refused afterwards.
    ///
    /// # Errors
    /// The database cannot be closed in order. What was acknowledged is safe even so.
    pub async fn close(&self) -> Result<()> {
        Ok(self.store().close().await?)
    }
}
