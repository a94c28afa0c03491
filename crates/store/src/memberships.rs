//! Who belongs to which group.

use jiff::Timestamp;
use roster_model::{
    DirectoryEntry, GroupEntry, GroupId, GroupMember, MemberField, MembershipRank, OrganizationId,
    Status, UserId,
};

use crate::filter;
use crate::groups::roles_of;
use crate::query::Query;
use crate::sql::{Columns, InsertRows, Row, Value};
use crate::{Error, Mark, Narrowed, Tx, Window};

macro_rules! member_columns {
    () => {
        "SELECT users.id, users.uuid, users.username, users.first_name, users.last_name, \
         users.email, users.initials, users.primary_group_id, users.status, memberships.rank, \
         memberships.created_at"
    };
}

fn member(row: &Row<'_>) -> Result<GroupMember, Error> {
    member_of(&mut row.columns())
}

fn member_of(columns: &mut Columns<'_>) -> Result<GroupMember, Error> {
    let (id, uuid, username) = (columns.take()?, columns.take()?, columns.take()?);
    let (first_name, last_name): (String, String) = (columns.take()?, columns.take()?);
    Ok(GroupMember {
        user: DirectoryEntry {
            id,
            uuid,
            username,
            name: format!("{first_name} {last_name}").trim().to_owned(),
            first_name,
            last_name,
            email: columns.take()?,
            initials: columns.take()?,
        },
        primary_group_id: columns.take()?,
        is_active: columns.take::<Status>()?.is_on(),
        rank: columns.take()?,
        created_at: columns.take()?,
    })
}

/// That a user is in a group.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The user.
    pub user: UserId,
    /// The group.
    pub group: GroupId,
    /// The group's slug.
    pub slug: String,
    /// What the user is there.
    pub rank: MembershipRank,
    /// Whether the group is the user's.
    pub is_owner: bool,
}

/// A membership that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewMembership {
    /// The group.
    pub group: GroupId,
    /// The user.
    pub user: UserId,
    /// What the user is there.
    pub rank: MembershipRank,
    /// Whether that is by somebody's choice; otherwise the group is that of everybody.
    pub is_chosen: bool,
}

impl Tx {
    /// Makes a user a member of a group, or gives a member another rank.
    pub async fn set_membership(
        &mut self,
        group: GroupId,
        user: UserId,
        rank: MembershipRank,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO memberships (group_id, user_id, rank, created_at) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (group_id, user_id) DO UPDATE SET rank = excluded.rank, is_chosen = TRUE",
            &[&group, &user, &rank, &now],
        )
        .await?;
        Ok(())
    }

    /// Makes new users members of groups of which they are no members yet.
    pub async fn add_memberships(
        &mut self,
        memberships: &[NewMembership],
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = |one: &NewMembership| {
            let (group, user) = (Value::Integer(one.group.0), Value::Integer(one.user.0));
            vec![
                group,
                user,
                one.rank.as_str().into(),
                Value::Bool(one.is_chosen),
                Value::Integer(now.as_microsecond()),
            ]
        };
        let rows = memberships.iter().map(row);
        let into = "memberships (group_id, user_id, rank, is_chosen, created_at)";
        self.add_rows(&InsertRows::new(into, "(?, ?, ?, ?, ?)", ""), rows).await
    }

    /// Makes a user a member of a group, unless it is one already.
    pub async fn ensure_membership(
        &mut self,
        group: GroupId,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO memberships (group_id, user_id, rank, created_at) \
             VALUES ($1, $2, 'member', $3) \
             ON CONFLICT (group_id, user_id) DO UPDATE SET is_chosen = TRUE",
            &[&group, &user, &now],
        )
        .await?;
        Ok(())
    }

    /// Puts a user into the group of everybody, where it is not put by anybody's choice.
    pub async fn join_everybody(
        &mut self,
        group: GroupId,
        user: UserId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO memberships (group_id, user_id, rank, created_at, is_chosen) \
             VALUES ($1, $2, 'member', $3, FALSE) ON CONFLICT (group_id, user_id) DO NOTHING",
            &[&group, &user, &now],
        )
        .await?;
        Ok(())
    }

    /// A user is in the group of everybody by nobody's choice any more; `false` if it was so already.
    pub async fn unchoose_membership(
        &mut self,
        group: GroupId,
        user: UserId,
    ) -> Result<bool, Error> {
        let sql = "UPDATE memberships SET is_chosen = FALSE, rank = 'member' \
                   WHERE group_id = $1 AND user_id = $2 AND is_chosen";
        Ok(self.execute(sql, &[&group, &user]).await? == 1)
    }

    /// The groups that these users are in by somebody's choice, by number for each user.
    pub async fn list_groups_of_users(
        &mut self,
        users: &[UserId],
    ) -> Result<Vec<(UserId, GroupEntry)>, Error> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let select = "SELECT memberships.user_id, groups.id, groups.name, groups.slug, \
             groups.organization_id, organizations.name, groups.roles \
             FROM memberships JOIN groups ON groups.id = memberships.group_id \
             JOIN organizations ON organizations.id = groups.organization_id \
             WHERE memberships.is_chosen AND memberships.user_id IN (";
        let mut query = Query::new(self.engine(), select);
        query.push_list(users);
        query.push(") ORDER BY memberships.user_id, groups.id");
        query
            .list(self, |row| {
                let mut columns = row.columns();
                let user = columns.take()?;
                let entry = GroupEntry {
                    id: columns.take()?,
                    name: columns.take()?,
                    slug: columns.take()?,
                    organization_id: columns.take()?,
                    organization_name: columns.take()?,
                    roles: roles_of(&mut columns)?,
                };
                Ok((user, entry))
            })
            .await
    }

    /// Living members of these groups, by number in each; at most `limit` in all.
    pub async fn list_members_of(
        &mut self,
        groups: &[GroupId],
        limit: i64,
    ) -> Result<Vec<(GroupId, GroupMember)>, Error> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let select = "SELECT memberships.group_id, users.id, users.uuid, users.username, \
             users.first_name, users.last_name, users.email, users.initials, \
             users.primary_group_id, users.status, memberships.rank, memberships.created_at \
             FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE users.deleted_at IS NULL AND memberships.group_id IN (";
        let mut query = Query::new(self.engine(), select);
        query.push_list(groups);
        query.push(") ORDER BY memberships.group_id, memberships.user_id");
        query.push_with(" LIMIT ?", &limit);
        query
            .list(self, |row| {
                let mut columns = row.columns();
                Ok((columns.take()?, member_of(&mut columns)?))
            })
            .await
    }

    /// Ends a membership; `false` if there is none.
    pub async fn delete_membership(&mut self, group: GroupId, user: UserId) -> Result<bool, Error> {
        let sql = "DELETE FROM memberships WHERE group_id = $1 AND user_id = $2";
        Ok(self.execute(sql, &[&group, &user]).await? == 1)
    }

    /// Ends a user's memberships in organizations other than `kept`.
    pub async fn delete_memberships_elsewhere(
        &mut self,
        user: UserId,
        kept: OrganizationId,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM memberships WHERE user_id = $1 AND group_id IN \
             (SELECT id FROM groups WHERE organization_id <> $2)",
            &[&user, &kept],
        )
        .await?;
        Ok(())
    }

    /// The groups of users, by user and group.
    pub async fn list_memberships_of(
        &mut self,
        users: &[UserId],
    ) -> Result<Vec<Membership>, Error> {
        let sql = "SELECT memberships.user_id, groups.id, groups.slug, memberships.rank, groups.owner_id \
                   FROM memberships JOIN groups ON groups.id = memberships.group_id \
                   WHERE memberships.user_id IN (";
        let Some(mut query) = Query::among(self.engine(), sql, users) else {
            return Ok(Vec::new());
        };
        query.push(" ORDER BY memberships.user_id, groups.id");
        query
            .list(self, |row| {
                let mut columns = row.columns();
                let (user, group, slug) = (columns.take()?, columns.take()?, columns.take()?);
                let rank = columns.take()?;
                let owner: Option<UserId> = columns.take()?;
                Ok(Membership { user, group, slug, rank, is_owner: owner == Some(user) })
            })
            .await
    }

    /// A living member of a group.
    pub async fn find_member(
        &mut self,
        group: GroupId,
        user: UserId,
    ) -> Result<Option<GroupMember>, Error> {
        let sql = concat!(
            member_columns!(),
            " FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE memberships.group_id = $1 AND memberships.user_id = $2 \
             AND users.deleted_at IS NULL"
        );
        self.find(sql, &[&group, &user], member).await
    }

    /// Living members of a group, each with where it stands.
    pub async fn list_members(
        &mut self,
        group: GroupId,
        wanted: &Narrowed<MemberField>,
        window: &Window,
    ) -> Result<Vec<(GroupMember, Mark)>, Error> {
        let order = filter::order_of(wanted);
        let mut query = Query::new(self.engine(), member_columns!());
        write_members(group, &mut query);
        filter::write_conditions(wanted, window, &mut query)?;
        filter::write_page(wanted, window, &mut query);
        query
            .list(self, |row| {
                let member = member(row)?;
                let mark = order.mark(&member, member.user.id.0);
                Ok((member, mark))
            })
            .await
    }

    /// How many living members a group has.
    pub async fn count_members(
        &mut self,
        group: GroupId,
        wanted: &Narrowed<MemberField>,
    ) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*)");
        write_members(group, &mut query);
        filter::write_condition(wanted, &mut query);
        query.one(self, |row| row.get(0)).await
    }
}

/// Adds where living members of a group are.
fn write_members(group: GroupId, query: &mut Query) {
    query.push(" FROM memberships JOIN users ON users.id = memberships.user_id");
    query.push_with(" WHERE memberships.group_id = ? AND users.deleted_at IS NULL", &group);
}
