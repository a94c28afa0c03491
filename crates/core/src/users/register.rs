//! Making an account for oneself.

use roster_model::{NewAccount, NewUser, Role};
use roster_store::Tx;
use serde_json::json;

use super::{Account, Person};
use crate::{
    Actor, Core, Door, Error, Profile, Registration, Result, audit::Entry, authz::Operation,
    credentials::password::ChosenBy, installation::home,
};

/// Where there is nobody yet, the first to come must be an administrator.
const NOBODY_YET: Error = Error::WrongState(
    "this installation has no administrator yet; its operator must make one first",
);

impl Core {
    /// Makes an account that can be used at once. Administrators may do so for others whether registration is open or
    /// not. Opens no session.
    ///
    /// # Errors
    /// `RegistrationClosed` where people may not register by themselves; `Invalid` for what a field may not hold;
    /// `NameTaken` for a name or address that anybody has, or had before being deleted; `WrongState` before there is an
    /// administrator.
    pub async fn register(&self, actor: &Actor, new: &NewAccount) -> Result<Account> {
        self.authorize(actor, Operation::Register).await?;
        let new = NewUser::from(new);
        if !self.is_registration_open(actor.origin.door) {
            let made = self.create_user(actor, &new).await.map_err(|error| match error {
                Error::Unauthenticated | Error::Forbidden => Error::RegistrationClosed,
                other => other,
            })?;
            let groups = async |tx: &mut Tx| tx.list_groups_of(made.id).await;
            let groups = self.store().point_read(groups).await?;
            return Ok(Account { user: made, groups });
        }
        let now = self.now();
        let person = Person::read(self, actor, &new, Role::Viewer)?;
        let home = self.store().point_read(async |tx: &mut Tx| home(tx).await).await?;
        let record = person.record(self, actor, home, now);
        let password = new.password.as_ref().ok_or_else(|| Error::internal("no password"))?;
        let password = self.hash_first_password(&record, password, ChosenBy::Owner).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.has_users().await? {
                    return Err(NOBODY_YET);
                }
                let password = Some(&password);
                let user = person.insert(self, tx, &record, home.1, password, now).await?;
                let what = json!({ "role": user.role, "why": "registration" });
                Entry::done("user.created", user.id).with(what).write(tx, actor, now).await?;
                let groups = tx.list_groups_of(user.id).await?;
                Ok(Account { user, groups })
            })
            .await
    }

    /// Whether anybody may make an account through a door. Dioptra's programs expect it of every installation that
    /// takes the platforms' habits over.
    pub(crate) fn is_registration_open(&self, door: Door) -> bool {
        let settings = self.settings();
        settings.registration == Registration::Open
            || (settings.profile == Profile::Compat && door == Door::Dioptra)
    }
}
