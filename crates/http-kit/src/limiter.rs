//! How often one client address may come (GCRA). Lockouts of accounts are not here but in the
//! database: this only keeps one address from keeping the server busy.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};
use roster_core::network;

/// More addresses than this are not told apart: a flood from ever new addresses must not fill the
/// memory (threat T45).
const MAX_ADDRESSES: usize = 100_000;

/// After so many questions the addresses are counted: that takes a lock of each part of their table, of which there are
/// more the more cores there are.
const COUNT: u64 = 256;

/// After so many questions the addresses that have rested are forgotten.
const SWEEP: u64 = 10_000;

type ByAddress<C> = RateLimiter<IpAddr, DashMapStateStore<IpAddr>, C, StateInformationMiddleware>;

/// What an address may ask for, and how much of that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many requests in a minute, all at once or spread.
    pub limit: u32,
    /// How many more at this moment.
    pub remaining: u32,
}

/// Limits requests by client address.
#[derive(Debug)]
pub struct Limiter<C: Clock = DefaultClock> {
    by_address: Option<ByAddress<C>>,
    /// 0 without a limit.
    requests: u32,
    clock: C,
    asked: AtomicU64,
    /// Whether there was no room for another `COUNT` addresses when they were counted last.
    is_full: AtomicBool,
}

impl Limiter {
    /// Allows so many requests a minute, all at once or spread; 0 is no limit.
    pub fn per_minute(requests: u32) -> Self {
        Self::with_clock(requests, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Limiter<C> {
    fn with_clock(requests: u32, clock: C) -> Self {
        let by_address = NonZeroU32::new(requests).map(|requests| {
            RateLimiter::new(
                Quota::per_minute(requests),
                DashMapStateStore::default(),
                clock.clone(),
            )
        });
        let (asked, is_full) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { by_address, requests, clock, asked, is_full }
    }

    /// What an address has that has used up its allowance; none without a limit.
    pub fn spent(&self) -> Option<Allowance> {
        self.by_address.as_ref().map(|_| Allowance { limit: self.requests, remaining: 0 })
    }

    /// Counts a request and says what is left, if there is a limit; the error is how long to wait until the next is
    /// allowed.
    ///
    /// # Errors
    /// The address has come too often.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<Option<Allowance>, Duration> {
        let Some(limiter) = &self.by_address else { return Ok(None) };
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        if asked % SWEEP == SWEEP - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        if asked % COUNT == COUNT - 1 {
            let is_full = limiter.len() + COUNT as usize >= MAX_ADDRESSES;
            self.is_full.store(is_full, Ordering::Relaxed);
        }
        // Without an address, and when there are too many of them, all share one allowance.
        let mut key = address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), network);
        if self.is_full.load(Ordering::Relaxed) {
            key = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        }
        match limiter.check_key(&key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Ok(Some(Allowance { limit: self.requests, remaining }))
            }
            Err(until) => Err(until.wait_time_from(self.clock.now()).max(Duration::from_secs(1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_address_gets_its_allowance_and_the_next_has_its_own() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(2, clock.clone());
        for remaining in [1, 0] {
            let left = limiter.admit(address("192.0.2.1")).unwrap();
            assert_eq!(left, Some(Allowance { limit: 2, remaining }));
        }
        assert_eq!(limiter.spent(), Some(Allowance { limit: 2, remaining: 0 }));
        let wait = limiter.admit(address("192.0.2.1")).unwrap_err();
        assert_eq!(wait, Duration::from_secs(30));
        assert!(limiter.admit(address("192.0.2.2")).is_ok());
        clock.advance(Duration::from_secs(30));
        assert!(limiter.admit(address("192.0.2.1")).is_ok());
        assert!(limiter.admit(address("192.0.2.1")).is_err());
    }

    #[test]
    fn t43_an_ipv6_client_is_its_network() {
        let limiter = Limiter::with_clock(1, FakeRelativeClock::default());
        assert!(limiter.admit(address("2001:db8::1")).is_ok());
        assert!(limiter.admit(address("2001:db8::2:3")).is_err());
        assert!(limiter.admit(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = Limiter::with_clock(0, FakeRelativeClock::default());
        assert!((0..1000).all(|_| limiter.admit(None) == Ok(None)));
        assert_eq!(limiter.spent(), None);
    }

    #[test]
    fn t45_ever_new_addresses_do_not_fill_the_memory() {
        let clock = FakeRelativeClock::default();
        let limiter = Limiter::with_clock(1, clock.clone());
        for i in 0..u32::try_from(MAX_ADDRESSES).unwrap() + 5_000 {
            let _ = limiter.admit(Some(IpAddr::V4(Ipv4Addr::from(i + 1))));
        }
        assert!(limiter.by_address.as_ref().unwrap().len() <= MAX_ADDRESSES + 1);
        assert!(limiter.admit(address("198.51.100.1")).is_err(), "all new ones share");
        clock.advance(Duration::from_secs(120));
        for _ in 0..SWEEP {
            let _ = limiter.admit(address("198.51.100.1"));
        }
        assert!(limiter.by_address.as_ref().unwrap().len() < 10);
    }
}
