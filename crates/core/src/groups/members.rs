//! Who is in a group.

use jiff::Timestamp;
use roster_model::{
    Group, GroupId, GroupMember, GroupRole, ListFilter, MEMBER_FIELDS, MemberField, MembershipRank,
    Page, PageRequest, Role, User, UserRef,
};
use roster_store::Tx;
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::{check_filling, get_authorized_group, get_user},
    authz::Operation,
    filters,
    installation::PUBLIC,
    paging::Paging,
    users::organization_of,
};

impl Core {
    /// The members of a group, of which everybody in its organization may know, by number unless asked otherwise.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a filter, order or page that cannot be.
    pub async fn list_members(
        &self,
        actor: &Actor,
        group: GroupId,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<GroupMember>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        let own = organization_of(actor);
        let wanted = filters::narrow(filter, &MEMBER_FIELDS, MemberField::SEARCHED)?;
        let paging = Paging::read(page, format!("members:{group}:{filter:?}"))?;
        let (rows, total) = self
            .store()
            // Counting everybody may take long.
            .list(async |tx: &mut Tx| {
                if tx.list_groups_among(own, &[group]).await?.is_empty() {
                    return Err(Error::NotFound(Kind::Group));
                }
                let rows = tx.list_members(group, &wanted, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_members(group, &wanted).await?),
                    false => None,
                };
                Ok((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |(_, mark)| mark.clone()).map(|(member, _)| member))
    }

    /// Makes somebody of its organization a member of a group, or gives a member another rank.
    ///
    /// # Errors
    /// `NotFound` for a group or user that is not there or belongs to another organization.
    pub async fn set_member(
        &self,
        actor: &Actor,
        group: GroupId,
        user: &UserRef,
        rank: MembershipRank,
    ) -> Result<GroupMember> {
        self.place_member(actor, group, user, Some(rank)).await
    }

    /// Makes somebody of its organization a member of a group; a member keeps its rank.
    ///
    /// # Errors
    /// As [`set_member`](Self::set_member).
    pub async fn add_member(
        &self,
        actor: &Actor,
        group: GroupId,
        user: &UserRef,
    ) -> Result<GroupMember> {
        self.place_member(actor, group, user, None).await
    }

    async fn place_member(
        &self,
        actor: &Actor,
        group: GroupId,
        user: &UserRef,
        rank: Option<MembershipRank>,
    ) -> Result<GroupMember> {
        let (group, operations) = self.authorize_members(actor, group).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, operations, &group).await?;
                check_filling(tx, actor, &group).await?;
                let found = find_person(tx, actor, user).await?;
                let person = found
                    .filter(|person| person.organization_id == group.organization_id)
                    .ok_or(Error::NotFound(Kind::User))?;
                let before = tx.find_member(group.id, person.id).await?;
                let kept = before.as_ref().map_or(MembershipRank::Member, |before| before.rank);
                let rank = rank.unwrap_or(kept);
                put_into(tx, actor, &group, &person, rank, now).await?;
                // In everybody's group by choice from now on, if not before.
                if let Some(before) = before.filter(|before| before.rank == rank) {
                    return Ok(before);
                }
                Entry::done("group.member_set", person.id)
                    .about(format!("group:{}", group.id))
                    .with(json!({ "rank": rank.as_str() }))
                    .write(tx, actor, now)
                    .await?;
                let member = tx.find_member(group.id, person.id).await?;
                member.ok_or(Error::NotFound(Kind::Member))
            })
            .await
    }

    /// Whether the caller may add and remove members. In a group that makes them organization admins that is making
    /// administrators.
    async fn authorize_members(
        &self,
        actor: &Actor,
        group: GroupId,
    ) -> Result<(Group, &'static [Operation])> {
        let found = self.find_group(group).await?;
        let operations: &'static [_] = match found.as_ref().and_then(Group::authority) {
            Some(GroupRole::OrganizationAdmin) => {
                &[Operation::GrantAdministration, Operation::WriteMembers]
            }
            _ => &[Operation::WriteMembers],
        };
        self.authorize_on_group(actor, operations, found.as_ref()).await?;
        Ok((found.ok_or(Error::NotFound(Kind::Group))?, operations))
    }

    /// Takes somebody out of a group. In the group of everybody everybody stays, but no longer by choice.
    ///
    /// # Errors
    /// `NotFound` for a group that is not there and somebody who is not in it; `WrongState` for the user's primary
    /// group, and for the group of everybody where nobody chose it.
    pub async fn remove_member(&self, actor: &Actor, group: GroupId, user: &UserRef) -> Result<()> {
        let (group, operations) = self.authorize_members(actor, group).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let group = get_authorized_group(tx, actor, operations, &group).await?;
                let absent = || Error::NotFound(Kind::Member);
                let person = find_person(tx, actor, user).await?.ok_or_else(absent)?;
                tx.find_member(group.id, person.id).await?.ok_or_else(absent)?;
                if person.primary_group_id == group.id {
                    return Err(Error::WrongState("this is the user's primary group"));
                }
                check_filling(tx, actor, &group).await?;
                if group.slug != PUBLIC {
                    tx.delete_membership(group.id, person.id).await?;
                } else if !tx.unchoose_membership(group.id, person.id).await? {
                    return Err(Error::WrongState("everybody is in this group"));
                }
                if group.authority().is_some() {
                    tx.refresh_group_role_of(person.id).await?;
                    tx.end_impersonations_by(person.id).await?;
                }
                Entry::done("group.member_removed", person.id)
                    .about(format!("group:{}", group.id))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }
}

/// Puts somebody into a group, or gives a member another rank, by a caller who may fill the group: the one way in for
/// single people, after [`check_filling`] or what takes its place where the group is being made.
pub(super) async fn put_into(
    tx: &mut Tx,
    actor: &Actor,
    group: &Group,
    person: &User,
    rank: MembershipRank,
    now: Timestamp,
) -> Result<()> {
    check_account(actor, person)?;
    tx.set_membership(group.id, person.id, rank, now).await?;
    if group.authority().is_some() {
        tx.refresh_group_role_of(person.id).await?;
    }
    Ok(())
}

/// Where accounts are kept apart, an account admin fills its groups with its own people.
fn check_account(actor: &Actor, person: &User) -> Result<()> {
    let caller = actor.user_id();
    let is_own = caller.is_none() || [Some(person.id), person.parent_id].contains(&caller);
    if actor.habits().keeps_to_account && actor.role() == Some(Role::AccountAdmin) && !is_own {
        return Err(Error::Forbidden);
    }
    Ok(())
}

/// The living user of this name.
async fn find_person(tx: &mut Tx, actor: &Actor, user: &UserRef) -> Result<Option<User>> {
    let found = match (user, actor.user_id()) {
        (UserRef::Me, None) => None,
        (UserRef::Me, Some(me)) => Some(get_user(tx, me).await?),
        (user, _) => tx.find_user(user).await?,
    };
    Ok(found.filter(|user| user.deleted_at.is_none()))
}
