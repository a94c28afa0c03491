//! Messages to people.

mod outbox;
pub mod templates;

pub use outbox::Outgoing;
