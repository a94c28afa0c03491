//! Letting users in and shutting them out. What shuts out ends everything at once.

use jiff::Timestamp;
use roster_model::{AccountState, Field, Reason, Status, User, UserRef, UserUpdate};
use roster_store::Tx;
use serde_json::json;

use super::consequences::keep_an_administrator;
use crate::{
    Actor, Core, Error, Result, audit::Entry, authorize::get_authorized, authz::Operation,
};

impl Core {
    /// Lets a user in again that is pending, suspended or disabled.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who may sign in already.
    pub async fn enable_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let refusal =
            |status: Status| status.may_sign_in().then_some("this user is enabled already");
        self.set_status(actor, user, StatusChange::Enable, refusal).await
    }

    /// Lifts a suspension. Until the user comes back the account shows it, and idle days count anew.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who is not suspended.
    pub async fn unsuspend_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let refusal =
            |status| (status != Status::Suspended).then_some("this user is not suspended");
        self.set_status(actor, user, StatusChange::Unsuspend, refusal).await
    }

    /// Switches a user off: sessions, codes, links and sign-ins under way end, API keys and the invitations that it has
    /// sent for good.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who is disabled already, and for the last system
    /// admin.
    pub async fn disable_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let disabled = actor.habits().shown_as_disabled;
        let refusal =
            |status| disabled.contains(&status).then_some("this user is disabled already");
        self.set_status(actor, user, StatusChange::Disable, refusal).await
    }

    /// Shuts a user out for a while: sessions, codes, links and sign-ins under way end; API keys
    /// rest.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user who may not sign in anyway, and for the last system
    /// admin.
    pub async fn suspend_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let refusal =
            |status: Status| (!status.may_sign_in()).then_some("this user may not sign in anyway");
        self.set_status(actor, user, StatusChange::Suspend, refusal).await
    }

    async fn set_status(
        &self,
        actor: &Actor,
        user: &UserRef,
        change: StatusChange,
        refusal: impl Fn(Status) -> Option<&'static str> + Send + Sync,
    ) -> Result<User> {
        let operation = change.operation();
        let target = self.authorize_on(actor, operation, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized(tx, actor, &[operation], &target).await?;
                if let Some(sentence) = refusal(before.status) {
                    return Err(Error::WrongState(sentence));
                }
                let mut user = before.clone();
                change.enter(&mut user, now);
                if !user.status.may_sign_in() {
                    keep_an_administrator(tx, &before, now).await?;
                }
                change.follow(tx, &user, now).await?;
                user.updated_at = now;
                user.updated_by = actor.user_id();
                tx.update_user(&mut user).await?;
                Entry::done(operation.as_str(), user.id)
                    .with(json!({ "status": { "from": before.status, "to": user.status } }))
                    .write(tx, actor, now)
                    .await?;
                Ok(user)
            })
            .await
    }
}

/// A way in which somebody's status changes. An operation asks for one, and refuses what is so already; an update says
/// what is to be, and what is so already stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusChange {
    /// Let in, or made to wait for it.
    Set(Status),
    /// Let in again.
    Enable,
    /// Let in again after a suspension, which the account shows until the user comes back.
    Unsuspend,
    /// Shut out for a while: API keys rest.
    Suspend,
    /// Switched off for now: API keys rest.
    Deactivate,
    /// Switched off: API keys and the invitations that the user has sent end for good.
    Disable,
}

impl StatusChange {
    /// All that an update asks for, in each of the words that there are for it.
    pub(super) fn asked(update: &UserUpdate) -> impl Iterator<Item = Self> {
        let status = update.status.map(|status| match status {
            Status::New | Status::Pending | Status::Active => Self::Set(status),
            Status::Suspended => Self::Suspend,
            Status::Disabled => Self::Disable,
        });
        let state = update.account_state.map(|state| match state {
            AccountState::Active => Self::Enable,
            AccountState::Deactivated => Self::Deactivate,
            AccountState::Suspended => Self::Suspend,
            AccountState::Unsuspended => Self::Unsuspend,
        });
        let active = update.active.map(|active| match active {
            true => Self::Enable,
            false => Self::Deactivate,
        });
        [status, state, active].into_iter().flatten()
    }

    /// What an update makes of a user's status, if anything.
    ///
    /// # Errors
    /// `Invalid` for words that contradict each other.
    pub(super) fn of_update(
        actor: &Actor,
        user: &User,
        update: &UserUpdate,
    ) -> Result<Option<Self>> {
        let contradicts = |field, other: &str| {
            Err(Error::invalid(field, Reason::Other(format!("contradicts {other}"))))
        };
        let is_on = update.account_state.map(|state| state != AccountState::Deactivated);
        if is_on.is_some_and(|is_on| update.active.is_some_and(|active| active != is_on)) {
            return contradicts(Field::AccountState, "active");
        }
        if update.status.is_some() && (update.active.is_some() || update.account_state.is_some()) {
            return contradicts(Field::Status, "active or account_state");
        }
        let is_on = user.status.is_on();
        Ok(Self::asked(update).next().filter(|change| match change {
            Self::Enable if update.account_state.is_none() => !is_on,
            Self::Deactivate => is_on,
            Self::Disable => !actor.habits().shown_as_disabled.contains(&user.status),
            _ => true,
        }))
    }

    /// The line of the table about it.
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Set(_) | Self::Enable => Operation::EnableUser,
            Self::Unsuspend => Operation::UnsuspendUser,
            Self::Suspend => Operation::SuspendUser,
            Self::Deactivate | Self::Disable => Operation::DisableUser,
        }
    }

    /// Makes it so in the record.
    pub(crate) fn enter(self, user: &mut User, now: Timestamp) {
        user.status = match self {
            Self::Set(status) => status,
            Self::Enable | Self::Unsuspend => let_in(user),
            Self::Suspend => Status::Suspended,
            Self::Deactivate | Self::Disable => Status::Disabled,
        };
        user.unlocked_at = (self == Self::Unsuspend).then_some(now);
    }

    /// Ends what is open of a user whom it has shut out; nothing of one whom it lets in.
    pub(crate) async fn follow(self, tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
        if !user.status.may_sign_in() {
            tx.end_everything_of_user(user.id).await?;
        }
        if self == Self::Disable {
            tx.revoke_api_keys_of_user(user.id, now).await?;
            tx.withdraw_invitations_by(user.id).await?;
        }
        Ok(())
    }
}

/// The status of somebody who is let in.
fn let_in(user: &User) -> Status {
    match user.status {
        status if status.may_sign_in() => status,
        _ if user.sign_in_count == 0 => Status::New,
        _ => Status::Active,
    }
}
