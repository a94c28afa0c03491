//! What people and programs prove themselves with: passwords, one-time codes, tokens, and the secret key beneath them.
//!
//! Here are the pure parts, which know neither storage nor who asks. The operations on top of them say when each is
//! used, counted and written down.

mod change;
mod claim;
mod codes;
mod constraints;
pub mod formats;
pub mod hasher;
mod links;
mod mfa;
pub mod one_time_code;
pub mod password;
mod patterns;
mod phone;
pub mod recovery;
mod replace;
mod reset;
mod second_factor;
pub mod secret_box;
pub mod secret_key;
mod throttle;
pub mod token;
pub mod totp;

pub(crate) use change::HashedPassword;
pub(crate) use claim::Claimed;
pub(crate) use codes::Budget;
pub use constraints::allows;
pub(crate) use constraints::{
    Constraints, are_same as are_same_constraints, check as check_constraints,
};
pub use links::LinkPage;
pub use replace::PasswordReplacement;
pub(crate) use throttle::{Authenticator, Subject, Turns};
