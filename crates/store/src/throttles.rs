//! How often somebody failed to prove who it is.

use jiff::Timestamp;

use crate::{Error, Tx};

/// What the count says after an attempt was added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts since the last success, this one included unless it is refused.
    pub failures: u32,
    /// Set and in the future: this attempt is refused and was not counted.
    pub blocked_until: Option<Timestamp>,
}

impl Tx {
    /// Counts an attempt before it is checked, so that of parallel attempts each counts. Counts that
    /// nobody has added to since `forget_before` begin anew.
    pub async fn count_attempt(
        &mut self,
        subject: &str,
        now: Timestamp,
        forget_before: Timestamp,
    ) -> Result<Attempts, Error> {
        self.one(
            "INSERT INTO throttles (subject, failures, last_failure_at, blocked_until) \
             VALUES ($1, 1, $2, NULL) \
             ON CONFLICT (subject) DO UPDATE SET \
             failures = CASE WHEN throttles.blocked_until > $2 THEN throttles.failures \
             WHEN throttles.last_failure_at <= $3 THEN 1 ELSE throttles.failures + 1 END, \
             last_failure_at = CASE WHEN throttles.blocked_until > $2 \
             THEN throttles.last_failure_at ELSE $2 END \
             RETURNING failures, blocked_until",
            &[&subject, &now, &forget_before],
            |row| Ok(Attempts { failures: row.get(0)?, blocked_until: row.get(1)? }),
        )
        .await
    }

    /// Refuses attempts until `until`.
    pub async fn block_attempts(&mut self, subject: &str, until: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE throttles SET blocked_until = $2 WHERE subject = $1",
            &[&subject, &until],
        )
        .await?;
        Ok(())
    }

    /// An attempt succeeded: the count begins anew.
    pub async fn forget_attempts(&mut self, subject: &str) -> Result<(), Error> {
        self.execute("DELETE FROM throttles WHERE subject = $1", &[&subject]).await?;
        Ok(())
    }

    /// An attempt was not looked at: it does not count, and what followed from its count does not either.
    pub async fn take_attempt_back(&mut self, subject: &str) -> Result<(), Error> {
        self.execute(
            "UPDATE throttles SET failures = failures - 1, blocked_until = NULL \
             WHERE subject = $1 AND failures > 0",
            &[&subject],
        )
        .await?;
        Ok(())
    }

    /// Forgets at most `limit` counts that nobody has added to since `before`, and says how many.
    pub async fn purge_throttles(&mut self, before: Timestamp, limit: u32) -> Result<u64, Error> {
        self.execute(
            "DELETE FROM throttles WHERE subject IN (SELECT subject FROM throttles \
             WHERE last_failure_at < $1 LIMIT $2)",
            &[&before, &i64::from(limit)],
        )
        .await
    }
}
