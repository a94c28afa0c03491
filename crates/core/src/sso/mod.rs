//! Single sign-on.

pub mod provider;
