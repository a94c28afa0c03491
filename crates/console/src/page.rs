//! What all pages have in common.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
};
use roster_core::Core;
use roster_http_kit::{Refusal, seconds};

/// Scripts, frames and whatever is elsewhere are shut out (threats T37, T42).
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) base: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) is_failure: bool,
    pub(crate) request_id: Option<&'a str>,
}

/// The path under which people reach the server: `/`, or what a proxy has put before it.
pub(crate) fn base(core: &Core) -> String {
    let path = core.settings().public_url.path();
    format!("{}/", path.trim_end_matches('/'))
}

/// The answer that a template makes.
pub(crate) fn show(status: StatusCode, template: &impl Template) -> Response {
    // Rendering writes to memory; a template has no other way to fail.
    let body = template.render().unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// A page that says that something is done.
pub(crate) fn done(core: &Core, title: &str, text: &str) -> Response {
    let base = &base(core);
    show(StatusCode::OK, &Message { base, title, text, is_failure: false, request_id: None })
}

/// A page that says why there is none, for what is refused before a handler is reached.
pub fn refuse(refusal: &Refusal, request_id: &str) -> Response {
    failure("/", refusal, request_id)
}

/// A page that says what went wrong.
pub(crate) fn failure(base: &str, refusal: &Refusal, request_id: &str) -> Response {
    let text = &sentence(&refusal.detail);
    let title = match refusal.status {
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "Try again later",
        _ => "This did not work",
    };
    let request_id = Some(request_id);
    let page = Message { base, title, text, is_failure: true, request_id };
    let mut response = show(refusal.status, &page);
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds(wait).into());
    }
    response
}

/// A text with a capital letter before it and a full stop behind it.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let whole: String = first.into_iter().flatten().chain(letters).collect();
    if whole.ends_with('.') { whole } else { format!("{whole}.") }
}
