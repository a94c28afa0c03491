//! What is known of a request before anything is decided about it.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{Extensions, HeaderMap, header::USER_AGENT};
use roster_core::{Door, Error, Origin};

use crate::{Allowance, Refusal};

/// How much of a client's name for itself is kept.
const MAX_USER_AGENT: usize = 320;

/// What the gate has found out about a request. Handlers find it in the request's extensions.
#[derive(Debug)]
pub struct RequestContext {
    id: Arc<str>,
    address: Option<IpAddr>,
    route: OnceLock<&'static str>,
    allowance: OnceLock<Allowance>,
    is_reading: AtomicBool,
    is_by_host: AtomicBool,
}

impl RequestContext {
    pub(crate) fn new(id: Arc<str>, address: Option<IpAddr>) -> Self {
        Self {
            id,
            address,
            route: OnceLock::new(),
            allowance: OnceLock::new(),
            is_reading: AtomicBool::new(false),
            is_by_host: AtomicBool::new(false),
        }
    }

    /// The context of the request that has these extensions.
    pub fn of(extensions: &Extensions) -> Arc<Self> {
        // A router that is called without a gate (in a door's own unit tests) has no id to tell.
        let found = extensions.get::<Arc<Self>>().cloned();
        found.unwrap_or_else(|| Arc::new(Self::new(Arc::from("-"), None)))
    }

    /// The request's id.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The client's address.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Notes which declared path the request has met, for the log and for metrics.
    pub fn set_route(&self, route: &'static str) {
        let _ = self.route.set(route);
    }

    /// The declared path that the request has met.
    pub fn route(&self) -> &'static str {
        self.route.get().copied().unwrap_or("-")
    }

    /// Notes how many requests its address has left.
    pub(crate) fn set_allowance(&self, allowance: Allowance) {
        let _ = self.allowance.set(allowance);
    }

    /// How many requests its address has left, where there is a limit.
    pub(crate) fn allowance(&self) -> Option<Allowance> {
        self.allowance.get().copied()
    }

    /// Where the request comes from, as the rulebook wants to know it.
    pub fn origin(&self, door: Door, headers: &HeaderMap) -> Origin {
        let user_agent = headers.get(USER_AGENT).map(|value| match value.to_str() {
            Ok(text) if text.len() <= MAX_USER_AGENT => Arc::from(text),
            _ => {
                let text = String::from_utf8_lossy(value.as_bytes());
                let shown = text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT);
                Arc::from(shown.collect::<String>())
            }
        });
        Origin { door, address: self.address, user_agent, request_id: Some(self.id.clone()) }
    }

    /// The refusal that an error of the rulebook makes. What is behind a fault of ours or an outage goes to the log, whole
    /// and with the request's id; the client is told nothing but that id.
    pub fn refusal(&self, error: Error) -> Refusal {
        if let Error::Internal(_) = &error {
            tracing::error!(request_id = %self.id, route = self.route(), cause = error.chain(), "a fault of the server");
        } else if error.is_for_the_log() {
            tracing::warn!(request_id = %self.id, route = self.route(), cause = error.chain(), "not done");
        }
        error.into()
    }

    /// Marks that the door was found by its host name: to the client its paths have no prefix.
    pub(crate) fn set_by_host(&self) {
        self.is_by_host.store(true, Ordering::Relaxed);
    }

    /// Whether the door was found by its host name: to the client its paths have no prefix.
    pub fn is_by_host(&self) -> bool {
        self.is_by_host.load(Ordering::Relaxed)
    }

    /// Marks that the client has to send something, so that lateness is its own.
    pub(crate) fn set_reading(&self, is_reading: bool) {
        self.is_reading.store(is_reading, Ordering::Relaxed);
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.is_reading.load(Ordering::Relaxed)
    }
}
