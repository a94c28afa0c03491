//! Groups: making, seeing, changing and removing them. Who is in them stands in `members`.

mod import;
mod members;
mod people;
mod read;
mod select;
mod shares;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use roster_model::{
    Field, Group, GroupDefaults, GroupId, GroupRole, GroupUpdate, MembershipRank, NewGroup,
    OrganizationId, PermissionLevel, Reason, Unit, UserId, UserRef, fold,
};
use roster_store::Tx;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::{Creation, bestowal, check_bestowal, get_authorized_group, get_user},
    authz::Operation,
    installation::{PUBLIC, first_organization},
    organizations::set,
    users::{read_optional, read_text},
};

use self::members::put_into;

/// The longest slug, in characters.
const MAX_SLUG: usize = 64;

impl Core {
    /// Makes a group. Its owner, if it is to have one, manages it; and so does the primary group of a team admin who
    /// makes it.
    ///
    /// # Errors
    /// `Invalid` for what the rules refuse; `AlreadyExists` for a name or slug that another group of the organization
    /// has; `Forbidden` for roles from all but administrators.
    pub async fn create_group(&self, actor: &Actor, new: &NewGroup) -> Result<Group> {
        let operation = Operation::CreateGroup;
        self.create_once(actor, operation, self.make_group(actor, new)).await
    }

    async fn make_group(&self, actor: &Actor, new: &NewGroup) -> Result<Group> {
        let operation = Operation::CreateGroup;
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let organization = match new.organization_id.or(own) {
            Some(organization) => organization,
            None => self.store().read(async |tx: &mut Tx| first_organization(tx).await).await?,
        };
        let roles = read_roles(&new.roles);
        let mut operations = vec![operation];
        if !roles.is_empty() {
            operations.insert(0, Operation::GrantGroupRoles);
        }
        operations.extend(bestowal(GroupRole::authority_of(&roles)));
        let creation = Creation { operations: &operations, organization, groups: None };
        self.authorize_creation(actor, &creation).await?;
        let now = self.now();
        let name = read_name(&new.name)?;
        let slug = new.slug.as_deref().map(read_slug).transpose()?;
        let mut group = Group {
            description: read_description(new.description.as_deref().unwrap_or_default())?,
            owner_id: new.owner_id.or(actor.user_id().filter(|_| actor.habits().keeps_to_account)),
            roles,
            defaults: read_defaults(new.defaults.as_ref())?,
            created_by: actor.user_id(),
            updated_by: actor.user_id(),
            ..Group::plain(organization, &name, "", now)
        };
        group.slug = slug.clone().unwrap_or_else(|| slug_of(&name));
        self.store()
            .write(async |tx: &mut Tx| {
                tx.find_organization(organization)
                    .await?
                    .ok_or(Error::NotFound(Kind::Organization))?;
                let mut group = group.clone();
                if slug.is_none() {
                    group.slug = free_slug(tx, organization, &group.slug).await?;
                }
                refuse_taken(tx, &group).await?;
                let id = tx.insert_group(&group).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::Name })?;
                self.give_to_team(tx, actor, id, now).await?;
                let made = Group { id, ..group };
                if let Some(owner) = made.owner_id {
                    make_owner(tx, actor, &made, owner, now).await?;
                }
                Entry::done_to_nobody("group.created")
                    .about(format!("group:{id}"))
                    .with(json!({ "name": made.name, "slug": made.slug, "roles": made.roles }))
                    .write(tx, actor, now)
                    .await?;
                self.keep_reply(tx, actor, operation, &made, now).await?;
                Ok(made)
            })
            .await
    }

    /// Changes a group. Nothing to change is no error.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for what the rules refuse; `AlreadyExists` for a name or slug that another group of the
    /// organization has; `WrongState` for the slug of the group of everybody.
    pub async fn update_group(
        &self,
        actor: &Actor,
        group: GroupId,
        update: &GroupUpdate,
    ) -> Result<Group> {
        let found = self.find_group(group).await?;
        let roles = update.roles.as_deref().map(read_roles);
        let roles = roles.filter(|roles| found.as_ref().is_none_or(|found| found.roles != *roles));
        let operations = operations(found.as_ref(), update, roles.as_deref());
        self.authorize_on_group(actor, &operations, found.as_ref()).await?;
        let found = found.ok_or(Error::NotFound(Kind::Group))?;
        let change = Change::read(update, roles)?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized_group(tx, actor, &operations, &found).await?;
                let mut group = before.clone();
                let changed = change.apply(&mut group);
                if changed.is_empty() {
                    return Ok(before);
                }
                if before.slug == PUBLIC && group.slug != before.slug {
                    return Err(Error::WrongState("everybody's group keeps its slug"));
                }
                if before.slug == PUBLIC && group.authority() == Some(GroupRole::OrganizationAdmin)
                {
                    return Err(Error::WrongState("not everybody can be organization admin"));
                }
                refuse_taken(tx, &group).await?;
                group.updated_at = now;
                group.updated_by = actor.user_id();
                tx.update_group(&group).await?;
                if let Some(owner) = group.owner_id.filter(|_| group.owner_id != before.owner_id) {
                    make_owner(tx, actor, &group, owner, now).await?;
                }
                if group.authority() != before.authority() {
                    tx.refresh_group_roles_in(group.id).await?;
                    tx.end_impersonations_by_members_of(group.id).await?;
                }
                Entry::done_to_nobody("group.updated")
                    .about(format!("group:{}", group.id))
                    .with(json!({ "fields": changed }))
                    .write(tx, actor, now)
                    .await?;
                Ok(group)
            })
            .await
    }

    /// Removes a group. Its members stay users.
    ///
    /// # Errors
    /// `NotFound`; `WrongState` for the group of everybody, and for one that is somebody's primary group.
    pub async fn delete_group(&self, actor: &Actor, group: GroupId) -> Result<()> {
        let group = self.authorize_group(actor, &[Operation::WriteGroups], group).await?;
        if group.slug == PUBLIC {
            return Err(Error::WrongState("everybody's group cannot be deleted"));
        }
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let operations = [Operation::WriteGroups];
                let group = get_authorized_group(tx, actor, &operations, &group).await?;
                if tx.is_primary_group(group.id).await? {
                    return Err(Error::WrongState("this is the primary group of some users"));
                }
                if group.authority().is_some() {
                    let without = Group { roles: Vec::new(), ..group.clone() };
                    tx.update_group(&without).await?;
                    tx.refresh_group_roles_in(group.id).await?;
                    tx.end_impersonations_by_members_of(group.id).await?;
                }
                tx.delete_group(group.id).await?;
                Entry::done_to_nobody("group.deleted")
                    .about(format!("group:{}", group.id))
                    .with(json!({ "name": group.name, "slug": group.slug }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Gives a new group to the team of the team admin who makes it: to its primary group, or, where that is everybody's,
    /// to the team admin alone.
    async fn give_to_team(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        group: GroupId,
        now: Timestamp,
    ) -> Result<()> {
        let Some(caller) = actor.user_id().filter(|_| actor.is_ordinary()) else {
            return Ok(());
        };
        let level = PermissionLevel::Manage;
        let home = get_user(tx, caller).await?.primary_group_id;
        match tx.find_group(home).await? {
            Some(home) if home.slug != PUBLIC => {
                tx.put_group_share(group, home.id, level, now).await?;
            }
            _ => tx.put_user_share(group, caller, level, now).await?,
        }
        Ok(())
    }

    /// Finds the group that an operation is about and asks the table.
    async fn authorize_group(
        &self,
        actor: &Actor,
        operations: &[Operation],
        group: GroupId,
    ) -> Result<Group> {
        let found = self.find_group(group).await?;
        self.authorize_on_group(actor, operations, found.as_ref()).await?;
        found.ok_or(Error::NotFound(Kind::Group))
    }

    async fn find_group(&self, group: GroupId) -> Result<Option<Group>> {
        Ok(self.store().point_read(async |tx: &mut Tx| tx.find_group(group).await).await?)
    }
}

/// What an update changes, read.
struct Change {
    name: Option<String>,
    slug: Option<String>,
    description: Option<String>,
    owner_id: Option<Option<UserId>>,
    roles: Option<Vec<GroupRole>>,
    time_zone: Option<Option<String>>,
    otp_required: Option<Option<bool>>,
    jobs_label: Option<Option<String>>,
    notebooks_label: Option<Option<String>>,
    services_label: Option<Option<String>>,
}

impl Change {
    fn read(update: &GroupUpdate, roles: Option<Vec<GroupRole>>) -> Result<Self> {
        let text = |field, text: &Option<Option<String>>| {
            text.as_ref().map(|text| read_optional(field, text.as_deref())).transpose()
        };
        Ok(Self {
            name: update.name.as_deref().map(read_name).transpose()?,
            slug: update.slug.as_deref().map(read_slug).transpose()?,
            description: update.description.as_deref().map(read_description).transpose()?,
            owner_id: update.owner_id,
            roles,
            time_zone: text(Field::DefaultTimeZone, &update.default_time_zone)?,
            otp_required: update.default_otp_required_for_login,
            jobs_label: text(Field::DefaultJobsLabel, &update.default_jobs_label)?,
            notebooks_label: text(Field::DefaultNotebooksLabel, &update.default_notebooks_label)?,
            services_label: text(Field::DefaultServicesLabel, &update.default_services_label)?,
        })
    }

    /// Makes the changes and names them.
    fn apply(&self, group: &mut Group) -> Vec<&'static str> {
        let defaults = &mut group.defaults;
        let changes = [
            (set(&mut group.name, &self.name), "name"),
            (set(&mut group.slug, &self.slug), "slug"),
            (set(&mut group.description, &self.description), "description"),
            (set(&mut group.owner_id, &self.owner_id), "owner_id"),
            (set(&mut group.roles, &self.roles), "roles"),
            (set(&mut defaults.default_time_zone, &self.time_zone), "default_time_zone"),
            (
                set(&mut defaults.default_otp_required_for_login, &self.otp_required),
                "default_otp_required_for_login",
            ),
            (set(&mut defaults.default_jobs_label, &self.jobs_label), "default_jobs_label"),
            (
                set(&mut defaults.default_notebooks_label, &self.notebooks_label),
                "default_notebooks_label",
            ),
            (
                set(&mut defaults.default_services_label, &self.services_label),
                "default_services_label",
            ),
        ];
        changes.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, name)| name).collect()
    }
}

fn read_defaults(defaults: Option<&GroupDefaults>) -> Result<GroupDefaults> {
    let Some(defaults) = defaults else { return Ok(GroupDefaults::default()) };
    let text = |field, text: &Option<String>| read_optional(field, text.as_deref());
    Ok(GroupDefaults {
        default_time_zone: text(Field::DefaultTimeZone, &defaults.default_time_zone)?,
        default_otp_required_for_login: defaults.default_otp_required_for_login,
        default_jobs_label: text(Field::DefaultJobsLabel, &defaults.default_jobs_label)?,
        default_notebooks_label: text(
            Field::DefaultNotebooksLabel,
            &defaults.default_notebooks_label,
        )?,
        default_services_label: text(
            Field::DefaultServicesLabel,
            &defaults.default_services_label,
        )?,
    })
}

/// Roles in the order of their numbers, each once.
fn read_roles(roles: &[GroupRole]) -> Vec<GroupRole> {
    GroupRole::ALL.iter().copied().filter(|role| roles.contains(role)).collect()
}

/// The slug that was made of a name, or with the next free number behind it.
async fn free_slug(tx: &mut Tx, organization: OrganizationId, slug: &str) -> Result<String> {
    /// So many groups of one name there are not.
    const MOST: u32 = 1000;
    let mut free = slug.to_owned();
    for number in 2..MOST {
        if tx.find_group_by_slug(organization, &free).await?.is_none() {
            break;
        }
        let number = format!("-{number}");
        free = format!("{}{number}", &slug[..slug.len().min(MAX_SLUG - number.len())]);
    }
    Ok(free)
}

fn read_name(name: &str) -> Result<String> {
    let name = read_text(Field::Name, name)?;
    match fold(&name).as_str().is_empty() {
        true => Err(Error::invalid(Field::Name, Reason::Empty)),
        false => Ok(name),
    }
}

fn read_description(text: &str) -> Result<String> {
    read_text(Field::Description, text)
}

fn read_slug(slug: &str) -> Result<String> {
    let is_slug = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let refuse = |reason| Err(Error::invalid(Field::Slug, reason));
    if slug.is_empty() {
        return refuse(Reason::Empty);
    }
    if slug.len() > MAX_SLUG {
        return refuse(Reason::TooLong { max: MAX_SLUG, unit: Unit::Characters });
    }
    if !slug.bytes().all(is_slug) || slug.starts_with('-') || slug.ends_with('-') {
        let sentence = "must be made of small letters, digits and hyphens between them";
        return refuse(Reason::Other(sentence.to_owned()));
    }
    Ok(slug.to_owned())
}

/// The slug of a group that is given none.
fn slug_of(name: &str) -> String {
    let folded = fold(name);
    let words = folded.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    let mut slug = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    slug.truncate(MAX_SLUG);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        // A name in another script: something stable that is nobody else's.
        return format!("group-{}", &HEXLOWER.encode(&Sha256::digest(folded.as_str()))[..12]);
    }
    slug.to_owned()
}

/// Refuses a name or slug that another group of the organization has.
async fn refuse_taken(tx: &mut Tx, group: &Group) -> Result<()> {
    let named = tx.find_group_by_name(group.organization_id, &group.name).await?;
    let slugged = tx.find_group_by_slug(group.organization_id, &group.slug).await?;
    for (found, field) in [(named, Field::Name), (slugged, Field::Slug)] {
        if found.is_some_and(|found| found.id != group.id) {
            return Err(Error::AlreadyExists { field });
        }
    }
    Ok(())
}

/// The lines of the table that must agree to an update; the first asks for the second factor. A new owner comes into
/// the group, and new roles make something else of everybody who is in it: both as the group will be.
fn operations(
    found: Option<&Group>,
    update: &GroupUpdate,
    roles: Option<&[GroupRole]>,
) -> Vec<Operation> {
    let mut needed = Vec::new();
    let is_owned = update
        .owner_id
        .is_some_and(|owner| owner.is_some() && found.is_none_or(|found| found.owner_id != owner));
    if roles.is_some() {
        needed.push(Operation::GrantGroupRoles);
    }
    let authority = match roles {
        Some(roles) => GroupRole::authority_of(roles),
        None => found.and_then(Group::authority),
    };
    if (is_owned || roles.is_some()) && authority == Some(GroupRole::OrganizationAdmin) {
        needed.insert(0, Operation::GrantAdministration);
    }
    if is_owned {
        needed.push(Operation::WriteMembers);
    }
    needed.push(Operation::WriteGroups);
    needed
}

/// The owner of a group is one of its organization's people, and manages it. It comes into the group as every other
/// member does (threats T24, T25).
async fn make_owner(
    tx: &mut Tx,
    actor: &Actor,
    group: &Group,
    owner: UserId,
    now: Timestamp,
) -> Result<()> {
    let found = tx.find_user(&UserRef::Id(owner)).await?;
    let owner = found
        .filter(|user| user.deleted_at.is_none() && user.organization_id == group.organization_id)
        .ok_or_else(|| Error::invalid(Field::OwnerId, Reason::Unknown))?;
    check_bestowal(actor, group.authority())?;
    put_into(tx, actor, group, &owner, MembershipRank::Manager, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_the_names_letters_and_digits() {
        assert_eq!(slug_of("Ground Crew, North (2)"), "ground-crew-north-2");
        assert_eq!(slug_of("ＡＢＣ"), "abc");
        assert_eq!(slug_of(&"ab ".repeat(100)).len(), MAX_SLUG);
    }

    #[test]
    fn names_in_other_scripts_have_slugs_of_their_own() {
        assert_ne!(slug_of("地上班"), slug_of("整備班"));
        assert_eq!(slug_of("地上班"), slug_of("地上班"));
        for name in ["地上班", "Ground Crew", "x"] {
            assert_eq!(read_slug(&slug_of(name)).unwrap(), slug_of(name));
        }
    }

    #[test]
    fn a_slug_needs_no_escaping_anywhere() {
        for slug in ["", "-a", "a-", "A", "a b", "a/b", "ä", "a.b", &"a".repeat(65)] {
            assert_eq!(read_slug(slug).unwrap_err().field(), Some(Field::Slug), "{slug}");
        }
    }
}
