//! `groups/`: the groups of the caller's organization, each with everybody in it.

use roster_core::{Error, Kind, Selection};
use roster_model::GroupId;

use super::{
    Reply,
    call::Call,
    listing::Listing,
    replies::{GroupReply, done},
    search,
    translate::Refusal,
};

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(call.query())?;
    let organization = actor.credential().map(|credential| credential.user.organization_id);
    let selection = Selection {
        filter: listing.filter(search::GROUPS)?,
        order: Vec::new(),
        skip: listing.index,
        limit: listing.page_length.into(),
    };
    let found = call.core().select_groups_with_people(&actor, organization, &selection).await?;
    let data: Vec<_> = found.items.iter().map(GroupReply::from).collect();
    done(&listing.page("/api/v1/groups", data, found.total))
}

pub(super) async fn get(call: &Call, group: &str) -> Reply {
    let actor = call.caller().await?;
    let unknown = || Refusal::no_such_group(group);
    let id = group.parse().map(GroupId).map_err(|_| unknown())?;
    let found = call.core().get_group_with_people(&actor, id).await;
    let found = found.map_err(|error| match error {
        Error::NotFound(Kind::Group) => unknown(),
        error => error.into(),
    })?;
    done(&GroupReply::from(&found))
}
