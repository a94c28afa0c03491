//! When and how often credentials were used, written down in batches.
//!
//! These statements only ever change rows that are there: what has ended meanwhile stays ended.

use jiff::Timestamp;
use roster_model::{ApiKeyId, SessionId, UserId};

use crate::{Error, Tx};

impl Tx {
    /// Notes the latest use of a session, and that it lives on until `expires_at`. Times only move forward.
    pub async fn note_session_use(
        &mut self,
        session: SessionId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE sessions SET last_used_at = $2, expires_at = $3 \
             WHERE id = $1 AND last_used_at < $2",
            &[&session, &last_used_at, &expires_at],
        )
        .await?;
        Ok(())
    }

    /// Notes the latest use of a key, and counts its uses.
    pub async fn note_api_key_use(
        &mut self,
        key: ApiKeyId,
        last_used_at: Timestamp,
        uses: i64,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE api_keys SET use_count = use_count + $3, last_used_at = \
             CASE WHEN last_used_at > $2 THEN last_used_at ELSE $2 END WHERE id = $1",
            &[&key, &last_used_at, &uses],
        )
        .await?;
        Ok(())
    }

    /// Notes when a user was last seen.
    pub async fn note_user_seen(&mut self, user: UserId, at: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE users SET last_seen_at = $2 \
             WHERE id = $1 AND (last_seen_at IS NULL OR last_seen_at < $2)",
            &[&user, &at],
        )
        .await?;
        Ok(())
    }
}
