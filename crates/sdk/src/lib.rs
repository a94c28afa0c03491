//! The Rust client of a Roster server: typed calls, typed refusals, polite retries.
//!
//! [`Client`] is asynchronous (tokio); [`blocking::Client`] has the same methods for programs
//! without a runtime. Both are made by a [`Builder`]. The records are those of [`model`], as the
//! server itself uses them.

mod builder;
mod calls;
mod client;
#[cfg(feature = "polars")]
mod data_frame;
mod error;
mod pages;
mod qr;
mod retry;
mod transport;

pub mod blocking;

pub use roster_api::{ApiKeyFilter, EndSessionsQuery, Upload};
pub use roster_model as model;

#[cfg(feature = "polars")]
pub use crate::data_frame::data_frame;
pub use crate::{
    builder::Builder,
    client::Client,
    error::{Error, Result, TransportError, TransportFailure},
    pages::{Paged, Pages},
    qr::Qr,
};
