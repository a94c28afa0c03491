//! Single sign-on.

mod callback;
mod finish;
mod links;
pub mod provider;
mod sign_in;

pub use callback::{SsoOutcome, SsoReturn};
