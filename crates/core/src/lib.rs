//! The rulebook of Roster: what may be done, by whom, and what follows from it. It knows no HTTP and no SQL.

pub mod clock;
pub mod credentials;
pub mod messages;
pub mod random;
pub mod sso;
