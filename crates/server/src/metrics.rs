//! What is counted, in the text format that Prometheus reads.

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use roster_core::Core;

/// The content type of what [`Metrics::encode`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Times from a tenth of a millisecond to half a minute: token checks and queued sign-ins.
const SECONDS: [f64; 12] =
    [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: &'static str,
    method: Verb,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    channel: &'static str,
    outcome: &'static str,
}

/// The methods that exist; what clients make up is all one, or they could fill the memory with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Verb(pub(crate) &'static str);

impl Verb {
    pub(crate) fn of(method: &Method) -> Self {
        const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        Self(KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other"))
    }
}

impl EncodeLabelValue for Verb {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

type Times = Family<Route, Histogram, fn() -> Histogram>;

/// The counters.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    times: Times,
    panics: Family<Route, Counter>,
    messages: Family<Sent, Counter>,
}

impl Metrics {
    /// Counters at nought, and the figures of `core`.
    pub fn new(core: &Core) -> Self {
        let mut registry = Registry::with_prefix("roster");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let times = Times::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register(
            "http_request_seconds",
            "Time from the headers to the answer",
            times.clone(),
        );
        let panics = Family::default();
        registry.register("http_panics", "Handlers that panicked", panics.clone());
        let messages = Family::default();
        registry.register("messages", "Attempts to send messages", messages.clone());
        registry.register_collector(Box::new(CoreFigures(core.clone())));
        Self { registry, requests, times, panics, messages }
    }

    /// An attempt to send a message.
    pub fn message(&self, channel: &'static str, outcome: &'static str) {
        self.messages.get_or_create(&Sent { channel, outcome }).inc();
    }

    /// Everything, as Prometheus reads it.
    ///
    /// # Errors
    /// Never: writing into a string does not fail.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl roster_http_kit::Metrics for Metrics {
    fn answered(&self, route: &'static str, method: &Method, status: StatusCode, took: Duration) {
        let method = Verb::of(method);
        self.requests.get_or_create(&Answered { route, method, status: status.as_u16() }).inc();
        self.times.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    fn panicked(&self, route: &'static str) {
        self.panics.get_or_create(&Route { route }).inc();
    }
}

/// What the rulebook counts itself, asked for at each scrape.
#[derive(Debug)]
struct CoreFigures(Core);

impl Collector for CoreFigures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let figures = self.0.figures();
        let counters = [
            ("password_hashes", "Password hashes computed", figures.password_hashes),
            ("store_commits", "Commits that reached the database", figures.store.commits),
            ("store_writes", "Write transactions that those commits kept", figures.store.writes),
            ("store_repeats", "Transactions that ran again", figures.store.repeats),
            ("store_statements", "Statements that were run", figures.store.statements),
            (
                "store_lists_by_replica",
                "Lists that a replica of the database answered",
                figures.store.lists_by_replica,
            ),
            (
                "store_lists_by_primary",
                "Lists that the database itself answered",
                figures.store.lists_by_primary,
            ),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let gauge = ConstGauge::new(i64::try_from(figures.hashes_waiting).unwrap_or(i64::MAX));
        let help = "Sign-ins that wait for a thread that hashes";
        let descriptor = encoder.encode_descriptor(
            "password_hashes_waiting",
            help,
            None,
            gauge.metric_type(),
        )?;
        gauge.encode(descriptor)
    }
}
