//! API keys.

use axum::Router;
use roster_api::{
    CreateApiKey, DeleteApiKey, GetApiKey, ListApiKeys, RestoreApiKey, RevokeApiKey, UpdateApiKey,
};
use roster_core::{KeyRef, Result};
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{ApiKey, IssuedApiKey, Page};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(create))
        .merge(endpoint(list))
        .merge(endpoint(get))
        .merge(endpoint(revoke))
        .merge(endpoint(update))
        .merge(endpoint(restore))
        .merge(endpoint(delete))
}

async fn create(call: Call<CreateApiKey>) -> Result<IssuedApiKey> {
    call.core.create_api_key(&call.actor, &call.path.user, &call.body).await
}

async fn list(call: Call<ListApiKeys>) -> Result<Page<ApiKey>> {
    let (filter, page) = &call.query;
    let include_revoked = filter.include_revoked.unwrap_or(false);
    let user = &call.path.user;
    call.core.list_api_keys(&call.actor, user, include_revoked, &filter.list(), page).await
}

async fn get(call: Call<GetApiKey>) -> Result<ApiKey> {
    let key = KeyRef::parse(&call.path.key);
    call.core.get_api_key(&call.actor, &call.path.user, &key).await
}

async fn revoke(call: Call<RevokeApiKey>) -> Result<ApiKey> {
    let key = KeyRef::parse(&call.path.key);
    call.core.revoke_api_key(&call.actor, &call.path.user, &key).await
}

async fn update(call: Call<UpdateApiKey>) -> Result<ApiKey> {
    let key = KeyRef::parse(&call.path.key);
    call.core.update_api_key(&call.actor, &call.path.user, &key, &call.body).await
}

async fn restore(call: Call<RestoreApiKey>) -> Result<ApiKey> {
    let key = KeyRef::parse(&call.path.key);
    call.core.restore_api_key(&call.actor, &call.path.user, &key).await
}

async fn delete(call: Call<DeleteApiKey>) -> Result<()> {
    let key = KeyRef::parse(&call.path.key);
    call.core.delete_api_key(&call.actor, &call.path.user, &key).await
}
