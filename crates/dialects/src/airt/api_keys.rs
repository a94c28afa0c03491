//! API keys.

use roster_core::{Error, KeyRef, Kind};
use roster_model::{ListFilter, UserRef};
use uuid::Uuid;

use super::{
    Reply,
    call::Call,
    replies::{ApiKeyReply, TokenReply, done},
    requests,
    users::{named, rows},
};

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let (new, proof) = requests::json::<requests::CreateApiKey>(&call.body)?.into_parts();
    let issued = call.core().create_api_key(&actor.with_proof(proof), &UserRef::Me, &new).await?;
    done(&TokenReply::from(issued.token))
}

pub(super) async fn list(call: &Call, user: &str) -> Reply {
    let actor = call.caller().await?;
    let (core, actor, user) = (call.core(), &actor, &named(user));
    let include_revoked = call.query.flag("include_disabled")?;
    let keys = rows(call, |page| async move {
        let filter = ListFilter::default();
        core.list_api_keys(actor, user, include_revoked, &filter, &page).await
    })
    .await?;
    let body: Vec<_> = keys.iter().map(ApiKeyReply::from).collect();
    done(&body)
}

pub(super) async fn details(call: &Call, key: &str) -> Reply {
    let actor = call.caller().await?;
    let key = call.core().get_api_key(&actor, &UserRef::Me, &key_named(key)).await?;
    // For airt a revoked key is in lists and nowhere else.
    if key.revoked_at.is_some() {
        return Err(Error::NotFound(Kind::ApiKey).into());
    }
    done(&ApiKeyReply::from(&key))
}

pub(super) async fn revoke(call: &Call, user: &str, key: &str) -> Reply {
    let actor = call.caller_with_code().await?;
    let key = call.core().revoke_api_key(&actor, &named(user), &key_named(key)).await?;
    done(&ApiKeyReply::from(&key))
}

/// A key by uuid or name. airt has no numbers; digits are a name.
fn key_named(text: &str) -> KeyRef {
    Uuid::try_parse(text).map_or_else(|_| KeyRef::Name(text.to_owned()), KeyRef::Uuid)
}
