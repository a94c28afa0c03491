//! What is kept: queries and migrations, SQLite and PostgreSQL alike.

mod api_keys;
mod audit_events;
mod change;
mod columns;
mod error;
mod groups;
mod idempotency;
mod identifiers;
mod installation;
mod links;
pub mod live;
mod live_credential;
mod memberships;
mod messages;
mod one_time_codes;
mod organizations;
mod passwords;
mod plans;
mod sessions;
mod sql;
mod sso;
#[cfg(test)]
mod testing;
mod throttles;
mod totp;
mod usage;
mod users;
mod window;

pub use api_keys::{ApiKeyRef, NewApiKeyRow};
pub use audit_events::{AuditQuery, NewAuditEvent};
pub use change::{Change, Follow};
pub use error::{Cause, Error};
pub use idempotency::KeptReply;
pub use links::Link;
pub use live_credential::{LiveCredential, Owner};
pub use messages::NewMessage;
pub use one_time_codes::{OneTimeCode, Sends};
pub use passwords::Claimant;
pub use sessions::{NewSession, StoredSession};
pub use sql::{Engine, Location, Options, Statistics, Store, Tx, Unique, Work};
pub use sso::SsoSignInRow;
pub use throttles::Attempts;
pub use totp::{Totp, TotpUse};
pub use users::{UserOrder, UserQuery};
pub use window::{Mark, MarkKey, Window};
