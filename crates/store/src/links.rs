//! Links in mails: set a password, confirm an address. Following one ends it.

use jiff::Timestamp;
use roster_model::{TokenHash, UserId};

use crate::{Error, Tx};

/// What a mailed link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is good for.
    pub purpose: String,
    /// For whom.
    pub user_id: UserId,
    /// The address it was mailed to and speaks of.
    pub email: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Tx {
    /// Keeps a new link; others of the user for the same purpose are gone.
    pub async fn put_link(
        &mut self,
        token: TokenHash,
        link: &Link,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM links WHERE user_id = $1 AND purpose = $2",
            &[&link.user_id, &link.purpose],
        )
        .await?;
        self.execute(
            "INSERT INTO links (token_hash, purpose, user_id, email, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &token.0.as_slice(),
                &link.purpose,
                &link.user_id,
                &link.email,
                &now,
                &link.expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// The link with this token, for `purpose`.
    pub async fn find_link(
        &mut self,
        token: TokenHash,
        purpose: &str,
    ) -> Result<Option<Link>, Error> {
        self.find(
            "SELECT purpose, user_id, email, expires_at FROM links \
             WHERE token_hash = $1 AND purpose = $2",
            &[&token.0.as_slice(), &purpose],
            |row| {
                Ok(Link {
                    purpose: row.get(0)?,
                    user_id: row.get(1)?,
                    email: row.get(2)?,
                    expires_at: row.get(3)?,
                })
            },
        )
        .await
    }

    /// Spends a link: true if it was still there. Of parallel calls one hears true.
    pub async fn spend_link(&mut self, token: TokenHash) -> Result<bool, Error> {
        let deleted =
            self.execute("DELETE FROM links WHERE token_hash = $1", &[&token.0.as_slice()]).await?;
        Ok(deleted == 1)
    }

    /// Ends all links of `user`. An address that waits for one waits no more, in the database: who writes the record
    /// afterwards must know.
    pub async fn delete_links(&mut self, user: UserId) -> Result<(), Error> {
        self.execute("DELETE FROM links WHERE user_id = $1", &[&user]).await?;
        self.execute(
            "UPDATE users SET unconfirmed_email = NULL \
             WHERE id = $1 AND unconfirmed_email IS NOT NULL",
            &[&user],
        )
        .await?;
        Ok(())
    }

    /// Forgets links that ended before `now`.
    pub async fn delete_links_expired(&mut self, now: Timestamp) -> Result<u64, Error> {
        self.execute("DELETE FROM links WHERE expires_at <= $1", &[&now]).await
    }
}
