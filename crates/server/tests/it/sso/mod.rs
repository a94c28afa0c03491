//! Sign-in providers, honest and hostile.

mod github;
mod hostile;
mod provider;
mod rotation;
mod signing;
mod third_party;
