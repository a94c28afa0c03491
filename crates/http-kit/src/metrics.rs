//! What is told to whoever counts requests.

use std::time::Duration;

use http::{Method, StatusCode};

/// Counts requests. Called once per request, on its thread, so it must be quick.
pub trait Metrics: Send + Sync + 'static {
    /// A request was answered. `route` is the declared path, never the one that came, so that
    /// there are only so many of them.
    fn answered(&self, route: &'static str, method: &Method, status: StatusCode, took: Duration);

    /// A handler panicked; the client saw a 500.
    fn panicked(&self, route: &'static str);
}

/// Counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMetrics;

impl Metrics for NoMetrics {
    fn answered(&self, _: &'static str, _: &Method, _: StatusCode, _: Duration) {}

    fn panicked(&self, _: &'static str) {}
}
