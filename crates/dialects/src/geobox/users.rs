//! `users/`: listing, searching, making, reading, changing and deleting users, their plans and members.

use roster_core::{Actor, DirectorySelection, Error, Kind, UserSelection};
use roster_model::{
    ChangePassword, Filter, FilterValue, GroupId, PageRequest, User, UserField, UserId, UserRef,
    UserUpdate,
};

use super::{
    Reply,
    call::Call,
    lists::{self, Language, Listing},
    query::{self, Query},
    replies::{CountReply, UserReply, done, nothing},
    requests,
    translate::Refusal,
};

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(&call.query, &lists::USERS)?;
    let mut filter = listing.filter.clone();
    if let Some(status) = call.query.given("status")? {
        filter = lists::with_status(status)?.and(filter);
    }
    if let Some(user) = lists::check_viewer(call, &actor, &listing).await? {
        let id = FilterValue::Integer(user.id.0);
        let account = vec![
            Filter::equals(UserField::Id, id.clone()),
            Filter::equals(UserField::ParentId, id),
        ];
        filter = Filter::Or(account).and(filter);
    }
    let selection = UserSelection { filter, order: listing.order.clone(), ..Default::default() };
    reply_selected(call, &actor, selection, &listing).await
}

/// The users of a selection that the page of a listing shows, or how many there are in all.
async fn reply_selected(
    call: &Call,
    actor: &Actor,
    selection: UserSelection,
    listing: &Listing<UserField>,
) -> Reply {
    if listing.wants_count {
        let count = call.core().count_users(actor, selection).await?;
        return done(&CountReply { count });
    }
    let mut users = call.core().select_users(actor, selection, &listing.page()).await?.items;
    users.truncate(listing.limit());
    reply_all(call, actor, &users).await
}

/// The same of the directory: people as everybody may know them.
async fn reply_known(
    call: &Call,
    actor: &Actor,
    group: Option<GroupId>,
    listing: &Listing<UserField>,
) -> Reply {
    let selection = DirectorySelection {
        filter: listing.filter.clone(),
        order: listing.order.clone(),
        group,
        ..DirectorySelection::default()
    };
    let mut page = listing.page();
    page.count = Some(listing.wants_count);
    let found = call.core().select_directory(actor, selection, &page).await?;
    if listing.wants_count {
        return done(&CountReply { count: found.total.unwrap_or_default() });
    }
    let shown = found.items.iter().take(listing.limit());
    done(&shown.map(UserReply::from).collect::<Vec<_>>())
}

/// People as users for those who may list users, else as everybody may know them.
pub(super) async fn reply_people(
    call: &Call,
    actor: &Actor,
    group: Option<GroupId>,
    read: fn(&Query, &Language<UserField>) -> Result<Listing<UserField>, Refusal>,
) -> Reply {
    if !call.core().may_list_users(actor) {
        return reply_known(call, actor, group, &read(&call.query, &lists::DIRECTORY)?).await;
    }
    let listing = read(&call.query, &lists::USERS)?;
    let selection = UserSelection {
        filter: listing.filter.clone(),
        order: listing.order.clone(),
        group,
        ..UserSelection::default()
    };
    reply_selected(call, actor, selection, &listing).await
}

/// People by a piece of a name or address, for everybody: as much of them as the caller may know.
pub(super) async fn search(call: &Call) -> Reply {
    let actor = call.caller().await?;
    reply_people(call, &actor, None, Listing::read_search).await
}

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let new = requests::json::<requests::CreateUser>(&call.body)?.into_new_user()?;
    let user = call.core().create_user(&actor, &new).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn get(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let user = call.core().get_user(&actor, &named(user)).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn update(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let user = named(user);
    let update = requests::json::<requests::UpdateUser>(&call.body)?.into_update()?;
    let changed = call.core().update_user(&actor, &user, &update, None).await?;
    reply(call, &actor, &changed).await
}

pub(super) async fn delete(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    call.core().delete_user(&actor, &named(user)).await?;
    nothing()
}

pub(super) async fn change_password(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let form = Query::form(&call.body);
    let field = "new_password";
    let new_password = requests::hidden_password(field, form.required(field)?)?;
    let input = ChangePassword { password: None, new_password };
    call.core().change_password(&actor, &named(user), &input).await?;
    nothing()
}

pub(super) async fn renew_plan(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let renewed = call.core().renew_plan(&actor, &named(user)).await?;
    reply(call, &actor, &renewed).await
}

/// All who belong to an account admin.
pub(super) async fn members(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let parent = call.core().get_user(&actor, &named(user)).await?.id;
    let filter = Filter::equals(UserField::ParentId, FilterValue::Integer(parent.0));
    let selection = UserSelection { filter, ..UserSelection::default() };
    let mut users = Vec::new();
    let mut page = PageRequest { limit: Some(10_000), ..PageRequest::default() };
    loop {
        let read = call.core().select_users(&actor, selection.clone(), &page).await?;
        users.extend(read.items);
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => return reply_all(call, &actor, &users).await,
        }
    }
}

pub(super) async fn add_member(call: &Call, user: &str, member: &str) -> Reply {
    let actor = call.caller().await?;
    let parent = call.core().get_user(&actor, &named(user)).await?.id;
    set_parent(call, &actor, member, Some(parent)).await
}

pub(super) async fn remove_member(call: &Call, user: &str, member: &str) -> Reply {
    let actor = call.caller().await?;
    let parent = call.core().get_user(&actor, &named(user)).await?.id;
    let found = call.core().get_user(&actor, &named(member)).await?;
    if found.parent_id != Some(parent) {
        return Err(Error::NotFound(Kind::Member).into());
    }
    set_parent(call, &actor, member, None).await?;
    nothing()
}

async fn set_parent(call: &Call, actor: &Actor, member: &str, parent: Option<UserId>) -> Reply {
    let update = UserUpdate { parent_id: Some(parent), ..UserUpdate::default() };
    let changed = call.core().update_user(actor, &named(member), &update, None).await?;
    reply(call, actor, &changed).await
}

/// An account by number, or the caller's own. What is no number of an account is that of nobody.
pub(super) fn named(text: &str) -> UserRef {
    match text {
        "me" => UserRef::Me,
        text => UserRef::Id(UserId(query::id(text).unwrap_or_default())),
    }
}

/// The user as Geobox sees it.
async fn reply(call: &Call, actor: &Actor, user: &User) -> Reply {
    let plans = call.core().plans_of(actor, std::slice::from_ref(user)).await?;
    done(&UserReply::new(user, plans.of(user)))
}

/// The same of many.
pub(super) async fn reply_all(call: &Call, actor: &Actor, users: &[User]) -> Reply {
    let plans = call.core().plans_of(actor, users).await?;
    done(&users.iter().map(|user| UserReply::new(user, plans.of(user))).collect::<Vec<_>>())
}
