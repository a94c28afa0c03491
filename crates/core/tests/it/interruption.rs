//! Something that happens in the middle of an operation: between what it reads first and its transaction it asks for the
//! time or rolls dice, and there another operation is done from beginning to end. What two callers can do to each other
//! by chance becomes a test that repeats itself.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use roster_core::{clock::Clock, random::Random};

type Work = Box<dyn FnOnce() + Send>;

/// Work that waits for its moment.
#[derive(Default)]
pub(crate) struct Interruption(Mutex<Option<Work>>);

impl Interruption {
    /// Does this once at the next moment, before whoever asked goes on.
    pub(crate) fn once(&self, work: impl Future<Output = ()> + Send + 'static) {
        let runtime = tokio::runtime::Handle::current();
        let work = move || tokio::task::block_in_place(|| runtime.block_on(work));
        *self.0.lock().unwrap() = Some(Box::new(work));
    }

    /// Whether it has happened.
    pub(crate) fn is_over(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }

    fn happen(&self) {
        let work = self.0.lock().unwrap().take();
        if let Some(work) = work {
            work();
        }
    }
}

/// A source at which the interruption happens.
pub(crate) struct Interruptible<S> {
    source: Arc<S>,
    interruption: Arc<Interruption>,
}

impl<S> Interruptible<S> {
    pub(crate) fn new(source: Arc<S>, interruption: &Arc<Interruption>) -> Self {
        Self { source, interruption: Arc::clone(interruption) }
    }
}

impl<S> fmt::Debug for Interruptible<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interruptible")
    }
}

impl<C: Clock> Clock for Interruptible<C> {
    fn now(&self) -> Timestamp {
        self.interruption.happen();
        self.source.now()
    }
}

impl<R: Random> Random for Interruptible<R> {
    fn fill(&self, bytes: &mut [u8]) {
        self.interruption.happen();
        self.source.fill(bytes);
    }
}
