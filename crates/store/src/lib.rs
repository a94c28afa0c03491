//! What is kept: queries and migrations, SQLite and PostgreSQL alike.

mod api_keys;
mod audit_events;
mod change;
mod columns;
mod dioptra;
mod error;
mod favorites;
mod feature_flags;
mod filter;
mod groups;
mod idempotency;
mod identifiers;
mod installation;
mod invitations;
mod links;
pub mod live;
mod live_credential;
mod memberships;
mod messages;
mod objects;
mod one_time_codes;
mod organizations;
mod passwords;
mod plans;
mod query;
mod registrations;
mod restored;
mod search;
mod sessions;
mod sql;
mod sso;
#[cfg(test)]
mod testing;
mod themes;
mod throttles;
mod totp;
mod usage;
mod users;
mod window;

pub use api_keys::{ApiKeyRef, NewApiKeyRow};
pub use audit_events::{AuditQuery, NewAuditEvent};
pub use change::{Change, Follow};
pub use dioptra::{DioptraDatabase, DioptraGroup, DioptraMember, DioptraUser};
pub use error::{Cause, Error};
pub use favorites::FavoritesOf;
pub use feature_flags::SwitchFor;
pub use filter::Narrowed;
pub use groups::{Grant, GroupQuery, PersonOfGroup, Standing};
pub use idempotency::KeptReply;
pub use links::Link;
pub use live_credential::{LiveCredential, Owner};
pub use memberships::{Membership, NewMembership};
pub use messages::NewMessage;
pub use objects::ObjectQuery;
pub use one_time_codes::{Destination, OneTimeCode, Sends};
pub use passwords::Claimant;
pub use registrations::{Begun, Registration};
pub use sessions::{NewSession, StoredSession};
pub use sql::{
    Engine, Lag, Location, Options, Place, Progress, ReplicaStanding, Statistics, Store, Tx,
    Unique, Unsynced, Work,
};
pub use sso::SsoSignInRow;
pub use throttles::Attempts;
pub use totp::{Totp, TotpUse};
pub use users::{FoldedUser, UserQuery};
pub use window::{Mark, MarkKey, Window};
