//! What every request passes through first and every answer last, in one pass: id, client
//! address, path, size, time, panics, headers, log and metrics. One pass, because each layer of a
//! stack costs, and a token check may cost a microsecond in all.

use std::{
    any::Any,
    future::poll_fn,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, response::Response};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri,
    header::{
        CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use http_body_util::Limited;
use roster_core::paths;
use tokio::time::Sleep;
use tower::Service;

use crate::{
    Limiter, Metrics, Mount, NoMetrics, Refusal, Renderer, RequestContext, Traces, TrustedProxies,
    body, mount::host_of, traces::Followed,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// Digits of the number in an id of ours.
const NUMBER_LENGTH: usize = 12;
/// 64 bits of the process, a hyphen and the number.
const ID_LENGTH: usize = 16 + 1 + NUMBER_LENGTH;

/// How many headers [`Inner::finish`] adds at most.
const HEADERS: usize = 7;

/// What the operator decides about requests.
pub struct GateSettings {
    /// Whose word about a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Time for a whole request.
    pub request_time: Duration,
    /// Requests of one address in a minute; 0 is no limit.
    pub requests_per_minute: u32,
    /// Tell browsers to come by TLS only, because the public address has it.
    pub is_https: bool,
    /// What the ids of this process's requests begin with.
    pub id_prefix: u64,
    /// Whom to tell about requests.
    pub metrics: Arc<dyn Metrics>,
    /// Whom to tell about requests, if anybody follows them.
    pub traces: Option<Arc<dyn Traces>>,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self {
            trusted_proxies: TrustedProxies::default(),
            body_bytes: 1024 * 1024,
            request_time: Duration::from_secs(30),
            requests_per_minute: 0,
            is_https: false,
            id_prefix: 0,
            metrics: Arc::new(NoMetrics),
            traces: None,
        }
    }
}

/// The gate before a router.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    router: Router,
    settings: GateSettings,
    limiter: Limiter,
    mounts: Vec<Mount>,
    /// The beginning of all ids, with noughts in the place of the number.
    id_template: [u8; ID_LENGTH],
    count: AtomicU64,
}

/// Something at a door, if it is at one.
type At<'g, T> = (Option<&'g Mount>, T);

/// How a handler can end without an answer.
enum Ended {
    Panicked(Box<dyn Any + Send>),
    Late,
}

impl Gate {
    /// A gate before `router`.
    pub fn new(router: Router, settings: GateSettings) -> Self {
        Self::with_doors(router, settings, Vec::new())
    }

    /// A gate before several doors. What is in none of `mounts` is refused in the words of the
    /// native API.
    pub fn with_doors(router: Router, settings: GateSettings, mounts: Vec<Mount>) -> Self {
        let limiter = Limiter::per_minute(settings.requests_per_minute);
        let count = AtomicU64::new(0);
        let mut id_template = [b'0'; ID_LENGTH];
        let prefix = format!("{:016x}-", settings.id_prefix);
        id_template[..prefix.len()].copy_from_slice(prefix.as_bytes());
        let inner = Inner { router, settings, limiter, mounts, id_template, count };
        Self(Arc::new(inner))
    }

    /// Answers a request that came from `peer`. Never fails and never panics.
    pub async fn handle<B>(&self, peer: Option<IpAddr>, request: Request<B>) -> Response
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let started = Instant::now();
        let inner = &*self.0;
        let context = inner.context(peer, request.headers());
        let method = request.method().clone();
        let followed = Followed::new(inner.settings.traces.as_ref(), request.headers());
        let (mount, mut response) = match inner.prepare(request, &context) {
            Ok((mount, request)) => (mount, inner.run(request, mount, &context).await),
            Err(early) => {
                let (mount, refusal) = *early;
                (mount, renderer(mount)(&refusal, context.id()))
            }
        };
        if let Some(allowance) = context.allowance()
            && mount.is_some_and(|mount| mount.tells_allowance)
        {
            let headers = response.headers_mut();
            headers.insert(RATE_LIMIT, allowance.limit.into());
            headers.insert(RATE_REMAINING, allowance.remaining.into());
        }
        inner.finish(response.headers_mut(), &context);
        let (status, took) = (response.status(), started.elapsed());
        inner.settings.metrics.answered(context.route(), &method, status, took);
        log(&context, &method, status, took);
        if let Some(followed) = followed {
            followed.answered(&context, &method, status, took);
        }
        response
    }
}

impl Inner {
    fn context(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Arc<RequestContext> {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let id = match given.filter(|id| is_sane_id(id)) {
            Some(id) => Arc::from(id),
            None => self.new_id(),
        };
        let address = self.settings.trusted_proxies.client(peer, headers);
        Arc::new(RequestContext::new(id, address))
    }

    /// The process and the number of the request, in hexadecimal digits.
    fn new_id(&self) -> Arc<str> {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let mut id = self.id_template;
        for (digit, place) in id.iter_mut().rev().zip(0..NUMBER_LENGTH) {
            *digit = HEX[(number >> (place * 4)) as usize & 15];
        }
        Arc::from(str::from_utf8(&id).expect("an id is made of hexadecimal digits and a hyphen"))
    }

    /// Makes the request one that the router may see, and says at which door; or why not.
    fn prepare<B>(
        &self,
        mut request: Request<B>,
        context: &Arc<RequestContext>,
    ) -> Result<At<'_, Request<Body>>, Box<At<'_, Refusal>>>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let path = request.uri().path();
        let host = self.of_host(&request);
        let mount = host.or_else(|| self.mount(path));
        let at = |refusal| Box::new((mount, refusal));
        let admitted = self.limiter.admit(context.address());
        if let Some(allowance) = admitted.unwrap_or_else(|_| self.limiter.spent()) {
            context.set_allowance(allowance);
        }
        admitted.map_err(|wait| at(Refusal::too_many(wait)))?;
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.settings.body_bytes as u64) {
            return Err(at(body::too_long()));
        }
        // Proxies may have taken the other one (RFC 9112, section 3.2).
        if request.headers().get_all(HOST).iter().nth(1).is_some() {
            let detail = "the request has more than one Host header";
            return Err(at(Refusal::http(StatusCode::BAD_REQUEST, detail)));
        }
        if path.len() > paths::MAX_LENGTH {
            let detail = "the path is longer than any address here";
            return Err(at(Refusal::http(StatusCode::URI_TOO_LONG, detail)));
        }
        let unclear =
            || at(Refusal::http(StatusCode::BAD_REQUEST, "this path could be read in two ways"));
        let canonical = paths::canonical(path).ok_or_else(unclear)?;
        let is_respelled = canonical != path;
        if is_respelled && paths::has_dot_segments(path) {
            let mount = mount.or_else(|| self.mount(&canonical));
            if mount.is_some_and(|mount| mount.refuses_dots) {
                return Err(unclear());
            }
        }
        let prefix = host.map(|mount| mount.prefix);
        if host.is_some() {
            context.set_by_host();
        }
        let mut reached = mount;
        if prefix.is_some() || is_respelled {
            let path = paths::encode(&canonical);
            let query = request.uri().query().map(|query| format!("?{query}"));
            let whole =
                [prefix.unwrap_or_default(), &path, query.as_deref().unwrap_or_default()].concat();
            let uri = whole.parse::<Uri>().map_err(|_| unclear())?;
            reached = self.mount(uri.path());
            *request.uri_mut() = uri;
        }
        request.extensions_mut().insert(context.clone());
        let limit = self.settings.body_bytes;
        let request = request.map(|body| match length {
            _ if body.is_end_stream() => Body::empty(),
            // It cannot be longer than was said.
            Some(_) if body.size_hint().exact() == length => Body::new(body),
            _ => Body::new(Limited::new(body, limit)),
        });
        Ok((reached, request))
    }

    /// The door that the request's host name stands for.
    fn of_host<B>(&self, request: &Request<B>) -> Option<&Mount> {
        if self.mounts.is_empty() {
            return None;
        }
        let name = host_of(request.uri(), request.headers())?;
        self.mounts.iter().find(|mount| mount.has_host(name))
    }

    /// Runs the router under the eyes of a clock and with a net below.
    async fn run(
        &self,
        request: Request<Body>,
        mount: Option<&Mount>,
        context: &Arc<RequestContext>,
    ) -> Response {
        let mut router = self.router.clone();
        let mut answer = pin!(router.call(request));
        // A timer costs, and most answers need none: they are there at the first look, or at the second if there is a body,
        // which is handed over only after somebody has waited for it.
        let mut has_looked = false;
        let mut timer: Option<Pin<Box<Sleep>>> = None;
        let ended =
            poll_fn(|task| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(task))) {
                Err(panic) => Poll::Ready(Err(Ended::Panicked(panic))),
                Ok(Poll::Ready(Ok(response))) => Poll::Ready(Ok(response)),
                Ok(Poll::Ready(Err(never))) => match never {},
                Ok(Poll::Pending) if !has_looked => {
                    has_looked = true;
                    task.waker().wake_by_ref();
                    Poll::Pending
                }
                Ok(Poll::Pending) => {
                    let time = self.settings.request_time;
                    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
                    timer.as_mut().poll(task).map(|()| Err(Ended::Late))
                }
            });
        let refusal = match ended.await {
            Ok(response) => return response,
            Err(Ended::Late) if context.is_reading() => {
                Refusal::http(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive")
            }
            Err(Ended::Late) => Refusal {
                retry_after: Some(Duration::from_secs(1)),
                may_be_done: true,
                ..Refusal::http(StatusCode::SERVICE_UNAVAILABLE, "the answer took too long")
            },
            Err(Ended::Panicked(panic)) => {
                self.settings.metrics.panicked(context.route());
                let what = panic
                    .downcast_ref::<&str>()
                    .copied()
                    .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
                tracing::error!(
                    request_id = %context.id(),
                    route = context.route(),
                    panic = what.unwrap_or("?"),
                    "a handler panicked"
                );
                Refusal::http(StatusCode::INTERNAL_SERVER_ERROR, "a fault of the server")
            }
        };
        renderer(mount)(&refusal, context.id())
    }

    /// The door that the path leads to.
    fn mount(&self, path: &str) -> Option<&Mount> {
        self.mounts.iter().find(|mount| mount.has_path(path))
    }

    fn finish(&self, headers: &mut HeaderMap, context: &RequestContext) {
        headers.reserve(HEADERS);
        // An id has passed `is_sane_id` or is our own.
        if let Ok(id) = HeaderValue::from_str(context.id()) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if self.settings.is_https {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            headers.insert(STRICT_TRANSPORT_SECURITY, year);
        }
        // Pages and files have policies of their own.
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers
            .entry(CONTENT_SECURITY_POLICY)
            .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
}

/// How a door says refusals; what is no door's own is said in the words of the native API.
fn renderer(mount: Option<&Mount>) -> Renderer {
    let native: Renderer = |refusal, id| refusal.clone().into_problem(id);
    mount.map_or(native, |mount| mount.refuse)
}

/// Whether a client's id may stand in logs and headers.
fn is_sane_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// One line per request: the declared path, never the one that came, which may hold names and
/// tokens (threats T31, T39).
fn log(context: &RequestContext, method: &http::Method, status: StatusCode, took: Duration) {
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "roster::access",
                request_id = %context.id(),
                address = context.address().map(tracing::field::display),
                %method,
                route = context.route(),
                status = status.as_u16(),
                took_us = took.as_micros(),
                "answered"
            )
        };
    }
    if status.is_server_error() {
        line!(warn);
    } else if status.is_client_error() {
        line!(info);
    } else {
        line!(debug);
    }
}

#[cfg(test)]
mod tests;
