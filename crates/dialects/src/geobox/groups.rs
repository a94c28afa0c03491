//! `groups/` and who is in them.

use roster_core::{Actor, Error, Kind};
use roster_model::{GroupId, MembershipRank, Role};

use super::{
    Reply,
    call::Call,
    lists::{self, Listing},
    query,
    replies::{CountReply, GroupReply, done, nothing},
    requests,
    translate::Refusal,
    users::{self, named},
};

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(&call.query, &lists::GROUPS)?;
    let viewer = lists::check_viewer(call, &actor, &listing).await?;
    let place = viewer.filter(|viewer| viewer.role != Role::SystemAdmin);
    let place = place.map(|viewer| viewer.organization_id);
    let found = call.core().select_groups(&actor, place, &listing.selection()).await?;
    if listing.wants_count {
        return done(&CountReply { count: found.total });
    }
    done(&found.items.iter().map(GroupReply::from).collect::<Vec<_>>())
}

/// The groups that the caller owns or is in, all of them.
pub(super) async fn shareable(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read_search(&call.query, &lists::GROUPS)?;
    let found = call.core().select_own_groups(&actor, &listing.whole()).await?;
    done(&found.items.iter().map(GroupReply::from).collect::<Vec<_>>())
}

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let new = requests::json::<requests::CreateGroup>(&call.body)?.into();
    let made = call.core().create_group(&actor, &new).await?;
    reply(call, &actor, made.id).await
}

pub(super) async fn get(call: &Call, group: &str) -> Reply {
    let actor = call.caller().await?;
    reply(call, &actor, numbered(group)?).await
}

pub(super) async fn update(call: &Call, group: &str) -> Reply {
    let actor = call.caller().await?;
    let update = requests::json::<requests::UpdateGroup>(&call.body)?.into();
    let changed = call.core().update_group(&actor, numbered(group)?, &update).await?;
    reply(call, &actor, changed.id).await
}

pub(super) async fn delete(call: &Call, group: &str) -> Reply {
    let actor = call.caller().await?;
    call.core().delete_group(&actor, numbered(group)?).await?;
    nothing()
}

/// The members of a group: as users for those who may list users, else as everybody may know them.
pub(super) async fn members(call: &Call, group: &str) -> Reply {
    let actor = call.caller().await?;
    let group = call.core().get_group(&actor, numbered(group)?).await?.group.id;
    users::reply_people(call, &actor, Some(group), Listing::read).await
}

pub(super) async fn add_member(call: &Call, group: &str, user: &str) -> Reply {
    let actor = call.caller().await?;
    let (group, user) = (numbered(group)?, named(user));
    call.core().set_member(&actor, group, &user, MembershipRank::Member).await?;
    reply(call, &actor, group).await
}

pub(super) async fn remove_member(call: &Call, group: &str, user: &str) -> Reply {
    let actor = call.caller().await?;
    let (group, user) = (numbered(group)?, named(user));
    call.core().remove_member(&actor, group, &user).await?;
    nothing()
}

fn numbered(group: &str) -> Result<GroupId, Refusal> {
    query::id(group).map(GroupId).ok_or_else(|| Error::NotFound(Kind::Group).into())
}

async fn reply(call: &Call, actor: &Actor, group: GroupId) -> Reply {
    done(&GroupReply::from(&call.core().summarize_group(actor, group).await?))
}
