//! Lists of groups.

use roster_model::{Group, GroupId, OrganizationId, PermissionLevel, UserId};

use super::{group_columns, group_of};
use crate::query::Query;
use crate::users::is_on;
use crate::{Error, Tx, Window};

/// Which groups are wanted; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    /// This one.
    pub group: Option<GroupId>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// In which any of these users is.
    pub members: Vec<UserId>,
    /// Shared with this user on at least this level, or managed by it; never such as give more than ordinary rights.
    pub shared_with: Option<(UserId, PermissionLevel)>,
}

impl GroupQuery {
    fn write_conditions(&self, query: &mut Query) {
        query.push(" WHERE TRUE");
        if let Some(group) = &self.group {
            query.push_with(" AND groups.id = ?", group);
        }
        if let Some(organization) = &self.organization {
            query.push_with(" AND groups.organization_id = ?", organization);
        }
        if !self.members.is_empty() {
            query.push(
                " AND EXISTS (SELECT 1 FROM memberships WHERE memberships.group_id = groups.id \
                 AND memberships.user_id IN (",
            );
            query.push_list(&self.members);
            query.push("))");
        }
        if let Some((user, level)) = &self.shared_with {
            let user = query.bind(user);
            let (levels, ranked) = match level {
                PermissionLevel::Read => return,
                PermissionLevel::Write => ("('write', 'manage')", true),
                PermissionLevel::Manage => ("('manage')", false),
            };
            query.push(&format!(
                " AND (groups.authority IS NULL OR groups.authority <> 'org_admin') AND (groups.id \
                 IN (SELECT group_id FROM group_user_shares WHERE user_id = {user} AND level IN \
                 {levels}) OR groups.id IN (SELECT shares.group_id FROM group_group_shares AS \
                 shares JOIN memberships ON memberships.group_id = shares.grantee_id \
                 WHERE memberships.user_id = {user} AND shares.level IN {levels})"
            ));
            if ranked {
                query.push(&format!(
                    " OR groups.id IN (SELECT group_id FROM memberships \
                     WHERE user_id = {user} AND rank = 'manager')"
                ));
            }
            query.push(")");
        }
    }
}

impl Tx {
    /// Groups by number, each with what its organization is called.
    pub async fn list_groups(
        &mut self,
        wanted: &GroupQuery,
        window: &Window,
    ) -> Result<Vec<(Group, String)>, Error> {
        let select = concat!(
            "SELECT ",
            group_columns!(),
            ", organizations.name FROM groups \
             JOIN organizations ON organizations.id = groups.organization_id"
        );
        let mut query = Query::new(self.engine(), select);
        wanted.write_conditions(&mut query);
        query.push_with(" AND groups.id > ?", &window.after_id());
        query.push(" ORDER BY groups.id");
        query.push_with(" LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        query
            .list(self, |row| {
                let mut columns = row.columns();
                Ok((group_of(&mut columns)?, columns.take()?))
            })
            .await
    }

    /// How many groups there are.
    pub async fn count_groups(&mut self, wanted: &GroupQuery) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM groups");
        wanted.write_conditions(&mut query);
        query.one(self, |row| row.get(0)).await
    }

    /// Those of `groups` that are there, and, if an organization is given, are its own.
    pub async fn list_groups_among(
        &mut self,
        organization: Option<OrganizationId>,
        groups: &[GroupId],
    ) -> Result<Vec<GroupId>, Error> {
        let select = "SELECT id FROM groups WHERE id IN (";
        let Some(mut query) = Query::among(self.engine(), select, groups) else {
            return Ok(Vec::new());
        };
        if let Some(organization) = &organization {
            query.push_with(" AND organization_id = ?", organization);
        }
        query.list(self, |row| row.get(0)).await
    }

    /// The time zones that these groups give those who have chosen none; groups without one are left out.
    pub async fn list_default_time_zones(
        &mut self,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, String)>, Error> {
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let select = "SELECT id, default_time_zone FROM groups \
             WHERE default_time_zone IS NOT NULL AND id IN (";
        let mut query = Query::new(self.engine(), select);
        query.push_list(groups);
        query.push(")");
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// How many living users are in each of these groups, and how many of them are not switched off. Empty groups are
    /// left out.
    pub async fn count_members_of(
        &mut self,
        groups: &[GroupId],
    ) -> Result<Vec<(GroupId, u64, u64)>, Error> {
        let select = concat!(
            "SELECT memberships.group_id, COUNT(*), COUNT(CASE WHEN ",
            is_on!(),
            " THEN 1 END) FROM memberships JOIN users ON users.id = memberships.user_id \
             WHERE users.deleted_at IS NULL AND memberships.group_id IN ("
        );
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(self.engine(), select);
        query.push_list(groups);
        query.push(") GROUP BY memberships.group_id");
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await
    }
}
