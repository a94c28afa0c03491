//! Links to accounts at providers, and sign-ins there that are under way.

use jiff::Timestamp;
use roster_model::{SsoLink, TokenHash, UserId};

use crate::{Error, Tx, sql::Row};

macro_rules! select_link {
    ($rest:literal) => {
        concat!(
            "SELECT user_id, provider, email, subject, disabled_at, created_at, last_sign_in_at \
             FROM sso_links ",
            $rest
        )
    };
}

fn link(row: &Row<'_>) -> Result<(UserId, SsoLink), Error> {
    let subject: Option<String> = row.get(3)?;
    let disabled_at: Option<Timestamp> = row.get(4)?;
    let link = SsoLink {
        provider: row.get(1)?,
        email: row.get(2)?,
        is_disabled: disabled_at.is_some(),
        is_confirmed: subject.is_some(),
        created_at: row.get(5)?,
        last_sign_in_at: row.get(6)?,
    };
    Ok((row.get(0)?, link))
}

/// A sign-in at a provider under way. Nonce and verifier are sealed.
#[derive(Clone, Debug)]
pub struct SsoSignInRow {
    /// Finds it when the browser comes back.
    pub state_hash: TokenHash,
    /// Finds it when its session is fetched.
    pub ticket_hash: TokenHash,
    /// Where.
    pub provider: String,
    /// Through which door it began.
    pub door: String,
    /// The account that it must be for; none: whichever is linked.
    pub user_id: Option<UserId>,
    /// The account that signed in.
    pub signed_in_user_id: Option<UserId>,
    /// Nonce and verifier, sealed.
    pub sealed: Vec<u8>,
    /// `pending`, `returned`, `asked`, `signed_in` or `failed`.
    pub phase: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

macro_rules! select_sign_in {
    ($rest:literal) => {
        concat!(
            "SELECT state_hash, ticket_hash, provider, door, user_id, signed_in_user_id, sealed, \
             phase, created_at, expires_at FROM sso_sign_ins ",
            $rest
        )
    };
}

fn sign_in(row: &Row<'_>) -> Result<SsoSignInRow, Error> {
    Ok(SsoSignInRow {
        state_hash: TokenHash(row.get(0)?),
        ticket_hash: TokenHash(row.get(1)?),
        provider: row.get(2)?,
        door: row.get(3)?,
        user_id: row.get(4)?,
        signed_in_user_id: row.get(5)?,
        sealed: row.get(6)?,
        phase: row.get(7)?,
        created_at: row.get(8)?,
        expires_at: row.get(9)?,
    })
}

impl Tx {
    /// Links of `user`, by provider.
    pub async fn list_sso_links(&mut self, user: UserId) -> Result<Vec<SsoLink>, Error> {
        let links =
            self.list(select_link!("WHERE user_id = $1 ORDER BY provider"), &[&user], link).await?;
        Ok(links.into_iter().map(|(_, link)| link).collect())
    }

    /// The link of `user` to `provider`.
    pub async fn find_sso_link(
        &mut self,
        user: UserId,
        provider: &str,
    ) -> Result<Option<SsoLink>, Error> {
        let found = self
            .find(select_link!("WHERE user_id = $1 AND provider = $2"), &[&user, &provider], link)
            .await?;
        Ok(found.map(|(_, link)| link))
    }

    /// The user whose link a provider's subject has confirmed.
    pub async fn find_user_by_sso_subject(
        &mut self,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(UserId, SsoLink)>, Error> {
        self.find(
            select_link!("WHERE provider = $1 AND issuer = $2 AND subject = $3"),
            &[&provider, &issuer, &subject],
            link,
        )
        .await
    }

    /// Links `user` to `provider` by address; a link that is there already is revived, and forgets
    /// its subject if the address is another.
    pub async fn put_sso_link(
        &mut self,
        user: UserId,
        provider: &str,
        email: &str,
        email_key: &str,
        now: Timestamp,
    ) -> Result<SsoLink, Error> {
        let (_, link) = self
            .one(
                "INSERT INTO sso_links (user_id, provider, email, email_key, issuer, subject, \
                 disabled_at, created_at, last_sign_in_at) \
                 VALUES ($1, $2, $3, $4, NULL, NULL, NULL, $5, NULL) \
                 ON CONFLICT (user_id, provider) DO UPDATE SET email = excluded.email, \
                 email_key = excluded.email_key, disabled_at = NULL, \
                 issuer = CASE WHEN sso_links.email_key = excluded.email_key \
                 THEN sso_links.issuer ELSE NULL END, \
                 subject = CASE WHEN sso_links.email_key = excluded.email_key \
                 THEN sso_links.subject ELSE NULL END \
                 RETURNING user_id, provider, email, subject, disabled_at, created_at, \
                 last_sign_in_at",
                &[&user, &provider, &email, &email_key, &now],
                link,
            )
            .await?;
        Ok(link)
    }

    /// Fixes issuer and subject of a link: false if the subject is somebody else's already.
    pub async fn confirm_sso_link(
        &mut self,
        user: UserId,
        provider: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<bool, Error> {
        let taken = self.find_user_by_sso_subject(provider, issuer, subject).await?;
        if taken.is_some_and(|(other, _)| other != user) {
            return Ok(false);
        }
        let changed = self
            .execute(
                "UPDATE sso_links SET issuer = $3, subject = $4 \
                 WHERE user_id = $1 AND provider = $2 AND disabled_at IS NULL",
                &[&user, &provider, &issuer, &subject],
            )
            .await?;
        Ok(changed == 1)
    }

    /// Notes a sign-in through a link.
    pub async fn touch_sso_link(
        &mut self,
        user: UserId,
        provider: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE sso_links SET last_sign_in_at = $3 WHERE user_id = $1 AND provider = $2",
            &[&user, &provider, &now],
        )
        .await?;
        Ok(())
    }

    /// Switches a link off: false if there is none that is on.
    pub async fn disable_sso_link(
        &mut self,
        user: UserId,
        provider: &str,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let changed = self
            .execute(
                "UPDATE sso_links SET disabled_at = $3 \
                 WHERE user_id = $1 AND provider = $2 AND disabled_at IS NULL",
                &[&user, &provider, &now],
            )
            .await?;
        Ok(changed == 1)
    }

    /// Switches all links of a user off.
    pub async fn disable_sso_links_of(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql =
            "UPDATE sso_links SET disabled_at = $2 WHERE user_id = $1 AND disabled_at IS NULL";
        self.execute(sql, &[&user, &now]).await?;
        Ok(())
    }

    /// Keeps a sign-in that begins.
    pub async fn insert_sso_sign_in(&mut self, row: &SsoSignInRow) -> Result<(), Error> {
        self.execute(
            "INSERT INTO sso_sign_ins (state_hash, ticket_hash, provider, door, user_id, \
             signed_in_user_id, sealed, phase, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &row.state_hash.0.as_slice(),
                &row.ticket_hash.0.as_slice(),
                &row.provider,
                &row.door,
                &row.user_id,
                &row.signed_in_user_id,
                &row.sealed,
                &row.phase,
                &row.created_at,
                &row.expires_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// The sign-in that the browser comes back to.
    pub async fn find_sso_sign_in_by_state(
        &mut self,
        state: TokenHash,
    ) -> Result<Option<SsoSignInRow>, Error> {
        self.find(select_sign_in!("WHERE state_hash = $1"), &[&state.0.as_slice()], sign_in).await
    }

    /// The sign-in whose session is fetched.
    pub async fn find_sso_sign_in_by_ticket(
        &mut self,
        ticket: TokenHash,
    ) -> Result<Option<SsoSignInRow>, Error> {
        self.find(select_sign_in!("WHERE ticket_hash = $1"), &[&ticket.0.as_slice()], sign_in).await
    }

    /// Moves a sign-in from one phase to the next: true if it was in `from`. Of parallel calls one
    /// hears true.
    pub async fn advance_sso_sign_in(
        &mut self,
        state: TokenHash,
        from: &str,
        to: &str,
        signed_in: Option<UserId>,
    ) -> Result<bool, Error> {
        let changed = self
            .execute(
                "UPDATE sso_sign_ins SET phase = $3, signed_in_user_id = $4 \
                 WHERE state_hash = $1 AND phase = $2",
                &[&state.0.as_slice(), &from, &to, &signed_in],
            )
            .await?;
        Ok(changed == 1)
    }

    /// Lets a sign-in that has returned wait for the answer of its user, under another state: true if it had returned.
    pub async fn ask_sso_sign_in(
        &mut self,
        state: TokenHash,
        new_state: TokenHash,
        user: UserId,
    ) -> Result<bool, Error> {
        let changed = self
            .execute(
                "UPDATE sso_sign_ins SET phase = 'asked', state_hash = $2, signed_in_user_id = $3 \
                 WHERE state_hash = $1 AND phase = 'returned'",
                &[&state.0.as_slice(), &new_state.0.as_slice(), &user],
            )
            .await?;
        Ok(changed == 1)
    }

    /// Ends the sign-ins that are for a user, or in which it has signed in.
    pub async fn end_sso_sign_ins_of(&mut self, user: UserId) -> Result<(), Error> {
        self.execute(
            "DELETE FROM sso_sign_ins WHERE user_id = $1 OR signed_in_user_id = $1",
            &[&user],
        )
        .await?;
        Ok(())
    }

    /// Ends a sign-in: true if it was still there.
    pub async fn delete_sso_sign_in(&mut self, state: TokenHash) -> Result<bool, Error> {
        let deleted = self
            .execute("DELETE FROM sso_sign_ins WHERE state_hash = $1", &[&state.0.as_slice()])
            .await?;
        Ok(deleted == 1)
    }

    /// Forgets sign-ins that ended before `now`.
    pub async fn delete_sso_sign_ins_expired(&mut self, now: Timestamp) -> Result<u64, Error> {
        self.execute("DELETE FROM sso_sign_ins WHERE expires_at <= $1", &[&now]).await
    }
}
