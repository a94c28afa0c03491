//! Password hashes: the only place where they are kept, apart from everything that is ever shown.

use jiff::Timestamp;
use roster_model::{IdentityKey, User, UserId, UserRef};

use crate::{
    Change, Error, Tx,
    query::Query,
    sql::{InsertRows, Value},
    users::{may_sign_in, user_columns, user_of},
};

/// A user who may be signing in, with the hash of its password.
#[derive(Clone)]
pub struct Claimant {
    /// The user, deleted or not.
    pub user: User,
    /// PHC string of the password; none: the user has no password.
    pub hash: Option<String>,
}

impl Tx {
    /// Who signs in with this name or address, with the hash of the password.
    pub async fn find_claimant(&mut self, key: &IdentityKey) -> Result<Option<Claimant>, Error> {
        // No name holds a NUL, and PostgreSQL does not take one even in a question.
        if key.as_str().contains('\0') {
            return Ok(None);
        }
        self.find(
            concat!(
                "SELECT ",
                user_columns!(),
                ", passwords.hash FROM identifiers \
                 JOIN users ON users.id = identifiers.user_id \
                 LEFT JOIN passwords ON passwords.user_id = users.id \
                 WHERE identifiers.key = $1"
            ),
            &[&key.as_str()],
            |row| {
                let mut columns = row.columns();
                Ok(Claimant { user: user_of(&mut columns)?, hash: columns.take()? })
            },
        )
        .await
    }

    /// A user as it is now, with the hash of its password.
    pub async fn find_claimant_by_id(&mut self, user: UserId) -> Result<Option<Claimant>, Error> {
        let Some(found) = self.find_user(&UserRef::Id(user)).await? else { return Ok(None) };
        Ok(Some(Claimant { user: found, hash: self.find_password_hash(user).await? }))
    }

    /// The hash of a user's password.
    pub async fn find_password_hash(&mut self, user: UserId) -> Result<Option<String>, Error> {
        self.find("SELECT hash FROM passwords WHERE user_id = $1", &[&user], |row| row.get(0)).await
    }

    /// The hashes of the passwords of those of these users who have one.
    pub async fn list_password_hashes(
        &mut self,
        users: &[UserId],
    ) -> Result<Vec<(UserId, String)>, Error> {
        let sql = "SELECT user_id, hash FROM passwords WHERE user_id IN (";
        let Some(query) = Query::among(self.engine(), sql, users) else { return Ok(Vec::new()) };
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// Sets a user's password, and when it must be changed.
    pub async fn set_password_hash(
        &mut self,
        user: UserId,
        hash: &str,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        self.replace_password_hash(user, hash).await?;
        self.execute(
            "UPDATE users SET password_changed_at = $2, password_expires_at = $3, \
             password_expiry_told_at = NULL, updated_at = $2, version = version + 1 WHERE id = $1",
            &[&user, &now, &expires_at],
        )
        .await?;
        self.after_commit(Change::ForgetUser(user));
        Ok(())
    }

    /// Users who may sign in, whose password expires between these two times, and who were not told so yet; those first
    /// whose password expires first.
    pub async fn list_users_with_expiring_passwords(
        &mut self,
        from: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        self.list(
            concat!(
                "SELECT ",
                user_columns!(),
                " FROM users WHERE users.password_expires_at > $1 \
                 AND users.password_expires_at <= $2 AND users.password_expiry_told_at IS NULL \
                 AND users.deleted_at IS NULL AND ",
                may_sign_in!(),
                " ORDER BY users.password_expires_at, users.id LIMIT $3"
            ),
            &[&from, &until, &i64::from(limit)],
            |row| user_of(&mut row.columns()),
        )
        .await
    }

    /// Notes that a user was told of the end of the present password.
    pub async fn note_expiry_told(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE users SET password_expiry_told_at = $2 WHERE id = $1";
        self.execute(sql, &[&user, &now]).await?;
        Ok(())
    }

    /// Keeps another hash of the same password.
    pub async fn replace_password_hash(&mut self, user: UserId, hash: &str) -> Result<(), Error> {
        self.execute(
            "INSERT INTO passwords (user_id, hash) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash",
            &[&user, &hash],
        )
        .await?;
        Ok(())
    }

    /// Keeps the hashes of new users.
    pub async fn add_password_hashes(&mut self, hashes: &[(UserId, &str)]) -> Result<(), Error> {
        let rows = hashes.iter().map(|(user, hash)| vec![Value::Integer(user.0), (*hash).into()]);
        self.add_rows(&InsertRows::new("passwords (user_id, hash)", "(?, ?)", ""), rows).await
    }

    /// Counts a sign-in; a `new` user becomes `active` with the first.
    pub async fn count_sign_in(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE users SET sign_in_count = sign_in_count + 1, \
             last_sign_in_at = COALESCE(current_sign_in_at, last_sign_in_at), \
             current_sign_in_at = $2, \
             version = version + CASE WHEN status = 'new' THEN 1 ELSE 0 END, \
             status = CASE WHEN status = 'new' THEN 'active' ELSE status END WHERE id = $1",
            &[&user, &now],
        )
        .await?;
        self.after_commit(Change::ForgetUser(user));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{Status, fold};

    use super::*;
    use crate::Store;
    use crate::testing::{noon, on_both_databases, user, write};

    on_both_databases! {
        async fn who_signs_in_is_found_by_name_or_address_with_the_hash(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?;
                for name in ["ann", "ann@example.com"] {
                    let found = tx.find_claimant(&fold(name)).await?.unwrap();
                    assert_eq!((found.user, found.hash), (ann.clone(), None));
                }
                tx.set_password_hash(ann.id, "one", noon(), Some(noon())).await?;
                tx.replace_password_hash(ann.id, "two").await?;
                let found = tx.find_claimant_by_id(ann.id).await?.unwrap();
                assert_eq!(found.hash.as_deref(), Some("two"));
                assert_eq!(found.user.password_changed_at, Some(noon()));
                assert_eq!(found.user.password_expires_at, Some(noon()));
                assert_eq!(found.user.version, 2);
                for name in ["bob", "", "a\0nn"] {
                    assert!(tx.find_claimant(&fold(name)).await?.is_none());
                }
                Ok(())
            })
            .await;
        }

        async fn the_first_sign_in_makes_a_new_user_active(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let ann = user(tx, "ann").await?.id;
                for count in 1..=2 {
                    tx.count_sign_in(ann, noon()).await?;
                    let user = tx.find_claimant_by_id(ann).await?.unwrap().user;
                    assert_eq!((user.sign_in_count, user.status), (count, Status::Active));
                    assert_eq!(user.version, 2, "counting is no change");
                    assert_eq!(user.last_sign_in_at, (count == 2).then(noon));
                }
                Ok(())
            })
            .await;
        }
    }
}
