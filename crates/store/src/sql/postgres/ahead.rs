//! How far a replica must be before this node reads there: its own changes must be there, and those of others that are
//! older than a bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::lease::Shared;
use super::position::{self, Position};
use super::{Begin, Lent};
use crate::Error;

/// What this node has changed since it asked last where the primary is.
///
/// A change only counts itself. The next list asks the primary, and all lists until the next change go by that answer, so
/// that writing costs nothing and reading one small statement for each change at most.
pub(super) struct Ahead {
    /// The longest that an answer is good for; so a replica is never further behind than this.
    lag: Duration,
    writes: AtomicU64,
    unsynced: AtomicU64,
    asked: Mutex<Option<Asked>>,
}

/// The primary's last answer, and what had been counted before it was asked.
struct Asked {
    writes: u64,
    unsynced: u64,
    at: Instant,
    position: Arc<Position>,
}

impl Ahead {
    pub(super) fn new(lag: Duration) -> Self {
        Self {
            lag,
            writes: AtomicU64::new(0),
            unsynced: AtomicU64::new(0),
            asked: Mutex::default(),
        }
    }

    /// A transaction has committed, or may have; called before anybody hears of it.
    pub(super) fn wrote(&self, begin: Begin) {
        match begin {
            Begin::Write => {}
            Begin::Unsynced => {
                self.unsynced.fetch_add(1, Ordering::Release);
            }
            Begin::Read | Begin::Point => return,
        }
        self.writes.fetch_add(1, Ordering::Release);
    }

    /// A position behind all changes that this node had made when it was called.
    pub(super) async fn position(&self, primary: &Shared) -> Result<Arc<Position>, Error> {
        let needed = self.writes.load(Ordering::Acquire);
        // Those who wait for the same answer take it together.
        let mut asked = self.asked.lock().await;
        if let Some(last) = &*asked
            && last.writes >= needed
            && last.at.elapsed() < self.lag
        {
            return Ok(last.position.clone());
        }
        // Before the question: what is changed meanwhile may not be in the answer.
        let writes = self.writes.load(Ordering::Acquire);
        let unsynced = self.unsynced.load(Ordering::Acquire);
        let at = Instant::now();
        let lease = primary.take().await.map_err(|(error, _)| error)?;
        let mut lent = Lent { lease: Some(lease), begin: None, open: false, fault: None };
        let known = asked.as_ref().map_or(0, |last| last.unsynced);
        let mut position = position::of_primary(&mut lent, unsynced > known).await?;
        if let Some(last) = &*asked
            && last.position.lineage == position.lineage
        {
            // The end of what is on the disk may still be before an unsynced change that was asked for earlier.
            position.log = position.log.max(last.position.log);
        }
        let position = Arc::new(position);
        *asked = Some(Asked { writes, unsynced, at, position: position.clone() });
        Ok(position)
    }
}
