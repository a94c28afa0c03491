//! Messages to people.

pub mod templates;
