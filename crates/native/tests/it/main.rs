//! The native door: what comes in by HTTP and what goes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod budgets;
mod conditions;
mod door;
mod endings;
mod enumeration;
mod example;
mod foreign_hashes;
mod input;
mod joining;
mod lists;
mod lockout;
mod messages;
mod narrowed;
mod ownership;
mod recovery;
mod registration;
mod secrets;
mod statements;
mod themes;
mod tour;
