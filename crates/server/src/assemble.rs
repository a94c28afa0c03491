//! The doors behind one gate: native API, dialects, pages, and what monitoring asks.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use roster_core::Core;
use roster_dialects::{airt, civis, dioptra, geobox};
use roster_http_kit::{
    Gate, GateSettings, Kit, Mount, Refusal, RequestContext, Traces, TrustedProxies,
};

use crate::config::Settings;
use crate::metrics::{self, Metrics};

/// How long the database may take to give a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// Everything that answers requests, as `settings` want it. `id_prefix` begins the ids of this process's requests.
/// `traces` is told of each of them, if anybody follows requests.
pub fn assemble(
    core: &Core,
    settings: &Settings,
    metrics: &Arc<Metrics>,
    traces: Option<Arc<dyn Traces>>,
    id_prefix: u64,
) -> Gate {
    let mut router = Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready).with_state(core.clone()));
    if settings.metrics {
        router = router.route("/metrics", get(figures).with_state(Arc::clone(metrics)));
    }
    let kit = Kit::new(core.clone(), settings.rates.sign_ins);
    router =
        router.merge(roster_native::router(kit.clone())).merge(roster_console::router(kit.clone()));
    let pages = |prefix| Mount::new(prefix, roster_console::refuse);
    let mut mounts: Vec<_> = roster_console::PREFIXES.map(pages).into();
    if settings.dialects.airt {
        router = router.merge(airt::router(kit.clone()));
        let host = settings.dialects.airt_host.clone();
        mounts.push(Mount::new(airt::PREFIX, airt::refuse).with_host(host));
    }
    if settings.dialects.dioptra {
        router = router.merge(dioptra::router(kit.clone()));
        let host = settings.dialects.dioptra_host.clone();
        mounts.push(Mount::new(dioptra::PREFIX, dioptra::refuse).with_host(host));
    }
    if settings.dialects.geobox {
        router = router.merge(geobox::router(kit.clone()));
        let host = settings.dialects.geobox_host.clone();
        mounts.push(Mount::new(geobox::PREFIX, geobox::refuse).with_host(host));
        mounts.push(Mount::new(geobox::BARE_PREFIX, geobox::refuse));
    }
    if settings.dialects.civis {
        router = router.merge(civis::router(kit));
        mounts.push(civis::mount().with_host(settings.dialects.civis_host.clone()));
    }
    router = router.fallback(nothing_here);
    let settings = GateSettings {
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        body_bytes: settings.limits.body_bytes.get(),
        request_time: settings.limits.request_time,
        requests_per_minute: settings.rates.requests,
        is_https: core.settings().public_url.scheme() == "https",
        id_prefix,
        metrics: Arc::clone(metrics) as Arc<dyn roster_http_kit::Metrics>,
        traces,
    };
    Gate::with_doors(router, settings, mounts)
}

/// No door has this address.
async fn nothing_here(request: Request) -> Response {
    Refusal::not_found().into_problem(RequestContext::of(request.extensions()).id())
}

/// The process is there.
async fn alive(request: Request) -> &'static str {
    RequestContext::of(request.extensions()).set_route("/healthz");
    "alive\n"
}

/// The database is there and takes changes, and its tables are up to date, or the server would not have started.
async fn ready(State(core): State<Core>, request: Request) -> Response {
    RequestContext::of(request.extensions()).set_route("/readyz");
    match tokio::time::timeout(SIGN_OF_LIFE, core.ready()).await {
        Ok(Ok(())) => "ready\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(cause = error.chain(), "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer or keeps no changes\n")
                .into_response()
        }
        Err(_) => {
            tracing::warn!("not ready: the database gives no sign of life");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n")
                .into_response()
        }
    }
}

/// What was counted.
async fn figures(State(metrics): State<Arc<Metrics>>, request: Request) -> Response {
    RequestContext::of(request.extensions()).set_route("/metrics");
    match metrics.encode() {
        Ok(text) => ([(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE))], text)
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
