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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_model::UserRef;

    use crate::testing::{noon, on_both_databases, user, write};
    use crate::{ApiKeyRef, Error, Store, Tx, Window, api_keys, sessions};

    on_both_databases! {
        async fn times_move_forward_only_and_uses_add_up(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                let session = sessions::tests::open(tx, ann, "one").await?;
                let key = api_keys::tests::make(tx, ann, "key", "key", None).await?.unwrap();
                let at = |seconds| noon() + Duration::from_secs(seconds);
                for (seconds, uses) in [(20, 3), (10, 4)] {
                    tx.note_session_use(session, at(seconds), at(seconds + 100)).await?;
                    tx.note_api_key_use(key, at(seconds), uses).await?;
                    tx.note_user_seen(ann, at(seconds)).await?;
                }
                let window = Window { after: None, offset: 0, limit: 1 };
                let session = tx.list_sessions(ann, noon(), &window).await?.remove(0).session;
                assert_eq!((session.last_used_at, session.expires_at), (at(20), at(120)));
                let key = tx.find_api_key(ann, &ApiKeyRef::Id(key)).await?.unwrap();
                assert_eq!((key.last_used_at, key.use_count), (Some(at(20)), 7));
                let ann = tx.find_user(&UserRef::Id(ann)).await?.unwrap();
                assert_eq!((ann.last_seen_at, ann.version), (Some(at(20)), 1));
                Ok::<_, Error>(())
            })
            .await;
        }

        async fn t32_a_late_note_brings_nothing_back(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                let session = sessions::tests::open(tx, ann, "one").await?;
                let key = api_keys::tests::make(tx, ann, "key", "key", None).await?.unwrap();
                tx.end_sessions_of(ann, None).await?;
                tx.revoke_api_key(key, noon()).await?;
                let later = noon() + Duration::from_secs(1);
                tx.note_session_use(session, later, later + Duration::from_secs(60)).await?;
                tx.note_api_key_use(key, later, 1).await?;
                assert_eq!(tx.count_sessions(ann, later).await?, 0);
                let key = tx.find_api_key(ann, &ApiKeyRef::Id(key)).await?.unwrap();
                assert_eq!((key.revoked_at, key.use_count), (Some(noon()), 1));
                Ok::<_, Error>(())
            })
            .await;
        }
    }
}
