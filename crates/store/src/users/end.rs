//! What ends when a user is shut out, deleted or purged.

use jiff::Timestamp;
use roster_model::{GroupId, OrganizationId, UserId};

use super::may_sign_in;
use crate::{Change, Error, Tx};

/// What a purge removes, by user; the user's row stays behind, emptied, and keeps its names.
const BELONGINGS: &[&str] = &[
    "DELETE FROM passwords WHERE user_id = $1",
    "DELETE FROM totp WHERE user_id = $1",
    "DELETE FROM totp_uses WHERE user_id = $1",
    "DELETE FROM recovery_codes WHERE user_id = $1",
    "DELETE FROM code_sends WHERE user_id = $1",
    "DELETE FROM sso_links WHERE user_id = $1",
    "DELETE FROM api_keys WHERE user_id = $1",
    "DELETE FROM memberships WHERE user_id = $1",
    "DELETE FROM favorites WHERE user_id = $1",
    "DELETE FROM feature_flag_switches WHERE user_id = $1",
    "DELETE FROM objects WHERE author_id = $1",
    "DELETE FROM group_user_shares WHERE user_id = $1",
    "DELETE FROM messages WHERE user_id = $1",
];

impl Tx {
    /// Ends every session of a user and every sign-in under way, and whatever codes and links are
    /// outstanding.
    pub async fn end_everything_of_user(&mut self, user: UserId) -> Result<(), Error> {
        self.execute("DELETE FROM sessions WHERE user_id = $1", &[&user]).await?;
        self.note_signed_out(user).await?;
        self.end_sso_sign_ins_of(user).await?;
        self.delete_one_time_codes(user).await?;
        self.delete_links(user).await?;
        self.after_commit(Change::ForgetUser(user));
        self.end_impersonations_by(user).await
    }

    /// No sign-in of the user's is the present one any more.
    pub(crate) async fn note_signed_out(&mut self, user: UserId) -> Result<(), Error> {
        self.execute(
            "UPDATE users SET last_sign_in_at = current_sign_in_at, current_sign_in_at = NULL \
             WHERE id = $1 AND current_sign_in_at IS NOT NULL",
            &[&user],
        )
        .await?;
        Ok(())
    }

    /// Ends the sessions that a user holds in the names of others.
    pub async fn end_impersonations_by(&mut self, user: UserId) -> Result<(), Error> {
        let impersonated: Vec<UserId> = self
            .list(
                "DELETE FROM sessions WHERE impersonator_id = $1 RETURNING user_id",
                &[&user],
                |row| row.get(0),
            )
            .await?;
        for impersonated in impersonated {
            self.after_commit(Change::ForgetUser(impersonated));
        }
        Ok(())
    }

    /// Those who belong to an account admin belong to nobody any more.
    pub async fn release_users_of(&mut self, admin: UserId, now: Timestamp) -> Result<(), Error> {
        self.execute(
            "UPDATE users SET parent_id = NULL, updated_at = $2, version = version + 1 \
             WHERE parent_id = $1",
            &[&admin, &now],
        )
        .await?;
        Ok(())
    }

    /// Revokes all of a user's API keys for good; says how many there were.
    pub async fn revoke_api_keys_of_user(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<u64, Error> {
        self.after_commit(Change::ForgetUser(user));
        self.execute(
            "UPDATE api_keys SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
            &[&user, &now],
        )
        .await
    }

    /// Deleted users whose time in the bin ended before `until`, oldest first.
    pub async fn list_purgeable_users(
        &mut self,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<UserId>, Error> {
        self.list(
            "SELECT id FROM users WHERE deleted_at IS NOT NULL AND purged_at IS NULL \
             AND deleted_at < $1 ORDER BY deleted_at, id LIMIT $2",
            &[&until, &limit],
            |row| row.get(0),
        )
        .await
    }

    /// Users of an organization who may sign in, system admins aside, and have neither come nor been changed since
    /// `since`.
    pub async fn list_inactive_users(
        &mut self,
        organization: OrganizationId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<UserId>, Error> {
        self.list(
            concat!(
                "SELECT id FROM users WHERE organization_id = $1 AND deleted_at IS NULL AND ",
                may_sign_in!(),
                " AND role <> 'system_admin' AND updated_at < $2 \
                 AND (last_seen_at IS NULL OR last_seen_at < $2) \
                 AND (current_sign_in_at IS NULL OR current_sign_in_at < $2) \
                 AND (last_sign_in_at IS NULL OR last_sign_in_at < $2) \
                 ORDER BY id LIMIT $3"
            ),
            &[&organization, &since, &i64::from(limit)],
            |row| row.get(0),
        )
        .await
    }

    /// Users whose plan has come to its end by `now` and who still have sessions.
    pub async fn list_users_past_their_plan(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<UserId>, Error> {
        self.list(
            "SELECT id FROM users WHERE plan_expires_at <= $1 AND EXISTS \
             (SELECT 1 FROM sessions WHERE sessions.user_id = users.id) ORDER BY id LIMIT $2",
            &[&now, &i64::from(limit)],
            |row| row.get(0),
        )
        .await
    }

    /// Leaves nothing of a deleted user but its number and the reservation of its names.
    /// `home` becomes its primary group, so that no group is kept for its sake.
    pub async fn purge_user(
        &mut self,
        user: UserId,
        home: GroupId,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.end_everything_of_user(user).await?;
        for sql in BELONGINGS {
            self.execute(sql, &[&user]).await?;
        }
        self.journal_purge(user).await?;
        self.execute(
            "UPDATE users SET username = '', username_key = '', email = '', email_key = '', \
             unconfirmed_email = NULL, first_name = '', last_name = '', name_key = '', \
             first_name_key = '', last_name_key = '', phone_key = NULL, text_keys = NULL, \
             phone_e164 = NULL, phone_typed = NULL, phone_verified_at = NULL, parent_id = NULL, \
             plan_id = NULL, plan_expires_at = NULL, city = NULL, state = NULL, \
             time_zone = NULL, initials = NULL, department = NULL, title = NULL, \
             github_username = NULL, preferences = '{}', mfa_activated_at = NULL, \
             password_changed_at = NULL, password_expires_at = NULL, sign_in_count = 0, \
             last_sign_in_at = NULL, current_sign_in_at = NULL, last_seen_at = NULL, \
             last_checked_announcements_at = NULL, unlocked_at = NULL, group_role = NULL, purged_at = $2, \
             primary_group_id = $3, version = version + 1 \
             WHERE id = $1",
            &[&user, &now, &home],
        )
        .await?;
        Ok(())
    }
}
