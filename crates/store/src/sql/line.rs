//! Who has much to write.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard};

/// Those who have much to write.
#[derive(Default)]
pub(super) struct Line {
    length: AtomicUsize,
    turn: Mutex<()>,
}

/// A place among those who have much to write, until it is dropped.
#[must_use = "a place is given up when it is dropped"]
pub struct Place<'l> {
    _turn: Option<MutexGuard<'l, ()>>,
    _count: Count<'l>,
}

struct Count<'l>(&'l AtomicUsize);

impl Line {
    /// Takes a place, and waits there for all that came before if one writes after the other.
    pub(super) async fn join(&self, one_after_the_other: bool) -> Place<'_> {
        self.length.fetch_add(1, Ordering::Relaxed);
        let count = Count(&self.length);
        let turn = if one_after_the_other { Some(self.turn.lock().await) } else { None };
        Place { _turn: turn, _count: count }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length.load(Ordering::Relaxed) == 0
    }
}

impl Drop for Count<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
