//! What is kept: queries and migrations, SQLite and PostgreSQL alike.

mod change;
mod columns;
mod error;
mod links;
pub mod live;
mod live_credential;
mod messages;
mod one_time_codes;
mod sql;
mod sso;
#[cfg(test)]
mod testing;
mod throttles;
mod totp;

pub use change::{Change, Follow};
pub use error::{Cause, Error};
pub use links::Link;
pub use live_credential::LiveCredential;
pub use messages::NewMessage;
pub use one_time_codes::{OneTimeCode, Sends};
pub use sql::{Engine, Location, Options, Statistics, Store, Tx, Unique, Work};
pub use sso::SsoSignInRow;
pub use throttles::Attempts;
pub use totp::{Totp, TotpUse};
