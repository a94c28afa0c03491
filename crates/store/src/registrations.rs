//! Registrations under way: an address, and the token that was mailed to it. Making the account ends them.

use jiff::Timestamp;
use roster_model::{EmailAddress, IdentityKey, TokenHash};

use crate::{Error, Tx};

/// A registration under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The address that its token was mailed to.
    pub email: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// How many registrations of one address were begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Lately.
    pub in_window: u64,
    /// In a day.
    pub in_day: u64,
}

impl Tx {
    /// Keeps a registration. Others of its address stay as they are: a stranger must not be able to spoil them.
    pub async fn insert_registration(
        &mut self,
        token: TokenHash,
        email: &EmailAddress,
        attempts: u32,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO registrations (token_hash, email, email_key, attempts_left, created_at, \
             expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &token.0.as_slice(),
                &email.as_str(),
                &email.key().as_str(),
                &attempts,
                &now,
                &expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// How many registrations of an address were begun since `window`, and since `day`.
    pub async fn count_registrations(
        &mut self,
        email: &IdentityKey,
        window: Timestamp,
        day: Timestamp,
    ) -> Result<Begun, Error> {
        self.one(
            "SELECT COUNT(CASE WHEN created_at > $2 THEN 1 END), COUNT(*) FROM registrations \
             WHERE email_key = $1 AND created_at > $3",
            &[&email.as_str(), &window, &day],
            |row| Ok(Begun { in_window: row.get(0)?, in_day: row.get(1)? }),
        )
        .await
    }

    /// The registration with this token that has attempts left, over or not.
    pub async fn find_registration(
        &mut self,
        token: TokenHash,
    ) -> Result<Option<Registration>, Error> {
        self.find(
            "SELECT email, expires_at FROM registrations \
             WHERE token_hash = $1 AND attempts_left > 0",
            &[&token.0.as_slice()],
            |row| Ok(Registration { email: row.get(0)?, expires_at: row.get(1)? }),
        )
        .await
    }

    /// Counts an attempt to make an account: false if there are none left.
    pub async fn attempt_registration(&mut self, token: TokenHash) -> Result<bool, Error> {
        let sql = "UPDATE registrations SET attempts_left = attempts_left - 1 \
                   WHERE token_hash = $1 AND attempts_left > 0";
        Ok(self.execute(sql, &[&token.0.as_slice()]).await? == 1)
    }

    /// Spends a registration: true if it was still there. Of parallel calls one hears true.
    pub async fn spend_registration(&mut self, token: TokenHash) -> Result<bool, Error> {
        let sql = "DELETE FROM registrations WHERE token_hash = $1";
        Ok(self.execute(sql, &[&token.0.as_slice()]).await? == 1)
    }

    /// Forgets what would make another account of an address that has one now.
    pub async fn delete_ways_to_join(&mut self, email: &IdentityKey) -> Result<(), Error> {
        for sql in [
            "DELETE FROM registrations WHERE email_key = $1",
            "DELETE FROM invitations WHERE email_key = $1",
        ] {
            self.execute(sql, &[&email.as_str()]).await?;
        }
        Ok(())
    }

    /// Forgets registrations that ended before `now` and that no budget counts since `day`.
    pub async fn delete_registrations_expired(
        &mut self,
        now: Timestamp,
        day: Timestamp,
    ) -> Result<u64, Error> {
        let sql = "DELETE FROM registrations WHERE expires_at <= $1 AND created_at <= $2";
        self.execute(sql, &[&now, &day]).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Store;
    use crate::testing::{noon, on_both_databases, write};

    const HOUR: Duration = Duration::from_secs(3600);

    fn token(byte: u8) -> TokenHash {
        TokenHash([byte; 32])
    }

    on_both_databases! {
        async fn registrations_of_one_address_are_counted_whatever_its_spelling(store: Store) {
            let begun = write(&store, async |tx: &mut Tx| {
                let end = noon() + 24 * HOUR;
                for (number, spelling) in ["Ann@x.org", "ann@X.org", "bob@x.org"].iter().enumerate() {
                    let email = EmailAddress::parse(spelling).unwrap();
                    let at = noon() - u32::try_from(number).unwrap() * HOUR;
                    let token = token(number as u8);
                    tx.insert_registration(token, &email, 2, at, end).await?;
                }
                let ann = EmailAddress::parse("ANN@x.org").unwrap();
                let key = ann.key();
                let window = noon() - HOUR;
                Ok([
                    tx.count_registrations(key, window, noon() - 24 * HOUR).await?,
                    tx.count_registrations(key, window, window).await?,
                ])
            })
            .await;
            assert_eq!(begun, [Begun { in_window: 1, in_day: 2 }, Begun { in_window: 1, in_day: 1 }]);
        }

        async fn a_registration_has_so_many_attempts_and_is_spent_once(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let email = EmailAddress::parse("ann@x.org").unwrap();
                for one in [1, 2] {
                    tx.insert_registration(token(one), &email, 2, noon(), noon() + HOUR).await?;
                }
                let found = tx.find_registration(token(1)).await?.unwrap();
                assert_eq!((found.email.as_str(), found.expires_at), ("ann@x.org", noon() + HOUR));
                assert!(tx.attempt_registration(token(1)).await?);
                assert!(tx.attempt_registration(token(1)).await?);
                assert!(!tx.attempt_registration(token(1)).await?);
                assert_eq!(tx.find_registration(token(1)).await?, None);
                assert!(tx.spend_registration(token(2)).await?);
                assert!(!tx.spend_registration(token(2)).await?);
                assert_eq!(tx.delete_registrations_expired(noon() + HOUR, noon() - HOUR).await?, 0);
                assert_eq!(tx.delete_registrations_expired(noon() + HOUR, noon()).await?, 1);
                Ok(())
            })
            .await;
        }
    }
}
