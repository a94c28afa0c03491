//! Setting passwords: by their owner, by an administrator, and after they have expired. Resets and invitations use the
//! same last step.

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{
    ChangeExpiredPassword, ChangePassword, Field, OrganizationId, Reason, Secret, Unit, User,
    UserRef,
};
use roster_store::Tx;
use serde_json::json;
use uuid::Uuid;

use super::{
    Authenticator,
    password::{ChosenBy, PasswordPolicy, Proposal},
};
use crate::{
    Actor, Core, Error, Profile, Result,
    audit::Entry,
    authorize::{get_authorized, get_user},
    authz::Operation,
    sessions::{current_session, later},
    users::is_available,
};

/// What setting a password is called in the audit log.
const ACTION: &str = "password.changed";
/// How long a password is good under the profile that wants it changed yearly.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A password that may be set, and its hash. Made before the transaction, for hashing is slow.
pub(crate) struct HashedPassword {
    pub(super) hash: String,
    pub(super) lasts: Option<Duration>,
}

impl Core {
    /// Sets a password: the caller's own, with the old one, or somebody else's by an administrator. Ends the user's
    /// other sessions, and all codes and links.
    ///
    /// # Errors
    /// `Invalid` for a password that the policy refuses, and for an old one that is wrong; `RateLimited` after too many
    /// of those.
    pub async fn change_password(
        &self,
        actor: &Actor,
        user: &UserRef,
        input: &ChangePassword,
    ) -> Result<()> {
        let operation = |is_oneself| match is_oneself {
            true => Operation::ChangeOwnPassword,
            false => Operation::SetPassword,
        };
        let target = self.authorize_on_as(actor, operation, user, "").await?;
        let is_own = Some(target.id) == actor.user_id();
        let mut claimed = None;
        let may_be_missing = actor.habits().changes_password_without_old;
        if is_own && (input.password.is_some() || !may_be_missing) {
            let missing = || Error::invalid(Field::Password, Reason::Empty);
            let old = input.password.as_ref().ok_or_else(missing)?;
            let claim = self.claim_own(actor, ACTION, &target, old).await;
            claimed = Some(claim.map_err(|error| match error {
                Error::InvalidCredentials => Error::invalid(Field::Password, Reason::Wrong),
                other => other,
            })?);
        }
        let new = match &input.password {
            Some(old) if is_own => {
                self.hash_changed_password(actor, &target, old, &input.new_password).await?
            }
            _ => {
                let chosen_by = if is_own { ChosenBy::Owner } else { ChosenBy::Administrator };
                self.hash_new_password(&target, &input.new_password, chosen_by).await?
            }
        };
        let kept = if is_own { current_session(actor) } else { None };
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                // Hashing took its time: the user may have got more rights than the caller has meanwhile.
                let asked = [operation(is_own)];
                let user = get_authorized(tx, actor, &asked, &target).await?;
                if let Some(claimed) = &claimed {
                    // Another change was faster: the old password is no longer right.
                    if tx.find_password_hash(user.id).await?.as_ref() != Some(&claimed.hash) {
                        return Err(Error::invalid(Field::Password, Reason::Wrong));
                    }
                }
                self.set_password_in(tx, &user, &new, kept, now).await?;
                Entry::done(ACTION, user.id).write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }

    /// Sets a new password instead of one that is right but expired: all that an expired one is good for. Opens no
    /// session.
    ///
    /// # Errors
    /// Those of signing in up to the password; `WrongState` if the password has not expired.
    pub async fn change_expired_password(
        &self,
        actor: &Actor,
        input: &ChangeExpiredPassword,
    ) -> Result<()> {
        self.authorize(actor, Operation::ChangeExpiredPassword).await?;
        let claimed = self.claim(actor, ACTION, &input.login, &input.password).await?;
        let now = self.now();
        if let Err(error) = may_change_expired(&claimed.user, now) {
            self.note_right_password(actor, ACTION, &claimed.user, &error).await?;
            return Err(error);
        }
        let (old, new) = (&input.password, &input.new_password);
        let new = self.hash_changed_password(actor, &claimed.user, old, new).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_user(tx, claimed.user.id).await?;
                if tx.find_password_hash(user.id).await?.as_ref() != Some(&claimed.hash) {
                    return Err(Error::InvalidCredentials);
                }
                may_change_expired(&user, now)?;
                self.set_password_in(tx, &user, &new, None, now).await?;
                Entry::done(ACTION, user.id)
                    .with(json!({ "why": "expired" }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    /// As [`hash_new_password`](Self::hash_new_password), for an owner who has shown the old one, which stays right
    /// even if the new one is refused.
    pub(super) async fn hash_changed_password(
        &self,
        actor: &Actor,
        user: &User,
        old: &Secret,
        new: &Secret,
    ) -> Result<HashedPassword> {
        let hashed = if old.expose() == new.expose() {
            Err(Error::invalid(Field::NewPassword, Reason::Unchanged))
        } else {
            self.hash_new_password(user, new, ChosenBy::Owner).await
        };
        if let Err(error) = &hashed {
            self.note_right_password(actor, ACTION, user, error).await?;
        }
        hashed
    }

    /// Holds a new password against the policy and hashes it. To be done before the transaction that sets it.
    ///
    /// # Errors
    /// `Invalid` for what the policy refuses; `Unavailable` if too many passwords wait to be hashed.
    pub(crate) async fn hash_new_password(
        &self,
        user: &User,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<HashedPassword> {
        let lasts = self.judge_new_password(Some(user), password, chosen_by).await?;
        let hash = self.hasher().hash(password).await?;
        Ok(HashedPassword { hash, lasts })
    }

    /// Holds a new password against the policy, for somebody or, as far as that goes, for nobody in particular. Gives
    /// how long it will be good.
    ///
    /// # Errors
    /// `Invalid` for what the policy refuses.
    pub(crate) async fn judge_new_password(
        &self,
        user: Option<&User>,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<Option<Duration>> {
        let organization = user.map_or(OrganizationId(0), |user| user.organization_id);
        let organization = self.password_rules_of(organization).await?;
        let settings = self.settings();
        let breached = settings.breached_passwords.clone();
        let policy = PasswordPolicy { profile: settings.profile, breached };
        let proposal = Proposal {
            password,
            username: user.map_or("", |user| &user.username),
            email: user.map_or("", |user| &user.email),
            // Who it is may be unknown yet: then the shorter minimum holds here, and the right one later.
            has_second_factor: user.is_none_or(|user| user.is_mfa_active),
            chosen_by,
        };
        let refuse = |reason| Err(Error::invalid(Field::NewPassword, reason));
        if let Some(min) = organization.min_length
            && password.expose().len() < min
        {
            return refuse(Reason::TooShort { min, unit: Unit::Bytes });
        }
        if let Err(reason) = policy.check(&proposal).map_err(Error::internal)? {
            return refuse(reason);
        }
        Ok(organization.lasts)
    }

    /// Sets a password and ends what the old one had opened: the user's sessions but the one to be kept, those in which
    /// it acts in others' names, and all codes and links that are outstanding (design section 3.3).
    pub(crate) async fn set_password_in(
        &self,
        tx: &mut Tx,
        user: &User,
        new: &HashedPassword,
        kept: Option<Uuid>,
        now: Timestamp,
    ) -> Result<()> {
        let expires_at = new.lasts.map(|lasts| later(now, lasts));
        tx.set_password_hash(user.id, &new.hash, now, expires_at).await?;
        tx.end_sessions_of(user.id, kept).await?;
        tx.delete_one_time_codes(user.id).await?;
        tx.delete_links(user.id).await?;
        tx.end_sso_sign_ins_of(user.id).await?;
        self.forget_attempts(tx, user.id, Authenticator::Password).await
    }

    /// How long a password is good that is set now, in an organization.
    pub(crate) async fn password_life_in(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Duration>> {
        Ok(self.password_rules_of(organization).await?.lasts)
    }

    async fn password_rules_of(&self, organization: OrganizationId) -> Result<OrganizationRules> {
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_organization(organization).await)
            .await?;
        let settings = found.map(|found| found.settings).unwrap_or_default();
        let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 3600);
        let yearly = (self.settings().profile == Profile::Compat).then_some(YEAR);
        Ok(OrganizationRules {
            min_length: settings.password_min_length.and_then(|min| usize::try_from(min).ok()),
            lasts: settings.password_expiry_days.map(days).or(yearly),
        })
    }
}

/// What an organization asks of passwords beyond the profile.
struct OrganizationRules {
    min_length: Option<usize>,
    lasts: Option<Duration>,
}

fn may_change_expired(user: &User, now: Timestamp) -> Result<()> {
    if !is_available(user, now) {
        return Err(Error::AccountUnavailable);
    }
    match user.password_expires_at {
        Some(end) if end <= now => Ok(()),
        _ => Err(Error::WrongState("this password has not expired; sign in and change it")),
    }
}
