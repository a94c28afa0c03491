//! Changing users: what they may change themselves, and what only administrators may.

mod groups;
mod names;
mod record;
mod rights;

use roster_model::{Field, Reason, Role, Secret, User, UserRef, UserUpdate};
use roster_store::Tx;
use serde_json::json;

use self::{
    groups::set_groups,
    names::Names,
    record::{changed_fields, set_administered, set_profile},
};
use super::{
    consequences::keep_an_administrator,
    fields::{check_adoption, check_grant, is_available},
    status::StatusChange,
};
use crate::{
    Actor, Core, Error, Kind, Profile, Result,
    audit::Entry,
    authorize::{get_authorized, get_user},
    authz::Operation,
    credentials::password::ChosenBy,
};

impl Core {
    /// Changes a user. Nothing changes and the version stays when every value is as it was.
    ///
    /// A new address counts at once when an administrator sets it, and in the `compat` profile;
    /// else it waits in `unconfirmed_email` until the link that is mailed to it is used.
    ///
    /// # Errors
    /// `Forbidden` for what the caller may not change; those of step-up; `Invalid`, `NameTaken`;
    /// `PreconditionFailed` if the record is not of `expected` version; `WrongState` where nobody
    /// would be left to administer; `RateLimited` after too many names that others have, and when
    /// too many links were mailed.
    pub async fn update_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        expected: Option<i64>,
    ) -> Result<User> {
        self.change_user(actor, user, update, Way { expected, ..Way::default() }).await
    }

    /// Changes a user as one of those who manage it, which nobody is of itself without being an administrator; with the
    /// password, if one is given. All of it or nothing.
    ///
    /// # Errors
    /// As [`update_user`](Self::update_user); `Forbidden` from those who do not manage the user; `Invalid` for a
    /// password that the policy refuses.
    pub async fn manage_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        password: Option<&Secret>,
    ) -> Result<User> {
        let way = Way { is_managing: true, password, expected: None };
        self.change_user(actor, user, update, way).await
    }

    async fn change_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        way: Way<'_>,
    ) -> Result<User> {
        let Way { expected, is_managing, password } = way;
        let mut operations = rights::operations(actor, update);
        if password.is_some() {
            operations.push(Operation::SetPassword);
        }
        if is_managing {
            operations.insert(0, Operation::ManageUser);
        }
        let (first, others) = (operations[0], &operations[1..]);
        let target = self.authorize_on_also(actor, |_| first, others, user, "").await?;
        check_bounds(actor, &target, update)?;
        let names = self.read_names(actor, &target, update)?;
        let password = match password {
            Some(password) => {
                let chosen_by = ChosenBy::Administrator;
                Some(self.hash_first_password(&target, password, chosen_by).await?)
            }
            None => None,
        };
        let now = self.now();
        let asking = self.count_asking(actor, &target, &names, now).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                let mut before = get_authorized(tx, actor, &operations, &target).await?;
                if let Some(parent) = update.parent_id {
                    check_adoption(actor, Some(&before), parent)?;
                }
                if expected.is_some_and(|expected| expected != before.version) {
                    return Err(Error::PreconditionFailed);
                }
                if let Some(password) = &password {
                    // First, because it ends all links, and the new address may get one.
                    self.set_password_in(tx, &before, password, None, now).await?;
                    Entry::done("password.changed", before.id).write(tx, actor, now).await?;
                    before = get_user(tx, before.id).await?;
                }
                let mut after = before.clone();
                set_profile(&mut after, update)?;
                let change = StatusChange::of_update(actor, &before, update)?;
                if let Some(change) = change {
                    change.enter(&mut after, now);
                }
                set_administered(tx, &mut after, update, now).await?;
                let is_moved = set_groups(tx, actor, &before, &after, update, now).await?;
                let is_mailed = self.set_names(tx, actor, &mut after, &names, now).await?;
                if let Some(asking) = &asking {
                    self.take_asking_back(tx, asking).await?;
                }
                let mut fields = changed_fields(&before, &after);
                if is_moved && update.group_ids.is_some() {
                    fields.push("group_ids".to_owned());
                }
                let is_changed = !fields.is_empty() || is_mailed || is_moved || password.is_some();
                if !is_changed && !actor.habits().notes_empty_changes {
                    return Ok(before);
                }
                if after.role != before.role || !is_available(&after, now) {
                    keep_an_administrator(tx, &before, now).await?;
                }
                after.updated_at = now;
                after.updated_by = actor.user_id();
                tx.update_user(&mut after).await?;
                self.follow(tx, &before, &after, now).await?;
                if let Some(change) = change.filter(|_| after.status != before.status) {
                    change.follow(tx, &after, now).await?;
                }
                Entry::done("user.updated", after.id)
                    .with(json!({ "fields": fields }))
                    .write(tx, actor, now)
                    .await?;
                get_user(tx, after.id).await
            })
            .await
    }

    /// Reads the names that an update sets.
    fn read_names(&self, actor: &Actor, target: &User, update: &UserUpdate) -> Result<Names> {
        // Nobody vouches for its own address but those who may do everything anyway (threat T16).
        let vouches = !actor.is_ordinary()
            && (Some(target.id) != actor.user_id() || actor.role() == Some(Role::SystemAdmin));
        if update.is_email_confirmed == Some(true) && !vouches {
            return Err(Error::invalid(Field::IsEmailConfirmed, Reason::NotAllowed));
        }
        let email = update.email.as_deref().map(|email| self.read_email(actor, email));
        Ok(Names {
            username: update.username.as_deref().map(Self::read_username).transpose()?,
            email: email.transpose()?,
            must_be_new: actor.habits().refuses_own_names,
            is_confirmed: update
                .is_email_confirmed
                .unwrap_or(vouches || self.settings().profile == Profile::Compat),
            vouches,
        })
    }
}

/// Refuses to give a role above the caller's own, and to move anybody where only system admins may.
fn check_bounds(actor: &Actor, target: &User, update: &UserUpdate) -> Result<()> {
    if let Some(role) = update.role {
        check_grant(actor, role)?;
    }
    let is_moved = update.organization_id.is_some_and(|place| place != target.organization_id);
    if is_moved && actor.role().is_some_and(|role| role != Role::SystemAdmin) {
        return Err(Error::NotFound(Kind::Organization));
    }
    Ok(())
}

/// How an update is made.
#[derive(Default)]
struct Way<'w> {
    /// Only if the record is of this version.
    expected: Option<i64>,
    /// As one who manages the user, not as the user itself.
    is_managing: bool,
    /// With this password.
    password: Option<&'w Secret>,
}
