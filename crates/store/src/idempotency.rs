//! Replies to creations that are to be done once, however often they are asked for.

use jiff::Timestamp;

use crate::{Error, Tx};

/// The reply to an earlier request with the same key.
#[derive(Clone)]
pub struct KeptReply {
    /// Of that request, to tell another one with the same key apart.
    pub digest: [u8; 32],
    /// The reply, sealed.
    pub sealed: Vec<u8>,
}

impl Tx {
    /// What was replied to this caller under this key, unless that is over at `now`.
    pub async fn find_reply(
        &mut self,
        caller: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<KeptReply>, Error> {
        self.find(
            "SELECT digest, sealed FROM idempotency_keys \
             WHERE caller = $1 AND key = $2 AND expires_at > $3",
            &[&caller, &key, &now],
            |row| Ok(KeptReply { digest: row.get(0)?, sealed: row.get(1)? }),
        )
        .await
    }

    /// Keeps a reply; `false` if there is one under this key that is not over yet.
    pub async fn keep_reply(
        &mut self,
        caller: &str,
        key: &str,
        reply: &KeptReply,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, Error> {
        self.execute(
            "INSERT INTO idempotency_keys (caller, key, digest, sealed, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (caller, key) DO UPDATE \
             SET digest = excluded.digest, sealed = excluded.sealed, \
             expires_at = excluded.expires_at WHERE idempotency_keys.expires_at <= $6",
            &[&caller, &key, &reply.digest, &reply.sealed, &expires_at, &now],
        )
        .await
        .map(|kept| kept == 1)
    }

    /// Removes at most `limit` replies that are over, and says how many.
    pub async fn purge_replies(&mut self, now: Timestamp, limit: u32) -> Result<u64, Error> {
        self.execute(
            "DELETE FROM idempotency_keys WHERE (caller, key) IN (SELECT caller, key \
             FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            &[&now, &i64::from(limit)],
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Store;
    use crate::testing::{noon, on_both_databases, write};

    fn reply(byte: u8) -> KeptReply {
        KeptReply { digest: [byte; 32], sealed: vec![byte] }
    }

    on_both_databases! {
        async fn a_reply_is_kept_once_until_it_is_over(store: Store) {
            let end = noon() + Duration::from_secs(60);
            write(&store, async |tx: &mut Tx| {
                assert!(tx.keep_reply("1", "key", &reply(1), noon(), end).await?);
                assert!(!tx.keep_reply("1", "key", &reply(2), noon(), end).await?);
                assert!(tx.keep_reply("2", "key", &reply(3), noon(), end).await?);
                let found = tx.find_reply("1", "key", noon()).await?.unwrap();
                assert_eq!((found.digest, found.sealed), ([1; 32], vec![1]));
                assert!(tx.find_reply("1", "key", end).await?.is_none());
                assert!(tx.keep_reply("1", "key", &reply(2), end, end + Duration::from_secs(60)).await?);
                assert_eq!(tx.purge_replies(end, 10).await?, 1);
                assert!(tx.find_reply("1", "key", end).await?.is_some());
                Ok(())
            })
            .await;
        }
    }
}
