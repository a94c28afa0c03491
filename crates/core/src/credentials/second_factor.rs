//! Second factors at work: asking for one, and accepting each code once (design section 3.4).

use jiff::Timestamp;
use roster_model::{CodePurpose, Secret, UserId};
use roster_store::{Totp, TotpUse, Tx};

use super::{
    Authenticator, recovery,
    secret_key::Purpose,
    totp::{self, TotpSecret},
};
use crate::{
    Actor, Core, Error, Proof, Result,
    authz::{self, Operation},
};

/// What a code is shown for, where the same code may be shown again for another target.
#[derive(Clone, Debug)]
struct Repeat {
    operation: &'static str,
    credential: String,
    target: String,
}

impl Core {
    /// Asks for a second factor, if the table says so and the caller has any.
    ///
    /// `target` names what the operation is about; a code is good for one target, but see
    /// [`Operation::may_repeat_code`].
    ///
    /// # Errors
    /// `OtpRequired` without a code, `OtpInvalid` for a wrong or used one, and for any from a caller
    /// without second factors; `RateLimited` after too many wrong ones.
    pub(crate) async fn step_up(
        &self,
        actor: &Actor,
        operation: Operation,
        target: &str,
    ) -> Result<()> {
        let Some(credential) = actor.credential().filter(|_| authz::rule(operation).needs_step_up)
        else {
            return Ok(());
        };
        let user = &credential.user;
        match &actor.proof {
            Proof::Code(_) if !user.is_mfa_active => Err(Error::OtpInvalid),
            Proof::RecentMfa | Proof::Missing if !user.is_mfa_active => Ok(()),
            Proof::Missing => Err(Error::OtpRequired),
            Proof::RecentMfa => {
                let fresh_since = self.now() - self.settings().mfa_freshness;
                match credential.mfa_at {
                    Some(at) if at > fresh_since => Ok(()),
                    _ => Err(Error::OtpRequired),
                }
            }
            Proof::Code(code) => {
                let may_repeat = operation.may_repeat_code() && actor.habits().repeats_codes;
                let repeat = may_repeat.then(|| Repeat {
                    operation: operation.as_str(),
                    credential: credential.uuid.to_string(),
                    target: target.to_owned(),
                });
                // Every operation begins here and hardly any has a code, so what checks one is not part of them all.
                let accepted =
                    self.accept_second_factor(user.id, code, operation.sent_code(), repeat);
                Box::pin(accepted).await
            }
        }
    }

    /// Accepts a second factor at sign-in: a code of the authenticator app, one sent for signing in,
    /// or a recovery code. The caller has checked the password.
    ///
    /// # Errors
    /// `OtpInvalid` for a wrong or used code, `RateLimited` after too many.
    pub(crate) async fn verify_second_factor(&self, user: UserId, code: &Secret) -> Result<()> {
        self.accept_second_factor(user, code, Some(CodePurpose::GetToken), None).await
    }

    async fn accept_second_factor(
        &self,
        user: UserId,
        code: &Secret,
        sent: Option<CodePurpose>,
        repeat: Option<Repeat>,
    ) -> Result<()> {
        let now = self.now();
        let is_accepted = self
            .store()
            .write(async |tx: &mut Tx| {
                self.count_attempt(tx, user, Authenticator::SecondFactor, now).await?;
                let is_accepted = self.spend_totp(tx, user, code, repeat.as_ref(), now).await?
                    || match sent {
                        Some(purpose) => self.spend_code(tx, user, purpose, code, now).await?.is_right(),
                        None => false,
                    }
                    // A recovery code stands in for the lost authenticator exactly where a sent code
                    // does: to get in, and to turn the authenticator off.
                    || (sent.is_some() && self.spend_recovery_code(tx, user, code, now).await?);
                if is_accepted {
                    self.forget_attempts(tx, user, Authenticator::SecondFactor).await?;
                }
                // A wrong code commits, too: the attempt counts.
                Ok::<_, Error>(is_accepted)
            })
            .await?;
        if is_accepted { Ok(()) } else { Err(Error::OtpInvalid) }
    }

    /// Spends a code of the authenticator app of `user`, whatever it is for.
    pub(crate) async fn spend_totp_code(
        &self,
        tx: &mut Tx,
        user: UserId,
        code: &Secret,
        now: Timestamp,
    ) -> Result<bool> {
        self.spend_totp(tx, user, code, None, now).await
    }

    async fn spend_totp(
        &self,
        tx: &mut Tx,
        user: UserId,
        code: &Secret,
        repeat: Option<&Repeat>,
        now: Timestamp,
    ) -> Result<bool> {
        let Some(Totp { secret: Some(sealed), .. }) = tx.find_totp(user).await? else {
            return Ok(false);
        };
        let secret = self.open_totp_secret(user, &sealed)?;
        let Some(step) = totp::matching_step(&secret, code, now) else {
            return Ok(false);
        };
        let is_first = tx.spend_totp_step(user, step).await?;
        let Some(repeat) = repeat else {
            return Ok(is_first);
        };
        let this = TotpUse {
            user,
            step,
            operation: repeat.operation,
            credential: &repeat.credential,
            target: &repeat.target,
        };
        if is_first {
            tx.delete_totp_uses_before(user, step).await?;
        } else if !tx.is_totp_used_for(&this).await? {
            return Ok(false);
        }
        Ok(tx.insert_totp_use(&this).await?)
    }

    async fn spend_recovery_code(
        &self,
        tx: &mut Tx,
        user: UserId,
        code: &Secret,
        now: Timestamp,
    ) -> Result<bool> {
        let stored = tx.list_recovery_codes(user).await?;
        match recovery::matching(self.keys(), user, code, &stored) {
            Some(index) => Ok(tx.spend_recovery_code(user, &stored[index], now).await?),
            None => Ok(false),
        }
    }

    pub(super) fn open_totp_secret(&self, user: UserId, sealed: &[u8]) -> Result<TotpSecret> {
        let bytes =
            self.keys().open(Purpose::TotpSecret, user.0, sealed).map_err(Error::internal)?;
        TotpSecret::from_bytes(&bytes)
            .ok_or_else(|| Error::internal("a TOTP secret has the wrong length"))
    }
}
