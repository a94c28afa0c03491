//! Slowing down whoever guesses (design section 3.4, threats T04, T05, T08, T10).
//!
//! Attempts count per user and kind of proof, never by what was typed, and before the proof is looked at, so a burst
//! of parallel guesses costs as many tries as it has guesses. After too many the next must wait; the wait doubles and
//! is bounded, so nobody is locked out for good. Sessions and keys that exist go on.

use std::time::Duration;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use roster_model::{IdentityKey, UserId};
use roster_store::Tx;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::secret_key::{Keyring, Purpose};
use crate::{Core, Error, Result, clock::wait};

/// What is proved with. Failures with one do not count against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authenticator {
    /// A password.
    Password,
    /// A code of the authenticator app, a recovery code, or a sent code in its place.
    SecondFactor,
    /// What a forgotten password is replaced with: its failures never keep the owner from signing in.
    PasswordReset,
    /// A name or an address that somebody wants to have. It proves nothing, but the answer tells whether anybody has it.
    Name,
}

impl Authenticator {
    fn subject(self, user: UserId) -> String {
        match self {
            Self::Password => format!("password:{user}"),
            Self::SecondFactor => format!("second_factor:{user}"),
            Self::PasswordReset => format!("password_reset:{user}"),
            Self::Name => format!("name:{user}"),
        }
    }
}

/// Whose attempts are counted.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// A user's, however it was named.
    User(UserId),
    /// Those at a name that nobody has. They are counted and slowed down like a user's, or the wait itself would tell
    /// who exists.
    Nobody(IdentityKey),
}

impl Subject {
    fn of(&self, authenticator: Authenticator, keys: &Keyring) -> String {
        match self {
            Self::User(user) => authenticator.subject(*user),
            // Hashed, and with a key: people type passwords where names belong, and the text could be of any length.
            Self::Nobody(name) => {
                let parts: [&[u8]; 1] = [name.as_str().as_bytes()];
                format!(
                    "nobody:{}",
                    HEXLOWER.encode(&keys.keyed_hash(Purpose::UnknownName, &parts))
                )
            }
        }
    }
}

/// Lets only a few passwords of one user be compared at a time, in this process.
///
/// Attempts count before they are checked, so without it more right passwords at once than wrong ones are allowed would
/// be taken for guesses. Whoever finds no place waits for one.
pub(crate) struct Turns(Box<[Semaphore]>);

/// Users share places only by chance, and then merely wait a little.
const PLACES: usize = 256;

impl Turns {
    /// `limit` is how many failures are borne. Two nodes that let in just under half of it each stay below.
    pub(crate) fn new(limit: u32) -> Self {
        let at_once = usize::try_from(limit / 2).unwrap_or(1).saturating_sub(1).max(1);
        Self((0..PLACES).map(|_| Semaphore::new(at_once)).collect())
    }

    /// Waits for a turn, which lasts until what is returned is dropped.
    pub(crate) async fn wait(&self, subject: &Subject) -> Option<SemaphorePermit<'_>> {
        let number = match subject {
            Subject::User(user) => user.0.unsigned_abs(),
            Subject::Nobody(name) => {
                u64::from_be_bytes(*Sha256::digest(name.as_str()).first_chunk().unwrap_or(&[0; 8]))
            }
        };
        // Nobody closes these semaphores.
        self.0[(number % PLACES as u64) as usize].acquire().await.ok()
    }
}

/// A count that nobody has added to for so long begins anew.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3600);

impl Core {
    /// Counts an attempt of `user`, before it is checked.
    ///
    /// The transaction must commit whatever the check says, or the attempt was free.
    ///
    /// # Errors
    /// `RateLimited` if the wait is not over; then nothing was counted.
    pub(crate) async fn count_attempt(
        &self,
        tx: &mut Tx,
        user: UserId,
        authenticator: Authenticator,
        now: Timestamp,
    ) -> Result<()> {
        self.count_attempt_at(tx, &Subject::User(user), authenticator, now).await
    }

    /// As [`count_attempt`](Self::count_attempt), at a name that perhaps nobody has.
    pub(crate) async fn count_attempt_at(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        authenticator: Authenticator,
        now: Timestamp,
    ) -> Result<()> {
        let limits = &self.settings().limits;
        let subject = subject.of(authenticator, self.keys());
        let attempts = tx.count_attempt(&subject, now, now - FORGET_AFTER).await?;
        if let Some(until) = attempts.blocked_until
            && until > now
        {
            return Err(Error::RateLimited { retry_after: wait(until, now) });
        }
        // As many as are borne cost nothing; the one after them begins the wait, unless it is right.
        let borne = limits.failures_before_wait.saturating_add(1);
        if let Some(beyond) = attempts.failures.checked_sub(borne) {
            let wait = limits.first_wait.saturating_mul(2_u32.saturating_pow(beyond));
            tx.block_attempts(&subject, now + wait.min(limits.longest_wait)).await?;
        }
        Ok(())
    }

    /// The attempt was right: its count begins anew.
    pub(crate) async fn forget_attempts(
        &self,
        tx: &mut Tx,
        user: UserId,
        authenticator: Authenticator,
    ) -> Result<()> {
        Ok(tx.forget_attempts(&authenticator.subject(user)).await?)
    }
    /// The attempt was not looked at, for want of a free thread: it does not count.
    pub(crate) async fn take_attempt_back(
        &self,
        tx: &mut Tx,
        subject: &Subject,
        authenticator: Authenticator,
    ) -> Result<()> {
        Ok(tx.take_attempt_back(&subject.of(authenticator, self.keys())).await?)
    }
}
