//! `apikeys/`.

use roster_core::{Actor, Error, KeyRef, Kind};
use roster_model::{ApiKeyId, ApiKeyUpdate, NewApiKey, UserRef};

use super::{
    Reply,
    call::Call,
    lists::{self, Listing},
    query::{self, Query},
    replies::{ApiKeyReply, done, nothing},
    requests,
    translate::Refusal,
};

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(&call.query, &lists::API_KEYS)?;
    let owner = listing.user.map_or(UserRef::Me, UserRef::Id);
    let mut keys = call.core().select_api_keys(&actor, &owner, &listing.whole()).await?.items;
    // `get_apikey_by_name` looks at the first key alone.
    if let Some(name) = listing.search.as_ref().filter(|_| listing.order.is_empty()) {
        keys.sort_by_key(|key| key.name != *name);
    }
    let page = keys.iter().skip(listing.skip()).take(listing.limit());
    done(&page.map(ApiKeyReply::from).collect::<Vec<_>>())
}

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let form = Query::form(&call.body);
    let owner = owner_in(&form)?.unwrap_or(UserRef::Me);
    let new = NewApiKey {
        name: form.required("name")?.to_owned(),
        expires_at: requests::key_end(&form, call.core().now())?,
        ..NewApiKey::default()
    };
    done(&ApiKeyReply::from(&call.core().create_api_key(&actor, &owner, &new).await?))
}

pub(super) async fn get(call: &Call, key: &str) -> Reply {
    let (actor, owner, key) = target(call, key).await?;
    done(&ApiKeyReply::from(&call.core().get_api_key(&actor, &owner, &key).await?))
}

pub(super) async fn update(call: &Call, key: &str) -> Reply {
    let (actor, owner, key) = target(call, key).await?;
    let form = Query::form(&call.body);
    if owner_in(&form)?.is_some_and(|named| named != owner) {
        return Err(Refusal::invalid("body", "user_id", "is not the owner of this key"));
    }
    let end = requests::key_end(&form, call.core().now())?;
    let update =
        ApiKeyUpdate { name: form.text("name")?.map(str::to_owned), expires_at: end.map(Some) };
    let changed = call.core().update_api_key(&actor, &owner, &key, &update).await?;
    done(&ApiKeyReply::from(&changed))
}

pub(super) async fn delete(call: &Call, key: &str) -> Reply {
    let (actor, owner, key) = target(call, key).await?;
    call.core().delete_api_key(&actor, &owner, &key).await?;
    nothing()
}

pub(super) async fn revoke(call: &Call, key: &str) -> Reply {
    let (actor, owner, key) = target(call, key).await?;
    let revoked = match call.core().revoke_api_key(&actor, &owner, &key).await {
        // It is as it is to be.
        Err(Error::WrongState(_)) => call.core().get_api_key(&actor, &owner, &key).await,
        revoked => revoked,
    };
    done(&ApiKeyReply::from(&revoked?))
}

pub(super) async fn grant(call: &Call, key: &str) -> Reply {
    let (actor, owner, key) = target(call, key).await?;
    let granted = match call.core().restore_api_key(&actor, &owner, &key).await {
        Err(Error::WrongState(_)) => call.core().get_api_key(&actor, &owner, &key).await,
        granted => granted,
    };
    done(&ApiKeyReply::from(&granted?))
}

/// Who asks, about which key, and whose that is.
async fn target(call: &Call, key: &str) -> Result<(Actor, UserRef, KeyRef), Refusal> {
    let actor = call.caller().await?;
    let key = query::id(key).map(ApiKeyId).ok_or(Error::NotFound(Kind::ApiKey))?;
    let owner = call.core().owner_of_api_key(&actor, key).await?;
    Ok((actor, UserRef::Id(owner), KeyRef::Id(key)))
}

/// The user that a form names.
fn owner_in(form: &Query) -> Result<Option<UserRef>, Refusal> {
    Ok(form.id("user_id")?.map(|id| UserRef::Id(roster_model::UserId(id))))
}
