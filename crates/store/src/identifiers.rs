//! Usernames and e-mail addresses in their one namespace (design section 3.2). A row outlives its
//! user: the names of deleted users are never free again.

use std::collections::HashMap;
use std::sync::LazyLock;

use roster_model::{IdentityKey, UserId};

use crate::sql::{InsertRows, Param, Value};
use crate::{Error, Tx};

/// How many names are looked up by one statement.
const AT_ONCE: usize = 100;

static FIND_MANY: LazyLock<String> = LazyLock::new(|| {
    let keys: Vec<_> = (1..=AT_ONCE).map(|number| format!("${number}")).collect();
    format!("SELECT key, user_id FROM identifiers WHERE key IN ({})", keys.join(", "))
});

impl Tx {
    /// Notes whether a user has shown its address to be its own. Whoever is made is taken at the word of who makes it.
    pub async fn note_email_proof(&mut self, user: UserId, is_proved: bool) -> Result<(), Error> {
        let sql = "UPDATE users SET is_email_unproved = $2 WHERE id = $1";
        self.execute(sql, &[&user, &!is_proved]).await?;
        Ok(())
    }

    /// Whether a user has shown its address to be its own, or an administrator has answered for it.
    pub async fn has_proved_email(&mut self, user: UserId) -> Result<bool, Error> {
        let sql = "SELECT id FROM users WHERE id = $1 AND NOT is_email_unproved";
        Ok(self.find(sql, &[&user], |row| row.get::<UserId>(0)).await?.is_some())
    }

    /// Takes a name for a user; `false` if somebody else has it or had it when deleted. A user
    /// may have one text for username and address.
    pub async fn claim_identifier(
        &mut self,
        key: &IdentityKey,
        user: UserId,
    ) -> Result<bool, Error> {
        let taken = self
            .execute(
                "INSERT INTO identifiers (key, user_id) VALUES ($1, $2) \
                 ON CONFLICT (key) DO NOTHING",
                &[&key.as_str(), &user],
            )
            .await?;
        Ok(taken == 1 || self.find_identifier(key).await? == Some(user))
    }

    /// Takes both names of a new user at once; gives the one that somebody else has or had, if there is one. Then the
    /// transaction is of no use any more.
    pub async fn claim_identifiers<'k>(
        &mut self,
        keys: [&'k IdentityKey; 2],
        user: UserId,
    ) -> Result<Option<&'k IdentityKey>, Error> {
        let taken = self
            .execute(
                "INSERT INTO identifiers (key, user_id) VALUES ($1, $3), ($2, $3) \
                 ON CONFLICT (key) DO NOTHING",
                &[&keys[0].as_str(), &keys[1].as_str(), &user],
            )
            .await?;
        if taken == 2 {
            return Ok(None);
        }
        for key in keys {
            if self.find_identifier(key).await? != Some(user) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Takes the names of new users, which seem to be free.
    ///
    /// # Errors
    /// `Unique(Identifier)` for one that is not. Then the transaction is of no use any more.
    pub async fn claim_all_identifiers(
        &mut self,
        names: &[(&IdentityKey, UserId)],
    ) -> Result<(), Error> {
        let mut names: Vec<_> = names.iter().map(|(key, user)| (key.as_str(), user.0)).collect();
        // Neighbours are written together. A user may have one text for both.
        names.sort_unstable();
        names.dedup();
        let rows = names.iter().map(|(key, user)| vec![(*key).into(), Value::Integer(*user)]);
        self.add_rows(&InsertRows::new("identifiers (key, user_id)", "(?, ?)", ""), rows).await
    }

    /// Whose name this is.
    pub async fn find_identifier(&mut self, key: &IdentityKey) -> Result<Option<UserId>, Error> {
        self.find("SELECT user_id FROM identifiers WHERE key = $1", &[&key.as_str()], |row| {
            row.get(0)
        })
        .await
    }

    /// Whose names these are; those that are nobody's are left out.
    pub async fn find_identifiers(
        &mut self,
        keys: &[&IdentityKey],
    ) -> Result<HashMap<String, UserId>, Error> {
        let mut found = HashMap::new();
        for chunk in keys.chunks(AT_ONCE) {
            let keys = chunk.iter().map(|key| key.as_str());
            // One shape of the statement for any number: a list that is short ends with its last over and over.
            let last = chunk.last().map(|key| key.as_str());
            let keys: Vec<_> = keys.chain(last.into_iter().cycle()).take(AT_ONCE).collect();
            let params: Vec<_> = keys.iter().map(|key| key as &dyn Param).collect();
            found.extend(
                self.list(&FIND_MANY, &params, |row| Ok((row.get(0)?, row.get(1)?))).await?,
            );
        }
        Ok(found)
    }

    /// Gives up the names of a living user that it no longer has.
    pub async fn release_identifiers(
        &mut self,
        user: UserId,
        kept: [&IdentityKey; 2],
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM identifiers WHERE user_id = $1 AND key <> $2 AND key <> $3",
            &[&user, &kept[0].as_str(), &kept[1].as_str()],
        )
        .await?;
        Ok(())
    }
}
