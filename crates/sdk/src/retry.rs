//! When a failed call is made again, and how long to wait before.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::{Error, Result, error::TransportFailure};

/// What may be done again without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// The request changes nothing, or carries a key by which the server knows it again.
    Freely,
    /// Only while it is certain that the server never saw it.
    IfUnsent,
}

/// How often and how patiently to try again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// Tries after the first.
    pub(crate) retries: usize,
    /// The wait before the second try; each further one is twice as long, with jitter.
    pub(crate) first_wait: Duration,
    /// No single wait is longer: a server that asks for more gets no further try.
    pub(crate) longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 3,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    /// Runs `call` until it succeeds, fails for good, or the tries are used up.
    pub(crate) async fn run<T, F, C>(&self, repeat: Repeat, call: C) -> Result<T>
    where
        C: FnMut() -> F,
        F: Future<Output = Result<T>>,
    {
        let waits = ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .with_max_times(self.retries)
            .with_jitter();
        let longest = self.longest_wait;
        call.retry(waits)
            .when(move |error| may_help(error, repeat))
            .adjust(move |error, wait| adjusted(error, wait, longest))
            .await
    }
}

/// Whether the same request may succeed when sent again, and may be sent again at all.
fn may_help(error: &Error, repeat: Repeat) -> bool {
    error.is_passing() && (repeat == Repeat::Freely || was_unsent(error))
}

fn was_unsent(error: &Error) -> bool {
    matches!(error, Error::Transport(error) if error.failure() == TransportFailure::Connect)
}

/// The wait that the server asks for wins over ours, unless it is too long to sit out.
fn adjusted(error: &Error, wait: Option<Duration>, longest: Duration) -> Option<Duration> {
    let wait = wait?;
    match error.retry_after() {
        Some(asked) if asked > longest => None,
        Some(asked) => Some(wait.max(asked)),
        None => Some(wait),
    }
}
