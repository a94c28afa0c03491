//! The server: configuration, assembly of the doors, delivery of messages, sign-in providers, background jobs, shutdown.

pub mod config;
pub mod delivery;
pub mod listener;
pub mod logs;
pub mod sso;
