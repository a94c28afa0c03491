//! The audit log: what was done, by whom, to whom.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{AuditEventId, ListFilter, UserId, problem::words};

words! {
    /// How it ended.
    Outcome {
        /// It was done.
        Success = "success",
        /// It was refused.
        Failure = "failure",
    }
}

/// One entry. Entries are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEvent {
    /// Its number.
    pub id: AuditEventId,
    /// When it happened.
    pub at: Timestamp,
    /// What was done, for example `user.created`.
    pub action: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The user who did it; none: somebody not signed in, or the system.
    pub actor_id: Option<UserId>,
    /// The administrator who acted in that user's name.
    pub impersonator_id: Option<UserId>,
    /// By what it was done: `session`, `api_key`, `nobody`, `system`.
    pub credential: String,
    /// Through which door it came.
    pub door: String,
    /// From where.
    pub address: Option<String>,
    /// The request it belongs to.
    pub request_id: Option<String>,
    /// The user it was done to.
    pub user_id: Option<UserId>,
    /// What else it was done to, for example `api_key:7`.
    pub subject: Option<String>,
    /// Names of the fields that changed, and values where they are no secret.
    pub changes: serde_json::Value,
}

/// What part of the log is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AuditFilter {
    /// Done by or to this user (id, UUID, username or address).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Only this action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// A condition in the filter language (CQL2 text), for example `action LIKE 'mfa.%' AND outcome = 'failure'`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// A piece of the action, the subject or the address, letter case aside, or the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Fields of an entry with commas between, each with `-` before it downwards; `-id` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

impl AuditFilter {
    /// What the list is narrowed to by the fields of entries, and its order.
    pub fn list(&self) -> ListFilter {
        ListFilter {
            filter: self.filter.clone(),
            search: self.search.clone(),
            order_by: self.order_by.clone(),
        }
    }
}
