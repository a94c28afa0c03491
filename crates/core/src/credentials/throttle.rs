//! Slowing down whoever guesses (design section 3.4, threats T04, T05, T08, T10).
//!
//! Attempts count per user and kind of proof, never by what was typed, and before the proof is looked at, so a burst
//! of parallel guesses costs as many tries as it has guesses. After too many the next must wait; the wait doubles and
//! is bounded, so nobody is locked out for good. Sessions and keys that exist go on.

use std::time::Duration;

use jiff::Timestamp;
use roster_model::UserId;
use roster_store::Tx;

use crate::{Core, Error, Result};

/// What is proved with. Failures with one do not count against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authenticator {
    /// A password.
    Password,
    /// A code of the authenticator app, a recovery code, or a sent code in its place.
    SecondFactor,
    /// What a forgotten password is replaced with: its failures never keep the owner from signing in.
    PasswordReset,
}

impl Authenticator {
    fn subject(self, user: UserId) -> String {
        match self {
            Self::Password => format!("password:{user}"),
            Self::SecondFactor => format!("second_factor:{user}"),
            Self::PasswordReset => format!("password_reset:{user}"),
        }
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
        let limits = &self.settings().limits;
        let subject = authenticator.subject(user);
        let attempts = tx.count_attempt(&subject, now, now - FORGET_AFTER).await?;
        if let Some(until) = attempts.blocked_until
            && until > now
        {
            let retry_after = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            return Err(Error::RateLimited { retry_after });
        }
        if let Some(beyond) = attempts.failures.checked_sub(limits.failures_before_wait) {
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
}
