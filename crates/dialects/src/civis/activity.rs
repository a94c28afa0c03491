//! `users/me/activity`.

use roster_model::{Activity, ActivityFilter, ActivityOrder, RunState};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, text, text_up_to},
    replies::done,
    times,
    translate::Refusal,
};

/// What of it is wanted.
pub(super) const WANTED: &[Field] = &[text("status"), text_up_to("author", 10_000), text("order")];

pub(super) async fn list(call: &Call) -> Reply {
    let wrong = |what: &'static str| Refusal::invalid(what);
    let state = match call.query.text("status") {
        None | Some("all") => None,
        Some(word) => Some(
            RunState::from_word(word)
                .ok_or_else(|| wrong("status must be all, succeeded, failed or running"))?,
        ),
    };
    // Both orders run downwards.
    let order = call.query.text("order").map(|word| {
        ActivityOrder::from_word(word).ok_or_else(|| wrong("order must be newest or name"))
    });
    let author = call.query.text("author").map(str::to_owned);
    let filter = ActivityFilter { state, author, order: order.transpose()? };
    let events = call.core().list_my_activity(&call.actor, &filter).await?;
    done(&events.iter().map(record).collect::<Vec<_>>())
}

fn record(event: &Activity) -> Value {
    json!({
        "id": event.id,
        "name": event.name,
        "type": event.kind,
        "user": event.username,
        "category": event.category,
        "state": event.state,
        "updatedAt": times::written(event.updated_at),
        "nextRunAt": event.next_run_at.map(times::written),
        "lastRunId": event.last_run_id,
        "lastRunState": event.last_run_state,
    })
}
