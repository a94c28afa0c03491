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

pub(super) fn json(status: StatusCode, record: &impl Serialize) -> Response {
    // Records have text for keys and nothing else that could fail.
    let body = serde_json::to_vec(record).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    keep_private(&mut response);
    response
}

/// The same reply to a HEAD.
pub(super) fn without_body(reply: Response) -> Response {
    reply.map(|_| Body::empty())
}

fn keep_private(response: &mut Response) {
    let nowhere = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, nowhere);
}
