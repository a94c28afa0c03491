//! Randomness. Nothing in Roster rolls dice but through the [`Random`] of `Core`, so a test repeats itself exactly.

use std::{
    fmt::Debug,
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A source of bytes nobody can guess.
pub trait Random: Send + Sync + Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// What is made of random bytes; every [`Random`] has it.
pub trait RandomExt: Random {
    /// `N` random bytes.
    fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// `count` decimal digits, each as likely as any other.
    fn digits(&self, count: usize) -> String {
        let mut digits = String::with_capacity(count);
        while digits.len() < count {
            // 250 to 255 would make the first six digits likelier: those bytes are thrown away.
            let wanted = count - digits.len();
            let bytes = self.array::<16>();
            let fair = bytes.iter().filter(|byte| **byte < 250).take(wanted);
            digits.extend(fair.map(|byte| char::from(b'0' + byte % 10)));
        }
        digits
    }

    /// A UUID that says nothing (version 4).
    fn uuid_v4(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.array()).into_uuid()
    }

    /// A UUID that sorts by its time of creation (version 7), to a quarter of a microsecond within this process.
    fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
        // RFC 9562, 6.2, method 3: the twelve bits after the milliseconds hold the fraction of one.
        let microseconds = u16::try_from(now.as_microsecond().rem_euclid(1_000)).unwrap_or(0);
        let fraction = (u32::from(microseconds) * 4096 / 1_000).to_be_bytes();
        let mut rest = self.array::<10>();
        rest[0] = fraction[2];
        rest[1] = fraction[3];
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
    }
}

impl<R: Random + ?Sized> RandomExt for R {}

/// The randomness of the operating system.
///
/// Asked directly: a generator of AWS-LC first gathers entropy of its own for tens of milliseconds, which every start
/// of the program would wait for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // A server that cannot roll dice must not go on: everything it would issue could be guessed.
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

/// The same bytes for the same seed, for tests.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// A source that is repeated by giving the same seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(number.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_as_likely_as_any_other() {
        let digits = SeededRandom::new(1).digits(100_000);
        assert_eq!(digits.len(), 100_000);
        for digit in '0'..='9' {
            let count = digits.chars().filter(|found| *found == digit).count();
            // Five standard deviations around 10,000.
            assert!((9_525..=10_475).contains(&count), "{digit} came {count} times");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        let first = SeededRandom::new(7);
        let bytes = first.array::<100>();
        assert_eq!(bytes, SeededRandom::new(7).array::<100>());
        assert_ne!(bytes, first.array::<100>());
        assert_ne!(bytes, SeededRandom::new(8).array::<100>());
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        assert_ne!(SystemRandom.array::<32>(), SystemRandom.array::<32>());
    }

    #[test]
    fn version_7_uuids_sort_by_time_and_tell_it() {
        let random = SeededRandom::new(3);
        let at = |microseconds: i64| {
            Timestamp::from_microsecond(1_700_000_000_000_000 + microseconds).unwrap()
        };
        let uuids: Vec<_> = (0..5_000).map(|step| random.uuid_v7(at(step))).collect();
        assert!(uuids.is_sorted());
        assert_eq!(uuids[0].get_version_num(), 7);
        assert_eq!(uuids[0].get_timestamp().unwrap().to_unix(), (1_700_000_000, 0));
        assert_ne!(random.uuid_v7(at(0)), random.uuid_v7(at(0)));
    }

    #[test]
    fn version_4_uuids_say_so() {
        assert_eq!(SeededRandom::new(3).uuid_v4().get_version_num(), 4);
    }
}
