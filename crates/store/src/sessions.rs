//! Sessions. One that has ended is gone; what it did stands in the audit log.

use jiff::Timestamp;
use roster_model::{AuthenticationMethod, Session, SessionId, TokenHash, UserId};
use uuid::Uuid;

use crate::query::Query;
use crate::{
    Change, Error, Tx, Window,
    sql::{Columns, Row},
};

/// A session to be opened.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Its name.
    pub uuid: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// What is kept of its token.
    pub token_hash: TokenHash,
    /// Through which door it is opened.
    pub door: &'a str,
    /// How it is opened.
    pub method: AuthenticationMethod,
    /// When a second factor was shown.
    pub mfa_at: Option<Timestamp>,
    /// The administrator who acts in the user's name.
    pub impersonator_id: Option<UserId>,
    /// From where it is opened.
    pub address: Option<String>,
    /// With what program it is opened.
    pub user_agent: Option<&'a str>,
    /// When it is opened.
    pub created_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
}

/// A session with the hash of its token.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// What is kept of its token.
    pub token_hash: TokenHash,
    /// What may be seen of it. `is_current` is false: the store does not know who asks.
    pub session: Session,
}

macro_rules! select_session {
    ($rest:literal) => {
        concat!(
            "SELECT id, token_hash, uuid, user_id, created_at, last_used_at, expires_at, address, \
             user_agent, method, mfa_at, impersonator_id FROM sessions ",
            $rest
        )
    };
}

fn stored_session(row: &Row<'_>) -> Result<StoredSession, Error> {
    let mut columns = row.columns();
    let (id, token_hash) = (columns.take()?, columns.take()?);
    Ok(StoredSession { token_hash, session: session(id, &mut columns)? })
}

fn session(id: SessionId, columns: &mut Columns<'_>) -> Result<Session, Error> {
    Ok(Session {
        id,
        uuid: columns.take()?,
        user_id: columns.take()?,
        created_at: columns.take()?,
        last_used_at: columns.take()?,
        expires_at: columns.take()?,
        address: columns.take()?,
        user_agent: columns.take()?,
        method: columns.take()?,
        mfa_at: columns.take()?,
        impersonator_id: columns.take()?,
        is_current: false,
    })
}

impl Tx {
    /// Opens a session.
    pub async fn insert_session(&mut self, new: &NewSession<'_>) -> Result<SessionId, Error> {
        let id = self
            .insert(
                "INSERT INTO sessions (uuid, user_id, token_hash, door, method, mfa_at, \
             impersonator_id, address, user_agent, created_at, last_used_at, expires_at, ends_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)",
                &[
                    &new.uuid,
                    &new.user_id,
                    &new.token_hash,
                    &new.door,
                    &new.method,
                    &new.mfa_at,
                    &new.impersonator_id,
                    &new.address,
                    &new.user_agent,
                    &new.created_at,
                    &new.expires_at,
                    &new.ends_at,
                ],
            )
            .await?;
        Ok(SessionId(id))
    }

    /// The sessions of a user that have not ended at `now`, the newest first. The mark of a session is its number.
    pub async fn list_sessions(
        &mut self,
        user: UserId,
        now: Timestamp,
        window: &Window,
    ) -> Result<Vec<StoredSession>, Error> {
        let before = window.after.as_ref().map_or(i64::MAX, |mark| mark.id);
        self.list(
            select_session!(
                "WHERE user_id = $1 AND expires_at > $2 AND id < $3 \
                 ORDER BY id DESC LIMIT $4 OFFSET $5"
            ),
            &[&user, &now, &before, &window.limit, &window.offset],
            stored_session,
        )
        .await
    }

    /// How many sessions of a user have not ended at `now`.
    pub async fn count_sessions(&mut self, user: UserId, now: Timestamp) -> Result<u64, Error> {
        self.one(
            "SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND expires_at > $2",
            &[&user, &now],
            |row| row.get(0),
        )
        .await
    }

    /// When the latest sessions of these users began that have not ended at `now`; those who have none are left out, and
    /// so are sessions in which somebody else acts in their name.
    pub async fn list_session_starts(
        &mut self,
        users: &[UserId],
        now: Timestamp,
    ) -> Result<Vec<(UserId, Timestamp)>, Error> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let select = "SELECT user_id, MAX(created_at) FROM sessions WHERE impersonator_id IS NULL";
        let mut query = Query::new(self.engine(), select);
        query.push_with(" AND expires_at > ? AND user_id IN (", &now);
        query.push_list(users);
        query.push(") GROUP BY user_id");
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// The session of this name, if it is that user's and has not ended at `now`.
    pub async fn find_session(
        &mut self,
        user: UserId,
        uuid: Uuid,
        now: Timestamp,
    ) -> Result<Option<StoredSession>, Error> {
        let sql = select_session!("WHERE user_id = $1 AND uuid = $2 AND expires_at > $3");
        self.find(sql, &[&user, &uuid, &now], stored_session).await
    }

    /// Ends the session of this name, if it is that user's and has not ended.
    pub async fn end_session(
        &mut self,
        user: UserId,
        uuid: Uuid,
    ) -> Result<Option<TokenHash>, Error> {
        let ended: Option<TokenHash> = self
            .find(
                "DELETE FROM sessions WHERE user_id = $1 AND uuid = $2 RETURNING token_hash",
                &[&user, &uuid],
                |row| row.get(0),
            )
            .await?;
        if let Some(hash) = &ended {
            self.after_commit(Change::ForgetToken(hash.0));
        }
        Ok(ended)
    }

    /// Ends all sessions of a user but the one to be kept, and those in which the user acts in others' names. Gives
    /// the number of the former.
    pub async fn end_sessions_of(
        &mut self,
        user: UserId,
        kept: Option<Uuid>,
    ) -> Result<u64, Error> {
        let ended: Vec<TokenHash> = self
            .list(
                "DELETE FROM sessions WHERE user_id = $1 AND uuid <> $2 RETURNING token_hash",
                &[&user, &kept.unwrap_or(Uuid::nil())],
                |row| row.get(0),
            )
            .await?;
        if kept.is_none() {
            self.note_signed_out(user).await?;
        }
        for hash in &ended {
            self.after_commit(Change::ForgetToken(hash.0));
        }
        self.end_impersonations_by(user).await?;
        Ok(ended.len() as u64)
    }

    /// Removes at most `limit` sessions that ended before `before`, and says how many.
    pub async fn purge_sessions(&mut self, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let ended: Vec<TokenHash> = self
            .list(
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 \
                 ORDER BY expires_at LIMIT $2) RETURNING token_hash",
                &[&before, &i64::from(limit)],
                |row| row.get(0),
            )
            .await?;
        for hash in &ended {
            self.after_commit(Change::ForgetToken(hash.0));
        }
        Ok(ended.len() as u64)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Store;
    use crate::testing::{hash, noon, on_both_databases, user, uuid, write};

    /// A session named by a text, which ends an hour after noon.
    pub(crate) async fn open(tx: &mut Tx, user: UserId, name: &str) -> Result<SessionId, Error> {
        open_as(tx, user, None, name).await
    }

    async fn open_as(
        tx: &mut Tx,
        user: UserId,
        impersonator_id: Option<UserId>,
        name: &str,
    ) -> Result<SessionId, Error> {
        tx.insert_session(&NewSession {
            uuid: uuid(name),
            user_id: user,
            token_hash: hash(name),
            door: "native",
            method: AuthenticationMethod::Password,
            mfa_at: None,
            impersonator_id,
            address: Some("192.0.2.7".to_owned()),
            user_agent: None,
            created_at: noon(),
            expires_at: noon() + Duration::from_secs(3600),
            ends_at: noon() + Duration::from_secs(7200),
        })
        .await
    }

    async fn names(tx: &mut Tx, user: UserId, at: Timestamp) -> Result<Vec<Uuid>, Error> {
        let window = Window { after: None, offset: 0, limit: 10 };
        let sessions = tx.list_sessions(user, at, &window).await?;
        assert_eq!(tx.count_sessions(user, at).await?, sessions.len() as u64);
        Ok(sessions.into_iter().map(|session| session.session.uuid).collect())
    }

    on_both_databases! {
        async fn sessions_are_listed_newest_first_until_they_end(store: Store) {
            let end = noon() + Duration::from_secs(3600);
            let lists = write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                for name in ["one", "two"] {
                    open(tx, ann, name).await?;
                }
                Ok([names(tx, ann, noon()).await?, names(tx, ann, end).await?])
            })
            .await;
            assert_eq!(lists, [vec![uuid("two"), uuid("one")], vec![]]);
        }

        async fn a_session_is_ended_once_and_by_its_user_only(store: Store) {
            let ended = write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
                open(tx, ann, "one").await?;
                Ok([
                    tx.end_session(bob, uuid("one")).await?,
                    tx.end_session(ann, uuid("one")).await?,
                    tx.end_session(ann, uuid("one")).await?,
                ])
            })
            .await;
            assert_eq!(ended, [None, Some(hash("one")), None]);
        }

        async fn ending_all_keeps_one_and_gives_borrowed_names_back(store: Store) {
            let (left, lent) = write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
                for name in ["one", "two", "three"] {
                    open(tx, ann, name).await?;
                }
                open(tx, bob, "own").await?;
                open_as(tx, bob, Some(ann), "lent").await?;
                assert_eq!(tx.end_sessions_of(ann, Some(uuid("two"))).await?, 2);
                Ok((names(tx, ann, noon()).await?, names(tx, bob, noon()).await?))
            })
            .await;
            assert_eq!((left, lent), (vec![uuid("two")], vec![uuid("own")]));
        }

        async fn what_is_over_is_cleared_away_in_bounded_steps(store: Store) {
            let purged = write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                for name in ["one", "two", "three"] {
                    open(tx, ann, name).await?;
                }
                let end = noon() + Duration::from_secs(3600);
                let later = end + Duration::from_micros(1);
                Ok([
                    tx.purge_sessions(end, 2).await?,
                    tx.purge_sessions(later, 2).await?,
                    tx.purge_sessions(later, 2).await?,
                ])
            })
            .await;
            assert_eq!(purged, [0, 2, 1]);
        }
    }
}
