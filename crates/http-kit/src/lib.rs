//! What all HTTP doors share: who asks and from where, limits, and how a refusal is said.
//!
//! [`Gate`] stands before the router and does in one pass what every request needs; [`endpoint()`]
//! makes a route of a handler of the native API; dialects and pages use the parts of both.

mod address;
mod bearer;
mod body;
mod conditions;
mod context;
mod endpoint;
mod gate;
mod json;
mod kit;
mod limiter;
mod metrics;
mod mount;
mod refusal;
mod site;
mod traces;

pub use address::TrustedProxies;
pub use bearer::bearer;
pub use body::{has_json_type, read};
pub use conditions::{idempotency, if_match, proof};
pub use context::RequestContext;
pub use endpoint::{Call, endpoint};
pub use gate::{Answering, Gate, GateSettings};
pub use json::parse;
pub use kit::Kit;
pub use limiter::{Allowance, Limiter};
pub use metrics::{Metrics, NoMetrics};
pub use mount::Mount;
pub use refusal::{Refusal, Renderer, seconds};
pub use site::Site;
pub use traces::{Answered, Parent, Traces};
