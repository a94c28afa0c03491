//! What a database that was just restored must forget.

use roster_model::MessageState;

use crate::{Error, Tx};

impl Tx {
    /// Ends all sessions, codes, links and sign-ins under way, and gives up what waits in the outbox, because of `why`;
    /// says how many sessions there were. Only while no server uses the database: none would hear of it.
    pub async fn end_everything_open(&mut self, why: &str) -> Result<u64, Error> {
        let sessions = self.execute("DELETE FROM sessions", &[]).await?;
        for sql in ["DELETE FROM one_time_codes", "DELETE FROM links", "DELETE FROM sso_sign_ins"] {
            self.execute(sql, &[]).await?;
        }
        self.execute(
            "UPDATE messages SET state = $1, last_error = $2, next_attempt_at = NULL \
             WHERE next_attempt_at IS NOT NULL",
            &[&MessageState::Failed, &why],
        )
        .await?;
        Ok(sessions)
    }
}
