//! For those who run the server: first set-up, outgoing messages, the audit log.

use axum::Router;
use roster_api::{ListAuditEvents, ListMessages, RetryMessage, SetUpRoster};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{AuditEvent, Message, Page, User};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(set_up))
        .merge(endpoint(messages))
        .merge(endpoint(retry))
        .merge(endpoint(audit_events))
}

async fn set_up(call: Call<SetUpRoster>) -> Result<User> {
    call.core.set_up(&call.actor, &call.body.token, &call.body.user).await
}

async fn messages(call: Call<ListMessages>) -> Result<Page<Message>> {
    call.core.list_messages(&call.actor, &call.query.0, &call.query.1).await
}

async fn retry(call: Call<RetryMessage>) -> Result<Message> {
    call.core.retry_message(&call.actor, call.path.message).await
}

async fn audit_events(call: Call<ListAuditEvents>) -> Result<Page<AuditEvent>> {
    call.core.list_audit_events(&call.actor, &call.query.0, &call.query.1).await
}
