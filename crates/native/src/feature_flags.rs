//! Feature flags, and who has them.

use axum::Router;
use roster_api::{
    ChangeFeatureFlag, CreateFeatureFlag, DeleteFeatureFlag, GetFeatureFlag,
    ListFeatureFlagSwitches, ListFeatureFlags, ListFeatureFlagsOfUser,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{FeatureFlag, FeatureFlagState, FeatureFlagSwitch, Page};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(list))
        .merge(endpoint(get))
        .merge(endpoint(create))
        .merge(endpoint(delete))
        .merge(endpoint(switches))
        .merge(endpoint(switch))
        .merge(endpoint(of_user))
}

async fn list(call: Call<ListFeatureFlags>) -> Result<Page<FeatureFlag>> {
    call.core.list_feature_flags(&call.actor, &call.query).await
}

async fn get(call: Call<GetFeatureFlag>) -> Result<FeatureFlag> {
    call.core.get_feature_flag(&call.actor, &call.path.flag).await
}

async fn create(call: Call<CreateFeatureFlag>) -> Result<FeatureFlag> {
    call.core.create_feature_flag(&call.actor, &call.body).await
}

async fn delete(call: Call<DeleteFeatureFlag>) -> Result<()> {
    call.core.delete_feature_flag(&call.actor, &call.path.flag).await
}

async fn switches(call: Call<ListFeatureFlagSwitches>) -> Result<Page<FeatureFlagSwitch>> {
    call.core.list_feature_flag_switches(&call.actor, &call.path.flag, &call.query).await
}

async fn switch(call: Call<ChangeFeatureFlag>) -> Result<FeatureFlag> {
    call.core.switch_feature_flag(&call.actor, &call.path.flag, &call.body).await
}

async fn of_user(call: Call<ListFeatureFlagsOfUser>) -> Result<Page<FeatureFlagState>> {
    Ok(call.core.list_feature_flags_of(&call.actor, &call.path.user).await?.into())
}
