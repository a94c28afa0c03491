//! The page at the root, and the style of all.

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use roster_core::Registration;
use roster_http_kit::{Kit, RequestContext};

use crate::page::{base, show};

const STYLE: &str = include_str!("../templates/console.css");

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    base: String,
    version: &'static str,
    is_open: bool,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new().route("/", get(home)).route("/assets/console.css", get(style))
}

async fn home(State(kit): State<Kit>, request: Request) -> Response {
    RequestContext::of(request.extensions()).set_route("/");
    let page = Home {
        base: base(&kit.core),
        version: env!("CARGO_PKG_VERSION"),
        is_open: kit.core.settings().registration == Registration::Open,
    };
    show(StatusCode::OK, &page)
}

async fn style(request: Request) -> Response {
    RequestContext::of(request.extensions()).set_route("/assets/console.css");
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    let cache = HeaderValue::from_static("public, max-age=3600");
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, cache)], STYLE).into_response()
}
