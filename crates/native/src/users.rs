//! Users.

use axum::Router;
use roster_api::InviteUser;
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::Accepted;

pub(crate) fn routes() -> Router<Kit> {
    Router::new().merge(endpoint(invite))
}

async fn invite(call: Call<InviteUser>) -> Result<Accepted> {
    call.core.invite_user(&call.actor, &call.path.user).await
}
