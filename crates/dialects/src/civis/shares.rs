//! `groups/{id}/shares` and `child_groups`.

use roster_core::Kind;
use roster_model::{GroupId, GroupShares, ShareWithGroups, ShareWithUsers, UserId};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, boolean, ids, long_text, text},
    groups::{group, level},
    replies::{done, nothing},
};

/// Users to share with.
pub(super) const WITH_USERS: &[Field] = &[
    ids("user_ids").required(),
    text("permission_level").required(),
    long_text("share_email_body").nullable(),
    boolean("send_shared_email").nullable(),
];

/// Groups to share with.
pub(super) const WITH_GROUPS: &[Field] = &[
    ids("group_ids").required(),
    text("permission_level").required(),
    long_text("share_email_body").nullable(),
    boolean("send_shared_email").nullable(),
];

pub(super) async fn get(call: &Call) -> Reply {
    done(&shown(&call.core().get_group_shares(&call.actor, group(call)?).await?))
}

pub(super) async fn put_users(call: &Call) -> Reply {
    let ids = call.body.ids("user_ids").unwrap_or_default();
    let permission = level(call.body.text("permission_level").unwrap_or_default())?;
    let share = ShareWithUsers {
        user_ids: ids.into_iter().map(UserId).collect(),
        permission,
        send_email: call.body.boolean("send_shared_email").unwrap_or(false),
        email_text: call.body.text("share_email_body").map(str::to_owned),
    };
    done(&shown(&call.core().share_group_with_users(&call.actor, group(call)?, &share).await?))
}

pub(super) async fn put_groups(call: &Call) -> Reply {
    let ids = call.body.ids("group_ids").unwrap_or_default();
    let permission = level(call.body.text("permission_level").unwrap_or_default())?;
    let share = ShareWithGroups {
        group_ids: ids.into_iter().map(GroupId).collect(),
        permission,
        send_email: call.body.boolean("send_shared_email").unwrap_or(false),
        email_text: call.body.text("share_email_body").map(str::to_owned),
    };
    done(&shown(&call.core().share_group_with_groups(&call.actor, group(call)?, &share).await?))
}

pub(super) async fn delete_user(call: &Call) -> Reply {
    let user = UserId(call.id(1, Kind::User)?);
    call.core().unshare_group_with_user(&call.actor, group(call)?, user).await?;
    nothing()
}

pub(super) async fn delete_group(call: &Call) -> Reply {
    let grantee = GroupId(call.id(1, Kind::Group)?);
    call.core().unshare_group_with_group(&call.actor, group(call)?, grantee).await?;
    nothing()
}

pub(super) async fn list_child_groups(call: &Call) -> Reply {
    done(&call.core().list_child_groups(&call.actor, group(call)?).await?)
}

fn shown(shares: &GroupShares) -> Value {
    let levels = [&shares.readers, &shares.writers, &shares.managers];
    json!({
        "readers": shares.readers,
        "writers": shares.writers,
        "owners": shares.managers,
        "totalUserShares": levels.iter().map(|level| level.users.len()).sum::<usize>(),
        "totalGroupShares": levels.iter().map(|level| level.groups.len()).sum::<usize>(),
    })
}
