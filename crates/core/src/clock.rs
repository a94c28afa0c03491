//! The time. Nothing in Roster reads it but through the [`Clock`] of `Core`, so a test moves it by hand.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use jiff::Timestamp;

/// Says what time it is, in whole microseconds: what the databases keep, so a stored time reads back equal.
pub trait Clock: Send + Sync + Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        whole_microseconds(Timestamp::now())
    }
}

/// How long it is until then, in whole seconds and none too few: whoever waits so long need not wait again.
pub(crate) fn wait(until: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock {
    microseconds: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { microseconds: AtomicI64::new(now.as_microsecond()) }
    }

    /// Moves the clock to `now`, which may also be back.
    pub fn set(&self, now: Timestamp) {
        self.microseconds.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.microseconds.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        instant(self.microseconds.load(Ordering::SeqCst))
    }
}

/// What the databases keep of an instant, so that it reads back equal: whole microseconds, but for those of the last
/// second there is, which cannot be read back.
pub(crate) fn whole_microseconds(at: Timestamp) -> Timestamp {
    let whole = Timestamp::from_microsecond(at.as_microsecond());
    whole.or_else(|_| Timestamp::from_second(at.as_second())).unwrap_or(at)
}

/// The instant that many microseconds after 1970, or the last one there is.
fn instant(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let clock = ManualClock::new(start);
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_micros(1_500_000));
        assert_eq!(clock.now(), Timestamp::from_millisecond(1_700_000_001_500).unwrap());
        clock.set(start);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_manual_clock_moved_beyond_the_end_of_time_stays_there() {
        let clock = ManualClock::new(Timestamp::from_second(0).unwrap());
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn the_end_of_time_reads_back() {
        let last = whole_microseconds(Timestamp::MAX);
        assert_eq!(Timestamp::from_microsecond(last.as_microsecond()).unwrap(), last);
        assert_eq!(last.as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn the_system_clock_gives_whole_microseconds() {
        assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000, 0);
    }
}
