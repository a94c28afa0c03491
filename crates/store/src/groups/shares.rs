//! With whom groups are shared, and what that gives to whom.

use jiff::Timestamp;
use roster_model::{
    ChildGroups, GroupId, GroupShares, NamedGroup, NamedUser, PermissionLevel, UserId,
};

use crate::query::Query;
use crate::users::may_sign_in;
use crate::{Error, Tx};

/// How a user stands to a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// It is a member of the rank of manager.
    pub is_manager: bool,
    /// The group is shared with it, or with a group that it is in, to be managed.
    pub may_manage: bool,
}

/// One way in which a group is a user's to do something with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which group.
    pub group: GroupId,
    /// What it may do; none: it is a manager by rank.
    pub level: Option<PermissionLevel>,
}

/// The grants of user `$1`; the argument narrows each kind.
macro_rules! grants {
    ($direct:literal, $through:literal, $ranked:literal) => {
        concat!(
            "SELECT group_id, level FROM group_user_shares WHERE user_id = $1 ",
            $direct,
            " UNION ALL SELECT shares.group_id, shares.level FROM group_group_shares AS shares \
             JOIN memberships ON memberships.group_id = shares.grantee_id \
             WHERE memberships.user_id = $1 ",
            $through,
            " UNION ALL SELECT group_id, rank FROM memberships \
             WHERE user_id = $1 AND rank = 'manager' ",
            $ranked
        )
    };
}

/// The groups that user `?` manages, directly or through a group.
const MANAGED_BY: &str = "(SELECT group_id FROM group_user_shares WHERE user_id = ? \
     AND level = 'manage' UNION SELECT shares.group_id FROM group_group_shares AS shares \
     JOIN memberships ON memberships.group_id = shares.grantee_id \
     WHERE memberships.user_id = ? AND shares.level = 'manage')";

impl Tx {
    /// What is shared with a user, directly and through its groups, and what it manages by rank.
    pub async fn list_grants(&mut self, user: UserId) -> Result<Vec<Grant>, Error> {
        self.list(grants!("", "", ""), &[&user], |row| {
            let word: String = row.get(1)?;
            Ok(Grant { group: row.get(0)?, level: PermissionLevel::from_word(&word) })
        })
        .await
    }

    /// How a user stands to a group.
    pub async fn find_standing(&mut self, group: GroupId, user: UserId) -> Result<Standing, Error> {
        let sql = grants!("AND group_id = $2", "AND shares.group_id = $2", "AND group_id = $2");
        let words: Vec<String> = self.list(sql, &[&user, &group], |row| row.get(1)).await?;
        Ok(Standing {
            is_manager: words.iter().any(|word| word == "manager"),
            may_manage: words.iter().any(|word| word == PermissionLevel::Manage.as_str()),
        })
    }

    /// Those of `users` who manage any group that `caller` does not.
    pub async fn list_users_managing_more(
        &mut self,
        caller: UserId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, Error> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = Query::new(self.engine(), "SELECT user_id FROM group_user_shares");
        let beyond = MANAGED_BY.replace('?', &query.bind(&caller));
        for (begin, user, group) in [
            (" WHERE level = 'manage'", "user_id", "group_id"),
            (
                " UNION SELECT memberships.user_id FROM memberships JOIN group_group_shares AS \
                 shares ON shares.grantee_id = memberships.group_id WHERE shares.level = 'manage'",
                "memberships.user_id",
                "shares.group_id",
            ),
            (
                " UNION SELECT user_id FROM memberships WHERE rank = 'manager'",
                "user_id",
                "group_id",
            ),
        ] {
            query.push(&format!("{begin} AND {user} IN ("));
            query.push_list(users);
            query.push(&format!(") AND {group} NOT IN {beyond}"));
        }
        query.list(self, |row| row.get(0)).await
    }

    /// Shares a group with a user, or changes what the user may do.
    pub async fn put_user_share(
        &mut self,
        group: GroupId,
        user: UserId,
        level: PermissionLevel,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO group_user_shares (group_id, user_id, level, created_at) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (group_id, user_id) DO UPDATE SET level = excluded.level",
            &[&group, &user, &level, &now],
        )
        .await?;
        Ok(())
    }

    /// Shares a group with the members of another, or changes what they may do.
    pub async fn put_group_share(
        &mut self,
        group: GroupId,
        grantee: GroupId,
        level: PermissionLevel,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO group_group_shares (group_id, grantee_id, level, created_at) \
             VALUES ($1, $2, $3, $4) \
             ON CONFLICT (group_id, grantee_id) DO UPDATE SET level = excluded.level",
            &[&group, &grantee, &level, &now],
        )
        .await?;
        Ok(())
    }

    /// Usernames and addresses of these users and of the members of these groups: those who may sign in, by number, each
    /// once; at most `limit`.
    pub async fn list_addresses(
        &mut self,
        users: &[UserId],
        groups: &[GroupId],
        limit: usize,
    ) -> Result<Vec<(UserId, String, String)>, Error> {
        let select = concat!(
            "SELECT users.id, users.username, users.email FROM users \
             WHERE users.deleted_at IS NULL AND ",
            may_sign_in!(),
            " AND (FALSE"
        );
        let mut query = Query::new(self.engine(), select);
        if !users.is_empty() {
            query.push(" OR users.id IN (");
            query.push_list(users);
            query.push(")");
        }
        if !groups.is_empty() {
            query.push(" OR users.id IN (SELECT user_id FROM memberships WHERE group_id IN (");
            query.push_list(groups);
            query.push("))");
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        query.push_with(") ORDER BY users.id LIMIT ?", &limit);
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).await
    }

    /// Ends a share with a user; `false` if there is none.
    pub async fn delete_user_share(&mut self, group: GroupId, user: UserId) -> Result<bool, Error> {
        let sql = "DELETE FROM group_user_shares WHERE group_id = $1 AND user_id = $2";
        Ok(self.execute(sql, &[&group, &user]).await? == 1)
    }

    /// Ends a share with another group; `false` if there is none.
    pub async fn delete_group_share(
        &mut self,
        group: GroupId,
        grantee: GroupId,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM group_group_shares WHERE group_id = $1 AND grantee_id = $2";
        Ok(self.execute(sql, &[&group, &grantee]).await? == 1)
    }

    /// With whom a group is shared, by number on each level; deleted users are left out.
    pub async fn list_shares(&mut self, group: GroupId) -> Result<GroupShares, Error> {
        let users = self
            .list(
                "SELECT shares.level, users.id, users.first_name, users.last_name, \
                 users.username \
                 FROM group_user_shares AS shares JOIN users ON users.id = shares.user_id \
                 WHERE shares.group_id = $1 AND users.deleted_at IS NULL ORDER BY users.id",
                &[&group],
                |row| {
                    let mut columns = row.columns();
                    let (level, id) = (columns.take()?, columns.take()?);
                    let (first, last): (String, String) = (columns.take()?, columns.take()?);
                    let name = format!("{first} {last}").trim().to_owned();
                    let name = if name.is_empty() { columns.take()? } else { name };
                    Ok((level, NamedUser { id, name }))
                },
            )
            .await?;
        let groups = self
            .list(
                "SELECT shares.level, groups.id, groups.name \
                 FROM group_group_shares AS shares JOIN groups ON groups.id = shares.grantee_id \
                 WHERE shares.group_id = $1 ORDER BY groups.id",
                &[&group],
                |row| Ok((row.get(0)?, NamedGroup { id: row.get(1)?, name: row.get(2)? })),
            )
            .await?;
        let mut shares = GroupShares::default();
        for (level, user) in users {
            shares.of_level(level).users.push(user);
        }
        for (level, group) in groups {
            shares.of_level(level).groups.push(group);
        }
        Ok(shares)
    }

    /// The groups that are shared with a group, by number on each level.
    pub async fn list_child_groups(&mut self, group: GroupId) -> Result<ChildGroups, Error> {
        let found = self
            .list(
                "SELECT shares.level, groups.id, groups.name \
                 FROM group_group_shares AS shares JOIN groups ON groups.id = shares.group_id \
                 WHERE shares.grantee_id = $1 ORDER BY groups.id",
                &[&group],
                |row| Ok((row.get(0)?, NamedGroup { id: row.get(1)?, name: row.get(2)? })),
            )
            .await?;
        let mut children = ChildGroups::default();
        for (level, group) in found {
            children.of_level(level).push(group);
        }
        Ok(children)
    }

    /// What was shared with a user in organizations other than `kept` is so no more.
    pub async fn delete_shares_elsewhere(
        &mut self,
        user: UserId,
        kept: roster_model::OrganizationId,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM group_user_shares WHERE user_id = $1 AND group_id IN \
             (SELECT id FROM groups WHERE organization_id <> $2)",
            &[&user, &kept],
        )
        .await?;
        Ok(())
    }
}
