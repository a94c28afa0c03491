//! Making users.

use jiff::Timestamp;
use roster_model::{
    Channel, Field, Group, GroupId, IdentityKey, NewUser, OrganizationId, Reason, Role, Secret,
    User, UserId, UserRef, fold,
};
use roster_store::Tx;
use serde_json::json;

use super::{
    Person,
    fields::{
        check_adoption, check_grant, check_parent, find_groups, find_home, find_plan, plan_end,
    },
};
use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::{Creation, check_bestowal, get_user},
    authz::Operation,
    clock::whole_microseconds,
    credentials::{HashedPassword, password::ChosenBy},
    installation::first_organization,
};

impl Core {
    /// Makes a user.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators, and for a role above the caller's own; those of
    /// step-up; `Invalid` for what a field may not hold; `NameTaken` for a name or address in
    /// use; `ChannelUnavailable` for an invitation without a mail transport.
    pub async fn create_user(&self, actor: &Actor, new: &NewUser) -> Result<User> {
        self.create_once(actor, Operation::CreateUser, self.make_user(actor, new)).await
    }

    async fn make_user(&self, actor: &Actor, new: &NewUser) -> Result<User> {
        let role = new.role.unwrap_or(Role::Viewer);
        check_grant(actor, role)?;
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let operations = operations(new, role);
        let managed = managed_groups(new);
        let creation = Creation {
            operations: &operations,
            // Of nobody and of the server the table does not want to know where they stand.
            organization: new.organization_id.or(own).unwrap_or(OrganizationId(0)),
            groups: Some(&managed),
        };
        self.authorize_creation(actor, &creation).await?;
        let parent = parent_of(actor, new);
        check_adoption(actor, None, parent)?;
        let person = Person::read(self, actor, new, role)?;
        if new.send_invitation {
            check_invited(&person)?;
            self.require_channel(Channel::Email)?;
        }
        let now = self.now();
        let Place { home, public } = self.find_place(actor, new, own).await?;
        let record = person.record(self, actor, &home, now);
        let password = match &new.password {
            Some(password) => {
                let chosen_by = ChosenBy::Administrator;
                Some(self.hash_first_password(&record, password, chosen_by).await?)
            }
            None => None,
        };
        let group_ids = new.group_ids.iter().flatten();
        let wanted: Vec<_> = group_ids.copied().chain(new.primary_group_id).collect();
        self.store()
            .write(async |tx: &mut Tx| {
                // Hashing takes its time, in which groups and what the caller was given may have changed.
                creation.allow(tx, actor).await?;
                let groups = find_groups(tx, home.organization_id, &wanted).await?;
                for group in &groups {
                    check_bestowal(actor, group.authority())?;
                }
                let mut record = record.clone();
                set_administered(tx, &mut record, new, parent, now).await?;
                let password = password.as_ref();
                let mut user = person.insert(self, tx, &record, public, password, now).await?;
                for group in &groups {
                    tx.ensure_membership(group.id, user.id, now).await?;
                }
                if groups.iter().any(|group| group.authority().is_some()) {
                    tx.refresh_group_role_of(user.id).await?;
                    user = get_user(tx, user.id).await?;
                }
                Entry::done("user.created", user.id)
                    .with(json!({ "role": user.role, "organization_id": user.organization_id }))
                    .write(tx, actor, now)
                    .await?;
                if new.send_invitation {
                    self.invite(tx, actor, &user, now).await?;
                }
                self.keep_reply(tx, actor, Operation::CreateUser, &user, now).await?;
                Ok(user)
            })
            .await
    }

    /// Where a new user is to be, whose groups must be there and give nothing that the caller has not.
    async fn find_place(
        &self,
        actor: &Actor,
        new: &NewUser,
        own: Option<OrganizationId>,
    ) -> Result<Place> {
        let group_ids = new.group_ids.as_deref().unwrap_or_default();
        // Almost always one statement; where there are more, they need not be of one moment.
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| {
                let organization = match new.organization_id.or(own) {
                    Some(organization) => organization,
                    None => first_organization(tx).await?,
                };
                let (home, public) = find_home(tx, organization, new.primary_group_id).await?;
                let groups = find_groups(tx, organization, group_ids).await?;
                Ok::<_, Error>((home, public, groups))
            })
            .await;
        let (home, public, groups) = found.map_err(|error| match error {
            Error::NotFound(Kind::Organization) => {
                Error::invalid(Field::OrganizationId, Reason::Unknown)
            }
            other => other,
        })?;
        for group in groups.iter().chain([&home]) {
            check_bestowal(actor, group.authority())?;
        }
        Ok(Place { home, public })
    }

    /// The password of somebody who had none before: the field is called `password`.
    pub(crate) async fn hash_first_password(
        &self,
        user: &User,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<HashedPassword> {
        self.hash_new_password(user, password, chosen_by).await.map_err(about_first_password)
    }

    /// Holds the password of somebody who had none before against the policy.
    pub(crate) async fn judge_first_password(
        &self,
        user: &User,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<()> {
        let judged = self.judge_new_password(Some(user), password, chosen_by).await;
        judged.map_err(about_first_password).map(|_| ())
    }
}

/// Where a new user is to be.
struct Place {
    /// Its primary group.
    home: Group,
    /// The group of everybody in that organization.
    public: GroupId,
}

/// The lines of the table that must agree to a new user of this role; the first asks for the second factor.
fn operations(new: &NewUser, role: Role) -> Vec<Operation> {
    let administers =
        new.plan.is_some() || new.plan_expires_at.is_some() || new.parent_id.is_some();
    let needed = [
        (true, Operation::CreateUser),
        // Whoever knows a password may sign in with it, and is then bound by nothing that binds a key (threat T25).
        (new.password.is_some(), Operation::SetPassword),
        (role.is_administrator(), Operation::GrantAdministration),
        (administers, Operation::AdministerUser),
    ];
    needed.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, operation)| operation).collect()
}

/// The groups that a team admin must manage to make this user. Whoever names no primary group makes somebody for
/// everybody's, which is no team admin's to manage.
fn managed_groups(new: &NewUser) -> Vec<GroupId> {
    let others = new.group_ids.iter().flatten().copied();
    new.primary_group_id.map(|home| [home].into_iter().chain(others).collect()).unwrap_or_default()
}

/// The account admin that a new user belongs to: where accounts are kept apart, whoever makes it, unless another is named.
fn parent_of(actor: &Actor, new: &NewUser) -> Option<UserId> {
    match actor.role() {
        Some(Role::AccountAdmin) if actor.habits().keeps_to_account => {
            new.parent_id.or(actor.user_id())
        }
        _ => new.parent_id,
    }
}

/// Refuses to mail a link to set the password with to somebody who may not sign in.
fn check_invited(person: &Person) -> Result<()> {
    if person.may_sign_in() {
        return Ok(());
    }
    let sentence = "is one of people who may not sign in, so they cannot be invited; \
                    invite them once they are let in";
    Err(Error::invalid(Field::Status, Reason::Other(sentence.to_owned())))
}

/// Sets what only administrators may.
async fn set_administered(
    tx: &mut Tx,
    record: &mut User,
    new: &NewUser,
    parent: Option<UserId>,
    now: Timestamp,
) -> Result<()> {
    if let Some(parent) = parent {
        check_parent(tx, record.organization_id, parent, None).await?;
        record.parent_id = Some(parent);
    }
    if let Some(name) = &new.plan {
        let plan = find_plan(tx, name).await?;
        record.plan_id = Some(plan.id);
        record.plan_expires_at = plan_end(&plan, now);
    }
    if let Some(end) = new.plan_expires_at {
        record.plan_expires_at = Some(whole_microseconds(end));
    }
    Ok(())
}

fn about_first_password(error: Error) -> Error {
    match error {
        Error::Invalid { field: Field::NewPassword, reason } => {
            Error::invalid(Field::Password, reason)
        }
        other => other,
    }
}

/// Takes a name or an address for a user.
///
/// # Errors
/// `NameTaken` if somebody else has it, or had it when deleted.
pub(crate) async fn claim_name(
    tx: &mut Tx,
    key: &IdentityKey,
    field: Field,
    user: UserId,
) -> Result<()> {
    match tx.claim_identifier(key, user).await? {
        true => Ok(()),
        false => Err(name_taken(tx, key, field).await?),
    }
}

/// The refusal of a name or an address that somebody has.
pub(crate) async fn name_taken(tx: &mut Tx, key: &IdentityKey, field: Field) -> Result<Error> {
    let holder = tx.find_identifier(key).await?.ok_or_else(|| Error::internal("a free name"))?;
    // Of purged users only the reservation is left: what it was for is no longer known.
    let held_as = match tx.find_user(&UserRef::Id(holder)).await? {
        Some(user) if fold(&user.username) != *key => Field::Email,
        Some(_) => Field::Username,
        None => field,
    };
    Ok(Error::NameTaken { field, holder, held_as })
}
