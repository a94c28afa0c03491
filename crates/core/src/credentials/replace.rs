//! Setting a new password with the old one, without a session: what proves the caller is the old password, so it is
//! throttled like a sign-in. Dioptra's programs do it, and who must renew an expired password before signing in.

use roster_model::{Field, Reason, Secret, User, UserId, UserRef};
use roster_store::Tx;
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result, audit::Entry, authorize::get_user, authz::Operation,
    users::is_available,
};

/// What it is called in the audit log.
const ACTION: &str = "password.changed";

/// A new password for whoever has the old one.
#[derive(Clone, Debug)]
pub struct PasswordReplacement {
    /// The present password, expired or not.
    pub password: Secret,
    /// The password from now on.
    pub new_password: Secret,
    /// The same once more, where the door asks for that.
    pub repetition: Option<Secret>,
}

impl Core {
    /// Sets the password of a user for whoever knows the present one. All sessions of the user end, the caller's own
    /// included if it is the user, and all codes and links.
    ///
    /// # Errors
    /// `NotFound` for nobody; `InvalidCredentials` for a wrong password; `RateLimited` after too many of them; only
    /// after the right one `AccountUnavailable`, also where the organization lets nobody in by password, `OtpRequired` for a user with second factors who is not signed in with
    /// one, and `Invalid` for a new password that is not its repetition, not new, or against the policy.
    pub async fn replace_password(
        &self,
        actor: &Actor,
        user: UserId,
        input: &PasswordReplacement,
    ) -> Result<()> {
        self.authorize(actor, Operation::ReplacePassword).await?;
        let found = async |tx: &mut Tx| tx.find_user(&UserRef::Id(user)).await;
        let found = self.store().point_read(found).await?;
        let target = found.filter(|user| user.deleted_at.is_none());
        let target = target.ok_or(Error::NotFound(Kind::User))?;
        let claimed = self.claim_own(actor, ACTION, &target, &input.password).await?;
        let may = match self.may_use_password(&claimed.user).await? {
            true => self.may_replace(actor, &claimed.user, input),
            false => Err(Error::AccountUnavailable),
        };
        if let Err(error) = may {
            self.note_right_password(actor, ACTION, &claimed.user, &error).await?;
            return Err(error);
        }
        let (old, new) = (&input.password, &input.new_password);
        let new = self.hash_changed_password(actor, &claimed.user, old, new).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_user(tx, claimed.user.id).await?;
                if tx.find_password_hash(user.id).await?.as_ref() != Some(&claimed.hash) {
                    return Err(Error::InvalidCredentials);
                }
                self.may_replace(actor, &user, input)?;
                self.set_password_in(tx, &user, &new, None, now).await?;
                let what = json!({ "why": "shown the old one" });
                Entry::done(ACTION, user.id).with(what).write(tx, actor, now).await?;
                Ok(())
            })
            .await
    }

    fn may_replace(&self, actor: &Actor, user: &User, input: &PasswordReplacement) -> Result<()> {
        if !is_available(user, self.now()) {
            return Err(Error::AccountUnavailable);
        }
        // Its own second factor was asked for at the beginning.
        if user.is_mfa_active && actor.user_id() != Some(user.id) {
            return Err(Error::OtpRequired);
        }
        let repeated = input.repetition.as_ref().map(Secret::expose);
        match repeated.is_none_or(|repeated| repeated == input.new_password.expose()) {
            true => Ok(()),
            false => Err(Error::invalid(Field::NewPassword, Reason::Differs)),
        }
    }
}
