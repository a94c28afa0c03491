//! Seeing groups: one, lists of them, the people in several at once, and the roles that groups give.

use std::collections::HashMap;

use roster_model::{
    Field, GROUP_RECORD_FIELDS, Group, GroupDetails, GroupFilter, GroupId, GroupMember,
    GroupRecordField, GroupRole, ListFilter, Page, PageRequest, PermissionLevel, RoleEntry, UserId,
};
use roster_store::{GroupQuery, Mark, Tx, Window};

use crate::{
    Actor, Core, Error, Kind, Result,
    authorize::Grants,
    authz::Operation,
    filters,
    paging::Paging,
    selection::{ALL, ShortList},
    users::{narrowed, organization_of},
};

/// How many users a list of groups can be narrowed to at once.
const MAX_USERS: usize = 1000;
/// How many members are shown with groups at once; who wants all of a larger group goes through its list of members.
const MAX_MEMBERS: i64 = 100_000;

impl Core {
    /// The groups of the caller's organization; all for a system admin. Of another organization than its own, nobody else
    /// sees any.
    ///
    /// # Errors
    /// `Invalid` for a filter or a page that cannot be.
    pub async fn list_groups(
        &self,
        actor: &Actor,
        filter: &GroupFilter,
        page: &PageRequest,
    ) -> Result<Page<GroupDetails>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let query = read_filter(actor, filter)?;
        let list = read_list(filter)?;
        let paging = Paging::read(page, format!("groups:{filter:?}"))?;
        let window = if list.is_plain() { paging.window() } else { ALL };
        let grants = self.grants_of(actor).await?;
        self.store()
            // Counting members may take long.
            .list(async |tx: &mut Tx| {
                let groups = tx.list_groups(&query, &window).await?;
                let page = if list.is_plain() {
                    let total = match paging.wants_total() {
                        true => Some(tx.count_groups(&query).await?),
                        false => None,
                    };
                    paging.page(groups, total, |(group, _)| Mark::id(group.id.0))
                } else {
                    list.page(groups, &paging)
                };
                let items = details_of(tx, actor, &grants, page.items).await?;
                Ok(Page { items, next: page.next, total: page.total })
            })
            .await
    }

    /// One group.
    ///
    /// # Errors
    /// `NotFound` for none, and for one of another organization.
    pub async fn get_group(&self, actor: &Actor, group: GroupId) -> Result<GroupDetails> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let organization = organization_of(actor);
        let query = GroupQuery { group: Some(group), organization, ..GroupQuery::default() };
        let one = Window { after: None, offset: 0, limit: 1 };
        let grants = self.grants_of(actor).await?;
        let found = self
            .store()
            .scan(async |tx: &mut Tx| {
                let groups = tx.list_groups(&query, &one).await?;
                details_of(tx, actor, &grants, groups).await
            })
            .await?;
        found.into_iter().next().ok_or(Error::NotFound(Kind::Group))
    }

    /// The members of several groups at once, for doors that show groups with them: by number, up to 100,000 in all.
    /// Groups that the caller does not see have none.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn list_members_of(
        &self,
        actor: &Actor,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, Vec<GroupMember>>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let own = organization_of(actor);
        let members = self
            .store()
            .scan(async |tx: &mut Tx| {
                let seen = tx.list_groups_among(own, groups).await?;
                tx.list_members_of(&seen, MAX_MEMBERS).await
            })
            .await?;
        let mut by_group: HashMap<_, Vec<_>> = HashMap::new();
        for (group, member) in members {
            by_group.entry(group).or_default().push(member);
        }
        Ok(by_group)
    }

    /// The roles that groups can give their members; the list is fixed.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn list_roles(&self, actor: &Actor) -> Result<Vec<RoleEntry>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        Ok(GroupRole::ALL.iter().map(|role| role.entry()).collect())
    }

    /// What has been granted to the caller: not read along with a list, which may be of a moment ago.
    async fn grants_of(&self, actor: &Actor) -> Result<Grants> {
        let Some(caller) = actor.user_id() else { return Ok(Grants::new(Vec::new())) };
        let grants = self.store().point_read(async |tx: &mut Tx| tx.list_grants(caller).await);
        Ok(Grants::new(grants.await?))
    }
}

/// Groups with how many are in them and what the caller may do.
async fn details_of(
    tx: &mut Tx,
    actor: &Actor,
    grants: &Grants,
    groups: Vec<(Group, String)>,
) -> Result<Vec<GroupDetails>> {
    let numbers: Vec<_> = groups.iter().map(|(group, _)| group.id).collect();
    let mut counts: HashMap<_, _> = HashMap::new();
    for (group, all, active) in tx.count_members_of(&numbers).await? {
        counts.insert(group, (all, active));
    }
    let details = groups.into_iter().map(|(group, organization_name): (Group, String)| {
        let (member_count, active_member_count) =
            counts.get(&group.id).copied().unwrap_or_default();
        let permission = grants.level_on_group(actor, &group);
        GroupDetails { group, organization_name, active_member_count, member_count, permission }
    });
    Ok(details.collect())
}

fn read_filter(actor: &Actor, filter: &GroupFilter) -> Result<GroupQuery> {
    let organization = narrowed(actor, filter.organization_id);
    let shared_with = match (filter.permission, actor.user_id()) {
        (Some(level), Some(caller)) if level != PermissionLevel::Read && actor.is_ordinary() => {
            Some((caller, level))
        }
        _ => None,
    };
    Ok(GroupQuery {
        group: None,
        organization,
        members: read_users(filter.user_ids.as_deref())?,
        shared_with,
    })
}

/// What is asked of the fields.
fn read_list(filter: &GroupFilter) -> Result<ShortList<GroupRecordField>> {
    let asked = ListFilter {
        filter: filter.filter.clone(),
        search: filter.search.clone(),
        order_by: filter.order_by.clone(),
    };
    let list = ShortList::read(&asked, &GROUP_RECORD_FIELDS, GroupRecordField::SEARCHED)?;
    match filter.name.as_deref().filter(|piece| !piece.is_empty()) {
        Some(piece) => list.having(piece, GroupRecordField::Name, Field::Name),
        None => Ok(list),
    }
}

fn read_users(words: Option<&str>) -> Result<Vec<UserId>> {
    let Some(words) = words else { return Ok(Vec::new()) };
    filters::numbers(Field::UserIds, "users", words.split(','), MAX_USERS)
}
