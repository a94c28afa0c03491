//! What becomes of everything else when the record of a user changes. Whoever gives users a new field asks here what hangs
//! on it.

use jiff::Timestamp;
use roster_model::{Role, User, fold, is_same_mailbox};
use roster_store::Tx;

use super::fields::{find_home, is_available};
use crate::{Core, Error, Result, messages::templates::Template};

impl Core {
    /// Ends what a user had by what it was before, but for what hangs on its status.
    pub(super) async fn follow(
        &self,
        tx: &mut Tx,
        before: &User,
        after: &User,
        now: Timestamp,
    ) -> Result<()> {
        let is_moved = after.organization_id != before.organization_id;
        tx.release_identifiers(after.id, [&fold(&after.username), &fold(&after.email)]).await?;
        if after.role != before.role || is_moved {
            // It may have lost the right to act in those names, and to let others in.
            tx.end_impersonations_by(after.id).await?;
            tx.withdraw_invitations_by(after.id).await?;
        }
        if is_moved {
            tx.delete_memberships_elsewhere(after.id, after.organization_id).await?;
            tx.delete_shares_elsewhere(after.id, after.organization_id).await?;
            tx.disown_groups_of_user(after.id).await?;
            tx.refresh_group_role_of(after.id).await?;
        }
        if before.role.is_administrator() && (!after.role.is_administrator() || is_moved) {
            tx.release_users_of(after.id, now).await?;
        }
        if before.phone != after.phone {
            // Whoever has the old telephone can do nothing more with what was sent there.
            tx.delete_one_time_codes(after.id).await?;
        }
        if !is_same_mailbox(&before.email, &after.email) {
            // What was sent to the old address proves nothing any more (threat T17).
            tx.delete_links(after.id).await?;
            tx.delete_one_time_codes(after.id).await?;
            self.notify(tx, Template::EmailChanged, before).await?;
        }
        Ok(())
    }
}

/// Somebody must be left who may do everything.
pub(super) async fn keep_an_administrator(tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
    if user.role == Role::SystemAdmin
        && is_available(user, now)
        && !tx.has_other_system_admin(user.id, now).await?
    {
        return Err(Error::WrongState(
            "this is the last system admin who has signed in; make another one, who must have signed in once, first",
        ));
    }
    Ok(())
}

/// Puts somebody who comes back into its primary group and everybody's, with what they make of their members.
pub(super) async fn rejoin(tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
    let (home, public) = find_home(tx, user.organization_id, Some(user.primary_group_id)).await?;
    tx.ensure_membership(home.id, user.id, now).await?;
    if home.id != public {
        tx.join_everybody(public, user.id, now).await?;
    }
    tx.refresh_group_role_of(user.id).await?;
    Ok(())
}
