//! Groups: making, seeing, changing and removing them. Who is in them stands in `members`.

mod import;
mod members;
mod people;
mod select;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use roster_model::{
    Field, GROUP_RECORD_FIELDS, Group, GroupId, GroupRecordField, GroupUpdate, ListFilter,
    MembershipRank, NewGroup, OrganizationId, Page, PageRequest, Reason, UserId, UserRef, fold,
};
use roster_store::{Mark, Tx};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authz::Operation,
    installation::{PUBLIC, first_organization},
    organizations::set,
    paging::Paging,
    selection::{ALL, ShortList},
    users::{organization_of, read_text},
};

/// The longest slug, in characters.
const MAX_SLUG: usize = 64;
/// An organization that is not there: nobody's own.
const NOWHERE: OrganizationId = OrganizationId(0);

impl Core {
    /// The groups of the caller's organization; all for a system admin.
    ///
    /// # Errors
    /// `Invalid` for a filter, order or page that cannot be.
    pub async fn list_groups(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<Group>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let list = ShortList::read(filter, &GROUP_RECORD_FIELDS, GroupRecordField::SEARCHED)?;
        let paging = Paging::read(page, list.name("groups"))?;
        let organization = organization_of(actor);
        if !list.is_plain() {
            let groups = self
                .store()
                .scan(async |tx: &mut Tx| tx.list_groups(organization, &ALL).await)
                .await?;
            return Ok(list.page(groups, &paging));
        }
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_groups(organization, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_groups(organization).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |group| Mark::id(group.id.0)))
    }

    /// One group.
    ///
    /// # Errors
    /// `NotFound` for none, and for one of another organization.
    pub async fn get_group(&self, actor: &Actor, group: GroupId) -> Result<Group> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let found = self.find_group(group).await?;
        let own = organization_of(actor);
        found
            .filter(|group| own.is_none_or(|own| own == group.organization_id))
            .ok_or(Error::NotFound(Kind::Group))
    }

    /// Makes a group. Its owner, if it is to have one, manages it.
    ///
    /// # Errors
    /// `Invalid` for what the rules refuse; `AlreadyExists` for a name or slug that another group of the organization
    /// has.
    pub async fn create_group(&self, actor: &Actor, new: &NewGroup) -> Result<Group> {
        let operation = Operation::WriteGroups;
        self.create_once(actor, operation, self.make_group(actor, new)).await
    }

    async fn make_group(&self, actor: &Actor, new: &NewGroup) -> Result<Group> {
        let operation = Operation::WriteGroups;
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let organization = match new.organization_id.or(own) {
            Some(organization) => organization,
            None => self.store().read(async |tx: &mut Tx| first_organization(tx).await).await?,
        };
        self.authorize_in(actor, operation, organization, Kind::Organization).await?;
        let now = self.now();
        let name = read_name(&new.name)?;
        let slug = match &new.slug {
            Some(slug) => read_slug(slug)?,
            None => slug_of(&name),
        };
        let group = Group {
            id: GroupId(0),
            name,
            slug,
            description: read_description(new.description.as_deref().unwrap_or_default())?,
            organization_id: organization,
            owner_id: new.owner_id.or(actor.user_id().filter(|_| actor.keeps_to_account())),
            created_at: now,
            updated_at: now,
        };
        self.store()
            .write(async |tx: &mut Tx| {
                tx.find_organization(organization)
                    .await?
                    .ok_or(Error::NotFound(Kind::Organization))?;
                refuse_taken(tx, &group).await?;
                let id = tx.insert_group(&group).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::Name })?;
                if let Some(owner) = group.owner_id {
                    make_owner(tx, id, owner, organization, now).await?;
                }
                Entry::done_to_nobody("group.created")
                    .about(format!("group:{id}"))
                    .with(json!({ "name": group.name, "slug": group.slug }))
                    .write(tx, actor, now)
                    .await?;
                let made = Group { id, ..group.clone() };
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
        let found = self.authorize_group(actor, Operation::WriteGroups, group).await?;
        let name = update.name.as_deref().map(read_name).transpose()?;
        let slug = update.slug.as_deref().map(read_slug).transpose()?;
        let description = update.description.as_deref().map(read_description).transpose()?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = tx.find_group(found.id).await?.ok_or(Error::NotFound(Kind::Group))?;
                let mut group = before.clone();
                let changes = [
                    (set(&mut group.name, &name), "name"),
                    (set(&mut group.slug, &slug), "slug"),
                    (set(&mut group.description, &description), "description"),
                    (set(&mut group.owner_id, &update.owner_id), "owner_id"),
                ];
                let changed: Vec<_> =
                    changes.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                if changed.is_empty() {
                    return Ok(before);
                }
                if before.slug == PUBLIC && group.slug != before.slug {
                    return Err(Error::WrongState("everybody's group keeps its slug"));
                }
                refuse_taken(tx, &group).await?;
                if let Some(owner) = group.owner_id.filter(|_| group.owner_id != before.owner_id) {
                    make_owner(tx, group.id, owner, group.organization_id, now).await?;
                }
                group.updated_at = now;
                tx.update_group(&group).await?;
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
        let group = self.authorize_group(actor, Operation::WriteGroups, group).await?;
        if group.slug == PUBLIC {
            return Err(Error::WrongState("everybody's group cannot be deleted"));
        }
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                tx.find_group(group.id).await?.ok_or(Error::NotFound(Kind::Group))?;
                if tx.is_primary_group(group.id).await? {
                    return Err(Error::WrongState("this is the primary group of some users"));
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

    /// Finds the group that an operation is about and asks the table.
    async fn authorize_group(
        &self,
        actor: &Actor,
        operation: Operation,
        group: GroupId,
    ) -> Result<Group> {
        let found = self.find_group(group).await?;
        let organization = found.as_ref().map_or(NOWHERE, |group| group.organization_id);
        let owner = found.as_ref().and_then(|group| group.owner_id);
        self.authorize_on_group(actor, operation, group, organization, owner).await?;
        found.ok_or(Error::NotFound(Kind::Group))
    }

    async fn find_group(&self, group: GroupId) -> Result<Option<Group>> {
        Ok(self.store().point_read(async |tx: &mut Tx| tx.find_group(group).await).await?)
    }
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
        return refuse(Reason::TooLong { max: MAX_SLUG });
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

/// The owner of a group is one of its organization's people, and manages it.
async fn make_owner(
    tx: &mut Tx,
    group: GroupId,
    owner: UserId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<()> {
    let found = tx.find_user(&UserRef::Id(owner)).await?;
    found
        .filter(|user| user.deleted_at.is_none() && user.organization_id == organization)
        .ok_or_else(|| Error::invalid(Field::User, Reason::Unknown))?;
    tx.set_membership(group, owner, MembershipRank::Manager, now).await?;
    Ok(())
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
