//! People: making, reading, changing, shutting out and deleting users (design sections 3.1 and 3.2).

mod create;
mod fields;
mod import;
mod list;
mod plan;
mod remove;
mod status;
mod update;

pub(crate) use create::Person;
pub(crate) use fields::{is_available, is_owner_available, read_text};
pub use list::UserSelection;
pub(crate) use list::organization_of;
