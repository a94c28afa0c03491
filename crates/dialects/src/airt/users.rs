//! `/user/…`: making, listing, reading, changing, switching off and on.

use http::StatusCode;
use roster_core::{Actor, Result};
use roster_model::{Page, PageRequest, User, UserFilter, UserRef};

use super::{
    Reply,
    call::Call,
    replies::{UserReply, done},
    requests,
    translate::Refusal,
};

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let (new, proof) = requests::json::<requests::CreateUser>(&call.body)?.into_parts();
    let actor = actor.with_proof(proof);
    let user = call.core().create_user(&actor, &new).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let is_disabled = call.query.flag("disabled")?;
    let statuses = if is_disabled { "pending,suspended,disabled" } else { "new,active" };
    let filter = UserFilter { status: Some(statuses.into()), ..UserFilter::default() };
    let (core, actor, filter) = (call.core(), &actor, &filter);
    let users =
        rows(call, |page| async move { core.list_users(actor, filter, &page).await }).await?;
    let plans = call.core().plans_of(actor, &users).await?;
    let body: Vec<_> = users.iter().map(|user| UserReply::new(user, plans.of(user))).collect();
    done(&body)
}

/// The rows that a query's `offset` and `limit` ask for, however many pages of the rulebook that is.
pub(super) async fn rows<T, F>(
    call: &Call,
    page: impl Fn(PageRequest) -> F,
) -> std::result::Result<Vec<T>, Refusal>
where
    F: Future<Output = Result<Page<T>>>,
{
    /// Whoever wants more than this asks with `offset`, too.
    const MOST: usize = 100_000;
    const PAGE: u64 = 1000;
    // An offset beyond what the database can count is past the end like any other.
    let offset = call.query.number("offset", 0)?.min(i64::MAX.unsigned_abs());
    let mut left = call.query.number("limit", 100)?;
    let mut rows = Vec::new();
    let mut request = PageRequest { offset: Some(offset), ..PageRequest::default() };
    // The first page is asked for in any case: who may not see it must not read an empty list.
    loop {
        request.limit = u32::try_from(left.clamp(1, PAGE)).ok();
        let page = page(request.clone()).await?;
        rows.extend(page.items.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)));
        left = left.saturating_sub(PAGE);
        let Some(next) = page.next.filter(|_| left > 0) else { return Ok(rows) };
        if rows.len() >= MOST {
            let detail = format!(
                "The list is longer than {MOST}; ask for parts of it with offset and limit"
            );
            return Err(Refusal::new(StatusCode::BAD_REQUEST, detail));
        }
        request.offset = None;
        request.cursor = Some(next);
    }
}

pub(super) async fn details(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let user = call.query.text("user_uuid_or_name")?.map_or(UserRef::Me, named);
    let user = call.core().get_user(&actor, &user).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn update(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let (update, proof) = requests::json::<requests::UpdateUser>(&call.body)?.into_parts();
    let actor = actor.with_proof(proof);
    let user = call.core().update_user(&actor, &named(user), &update, None).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn disable(call: &Call, user: &str) -> Reply {
    let actor = call.caller_with_code().await?;
    let user = call.core().disable_user(&actor, &named(user)).await?;
    reply(call, &actor, &user).await
}

pub(super) async fn enable(call: &Call, user: &str) -> Reply {
    let actor = call.caller_with_code().await?;
    let user = call.core().enable_user(&actor, &named(user)).await?;
    reply(call, &actor, &user).await
}

/// An account by uuid or name. airt has no numbers, and nobody can be called `me`, so both name nobody here.
pub(super) fn named(text: &str) -> UserRef {
    match UserRef::parse(text) {
        UserRef::Me | UserRef::Id(_) => UserRef::Name(roster_model::fold(text)),
        user => user,
    }
}

/// The user as airt sees it.
pub(super) async fn reply(call: &Call, actor: &Actor, user: &User) -> Reply {
    let plans = call.core().plans_of(actor, std::slice::from_ref(user)).await?;
    done(&UserReply::new(user, plans.of(user)))
}
