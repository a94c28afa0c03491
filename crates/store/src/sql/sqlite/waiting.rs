//! Waiting for the disk without making others wait.

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::Error;

/// Runs something that blocks. Once begun, it is finished even if nobody waits for it any more.
///
/// A runtime with several threads moves the other tasks of this one elsewhere, which saves the way to another thread
/// and back: a third of a commit on a fast disk.
pub(super) async fn away_from_async<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        return Ok(tokio::task::block_in_place(work));
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::outage("the server is stopping", error))
}
