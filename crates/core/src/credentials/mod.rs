//! What people and programs prove themselves with: passwords, one-time codes, tokens, and the secret key beneath them.
//!
//! Here are the pure parts, which know neither storage nor who asks. The operations on top of them say when each is
//! used, counted and written down.

pub mod formats;
pub mod hasher;
pub mod one_time_code;
pub mod password;
pub mod recovery;
pub mod secret_box;
pub mod secret_key;
mod throttle;
pub mod token;
pub mod totp;

pub(crate) use throttle::Authenticator;
