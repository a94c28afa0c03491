//! API keys. A revoked one stays, so its owner can see when and how it was used.

use jiff::Timestamp;
use roster_model::{ApiKey, ApiKeyId, Constraint, TokenHash, UserId, fold};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::query::Query;
use crate::{Change, Error, Tx, Window, sql::Row};

/// A key to be made.
#[derive(Debug)]
pub struct NewApiKeyRow<'a> {
    /// Its UUID.
    pub uuid: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// Its name.
    pub name: &'a str,
    /// What is kept of its token.
    pub token_hash: TokenHash,
    /// What of the token may be shown later.
    pub prefix: &'a str,
    /// What it is for.
    pub scopes: &'a [String],
    /// What it may reach.
    pub constraints: &'a [Constraint],
    /// When it is made.
    pub created_at: Timestamp,
    /// When it ends; none: never.
    pub expires_at: Option<Timestamp>,
    /// Whether it may have the name of another live key of its owner. By that name the other one is found.
    pub shares_name: bool,
    /// The key that it is a copy of, and ends with.
    pub copy_of: Option<ApiKeyId>,
}

/// By what a key is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiKeyRef {
    /// By number.
    Id(ApiKeyId),
    /// By UUID.
    Uuid(Uuid),
    /// By its name: the live key, or else the one that was revoked last.
    Name(String),
}

impl ApiKeyRef {
    /// Reads a number, a UUID or a name, in this order.
    pub fn parse(text: &str) -> Self {
        // `007` is no way to write a number of ours; it may be a name.
        if let Ok(id) = text.parse::<ApiKeyId>()
            && id.to_string() == text
        {
            return Self::Id(id);
        }
        match Uuid::try_parse(text) {
            Ok(uuid) => Self::Uuid(uuid),
            Err(_) => Self::Name(text.to_owned()),
        }
    }
}

macro_rules! select_api_key {
    ($rest:literal) => {
        concat!(
            "SELECT id, uuid, name, user_id, prefix, scopes, constraints, created_at, expires_at, \
             revoked_at, last_used_at, use_count FROM api_keys ",
            $rest
        )
    };
}

fn api_key(row: &Row<'_>) -> Result<ApiKey, Error> {
    let mut columns = row.columns();
    Ok(ApiKey {
        id: columns.take()?,
        uuid: columns.take()?,
        name: columns.take()?,
        user_id: columns.take()?,
        prefix: columns.take()?,
        scopes: columns.take_json()?,
        constraints: columns.take_json()?,
        created_at: columns.take()?,
        expires_at: columns.take()?,
        revoked_at: columns.take()?,
        last_used_at: columns.take()?,
        use_count: columns.take()?,
    })
}

impl Tx {
    /// Makes a key; `None` if the owner has a live one of that name and it is not to be shared. A key that has expired no
    /// longer holds its name.
    pub async fn insert_api_key(
        &mut self,
        new: &NewApiKeyRow<'_>,
    ) -> Result<Option<ApiKeyId>, Error> {
        let name_key = fold(new.name);
        self.execute(
            "UPDATE api_keys SET revoked_at = expires_at WHERE user_id = $1 AND name_key = $2 \
             AND revoked_at IS NULL AND expires_at <= $3",
            &[&new.user_id, &name_key.as_str(), &new.created_at],
        )
        .await?;
        let made = self.insert_api_key_named(new, name_key.as_str()).await?;
        if made.is_some() || !new.shares_name {
            return Ok(made);
        }
        // No name holds a control character, so no name finds it.
        self.insert_api_key_named(new, &format!("{}\u{1}{}", name_key.as_str(), new.uuid)).await
    }

    async fn insert_api_key_named(
        &mut self,
        new: &NewApiKeyRow<'_>,
        name_key: &str,
    ) -> Result<Option<ApiKeyId>, Error> {
        self.find(
            "INSERT INTO api_keys (uuid, user_id, name, name_key, token_hash, prefix, scopes, \
             constraints, created_at, expires_at, copy_of, use_count) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0) \
             ON CONFLICT (user_id, name_key) WHERE revoked_at IS NULL DO NOTHING RETURNING id",
            &[
                &new.uuid,
                &new.user_id,
                &new.name,
                &name_key,
                &new.token_hash,
                &new.prefix,
                &json(new.scopes)?,
                &json(new.constraints)?,
                &new.created_at,
                &new.expires_at,
                &new.copy_of,
            ],
            |row| row.get(0),
        )
        .await
    }

    /// The key of a user that `key` names. A number or UUID that no key of the user has may yet be a name.
    pub async fn find_api_key(
        &mut self,
        user: UserId,
        key: &ApiKeyRef,
    ) -> Result<Option<ApiKey>, Error> {
        let (found, name) = match key {
            ApiKeyRef::Id(id) => {
                let sql = select_api_key!("WHERE user_id = $1 AND id = $2");
                (self.find(sql, &[&user, id], api_key).await?, id.to_string())
            }
            ApiKeyRef::Uuid(uuid) => {
                let sql = select_api_key!("WHERE user_id = $1 AND uuid = $2");
                (self.find(sql, &[&user, uuid], api_key).await?, uuid.to_string())
            }
            ApiKeyRef::Name(name) => (None, name.clone()),
        };
        if found.is_some() || name.contains('\0') {
            return Ok(found);
        }
        let sql = select_api_key!(
            "WHERE user_id = $1 AND name_key = $2 \
             ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT 1"
        );
        self.find(sql, &[&user, &fold(&name).as_str()], api_key).await
    }

    /// The keys of a user, the oldest first. The mark of a key is its number.
    pub async fn list_api_keys(
        &mut self,
        user: UserId,
        with_revoked: bool,
        window: &Window,
    ) -> Result<Vec<ApiKey>, Error> {
        let after = window.after.as_ref().map_or(0, |mark| mark.id);
        self.list(
            select_api_key!(
                "WHERE user_id = $1 AND (revoked_at IS NULL OR $2) AND id > $3 \
                 ORDER BY id LIMIT $4 OFFSET $5"
            ),
            &[&user, &with_revoked, &after, &window.limit, &window.offset],
            api_key,
        )
        .await
    }

    /// The keys of a user without their scopes and constraints, the oldest first: what lists are narrowed and ordered by
    /// is short, and of what may be long no more is read than is shown.
    pub async fn list_api_keys_briefly(
        &mut self,
        user: UserId,
        with_revoked: bool,
    ) -> Result<Vec<ApiKey>, Error> {
        let sql = "SELECT id, uuid, name, user_id, prefix, '[]', '[]', created_at, expires_at, \
                   revoked_at, last_used_at, use_count FROM api_keys \
                   WHERE user_id = $1 AND (revoked_at IS NULL OR $2) ORDER BY id";
        self.list(sql, &[&user, &with_revoked], api_key).await
    }

    /// The keys with these numbers.
    pub async fn list_api_keys_among(&mut self, keys: &[ApiKeyId]) -> Result<Vec<ApiKey>, Error> {
        let sql = select_api_key!("WHERE id IN (");
        match Query::among(self.engine(), sql, keys) {
            Some(query) => query.list(self, api_key).await,
            None => Ok(Vec::new()),
        }
    }

    /// How many keys a user has.
    pub async fn count_api_keys(&mut self, user: UserId, with_revoked: bool) -> Result<u64, Error> {
        self.one(
            "SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND (revoked_at IS NULL OR $2)",
            &[&user, &with_revoked],
            |row| row.get(0),
        )
        .await
    }

    /// Revokes a key; `false` if it was revoked before.
    pub async fn revoke_api_key(&mut self, key: ApiKeyId, now: Timestamp) -> Result<bool, Error> {
        let revoked: Option<TokenHash> = self
            .find(
                "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL \
                 RETURNING token_hash",
                &[&key, &now],
                |row| row.get(0),
            )
            .await?;
        if let Some(hash) = &revoked {
            self.after_commit(Change::ForgetToken(hash.0));
        }
        Ok(revoked.is_some())
    }

    /// Whether a key is there and not revoked.
    pub async fn is_api_key_live(&mut self, key: ApiKeyId) -> Result<bool, Error> {
        let sql = "SELECT id FROM api_keys WHERE id = $1 AND revoked_at IS NULL";
        Ok(self.find(sql, &[&key], |_| Ok(())).await?.is_some())
    }

    /// The copies of a key, and theirs, that are not revoked.
    pub async fn list_copies_of_api_key(&mut self, key: ApiKeyId) -> Result<Vec<ApiKey>, Error> {
        self.list(
            concat!(
                "WITH RECURSIVE copies (copy) AS (SELECT id FROM api_keys WHERE copy_of = $1 \
                 UNION SELECT id FROM api_keys JOIN copies ON copy_of = copy) ",
                select_api_key!(
                    "WHERE id IN (SELECT copy FROM copies) AND revoked_at IS NULL ORDER BY id"
                )
            ),
            &[&key],
            api_key,
        )
        .await
    }

    /// The owner of the key with this number.
    pub async fn find_api_key_owner(&mut self, key: ApiKeyId) -> Result<Option<UserId>, Error> {
        self.find("SELECT user_id FROM api_keys WHERE id = $1", &[&key], |row| row.get(0)).await
    }

    /// Whether a user has a live key of this name other than `key`. One that has expired by `now` no longer holds it.
    pub async fn is_api_key_name_taken(
        &mut self,
        user: UserId,
        name: &str,
        key: ApiKeyId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let name_key = fold(name);
        self.execute(
            "UPDATE api_keys SET revoked_at = expires_at WHERE user_id = $1 AND name_key = $2 \
             AND id <> $3 AND revoked_at IS NULL AND expires_at <= $4",
            &[&user, &name_key.as_str(), &key, &now],
        )
        .await?;
        self.find(
            "SELECT id FROM api_keys WHERE user_id = $1 AND name_key = $2 AND id <> $3 \
             AND revoked_at IS NULL",
            &[&user, &name_key.as_str(), &key],
            |_| Ok(()),
        )
        .await
        .map(|taken| taken.is_some())
    }

    /// Writes what can change in a key: name, end, and whether it is revoked. A name that a live key of its owner has
    /// must have been looked for in the same transaction.
    pub async fn update_api_key(&mut self, key: &ApiKey) -> Result<(), Error> {
        let hash: TokenHash = self
            .one(
                "UPDATE api_keys SET name_key = CASE WHEN name = $2 AND revoked_at IS NULL \
                 THEN name_key ELSE $3 END, name = $2, expires_at = $4, revoked_at = $5 \
                 WHERE id = $1 RETURNING token_hash",
                &[&key.id, &key.name, &fold(&key.name).as_str(), &key.expires_at, &key.revoked_at],
                |row| row.get(0),
            )
            .await?;
        self.after_commit(Change::ForgetToken(hash.0));
        Ok(())
    }

    /// Removes a key.
    pub async fn delete_api_key(&mut self, key: ApiKeyId) -> Result<(), Error> {
        let removed: Option<TokenHash> = self
            .find("DELETE FROM api_keys WHERE id = $1 RETURNING token_hash", &[&key], |row| {
                row.get(0)
            })
            .await?;
        if let Some(hash) = removed {
            self.after_commit(Change::ForgetToken(hash.0));
        }
        Ok(())
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::internal(error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use roster_model::ConstraintKind;

    use super::*;
    use crate::Store;
    use crate::testing::{hash, noon, on_both_databases, user, uuid, write};

    /// A key of this name, whose token is made of `seed`.
    pub(crate) async fn make(
        tx: &mut Tx,
        user: UserId,
        name: &str,
        seed: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<Option<ApiKeyId>, Error> {
        let path = "jobs".to_owned();
        let methods = vec!["GET".to_owned()];
        tx.insert_api_key(&NewApiKeyRow {
            uuid: uuid(seed),
            user_id: user,
            name,
            token_hash: hash(seed),
            prefix: "ros_k",
            scopes: &["user.get".to_owned()],
            constraints: &[Constraint { kind: ConstraintKind::Exact, path, methods }],
            created_at: noon(),
            expires_at,
            shares_name: false,
            copy_of: None,
        })
        .await
    }

    on_both_databases! {
        async fn a_key_reads_back_as_it_was_made(store: Store) {
            let (id, key) = write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                let id = make(tx, ann, "Backup", "one", Some(noon() + Duration::from_secs(1))).await?;
                Ok((id, tx.find_api_key(ann, &ApiKeyRef::Uuid(uuid("one"))).await?))
            })
            .await;
            let key = key.unwrap();
            assert_eq!((Some(key.id), key.name.as_str()), (id, "Backup"));
            assert_eq!(key.scopes, ["user.get"]);
            assert_eq!(key.constraints[0].path, "jobs");
            assert_eq!(key.expires_at, Some(noon() + Duration::from_secs(1)));
            assert_eq!((key.use_count, key.last_used_at, key.revoked_at), (0, None, None));
        }

        async fn a_name_is_free_again_once_its_key_is_revoked_or_over(store: Store) {
            let made = write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
                let first = make(tx, ann, "Backup", "one", None).await?.unwrap();
                let taken = make(tx, ann, "BACKUP", "two", None).await?;
                let other = make(tx, bob, "backup", "three", None).await?;
                assert!(tx.revoke_api_key(first, noon()).await?);
                assert!(!tx.revoke_api_key(first, noon()).await?);
                let over = make(tx, ann, "backup", "four", Some(noon())).await?;
                let again = make(tx, ann, "backup", "five", None).await?;
                Ok([taken, other, over, again].map(|id| id.is_some()))
            })
            .await;
            assert_eq!(made, [false, true, true, true]);
        }

        async fn a_key_is_named_by_number_uuid_or_name_and_only_to_its_owner(store: Store) {
            let found = write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
                let old = make(tx, ann, "7", "old", None).await?.unwrap();
                tx.revoke_api_key(old, noon()).await?;
                let id = make(tx, ann, "7", "live", None).await?.unwrap();
                let mut found = Vec::new();
                for name in [id.to_string(), uuid("live").to_string(), "7".to_owned(), "007".to_owned()] {
                    let key = ApiKeyRef::parse(&name);
                    assert_eq!(tx.find_api_key(bob, &key).await?, None);
                    found.push(tx.find_api_key(ann, &key).await?.map(|key| key.id == id));
                }
                Ok(found)
            })
            .await;
            assert_eq!(found, [Some(true), Some(true), Some(true), None]);
        }
    }
}
