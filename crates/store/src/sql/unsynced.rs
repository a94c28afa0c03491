//! Changes that count at once and reach the disk a little later.

use super::sqlite;
use crate::Error;

/// A change that everybody sees who comes later, and that the disk may not have yet: see
/// [`Store::write_unsynced`](super::Store::write_unsynced).
///
/// The next `write` takes it along. Where none follows, dropping this has it committed.
pub struct Unsynced(Option<sqlite::Unsynced>);

impl Unsynced {
    /// SQLite: in a batch that may be open.
    pub(super) fn in_batch(unsynced: sqlite::Unsynced) -> Self {
        Self(Some(unsynced))
    }

    /// PostgreSQL: committed, and so in the log before everything that is committed later, which is written in its order.
    pub(super) fn in_log() -> Self {
        Self(None)
    }

    /// Makes sure that it was kept. After a later `write` that takes no time; without one it waits for the disk.
    ///
    /// # Errors
    /// The disk did not take it.
    pub async fn sync(self) -> Result<(), Error> {
        match self.0 {
            Some(unsynced) => unsynced.sync().await,
            None => Ok(()),
        }
    }
}
