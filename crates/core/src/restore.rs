//! After a backup was put in the place of the database.

use roster_store::Tx;
use serde_json::json;

use crate::{Actor, Core, Error, Result, audit::Entry, authz::Operation};

/// What the outbox says of messages that waited when the backup was made.
const WHY: &str = "waited when the backup was made that the database was restored from";

impl Core {
    /// Ends what was open when the backup was made: sessions, codes, links and sign-ins under way may have ended since
    /// then, and must not come back to life (threat T32); waiting messages may have been sent. Says how many sessions
    /// ended. Only while no server uses the database.
    ///
    /// # Errors
    /// Only the server itself may; and `Unavailable` while the database is away.
    pub async fn settle_restored(&self, actor: &Actor) -> Result<u64> {
        self.authorize(actor, Operation::RunJobs).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let sessions = tx.end_everything_open(WHY).await?;
                Entry::done_to_nobody("installation.restored")
                    .with(json!({ "sessions_ended": sessions }))
                    .write(tx, actor, now)
                    .await?;
                Ok::<_, Error>(sessions)
            })
            .await
    }
}
