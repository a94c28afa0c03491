//! Groups with everybody in them, for doors that show groups whole.

use std::collections::HashMap;

use roster_model::{
    Group, GroupId, GroupPerson, GroupRecordField, GroupWithPeople, MembershipRank, OrganizationId,
    Role,
};
use roster_store::{GroupQuery, PersonOfGroup, Tx};

use crate::{
    Actor, Core, Error, Kind, Result, Selected, Selection, authz::Operation, filters,
    installation::PUBLIC, selection::ALL, users::organization_of,
};

/// How many people are shown at once; the doors that show groups whole cannot make pages of them.
const MAX_PEOPLE: usize = 50_000;

impl Core {
    /// Groups of the caller's organization, or of one that it may see, with everybody in them.
    ///
    /// # Errors
    /// `Invalid` for a filter that cannot be; `WrongState` for groups with more than 50,000 people in them together.
    pub async fn select_groups_with_people(
        &self,
        actor: &Actor,
        organization: Option<OrganizationId>,
        selection: &Selection<GroupRecordField>,
    ) -> Result<Selected<GroupWithPeople>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        filters::check(&selection.filter)?;
        let place = organization_of(actor).or(organization);
        self.store()
            .list(async |tx: &mut Tx| {
                let wanted = GroupQuery { organization: place, ..GroupQuery::default() };
                let groups = tx.list_groups(&wanted, &ALL).await?;
                let groups = groups.into_iter().map(|(group, _)| group).collect();
                let found = selection.of::<Group>(groups);
                let items = with_people(tx, found.items).await?;
                Ok::<_, Error>(Selected { items, total: found.total })
            })
            .await
    }

    /// One group with everybody in it.
    ///
    /// # Errors
    /// `NotFound` for none, and for one of another organization; `WrongState` for one with more than 50,000 people in it.
    pub async fn get_group_with_people(
        &self,
        actor: &Actor,
        group: GroupId,
    ) -> Result<GroupWithPeople> {
        let group = self.get_group(actor, group).await?.group;
        let found = self
            .store()
            .scan(async |tx: &mut Tx| with_people(tx, vec![group.clone()]).await)
            .await?;
        found.into_iter().next().ok_or(Error::NotFound(Kind::Group))
    }
}

/// The groups with everybody in them; as many statements for many as for one.
async fn with_people(tx: &mut Tx, groups: Vec<Group>) -> Result<Vec<GroupWithPeople>> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let mut creators = tx.find_creators_of_groups(&ids).await?;
    let mut people: HashMap<GroupId, Vec<PersonOfGroup>> = HashMap::new();
    let found = tx.list_people_of_groups(&ids, MAX_PEOPLE + 1).await?;
    if found.len() > MAX_PEOPLE {
        let sentence = "more than 50,000 people are in what was asked for, too many to be shown at \
                        once; ask for fewer groups, or for the members page by page elsewhere";
        return Err(Error::WrongState(sentence));
    }
    for person in found {
        people.entry(person.group).or_default().push(person);
    }
    let with = groups.into_iter().map(|group| {
        let creator = creators.remove(&group.id);
        let is_public = group.slug == PUBLIC;
        let people = people.remove(&group.id).unwrap_or_default().into_iter();
        let people = people.map(|person| GroupPerson {
            is_manager: person.rank == MembershipRank::Manager
                || creator.as_ref().is_some_and(|(id, _)| *id == person.user)
                || (is_public && person.role == Role::SystemAdmin),
            id: person.user,
            username: person.username,
        });
        GroupWithPeople { people: people.collect(), group, creator }
    });
    Ok(with.collect())
}
