//! Turning multi-factor authentication on and off (design section 3.4).

use roster_model::{ActivateMfa, MfaStatus, RecoveryCodes, TotpEnrolment, User, UserId, UserRef};
use roster_store::{Totp, Tx};
use serde_json::json;

use super::{
    recovery,
    secret_key::{KeyedHash, Purpose},
    totp::{self, TotpSecret},
};
use crate::{
    Actor, Core, Error, Result,
    audit::Entry,
    authorize::{get_authorized, get_user},
    authz::Operation,
    messages::templates::Template,
};

/// What authenticator apps show above the code.
const ISSUER: &str = "Roster";

impl Core {
    /// Whether a user has second factors.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for those whom it does not concern.
    pub async fn get_mfa(&self, actor: &Actor, user: &UserRef) -> Result<MfaStatus> {
        let user = self.authorize_on(actor, Operation::GetMfa, user).await?;
        self.store()
            .read(async |tx: &mut Tx| {
                let totp = tx.find_totp(user.id).await?;
                let codes = tx.list_recovery_codes(user.id).await?;
                Ok(MfaStatus {
                    is_active: user.is_mfa_active,
                    is_pending: totp.is_some_and(|totp| totp.pending_secret.is_some()),
                    activated_at: tx.find_mfa_activated_at(user.id).await?,
                    recovery_codes_left: u32::try_from(codes.len()).unwrap_or(u32::MAX),
                })
            })
            .await
    }

    /// Makes a new secret for an authenticator app. It waits for its first code; what is in force
    /// until then stays in force. A secret that waited before is gone.
    ///
    /// # Errors
    /// Those of step-up, where second factors are active already.
    pub async fn begin_totp(&self, actor: &Actor, user: &UserRef) -> Result<TotpEnrolment> {
        let user = self.authorize_on(actor, Operation::BeginTotp, user).await?;
        let secret = TotpSecret::generate(self.random());
        let sealed =
            self.keys().seal(Purpose::TotpSecret, user.id.0, secret.as_bytes(), self.random());
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                tx.put_pending_totp(user.id, &sealed).await?;
                Entry::done("mfa.enrolment_begun", user.id).write(tx, actor, now).await
            })
            .await?;
        Ok(TotpEnrolment {
            otpauth_url: secret.to_url(ISSUER, &user.username),
            secret: secret.to_base32(),
        })
    }

    /// Puts the waiting secret in force with its first code, and makes recovery codes. The session
    /// in which that happens goes on, and counts as proved by a second factor.
    ///
    /// # Errors
    /// `WrongState` if no secret waits; `OtpInvalid` for a wrong code: the third wrong one uses the
    /// waiting secret up.
    pub async fn activate_totp(
        &self,
        actor: &Actor,
        user: &UserRef,
        input: &ActivateMfa,
    ) -> Result<(User, RecoveryCodes)> {
        let user = self.authorize_on(actor, Operation::ActivateTotp, user).await?;
        let now = self.now();
        let codes = recovery::generate(self.random());
        let hashes = self.hashes_of(user.id, &codes);
        let limit = self.settings().limits.enrolment_attempts;
        let activated = self
            .store()
            .write(async |tx: &mut Tx| {
                let Some(Totp { pending_secret: Some(sealed), .. }) = tx.find_totp(user.id).await?
                else {
                    return Err(Error::WrongState(
                        "no enrolment waits for a code; begin a new one",
                    ));
                };
                let secret = self.open_totp_secret(user.id, &sealed)?;
                // A step that the old secret has spent is good with the new one: it is another code.
                let Some(step) = totp::matching_step(&secret, &input.code, now) else {
                    tx.count_pending_failure(user.id, limit).await?;
                    Entry::refused("mfa.activated", Some(user.id)).write(tx, actor, now).await?;
                    return Ok(None);
                };
                tx.activate_totp(user.id, step, now).await?;
                tx.replace_recovery_codes(user.id, &hashes).await?;
                if let Some(credential) = actor.credential() {
                    tx.touch_session_mfa(credential.uuid, now).await?;
                }
                Entry::done("mfa.activated", user.id).write(tx, actor, now).await?;
                Ok(Some(get_user(tx, user.id).await?))
            })
            .await?;
        let user = activated.ok_or(Error::OtpInvalid)?;
        Ok((user, RecoveryCodes { codes }))
    }

    /// Takes second factors away: one's own with a code, somebody else's by an administrator.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` if none are active.
    pub async fn disable_mfa(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let operation =
            |is_oneself| if is_oneself { Operation::DisableMfa } else { Operation::WipeMfa };
        let target = self.authorize_on_as(actor, operation, user, "").await?;
        let asked = [operation(Some(target.id) == actor.user_id())];
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized(tx, actor, &asked, &target).await?;
                let user = &before;
                if !before.is_mfa_active {
                    return Err(Error::WrongState("multi-factor authentication is not active"));
                }
                tx.delete_mfa(user.id, now).await?;
                let by_another = json!({ "by_another": actor.user_id() != Some(user.id) });
                Entry::done("mfa.disabled", user.id).with(by_another).write(tx, actor, now).await?;
                self.notify(tx, Template::MfaDisabled, &before).await?;
                get_user(tx, user.id).await
            })
            .await
    }

    /// Takes the second factors of a user away whom the caller manages, those that wait for their first code, too; none is
    /// no error. Whoever must have second factors sets them up anew after the next sign-in.
    ///
    /// # Errors
    /// Those of step-up; `Forbidden` or `NotFound` for those who do not manage the user.
    pub async fn wipe_mfa(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let operation = Operation::WipeMfa;
        let target = self.authorize_on(actor, operation, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized(tx, actor, &[operation], &target).await?;
                tx.delete_mfa(before.id, now).await?;
                let by_another = json!({ "by_another": actor.user_id() != Some(before.id) });
                Entry::done("mfa.disabled", before.id)
                    .with(by_another)
                    .write(tx, actor, now)
                    .await?;
                if before.is_mfa_active {
                    self.notify(tx, Template::MfaDisabled, &before).await?;
                }
                get_user(tx, before.id).await
            })
            .await
    }

    /// Makes new recovery codes; the old ones are good no more.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` if second factors are not active.
    pub async fn renew_recovery_codes(
        &self,
        actor: &Actor,
        user: &UserRef,
    ) -> Result<RecoveryCodes> {
        let user = self.authorize_on(actor, Operation::RenewRecoveryCodes, user).await?;
        let now = self.now();
        let codes = recovery::generate(self.random());
        let hashes = self.hashes_of(user.id, &codes);
        self.store()
            .write(async |tx: &mut Tx| {
                if !get_user(tx, user.id).await?.is_mfa_active {
                    return Err(Error::WrongState("multi-factor authentication is not active"));
                }
                tx.replace_recovery_codes(user.id, &hashes).await?;
                Entry::done("mfa.recovery_codes_renewed", user.id).write(tx, actor, now).await?;
                Ok(())
            })
            .await?;
        Ok(RecoveryCodes { codes })
    }

    fn hashes_of(&self, user: UserId, codes: &[roster_model::Secret]) -> Vec<KeyedHash> {
        codes.iter().map(|code| recovery::hash(self.keys(), user, code)).collect()
    }
}
