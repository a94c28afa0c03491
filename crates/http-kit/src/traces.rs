//! What is told to whoever follows requests from one program to the next.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::RequestContext;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Follows requests. Called once per request, on its thread, so it must be quick.
pub trait Traces: Send + Sync + 'static {
    /// A request was answered just now.
    fn answered(&self, answered: Answered<'_>);
}

/// A request that was answered.
#[derive(Debug)]
pub struct Answered<'a> {
    /// Its id, its client's address and its route.
    pub context: &'a RequestContext,
    /// Its method.
    pub method: &'a Method,
    /// The status of the answer.
    pub status: StatusCode,
    /// How long the answer took.
    pub took: Duration,
    /// Of what it is a part, if the client says so.
    pub parent: Parent,
}

/// What the client says the request is a part of (W3C Trace Context).
#[derive(Clone, Debug, Default)]
pub struct Parent {
    /// The header `traceparent`.
    pub trace: Option<HeaderValue>,
    /// The header `tracestate`.
    pub state: Option<HeaderValue>,
}

/// Whoever follows requests, and what is to be told of one request, if anybody does.
pub(crate) struct Followed(Arc<dyn Traces>, Parent);

impl Followed {
    /// Of a request with these headers.
    pub(crate) fn new(traces: Option<&Arc<dyn Traces>>, headers: &HeaderMap) -> Option<Self> {
        let header = |name| headers.get(name).cloned();
        let traces = traces?.clone();
        Some(Self(traces, Parent { trace: header(TRACEPARENT), state: header(TRACESTATE) }))
    }

    /// The answer is there.
    pub(crate) fn answered(
        self,
        context: &RequestContext,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        self.0.answered(Answered { context, method, status, took, parent: self.1 });
    }
}
