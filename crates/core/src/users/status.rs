//! Letting users in and shutting them out. What shuts out ends everything at once.

use roster_model::{Status, User, UserRef};
use roster_store::Tx;
use serde_json::json;

use super::update::keep_an_administrator;
use crate::{
    Actor, Core, Error, Result, audit::Entry, authorize::get_authorized, authz::Operation,
};

impl Core {
    /// Lets a user in again that is pending, suspended or disabled.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who may sign in already.
    pub async fn enable_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        self.set_status(actor, user, Operation::EnableUser, |user| {
            if user.status.may_sign_in() {
                return Err(Error::WrongState("this user is enabled already"));
            }
            Ok(let_in(user))
        })
        .await
    }

    /// Lifts a suspension. Until the user comes back the account shows it, and idle days count anew.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who is not suspended.
    pub async fn unsuspend_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        self.set_status(actor, user, Operation::UnsuspendUser, |user| match user.status {
            Status::Suspended => Ok(let_in(user)),
            _ => Err(Error::WrongState("this user is not suspended")),
        })
        .await
    }

    /// Switches a user off: sessions, codes, links and sign-ins under way end, API keys and the invitations that it has
    /// sent for good.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who is disabled already, and for the last system
    /// admin.
    pub async fn disable_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        self.set_status(actor, user, Operation::DisableUser, |user| {
            if actor.habits().shown_as_disabled.contains(&user.status) {
                return Err(Error::WrongState("this user is disabled already"));
            }
            Ok(Status::Disabled)
        })
        .await
    }

    /// Shuts a user out for a while: sessions, codes, links and sign-ins under way end; API keys
    /// rest.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who may not sign in anyway, and for the last system
    /// admin.
    pub async fn suspend_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        self.set_status(actor, user, Operation::SuspendUser, |user| {
            if user.status.may_sign_in() {
                Ok(Status::Suspended)
            } else {
                Err(Error::WrongState("this user may not sign in anyway"))
            }
        })
        .await
    }

    async fn set_status(
        &self,
        actor: &Actor,
        user: &UserRef,
        operation: Operation,
        next: impl Fn(&User) -> Result<Status> + Send + Sync,
    ) -> Result<User> {
        let target = self.authorize_on(actor, operation, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let mut user = get_authorized(tx, actor, &[operation], &target).await?;
                let status = next(&user)?;
                if !status.may_sign_in() {
                    keep_an_administrator(tx, &user, now).await?;
                }
                let change = json!({ "status": { "from": user.status, "to": status } });
                user.status = status;
                user.unlocked_at = (operation == Operation::UnsuspendUser).then_some(now);
                shut_out(tx, &user).await?;
                if status == Status::Disabled {
                    tx.revoke_api_keys_of_user(user.id, now).await?;
                    tx.withdraw_invitations_by(user.id).await?;
                }
                user.updated_at = now;
                user.updated_by = actor.user_id();
                tx.update_user(&mut user).await?;
                Entry::done(operation.as_str(), user.id).with(change).write(tx, actor, now).await?;
                Ok(user)
            })
            .await
    }
}

/// The status of somebody who is let in.
pub(super) fn let_in(user: &User) -> Status {
    match user.status {
        status if status.may_sign_in() => status,
        _ if user.sign_in_count == 0 => Status::New,
        _ => Status::Active,
    }
}

/// Ends what is open of a user that its status shuts out, but for API keys, which rest; nothing of one that it lets in.
pub(super) async fn shut_out(tx: &mut Tx, user: &User) -> Result<()> {
    if !user.status.may_sign_in() {
        tx.end_everything_of_user(user.id).await?;
    }
    Ok(())
}
