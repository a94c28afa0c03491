//! Making many groups at once, out of files of other systems (`roster import --groups`).

use jiff::Timestamp;
use roster_model::{
    Field, Group, GroupImport, GroupRow, ImportReport, OrganizationId, Reason, fold,
};
use roster_store::Tx;
use serde_json::json;

use super::{read_description, read_name, read_slug, refuse_taken, slug_of};
use crate::{
    Actor, Core, Error, Kind, Result, audit::Entry, authz::Operation,
    installation::first_organization, users::refused,
};

/// How many groups are made in one transaction at most.
const MAX_ROWS: usize = 1000;

impl Core {
    /// Makes groups of rows, in one transaction. A row that is refused does not hold the others up, and one whose group
    /// is there already is passed over, so an import can be made again. They have no owner yet: that comes with the
    /// users.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators; `Invalid` for too many rows or an organization that is not there.
    pub async fn import_groups(&self, actor: &Actor, import: &GroupImport) -> Result<ImportReport> {
        let own = actor.credential().map(|credential| credential.user.organization_id);
        let place = match import.organization_id.or(own) {
            Some(organization) => organization,
            None => self.store().read(async |tx: &mut Tx| first_organization(tx).await).await?,
        };
        self.authorize_in(actor, Operation::WriteGroups, place, Kind::Organization).await?;
        if import.groups.len() > MAX_ROWS {
            let sentence = format!("has more than {MAX_ROWS} groups");
            return Err(Error::invalid(Field::Body, Reason::Other(sentence)));
        }
        let now = self.now();
        let mut report = ImportReport::default();
        let mut groups = Vec::with_capacity(import.groups.len());
        for (number, row) in (0..).zip(&import.groups) {
            match read(row, place, now) {
                Ok(group) => groups.push((number, group)),
                Err(error) => report.refused.push(refused(number, &error)),
            }
        }
        let (created, present, taken) = match import.dry_run {
            true => self.store().read(async |tx: &mut Tx| look(tx, place, &groups).await).await?,
            false => {
                let _place = self.store().stand_in_line().await;
                self.store()
                    .write(async |tx: &mut Tx| {
                        let made = make(tx, place, &groups).await?;
                        if made.0 > 0 {
                            let what = json!({ "organization_id": place, "created": made.0 });
                            let entry = Entry::done_to_nobody("groups.imported").with(what);
                            entry.write(tx, actor, now).await?;
                        }
                        Ok::<_, Error>(made)
                    })
                    .await?
            }
        };
        (report.created, report.present) = (created, present);
        let taken = taken
            .into_iter()
            .map(|(number, field)| refused(number, &Error::AlreadyExists { field }));
        report.refused.extend(taken);
        report.refused.sort_by_key(|refused| refused.row);
        Ok(report)
    }
}

fn read(row: &GroupRow, place: OrganizationId, now: Timestamp) -> Result<Group> {
    let name = read_name(&row.name)?;
    let slug = match row.slug.as_deref().filter(|slug| !slug.is_empty()) {
        Some(slug) => read_slug(slug)?,
        None => slug_of(&name),
    };
    let description = read_description(row.description.as_deref().unwrap_or_default())?;
    Ok(Group { description, ..Group::plain(place, &name, &slug, now) })
}

/// How many were made and how many were there, and which rows want a name or slug that another group has.
type Made = (u64, u64, Vec<(u32, Field)>);

async fn make(tx: &mut Tx, place: OrganizationId, groups: &[(u32, Group)]) -> Result<Made> {
    if tx.find_organization(place).await?.is_none() {
        return Err(Error::invalid(Field::OrganizationId, Reason::Unknown));
    }
    let mut made: Made = (0, 0, Vec::new());
    for (number, group) in groups {
        match whose(tx, group).await? {
            Whose::Nobodys if tx.insert_group(group).await?.is_some() => made.0 += 1,
            Whose::Nobodys => made.2.push((*number, Field::Name)),
            Whose::Same => made.1 += 1,
            Whose::Others(field) => made.2.push((*number, field)),
        }
    }
    Ok(made)
}

/// The same without making any; two rows of one name are told apart all the same.
async fn look(tx: &mut Tx, place: OrganizationId, groups: &[(u32, Group)]) -> Result<Made> {
    if tx.find_organization(place).await?.is_none() {
        return Err(Error::invalid(Field::OrganizationId, Reason::Unknown));
    }
    let mut made: Made = (0, 0, Vec::new());
    for (at, (number, group)) in groups.iter().enumerate() {
        let before = groups[..at].iter().find_map(|(_, before)| {
            let name = fold(&before.name) == fold(&group.name);
            let slug = before.slug == group.slug;
            (name || slug).then_some((name, slug))
        });
        match (before, whose(tx, group).await?) {
            (Some((true, true)), _) | (None, Whose::Same) => made.1 += 1,
            (Some((true, false)), _) => made.2.push((*number, Field::Name)),
            (Some(_), _) => made.2.push((*number, Field::Slug)),
            (None, Whose::Others(field)) => made.2.push((*number, field)),
            (None, Whose::Nobodys) => made.0 += 1,
        }
    }
    Ok(made)
}

/// Whose the name and the slug of a new group are.
enum Whose {
    Nobodys,
    Same,
    Others(Field),
}

async fn whose(tx: &mut Tx, group: &Group) -> Result<Whose> {
    let slugged = tx.find_group_by_slug(group.organization_id, &group.slug).await?;
    let folded = fold(&group.name);
    if slugged.is_some_and(|found| fold(&found.name) == folded) {
        return Ok(Whose::Same);
    }
    match refuse_taken(tx, group).await {
        Ok(()) => Ok(Whose::Nobodys),
        Err(Error::AlreadyExists { field }) => Ok(Whose::Others(field)),
        Err(error) => Err(error),
    }
}
