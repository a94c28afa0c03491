//! People: making, reading, changing, shutting out and deleting users (design sections 3.1 and 3.2).

mod accept;
mod account;
mod consequences;
mod create;
mod export;
mod fields;
mod import;
mod invite;
mod list;
mod people;
mod person;
mod plan;
mod register;
mod remove;
mod status;
mod update;

pub use account::Account;
pub(crate) use create::claim_name;
pub(crate) use fields::{is_available, is_owner_available, read_optional, read_text};
pub(crate) use import::{Imports, refused};
pub(crate) use invite::find_inviter;
pub use list::{DirectorySelection, UserSelection};
pub(crate) use list::{narrowed, organization_of};
pub(crate) use person::Person;
pub use register::SignUp;
pub(crate) use status::StatusChange;
