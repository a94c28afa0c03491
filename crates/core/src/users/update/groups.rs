//! The groups that an update puts a user into, and takes it out of.

use jiff::Timestamp;
use roster_model::{User, UserUpdate};
use roster_store::Tx;

use crate::{
    Actor, Result, authorize::check_filling, installation::PUBLIC, users::fields::find_groups,
};

/// Puts a user into the groups that an update names, out of the others, and into its primary group. True if anything
/// changes.
pub(super) async fn set_groups(
    tx: &mut Tx,
    actor: &Actor,
    before: &User,
    after: &User,
    update: &UserUpdate,
    now: Timestamp,
) -> Result<bool> {
    let stays = after.organization_id == before.organization_id;
    if update.group_ids.is_none() && (update.primary_group_id.is_none() || !stays) {
        return Ok(false);
    }
    let mut is_moved = false;
    let mut gives_authority = false;
    let present = match stays {
        true => tx.list_groups_of_users(&[after.id]).await?,
        false => Vec::new(),
    };
    let present: Vec<_> = present.into_iter().map(|(_, group)| group.id).collect();
    let home = after.primary_group_id;
    let given = update.group_ids.as_deref().unwrap_or_default();
    let wanted: Vec<_> = given.iter().copied().chain([home]).collect();
    for group in find_groups(tx, after.organization_id, &wanted).await? {
        let is_new_home = group.id == home && home != before.primary_group_id;
        if !present.contains(&group.id) || is_new_home {
            check_filling(tx, actor, &group).await?;
            tx.ensure_membership(group.id, after.id, now).await?;
            gives_authority |= group.authority().is_some();
            is_moved = true;
        }
    }
    if update.group_ids.is_some() {
        let left: Vec<_> = present.into_iter().filter(|group| !wanted.contains(group)).collect();
        for group in find_groups(tx, after.organization_id, &left).await? {
            check_filling(tx, actor, &group).await?;
            match group.slug == PUBLIC {
                true => tx.unchoose_membership(group.id, after.id).await?,
                false => tx.delete_membership(group.id, after.id).await?,
            };
            gives_authority |= group.authority().is_some();
            is_moved = true;
        }
    }
    if gives_authority {
        tx.refresh_group_role_of(after.id).await?;
        tx.end_impersonations_by(after.id).await?;
    }
    Ok(is_moved)
}
