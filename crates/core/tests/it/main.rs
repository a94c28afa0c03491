//! The rulebook held to its promises, on both databases.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod accounts;
mod authority;
mod constraint_reference;
mod constraints;
mod doors;
mod escalation;
mod favorites;
mod feature_flags;
mod fixture;
mod groups;
mod import;
mod interruption;
mod keys;
mod lists;
mod passwords;
mod people;
mod plans;
mod proofs;
mod providers;
mod revocation;
mod sessions;
mod sign_in;
mod sso;
mod themes;
mod users;
