//! For those who run the server: first set-up, outgoing messages, the audit log.

use axum::Router;
use roster_api::{ListMessages, RetryMessage, SetUpRoster};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Message, Page, User};

pub(crate) fn routes() -> Router<Kit> {
    Router::new().merge(endpoint(set_up)).merge(endpoint(messages)).merge(endpoint(retry))
}

async fn set_up(call: Call<SetUpRoster>) -> Result<User> {
    call.core.set_up(&call.actor, &call.body.token, &call.body.user).await
}

async fn messages(call: Call<ListMessages>) -> Result<Page<Message>> {
    call.core.list_messages(&call.actor, &call.query).await
}

async fn retry(call: Call<RetryMessage>) -> Result<Message> {
    call.core.retry_message(&call.actor, call.path.message).await
}
