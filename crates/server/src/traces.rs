//! Requests as spans of OpenTelemetry: sent to a collector by OTLP over HTTP where the standard variables of the
//! environment name one, and never otherwise.
//!
//! A span holds what the log holds: method, declared path, status, the client's address and the request's id. Never the
//! path that came, which may hold names and tokens (threat T31).

use std::env;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, TracerProvider as _};
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use roster_core::clock::Clock;
use roster_http_kit::{Answered, Parent, Traces};
use tokio::runtime::Handle;

use crate::metrics::Verb;

/// The variables that name the collector; without one of them nothing is followed.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// The variables that say how to speak with it, the stronger first.
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
/// The only way that is spoken.
const PROTOCOL: &str = "http/protobuf";
/// No collector is waited for longer than this, and the variables may say less.
const TIMEOUT: Duration = Duration::from_secs(30);
const SERVICE_NAME: Key = Key::from_static_str("service.name");

/// Makes spans of requests, and sends them.
pub(crate) struct Spans {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
    clock: Arc<dyn Clock>,
}

impl Spans {
    /// As the environment of the process wants it; none if it does not. Only within a runtime.
    ///
    /// # Errors
    /// The variables ask for something that is not there.
    pub(crate) fn from_environment(clock: Arc<dyn Clock>) -> anyhow::Result<Option<Self>> {
        let said = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let is_off = said("OTEL_SDK_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"))
            || said("OTEL_TRACES_EXPORTER").is_some_and(|exporter| exporter == "none");
        if is_off || !ENDPOINTS.into_iter().any(|name| said(name).is_some()) {
            return Ok(None);
        }
        let protocol = PROTOCOLS.into_iter().find_map(|name| Some((name, said(name)?)));
        if let Some((name, _)) = protocol.filter(|(_, protocol)| protocol != PROTOCOL) {
            bail!("traces are sent as {PROTOCOL} and in no other way (see `{name}`)");
        }
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("roster/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let sender = Sender { client, runtime: Handle::current() };
        let exporter = SpanExporter::builder().with_http().with_http_client(sender).build();
        let exporter = exporter.context("sending traces (see the variables `OTEL_…`)")?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        let tracer = provider.tracer("roster");
        Ok(Some(Self { provider, tracer, propagator: TraceContextPropagator::new(), clock }))
    }

    /// Sends what waits to be sent, before the process ends.
    pub(crate) async fn send_the_rest(&self) {
        let provider = self.provider.clone();
        // It waits for the sender's own thread, which must not wait for this one.
        let sent = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!("the last traces were not sent");
        }
    }
}

/// The service `roster`, unless the environment calls it something else.
fn resource() -> Resource {
    let resource = Resource::builder().build();
    let name = resource.get(&SERVICE_NAME).map(|name| name.to_string()).unwrap_or_default();
    let is_named = !name.is_empty() && !name.starts_with("unknown_service");
    let builder = Resource::builder();
    let builder = if is_named { builder } else { builder.with_service_name("roster") };
    builder.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build()
}

impl Traces for Spans {
    fn answered(&self, answered: Answered<'_>) {
        let Answered { context, method, status, took, parent } = answered;
        let method = Verb::of(method).0;
        let route = context.route();
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.route", route),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
            KeyValue::new("roster.request_id", Arc::clone(context.id())),
        ];
        if let Some(address) = context.address() {
            attributes.push(KeyValue::new("client.address", address.to_string()));
        }
        let ended_at = SystemTime::from(self.clock.now());
        let mut span = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_start_time(ended_at - took)
            .with_attributes(attributes)
            .start_with_context(
                &self.tracer,
                &self.propagator.extract_with_context(&Context::new(), &Headers(&parent)),
            );
        if status.is_server_error() {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(ended_at);
    }
}

/// What the client says the request is a part of, as the propagator reads it.
struct Headers<'a>(&'a Parent);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.0.trace.as_ref()?.to_str().ok(),
            "tracestate" => self.0.state.as_ref()?.to_str().ok(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// Sends what the exporter has encoded. The exporter works on a thread of its own, outside the runtime.
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let answer = client.execute(reqwest::Request::try_from(request)?).await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            Ok::<_, reqwest::Error>((status, body))
        });
        match sending.await? {
            Ok((status, body)) => {
                if !status.is_success() {
                    tracing::warn!(%status, "the collector refused traces");
                }
                Ok(Response::builder().status(status).body(body)?)
            }
            Err(error) => {
                // A password may stand in the address.
                let error = error.without_url();
                tracing::warn!(%error, "traces were not sent");
                Err(error.into())
            }
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}
