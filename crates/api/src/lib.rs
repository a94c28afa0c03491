//! The native HTTP API as data: each endpoint's method, path, shapes and refusals, declared once
//! in `endpoints.rs`. The router, the OpenAPI document, the client and the access test read it.

mod body;
mod endpoint;
mod endpoints;
mod example;
mod openapi;
mod path;
mod query;
mod shape;
mod status;

pub use body::{Body, ReadJson, Upload};
pub use endpoint::{Endpoint, EndpointDescription, PathParamDescription};
pub use endpoints::*;
pub use openapi::openapi;
pub use path::{PathParam, SegmentError};
pub use query::{ApiKeyFilter, EndSessionsQuery, Joined, Query};
pub use shape::{Reply, Shape};
pub use status::status;

/// The header that carries a code of the second factor.
pub const OTP_HEADER: &str = "Roster-OTP";

/// The header that makes a creation safe to repeat.
pub const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

/// The header with a request's id, in requests and in answers.
pub const REQUEST_ID_HEADER: &str = "X-Request-Id";
