//! What their groups let users do, kept with the users.

use roster_model::{GroupId, OrganizationId, User, UserId};

use crate::query::Query;
use crate::users::{may_sign_in, user, user_columns};
use crate::{Change, Error, Tx};

/// The strongest authority of a user's groups; by good fortune it comes first in the alphabet.
macro_rules! refresh {
    ($whom:literal) => {
        concat!(
            "UPDATE users SET group_role = (SELECT MIN(groups.authority) FROM memberships \
             JOIN groups ON groups.id = memberships.group_id \
             WHERE memberships.user_id = users.id) WHERE ",
            $whom,
            " RETURNING id"
        )
    };
}

impl Tx {
    /// Works out anew what a user's groups let it do, after it came into one that lets it do anything or left it.
    pub async fn refresh_group_role_of(&mut self, user: UserId) -> Result<(), Error> {
        self.refresh(refresh!("users.id = $1"), user.0).await
    }

    /// Whether any of these groups lets its members do anything.
    pub async fn give_authority(&mut self, groups: &[GroupId]) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM groups WHERE authority IS NOT NULL AND id IN (";
        let Some(mut query) = Query::among(self.engine(), sql, groups) else { return Ok(false) };
        query.push(" LIMIT 1");
        Ok(!query.list(self, |row| row.get::<i64>(0)).await?.is_empty())
    }

    /// The same of all members of a group, whose authority has changed.
    pub async fn refresh_group_roles_in(&mut self, group: GroupId) -> Result<(), Error> {
        self.refresh(
            refresh!("users.id IN (SELECT user_id FROM memberships WHERE group_id = $1)"),
            group.0,
        )
        .await
    }

    async fn refresh(&mut self, sql: &str, whom: i64) -> Result<(), Error> {
        let refreshed: Vec<UserId> = self.list(sql, &[&whom], |row| row.get(0)).await?;
        for user in refreshed {
            self.after_commit(Change::ForgetUser(user));
        }
        Ok(())
    }

    /// Ends the sessions in which members of a group act in the names of others: they may have lost the right to.
    pub async fn end_impersonations_by_members_of(&mut self, group: GroupId) -> Result<(), Error> {
        let impersonated: Vec<UserId> = self
            .list(
                "DELETE FROM sessions WHERE impersonator_id IN \
                 (SELECT user_id FROM memberships WHERE group_id = $1) RETURNING user_id",
                &[&group],
                |row| row.get(0),
            )
            .await?;
        for user in impersonated {
            self.after_commit(Change::ForgetUser(user));
        }
        Ok(())
    }

    /// Those who administer an organization and may sign in, by number.
    pub async fn list_administrators(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<User>, Error> {
        self.list(
            concat!(
                "SELECT ",
                user_columns!(),
                " FROM users WHERE users.organization_id = $1 AND users.deleted_at IS NULL \
                 AND (role IN ('system_admin', 'account_admin') OR group_role = 'org_admin') \
                 AND ",
                may_sign_in!(),
                " ORDER BY users.id"
            ),
            &[&organization],
            user,
        )
        .await
    }
}
