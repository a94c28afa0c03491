//! What holds for every declared endpoint.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod document;
mod endpoints;
