//! The bin: deleted users are gone from every list and look-up, their names stay reserved, and for a
//! while they can be taken out again.

use jiff::Timestamp;
use roster_model::{DeleteAccount, Field, Reason, User, UserRef};
use roster_store::Tx;

use super::consequences::{keep_an_administrator, rejoin};
use crate::{
    Actor, Core, Error, Result,
    audit::Entry,
    authorize::{allow_on_user, get_authorized, get_user},
    authz::Operation,
    credentials::Authenticator,
};

/// What it is called in the audit log.
const DELETED: &str = "user.deleted";

impl Core {
    /// Puts a user into the bin. Sessions, keys, codes, links and the invitations that it has sent end; those who belonged
    /// to it belong to nobody.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for the last system admin.
    pub async fn delete_user(&self, actor: &Actor, user: &UserRef) -> Result<()> {
        let target = self.authorize_on(actor, Operation::DeleteUser, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_authorized(tx, actor, &[Operation::DeleteUser], &target).await?;
                put_into_bin(tx, actor, user, now).await
            })
            .await
    }

    /// Puts the caller into the bin, if the password is right and has not expired.
    ///
    /// # Errors
    /// Those of step-up; `Forbidden` for anybody else; `Invalid` for a wrong password; `RateLimited` after too many of
    /// those; `PasswordExpired`; `WrongState` for the last system admin.
    pub async fn delete_own_account(
        &self,
        actor: &Actor,
        user: &UserRef,
        input: &DeleteAccount,
    ) -> Result<()> {
        let operation = Operation::DeleteOwnAccount;
        let target = self.authorize_on(actor, operation, user).await?;
        let wrong = || Error::invalid(Field::Password, Reason::Wrong);
        let claimed = self.claim_own(actor, DELETED, &target, &input.password).await;
        let claimed = claimed.map_err(|error| match error {
            Error::InvalidCredentials => wrong(),
            other => other,
        })?;
        let now = self.now();
        if claimed.user.password_expires_at.is_some_and(|end| end <= now) {
            let error = Error::PasswordExpired;
            self.note_right_password(actor, DELETED, &claimed.user, &error).await?;
            return Err(error);
        }
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_user(tx, target.id).await?;
                if tx.find_password_hash(user.id).await?.as_ref() != Some(&claimed.hash) {
                    return Err(wrong());
                }
                self.forget_attempts(tx, user.id, Authenticator::Password).await?;
                put_into_bin(tx, actor, user, now).await
            })
            .await
    }

    /// Takes a user out of the bin, as it was but for what ended.
    ///
    /// # Errors
    /// Those of step-up; `NotFound` for nobody; `WrongState` for somebody who is not deleted, and once the time to restore
    /// is over.
    pub async fn restore_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let target = self.authorize_on(actor, Operation::RestoreUser, user).await?;
        let now = self.now();
        let earliest = now - self.settings().restore_window;
        self.store()
            .write(async |tx: &mut Tx| {
                let found = tx.find_user(&UserRef::Id(target.id)).await?;
                let deleted = found.filter(|user| user.deleted_at.is_some());
                let mut user = deleted.ok_or(Error::WrongState("this user is not deleted"))?;
                allow_on_user(tx, actor, &[Operation::RestoreUser], &user).await?;
                if user.deleted_at.is_some_and(|at| at < earliest) {
                    return Err(Error::WrongState("this user was deleted too long ago"));
                }
                user.deleted_at = None;
                user.updated_at = now;
                user.updated_by = actor.user_id();
                tx.update_user(&mut user).await?;
                rejoin(tx, &user, now).await?;
                Entry::done("user.restored", user.id).write(tx, actor, now).await?;
                Ok(user)
            })
            .await
    }
}

/// Ends everything of a user but its record and its names.
async fn put_into_bin(tx: &mut Tx, actor: &Actor, mut user: User, now: Timestamp) -> Result<()> {
    keep_an_administrator(tx, &user, now).await?;
    tx.end_everything_of_user(user.id).await?;
    tx.revoke_api_keys_of_user(user.id, now).await?;
    tx.withdraw_invitations_by(user.id).await?;
    tx.disown_groups_of_user(user.id).await?;
    tx.release_users_of(user.id, now).await?;
    user.unconfirmed_email = None;
    user.deleted_at = Some(now);
    user.updated_at = now;
    user.updated_by = actor.user_id();
    tx.update_user(&mut user).await?;
    Entry::done(DELETED, user.id).write(tx, actor, now).await?;
    Ok(())
}
