//! Who belongs to which group.

use jiff::Timestamp;
use roster_model::{DirectoryEntry, GroupId, GroupMember, MembershipRank, OrganizationId, UserId};

use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx, Window};

macro_rules! select_member {
    ($rest:literal) => {
        concat!(
            "SELECT users.id, users.uuid, users.username, users.first_name, users.last_name, \
             users.email, memberships.rank, memberships.created_at \
             FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE memberships.group_id = $1 AND users.deleted_at IS NULL ",
            $rest
        )
    };
}

fn member(row: &Row<'_>) -> Result<GroupMember, Error> {
    let mut columns = row.columns();
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
        },
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

impl Tx {
    /// Whether a user manages a group.
    pub async fn is_group_manager(&mut self, group: GroupId, user: UserId) -> Result<bool, Error> {
        let sql = "SELECT user_id FROM memberships \
                   WHERE group_id = $1 AND user_id = $2 AND rank = 'manager'";
        self.find(sql, &[&group, &user], |_| Ok(())).await.map(|found| found.is_some())
    }

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
             ON CONFLICT (group_id, user_id) DO UPDATE SET rank = excluded.rank",
            &[&group, &user, &rank, &now],
        )
        .await?;
        Ok(())
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
             VALUES ($1, $2, 'member', $3) ON CONFLICT (group_id, user_id) DO NOTHING",
            &[&group, &user, &now],
        )
        .await?;
        Ok(())
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
        let sql = select_member!("AND memberships.user_id = $2");
        self.find(sql, &[&group, &user], member).await
    }

    /// Living members of a group, by the user's number from the first on.
    pub async fn list_members(
        &mut self,
        group: GroupId,
        window: &Window,
    ) -> Result<Vec<GroupMember>, Error> {
        let sql = select_member!(
            "AND memberships.user_id > $2 ORDER BY memberships.user_id LIMIT $3 OFFSET $4"
        );
        self.list(sql, &[&group, &window.after_id(), &window.limit, &window.offset], member).await
    }

    /// How many living members a group has.
    pub async fn count_members(&mut self, group: GroupId) -> Result<u64, Error> {
        self.one(
            "SELECT COUNT(*) FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE memberships.group_id = $1 AND users.deleted_at IS NULL",
            &[&group],
            |row| row.get(0),
        )
        .await
    }
}
