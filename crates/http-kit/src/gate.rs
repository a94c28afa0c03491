//! What every request passes through first and every answer last, in one pass: id, client
//! address, path, size, time, panics, headers, log and metrics. One pass, because each layer of a
//! stack costs, and a token check may cost a microsecond in all.

mod answering;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use answering::Answering;
use answering::{Manners, Told};
use axum::{Router, body::Body};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri,
    header::{
        CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};
use http_body_util::Limited;
use roster_core::{ByteSet, paths};
use tower::Service;

use crate::{
    Limiter, Metrics, Mount, NoMetrics, Refusal, RequestContext, Traces, TrustedProxies, body,
    mount::{first_segment, host_of},
    traces::Followed,
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
    pub fn handle<B>(self, peer: Option<IpAddr>, request: Request<B>) -> Answering
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let started = Instant::now();
        let inner = &*self.0;
        let context = inner.context(peer, request.headers());
        let method = request.method().clone();
        let followed = Followed::new(inner.settings.traces.as_ref(), request.headers());
        let (mount, work) = match inner.prepare(request, &context) {
            Ok((mount, request)) => (mount, Ok(inner.router.clone().call(request))),
            Err(early) => (early.0, Err(early.1)),
        };
        let door = Manners::of(mount);
        Answering::new(Told { gate: self, context, method, door, started, followed }, work)
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
        if self.mounts.iter().all(|mount| mount.host.is_none()) {
            return None;
        }
        let name = host_of(request.uri(), request.headers())?;
        self.mounts.iter().find(|mount| mount.has_host(name))
    }

    /// The door that the path leads to.
    fn mount(&self, path: &str) -> Option<&Mount> {
        let segment = first_segment(path);
        self.mounts.iter().find(|mount| mount.has_segment(segment))
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

/// Whether a client's id may stand in logs and headers.
fn is_sane_id(id: &str) -> bool {
    static SANE: ByteSet = ByteSet::alphanumeric_and(b"-._");
    (1..=64).contains(&id.len()) && SANE.has_all(id.as_bytes())
}

#[cfg(test)]
mod tests;
