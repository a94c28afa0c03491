//! The audit log: every change writes its entry in the transaction that makes it.

use jiff::Timestamp;
use roster_model::{Outcome, UserId};
use roster_store::{NewAuditEvent, Tx};
use serde_json::{Value, json};

use crate::{Actor, Principal};

/// What is to be written down. Names of fields may stand in `changes`, and values that are no
/// secret.
pub(crate) struct Entry {
    /// What was done; a word of this list only: `user.created`, `session.opened`…
    pub(crate) action: &'static str,
    /// To whom.
    pub(crate) user: Option<UserId>,
    /// To what else, for example `api_key:7`.
    pub(crate) subject: Option<String>,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// What changed.
    pub(crate) changes: Value,
}

impl Entry {
    /// Something was done to a user.
    pub(crate) fn done(action: &'static str, user: UserId) -> Self {
        Self {
            action,
            user: Some(user),
            subject: None,
            outcome: Outcome::Success,
            changes: json!({}),
        }
    }

    /// Something was tried on a user and refused.
    pub(crate) fn refused(action: &'static str, user: Option<UserId>) -> Self {
        Self { action, user, subject: None, outcome: Outcome::Failure, changes: json!({}) }
    }

    /// Something was done to no user; [`about`](Self::about) says to what.
    pub(crate) fn done_to_nobody(action: &'static str) -> Self {
        Self::requested(action, None)
    }

    /// Something was asked for, of somebody who may not be there.
    pub(crate) fn requested(action: &'static str, user: Option<UserId>) -> Self {
        Self { outcome: Outcome::Success, ..Self::refused(action, user) }
    }

    /// The same, about something else besides.
    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The same, with what changed.
    pub(crate) fn with(mut self, changes: Value) -> Self {
        self.changes = changes;
        self
    }

    /// Writes it down.
    pub(crate) async fn write(
        self,
        tx: &mut Tx,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), roster_store::Error> {
        let mut changes = self.changes;
        if let (Principal::System(reason), Value::Object(map)) = (&actor.principal, &mut changes) {
            map.insert("reason".to_owned(), json!(reason));
        }
        tx.insert_audit_event(&NewAuditEvent {
            at: now,
            action: self.action,
            outcome: self.outcome,
            actor_id: actor.user_id(),
            impersonator_id: actor.credential().and_then(|credential| credential.impersonator_id),
            credential: actor.credential_word(),
            door: actor.origin.door.as_str(),
            address: actor.origin.address.map(|address| address.to_string()),
            request_id: actor.origin.request_id.as_deref(),
            user_id: self.user,
            subject: self.subject.as_deref(),
            changes: &changes,
        })
        .await
    }
}
