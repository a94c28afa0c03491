//! Replies: JSON as Civis writes it.

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{Reply, paging::Page};

/// A record.
pub(super) fn done(record: &impl Serialize) -> Reply {
    Ok(json(StatusCode::OK, record))
}

/// A record that was made.
pub(super) fn created(record: &impl Serialize) -> Reply {
    Ok(json(StatusCode::CREATED, record))
}

/// Done, and there is nothing to say.
pub(super) fn nothing() -> Reply {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    keep_private(&mut response);
    Ok(response)
}

/// A page of a list of `total` rows.
pub(super) fn page(page: &Page, total: u64, rows: &impl Serialize) -> Reply {
    let mut response = json(StatusCode::OK, rows);
    page.write(total, response.headers_mut());
    Ok(response)
}

/// A reply of JSON, which Civis says the character set of.
pub(super) fn json(status: StatusCode, record: &impl Serialize) -> Response {
    let mut response = crate::json::reply(status, record);
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    keep_private(&mut response);
    response
}

fn keep_private(response: &mut Response) {
    let nowhere = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, nowhere);
}
