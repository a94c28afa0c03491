//! Waiting for the disk without making others wait.

use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::Error;

/// A disk that is done within this time is waited for on the spot: to give the thread's other tasks to another thread
/// takes two wake-ups, which cost as much, and as many searches hold a thread for as long.
const SHORT: Duration = Duration::from_micros(500);

/// How long the disk has taken lately.
#[derive(Clone, Copy)]
pub(super) struct Pace(Duration);

impl Pace {
    /// Of a disk that nobody knows yet.
    pub(super) const UNKNOWN: Self = Self(Self::LONG);
    /// What is longer counts as this: one slow commit out of many, such as one that clears the log up, changes little,
    /// and a disk that has become slow is found out by the second.
    const LONG: Duration = SHORT.saturating_mul(2);

    /// It took so long this time.
    pub(super) fn note(&mut self, took: Duration) {
        self.0 = (self.0 * 3 + took.min(Self::LONG)) / 4;
    }

    fn is_short(self) -> bool {
        self.0 <= SHORT
    }
}

/// Runs something that blocks. Once begun, it is finished even if nobody waits for it any more.
///
/// A runtime with several threads moves the other tasks of this one elsewhere, which saves the way to another thread
/// and back: a third of a commit on a fast disk. Where the disk is faster still, that is not worth it either.
pub(super) async fn away_from_async<T: Send + 'static>(
    pace: Pace,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if pace.is_short() {
        return Ok(work());
    }
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        return Ok(tokio::task::block_in_place(work));
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::outage("the server is stopping", error))
}
