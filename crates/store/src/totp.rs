//! Authenticator apps, what their codes were accepted for, and recovery codes.

use jiff::Timestamp;
use roster_model::UserId;
use uuid::Uuid;

use crate::{Change, Error, Tx, sql::Row};

/// A user's authenticator app. Secrets are sealed.
#[derive(Clone, Debug)]
pub struct Totp {
    /// The secret in force; none: second factors are off.
    pub secret: Option<Vec<u8>>,
    /// The latest step that was accepted; no step is accepted twice.
    pub last_step: i64,
    /// A secret that waits for its first code.
    pub pending_secret: Option<Vec<u8>>,
    /// Wrong first codes so far.
    pub pending_failures: u32,
}

fn totp(row: &Row<'_>) -> Result<Totp, Error> {
    Ok(Totp {
        secret: row.get(0)?,
        last_step: row.get(1)?,
        pending_secret: row.get(2)?,
        pending_failures: row.get(3)?,
    })
}

impl Tx {
    /// The authenticator of `user`, active or pending.
    pub async fn find_totp(&mut self, user: UserId) -> Result<Option<Totp>, Error> {
        self.find(
            "SELECT secret, last_step, pending_secret, pending_failures FROM totp WHERE user_id = $1",
            &[&user],
            totp,
        )
        .await
    }

    /// Keeps a new pending secret for `user`; an earlier one is gone.
    pub async fn put_pending_totp(&mut self, user: UserId, sealed: &[u8]) -> Result<(), Error> {
        self.execute(
            "INSERT INTO totp (user_id, secret, last_step, pending_secret, pending_failures) \
             VALUES ($1, NULL, 0, $2, 0) \
             ON CONFLICT (user_id) DO UPDATE SET pending_secret = excluded.pending_secret, \
             pending_failures = 0",
            &[&user, &sealed],
        )
        .await?;
        Ok(())
    }

    /// Counts a wrong first code; at `limit` the pending secret is gone.
    pub async fn count_pending_failure(&mut self, user: UserId, limit: u32) -> Result<(), Error> {
        self.execute(
            "UPDATE totp SET pending_failures = pending_failures + 1, \
             pending_secret = CASE WHEN pending_failures + 1 >= $2 THEN NULL ELSE pending_secret END \
             WHERE user_id = $1",
            &[&user, &limit],
        )
        .await?;
        Ok(())
    }

    /// Puts the pending secret of `user` in force; `step` is that of its first code.
    pub async fn activate_totp(
        &mut self,
        user: UserId,
        step: i64,
        now: Timestamp,
    ) -> Result<(), Error> {
        // What codes of the old secret were used for is no use of the new one's.
        self.execute("DELETE FROM totp_uses WHERE user_id = $1", &[&user]).await?;
        self.execute(
            "UPDATE totp SET secret = pending_secret, last_step = $2, pending_secret = NULL, \
             pending_failures = 0 WHERE user_id = $1",
            &[&user, &step],
        )
        .await?;
        self.set_mfa_activated_at(user, Some(now), now).await
    }

    /// Takes second factors away from `user`: authenticator, recovery codes, what they were used for.
    pub async fn delete_mfa(&mut self, user: UserId, now: Timestamp) -> Result<(), Error> {
        for table in ["totp", "totp_uses", "recovery_codes"] {
            self.execute(&format!("DELETE FROM {table} WHERE user_id = $1"), &[&user]).await?;
        }
        self.set_mfa_activated_at(user, None, now).await
    }

    async fn set_mfa_activated_at(
        &mut self,
        user: UserId,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "UPDATE users SET mfa_activated_at = $2, updated_at = $3, version = version + 1 \
             WHERE id = $1",
            &[&user, &at, &now],
        )
        .await?;
        self.after_commit(Change::ForgetUser(user));
        Ok(())
    }

    /// Since when `user` has second factors.
    pub async fn find_mfa_activated_at(
        &mut self,
        user: UserId,
    ) -> Result<Option<Timestamp>, Error> {
        let found = self
            .find("SELECT mfa_activated_at FROM users WHERE id = $1", &[&user], |row| row.get(0))
            .await?;
        Ok(found.flatten())
    }

    /// A second factor was shown in a session.
    pub async fn touch_session_mfa(&mut self, session: Uuid, now: Timestamp) -> Result<(), Error> {
        let user = self
            .find(
                "UPDATE sessions SET mfa_at = $2 WHERE uuid = $1 RETURNING user_id",
                &[&session, &now],
                |row| row.get(0),
            )
            .await?;
        if let Some(user) = user {
            self.after_commit(Change::ForgetUser(user));
        }
        Ok(())
    }

    /// Spends `step`: true if no step as late was spent before. Of parallel calls one hears true.
    pub async fn spend_totp_step(&mut self, user: UserId, step: i64) -> Result<bool, Error> {
        let changed = self
            .execute(
                "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
                &[&user, &step],
            )
            .await?;
        Ok(changed == 1)
    }

    /// Remembers that the code of `step` was accepted for `operation` on `target`: true if it was
    /// not yet.
    pub async fn insert_totp_use(&mut self, code: &TotpUse<'_>) -> Result<bool, Error> {
        let inserted = self
            .execute(
                "INSERT INTO totp_uses (user_id, step, operation, credential, target) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                &[&code.user, &code.step, &code.operation, &code.credential, &code.target],
            )
            .await?;
        Ok(inserted == 1)
    }

    /// Whether the code of `step` was accepted for the same operation by the same credential.
    pub async fn is_totp_used_for(&mut self, code: &TotpUse<'_>) -> Result<bool, Error> {
        let found = self
            .find(
                "SELECT 1 FROM totp_uses WHERE user_id = $1 AND step = $2 AND operation = $3 \
                 AND credential = $4",
                &[&code.user, &code.step, &code.operation, &code.credential],
                |_| Ok(()),
            )
            .await?;
        Ok(found.is_some())
    }

    /// Forgets what codes before `step` were used for.
    pub async fn delete_totp_uses_before(&mut self, user: UserId, step: i64) -> Result<(), Error> {
        self.execute("DELETE FROM totp_uses WHERE user_id = $1 AND step < $2", &[&user, &step])
            .await?;
        Ok(())
    }

    /// Replaces the recovery codes of `user`.
    pub async fn replace_recovery_codes(
        &mut self,
        user: UserId,
        hashes: &[[u8; 32]],
    ) -> Result<(), Error> {
        self.execute("DELETE FROM recovery_codes WHERE user_id = $1", &[&user]).await?;
        for hash in hashes {
            self.execute(
                "INSERT INTO recovery_codes (user_id, hash, used_at) VALUES ($1, $2, NULL)",
                &[&user, &hash.as_slice()],
            )
            .await?;
        }
        Ok(())
    }

    /// The recovery codes of `user` that are not used yet.
    pub async fn list_recovery_codes(&mut self, user: UserId) -> Result<Vec<[u8; 32]>, Error> {
        self.list(
            "SELECT hash FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
            &[&user],
            |row| row.get(0),
        )
        .await
    }

    /// Spends a recovery code: true if it was not used before.
    pub async fn spend_recovery_code(
        &mut self,
        user: UserId,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, Error> {
        let changed = self
            .execute(
                "UPDATE recovery_codes SET used_at = $3 \
                 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL",
                &[&user, &hash.as_slice(), &now],
            )
            .await?;
        Ok(changed == 1)
    }
}

/// One acceptance of a code.
#[derive(Clone, Copy, Debug)]
pub struct TotpUse<'a> {
    /// Whose code.
    pub user: UserId,
    /// Its step.
    pub step: i64,
    /// For what.
    pub operation: &'a str,
    /// By which session or key.
    pub credential: &'a str,
    /// On what.
    pub target: &'a str,
}
