//! The native door: what comes in by HTTP and what goes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conditions;
mod endings;
mod enumeration;
mod example;
mod lists;
mod lockout;
mod messages;
mod ownership;
mod secrets;
