//! Groups.

mod authority;
mod list;
mod shares;
mod written;

use std::collections::HashMap;

use roster_model::{
    Group, GroupDefaults, GroupId, GroupRole, GroupSummary, MembershipRank, OrganizationId, Role,
    UserId, fold,
};

use crate::query::Query;
use crate::sql::{Columns, Row, params};
use crate::{Error, Tx};

pub use list::GroupQuery;
pub use shares::{Grant, Standing};

/// Every column of a group that [`group_of`] reads, in its order.
macro_rules! group_columns {
    () => {
        "groups.id, groups.name, groups.slug, groups.description, groups.organization_id, \
         groups.owner_id, groups.roles, groups.default_time_zone, \
         groups.default_otp_required_for_login, groups.default_jobs_label, \
         groups.default_notebooks_label, groups.default_services_label, groups.created_at, \
         groups.created_by, groups.updated_at, groups.updated_by"
    };
}
pub(crate) use group_columns;

macro_rules! select_group {
    ($rest:literal) => {
        concat!("SELECT ", group_columns!(), " FROM groups ", $rest)
    };
}

macro_rules! summarize_group {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            group_columns!(),
            ", owner.first_name, owner.last_name, \
             (SELECT COUNT(*) FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE memberships.group_id = groups.id AND users.deleted_at IS NULL) \
             FROM groups LEFT JOIN users AS owner ON owner.id = groups.owner_id ",
            $rest,
            " ORDER BY groups.id"
        )
    };
}

/// Somebody in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOfGroup {
    /// Which group.
    pub group: GroupId,
    /// Who.
    pub user: UserId,
    /// What the user is called.
    pub username: String,
    /// What the user may do in the group.
    pub rank: MembershipRank,
    /// What the user may do elsewhere.
    pub role: Role,
}

fn group(row: &Row<'_>) -> Result<Group, Error> {
    group_of(&mut row.columns())
}

fn summary(row: &Row<'_>) -> Result<GroupSummary, Error> {
    let mut columns = row.columns();
    let group = group_of(&mut columns)?;
    let (first, last): (Option<String>, Option<String>) = (columns.take()?, columns.take()?);
    let name = first.zip(last).map(|(first, last)| format!("{first} {last}").trim().to_owned());
    Ok(GroupSummary { group, owner_name: name, member_count: columns.take()? })
}

/// Reads the next columns of a row, which are `group_columns!()`.
pub(crate) fn group_of(columns: &mut Columns<'_>) -> Result<Group, Error> {
    Ok(Group {
        id: columns.take()?,
        name: columns.take()?,
        slug: columns.take()?,
        description: columns.take()?,
        organization_id: columns.take()?,
        owner_id: columns.take()?,
        roles: roles_of(columns)?,
        defaults: GroupDefaults {
            default_time_zone: columns.take()?,
            default_otp_required_for_login: columns.take()?,
            default_jobs_label: columns.take()?,
            default_notebooks_label: columns.take()?,
            default_services_label: columns.take()?,
        },
        created_at: columns.take()?,
        created_by: columns.take()?,
        updated_at: columns.take()?,
        updated_by: columns.take()?,
    })
}

pub(crate) fn roles_of(columns: &mut Columns<'_>) -> Result<Vec<GroupRole>, Error> {
    serde_json::from_value(columns.take()?)
        .map_err(|_| Error::corrupt("roles", "JSON of another form"))
}

impl Tx {
    /// The group with this number.
    pub async fn find_group(&mut self, id: GroupId) -> Result<Option<Group>, Error> {
        self.find(select_group!("WHERE groups.id = $1"), &[&id], group).await
    }

    /// The group of an organization with this slug.
    pub async fn find_group_by_slug(
        &mut self,
        organization: OrganizationId,
        slug: &str,
    ) -> Result<Option<Group>, Error> {
        let sql = select_group!("WHERE groups.organization_id = $1 AND groups.slug = $2");
        self.find(sql, &[&organization, &slug], group).await
    }

    /// The group of an organization with this name, whatever its letter case.
    pub async fn find_group_by_name(
        &mut self,
        organization: OrganizationId,
        name: &str,
    ) -> Result<Option<Group>, Error> {
        let sql = select_group!("WHERE groups.organization_id = $1 AND groups.name_key = $2");
        self.find(sql, &[&organization, &fold(name).as_str()], group).await
    }

    /// All groups, those of an organization, or one, with who owns them and how many are in them, by number.
    pub async fn summarize_groups(
        &mut self,
        organization: Option<OrganizationId>,
        group: Option<GroupId>,
    ) -> Result<Vec<GroupSummary>, Error> {
        match (organization, group) {
            (_, Some(group)) => {
                self.list(summarize_group!("WHERE groups.id = $1"), &[&group], summary).await
            }
            (Some(organization), None) => {
                let sql = summarize_group!("WHERE groups.organization_id = $1");
                self.list(sql, &[&organization], summary).await
            }
            (None, None) => self.list(summarize_group!(""), &[], summary).await,
        }
    }

    /// The same of the groups that a user owns or is in.
    pub async fn summarize_groups_of(&mut self, user: UserId) -> Result<Vec<GroupSummary>, Error> {
        let sql = summarize_group!(
            "WHERE groups.owner_id = $1 OR EXISTS (SELECT 1 FROM memberships \
             WHERE memberships.group_id = groups.id AND memberships.user_id = $1)"
        );
        self.list(sql, &[&user], summary).await
    }

    /// The groups that a user is in, by number.
    pub async fn list_groups_of(&mut self, user: UserId) -> Result<Vec<Group>, Error> {
        let sql = select_group!(
            "JOIN memberships ON memberships.group_id = groups.id \
             WHERE memberships.user_id = $1 ORDER BY groups.id"
        );
        self.list(sql, &[&user], group).await
    }

    /// The owners of these groups; of one without an owner the first account of its organization, which is there even
    /// when it was deleted.
    pub async fn find_creators_of_groups(
        &mut self,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, (UserId, String)>, Error> {
        if groups.is_empty() {
            return Ok(HashMap::new());
        }
        let select = "SELECT groups.id, users.id, users.username FROM groups JOIN users \
                      ON users.id = COALESCE(groups.owner_id, (SELECT first.id FROM users AS first \
                      WHERE first.organization_id = groups.organization_id \
                      ORDER BY first.id LIMIT 1)) WHERE groups.id IN (";
        let mut query = Query::new(self.engine(), select);
        query.push_list(groups);
        query.push(")");
        let found = query.list(self, |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).await?;
        Ok(found.into_iter().collect())
    }

    /// The living members of these groups, by number: the group, the user, the rank in the group and the role; at most
    /// `limit` in all.
    pub async fn list_people_of_groups(
        &mut self,
        groups: &[GroupId],
        limit: usize,
    ) -> Result<Vec<PersonOfGroup>, Error> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let select = "SELECT memberships.group_id, users.id, users.username, memberships.rank, \
                      users.role FROM memberships JOIN users ON users.id = memberships.user_id \
                      WHERE users.deleted_at IS NULL AND memberships.group_id IN (";
        let mut query = Query::new(self.engine(), select);
        query.push_list(groups);
        query.push(") ORDER BY memberships.group_id, memberships.user_id");
        query.push_with(" LIMIT ?", &i64::try_from(limit).unwrap_or(i64::MAX));
        let read = |row: &Row<'_>| {
            let mut columns = row.columns();
            Ok(PersonOfGroup {
                group: columns.take()?,
                user: columns.take()?,
                username: columns.take()?,
                rank: columns.take()?,
                role: columns.take()?,
            })
        };
        query.list(self, read).await
    }

    /// Adds a group, whose `id` is ignored; nothing if its name or slug is taken.
    pub async fn insert_group(&mut self, group: &Group) -> Result<Option<GroupId>, Error> {
        let (sql, values) = (&*written::INSERT, written::for_insert(group));
        self.find(sql, &params(&values), |row| row.get(0)).await
    }

    /// Writes what can change in a group. Its names must have been looked up in the same
    /// transaction. Where its authority changes, see [`Tx::refresh_group_roles_in`].
    pub async fn update_group(&mut self, group: &Group) -> Result<(), Error> {
        self.execute(&written::UPDATE, &params(&written::for_update(group))).await?;
        Ok(())
    }

    /// Whether any user, deleted ones included, has this for its primary group. Users are members
    /// of their primary group, so only members are looked at.
    pub async fn is_primary_group(&mut self, group: GroupId) -> Result<bool, Error> {
        self.find(
            "SELECT users.id FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE memberships.group_id = $1 AND users.primary_group_id = $1 LIMIT 1",
            &[&group],
            |_| Ok(()),
        )
        .await
        .map(|any| any.is_some())
    }

    /// Removes a group, its memberships, its shares and what features its members had through it. It must be nobody's primary group, and give nobody any
    /// authority any more.
    pub async fn delete_group(&mut self, group: GroupId) -> Result<(), Error> {
        for sql in [
            "DELETE FROM memberships WHERE group_id = $1",
            "DELETE FROM group_user_shares WHERE group_id = $1",
            "DELETE FROM group_group_shares WHERE group_id = $1 OR grantee_id = $1",
            "DELETE FROM feature_flag_switches WHERE group_id = $1",
        ] {
            self.execute(sql, &[&group]).await?;
        }
        self.execute("DELETE FROM groups WHERE id = $1", &[&group]).await?;
        Ok(())
    }

    /// Gives a group an owner, unless it has one.
    pub async fn ensure_owner(&mut self, group: GroupId, owner: UserId) -> Result<(), Error> {
        let sql = "UPDATE groups SET owner_id = $2 WHERE id = $1 AND owner_id IS NULL";
        self.execute(sql, &[&group, &owner]).await?;
        Ok(())
    }

    /// The groups that a user owns lose their owner.
    pub async fn disown_groups_of_user(&mut self, user: UserId) -> Result<(), Error> {
        self.execute("UPDATE groups SET owner_id = NULL WHERE owner_id = $1", &[&user]).await?;
        Ok(())
    }
}
