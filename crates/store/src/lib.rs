//! What is kept: queries and migrations, SQLite and PostgreSQL alike.

mod change;
mod error;
pub mod live;
mod sql;
#[cfg(test)]
mod testing;

pub use change::{Change, Follow};
pub use error::{Cause, Error};
pub use sql::{Engine, Location, Options, Statistics, Store, Tx, Unique, Work};
