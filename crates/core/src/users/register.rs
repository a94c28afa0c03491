//! Making an account for oneself.

use roster_model::{NewAccount, NewUser, Role};
use roster_store::Tx;
use serde_json::json;

use super::{Account, Person, accept::accept_invitation, fields::find_home};
use crate::{
    Actor, Core, Door, Error, Profile, Registration, Result, audit::Entry, authz::Operation,
    credentials::password::ChosenBy, installation::home,
};

/// Where there is nobody yet, the first to come must be an administrator.
const NOBODY_YET: Error = Error::WrongState(
    "this installation has no administrator yet; its operator must make one first",
);

impl Core {
    /// Makes an account that can be used at once: with an invitation, or where registration is open. Administrators may
    /// do so for others even where it is closed. Opens no session.
    ///
    /// # Errors
    /// `RegistrationClosed` where people may not register by themselves; `OtpInvalid` for an invitation that is used,
    /// expired or none; `Invalid` for what a field may not hold, and for another address than the invited one;
    /// `NameTaken` for a name or address that anybody has, or had before being deleted; `WrongState` before there is an
    /// administrator.
    pub async fn register(&self, actor: &Actor, new: &NewAccount) -> Result<Account> {
        self.authorize(actor, Operation::Register).await?;
        let now = self.now();
        let invited = match &new.invitation {
            Some(token) => Some(self.find_invitation(token, &new.email, now).await?),
            None if !self.is_registration_open(actor.origin.door) => {
                return self.make_for_another(actor, &NewUser::from(new)).await;
            }
            None => None,
        };
        let mut new = NewUser::from(new);
        let mut role = Role::Viewer;
        if let Some((_, invitation)) = &invited {
            new.email.clone_from(&invitation.email);
            role = invitation.role;
        }
        let person = Person::read(self, actor, &new, role)?;
        let place = invited.as_ref().map(|(_, invitation)| invitation.organization_id);
        let home = self
            .store()
            .point_read(async |tx: &mut Tx| match place {
                Some(place) => {
                    let (home, _) = find_home(tx, place, None).await?;
                    Ok(home)
                }
                None => home(tx).await,
            })
            .await?;
        let record = person.record(self, actor, &home, now);
        let password = new.password.as_ref().ok_or_else(|| Error::internal("no password"))?;
        let password = self.hash_first_password(&record, password, ChosenBy::Owner).await?;
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.has_users().await? {
                    return Err(NOBODY_YET);
                }
                if let Some((token, _)) = &invited {
                    accept_invitation(tx, token.hash(), now).await?;
                }
                let password = Some(&password);
                let user = person.insert(self, tx, &record, home.id, password, now).await?;
                if invited.is_none() {
                    // Anybody may write anybody's address here.
                    tx.note_email_proof(user.id, false).await?;
                }
                let why = if invited.is_some() { "invitation" } else { "registration" };
                let what = json!({
                    "role": user.role, "organization_id": user.organization_id, "why": why,
                });
                Entry::done("user.created", user.id).with(what).write(tx, actor, now).await?;
                let groups = tx.list_groups_of(user.id).await?;
                Ok(Account { user, groups })
            })
            .await
    }

    /// What is left where registration is closed: an administrator makes the account.
    async fn make_for_another(&self, actor: &Actor, new: &NewUser) -> Result<Account> {
        let made = self.create_user(actor, new).await.map_err(|error| match error {
            Error::Unauthenticated | Error::Forbidden => Error::RegistrationClosed,
            other => other,
        })?;
        let groups = async |tx: &mut Tx| tx.list_groups_of(made.id).await;
        let groups = self.store().point_read(groups).await?;
        Ok(Account { user: made, groups })
    }

    /// Whether anybody may make an account through a door. Dioptra's programs expect it of every installation that
    /// takes the platforms' habits over.
    fn is_registration_open(&self, door: Door) -> bool {
        let settings = self.settings();
        settings.registration == Registration::Open
            || (settings.profile == Profile::Compat && door == Door::Dioptra)
    }
}
