//! The server: configuration, assembly of the doors, delivery of messages, sign-in providers, background jobs, shutdown.

mod assemble;
pub mod config;
pub mod delivery;
pub mod dioptra;
pub mod doctor;
mod first_start;
pub mod jobs;
pub mod listener;
pub mod logs;
pub mod metrics;
pub mod operator;
pub mod sso;
mod start;
mod traces;

pub use assemble::assemble;
pub use start::{Server, open_core, stop_signal};
