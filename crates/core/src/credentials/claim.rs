//! Holding a typed password against an account: the one place where that is done.
//!
//! Every way it can go wrong takes the same work and gives the same answer, so nothing tells who exists (threats T01,
//! T02).

use roster_model::{IdentityKey, Secret, User, UserId, fold};
use roster_store::{Claimant, Tx, Unsynced};
use serde_json::json;
use tokio::sync::SemaphorePermit;

use super::{Authenticator, Subject, hasher::Verified};
use crate::{Actor, Core, Error, Result, audit::Entry};

/// The longest login that is looked up, in bytes: no name is longer. What is longer belongs to nobody.
const MAX_LOGIN: usize = 4 * 320;

/// An account whose password was just shown.
pub(crate) struct Claimed<'c> {
    /// Whose it is, as it was before the password was compared.
    pub(crate) user: User,
    /// The hash that the password was held against.
    pub(crate) hash: String,
    /// The hash to be kept from now on, where the present one is of an older kind.
    pub(crate) new_hash: Option<String>,
    /// Its attempt, until a later write has taken that along.
    _counted: Unsynced,
    /// Kept until the attempt is forgotten or stands.
    _turn: Option<SemaphorePermit<'c>>,
}

impl Core {
    /// The account of this name or address, if the password is right. Whether the account may be used is for the caller
    /// to look at, and to call [`forget_attempts`](Self::forget_attempts) in its transaction.
    ///
    /// # Errors
    /// `InvalidCredentials` for an unknown name, an account without a password and a wrong password alike;
    /// `RateLimited` after too many of them; `Unavailable` if too many passwords wait to be compared.
    pub(crate) async fn claim(
        &self,
        actor: &Actor,
        action: &'static str,
        login: &str,
        password: &Secret,
    ) -> Result<Claimed<'_>> {
        let key = fold(&login[..login.floor_char_boundary(MAX_LOGIN)]);
        let found = self.find_claimant(&key, login).await?;
        let subject = match &found {
            Some(found) => Subject::User(found.user.id),
            None => Subject::Nobody(key),
        };
        let found = found.filter(|found| found.user.deleted_at.is_none());
        self.claim_as(actor, action, subject, found, password).await
    }

    /// As [`claim`](Self::claim), of a user who is known already.
    pub(crate) async fn claim_own(
        &self,
        actor: &Actor,
        action: &'static str,
        user: &User,
        password: &Secret,
    ) -> Result<Claimed<'_>> {
        let id = user.id;
        let found = self.store().read(async |tx: &mut Tx| tx.find_claimant_by_id(id).await).await?;
        self.claim_as(actor, action, Subject::User(id), found, password).await
    }

    async fn find_claimant(&self, key: &IdentityKey, login: &str) -> Result<Option<Claimant>> {
        if login.len() > MAX_LOGIN {
            return Ok(None);
        }
        Ok(self.store().point_read(async |tx: &mut Tx| tx.find_claimant(key).await).await?)
    }

    async fn claim_as(
        &self,
        actor: &Actor,
        action: &'static str,
        subject: Subject,
        found: Option<Claimant>,
        password: &Secret,
    ) -> Result<Claimed<'_>> {
        let turn = self.turns().wait(&subject).await;
        let now = self.now();
        // The attempt counts from here on, for everybody. The disk gets it with whatever is written about its outcome: were
        // the power to fail before that, nobody has learned whether the password was right, so it was no guess.
        let counting = self.store().write_unsynced(async |tx: &mut Tx| {
            self.count_attempt_at(tx, &subject, Authenticator::Password, now).await
        });
        let ((), counted) = counting.await?;
        let verified = match self.compare(found.as_ref(), password).await {
            Ok(verified) => verified,
            Err(error) => {
                self.store()
                    .write(async |tx: &mut Tx| {
                        self.take_attempt_back(tx, &subject, Authenticator::Password).await
                    })
                    .await?;
                return Err(error);
            }
        };
        match found {
            Some(Claimant { user, hash: Some(hash) }) if verified.is_right => {
                // Where the pool is full the present hash will do until next time.
                let new_hash = match verified.needs_rehash {
                    true => self.hasher().hash(password).await.ok(),
                    false => None,
                };
                Ok(Claimed { user, hash, new_hash, _counted: counted, _turn: turn })
            }
            found => {
                let user = found.map(|found| found.user.id);
                self.note_refusal(actor, action, user, &Error::InvalidCredentials).await?;
                // It was taken along, unless the disk refused just that.
                counted.sync().await?;
                Err(Error::InvalidCredentials)
            }
        }
    }

    /// Compares, or does the same work where there is nothing to compare with.
    async fn compare(&self, found: Option<&Claimant>, password: &Secret) -> Result<Verified> {
        match found.and_then(|found| found.hash.as_deref()) {
            Some(hash) => Ok(self.hasher().verify(password, hash).await?),
            None => {
                self.hasher().verify_absent(password).await?;
                Ok(Verified { is_right: false, needs_rehash: false })
            }
        }
    }

    /// Writes a refusal into the audit log.
    async fn note_refusal(
        &self,
        actor: &Actor,
        action: &'static str,
        user: Option<UserId>,
        why: &Error,
    ) -> Result<()> {
        let now = self.now();
        let written = self.store().write(async |tx: &mut Tx| {
            Entry::refused(action, user)
                .with(json!({ "why": why.code().as_str() }))
                .write(tx, actor, now)
                .await
        });
        Ok(written.await?)
    }

    /// The password was right, though something else was not: it was no guess, so its failures begin anew. What the
    /// caller is refused for is written down.
    pub(crate) async fn note_right_password(
        &self,
        actor: &Actor,
        action: &'static str,
        user: &User,
        why: &Error,
    ) -> Result<()> {
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                self.forget_attempts(tx, user.id, Authenticator::Password).await?;
                // A code that is yet to come is a step of signing in, no failure.
                if !matches!(why, Error::OtpRequired) {
                    Entry::refused(action, Some(user.id))
                        .with(json!({ "why": why.code().as_str() }))
                        .write(tx, actor, now)
                        .await?;
                }
                Ok(())
            })
            .await
    }
}
