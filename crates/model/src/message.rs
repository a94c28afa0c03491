//! Outgoing messages: SMS and e-mail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{MessageId, UserId, problem::words};

words! {
    /// How a message is sent.
    Channel {
        /// As a text message to a phone.
        Sms = "sms",
        /// As an e-mail.
        Email = "email",
    }
}

words! {
    /// How far a message has come.
    MessageState {
        /// Waits to be sent, for the first time or again.
        Pending = "pending",
        /// Taken by the gateway.
        Sent = "sent",
        /// Given up.
        Failed = "failed",
    }
}

/// A message in the outbox. Its text is not shown: it may hold a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// How it is sent.
    pub channel: Channel,
    /// To whom: E.164 digits or an address.
    pub to: String,
    /// The user it is about.
    pub user_id: Option<UserId>,
    /// Which text it has.
    pub template: String,
    /// How far it has come.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the gateway said last, if it refused.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// When the gateway took it.
    pub sent_at: Option<Timestamp>,
}
