//! The native API: a handler for each declared endpoint, the OpenAPI document, and a page that
//! shows it to people.

mod api_keys;
mod credentials;
mod docs;
mod favorites;
mod feature_flags;
mod groups;
mod invitations;
mod mfa;
mod operations;
mod sessions;
mod sso;
mod themes;
mod users;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use roster_http_kit::{Kit, Refusal, RequestContext};

/// The router of the native API and its documentation.
pub fn router(kit: Kit) -> Router {
    Router::new()
        .merge(sessions::routes())
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(credentials::routes())
        .merge(mfa::routes())
        .merge(api_keys::routes())
        .merge(groups::routes())
        .merge(themes::routes())
        .merge(favorites::routes())
        .merge(feature_flags::routes())
        .merge(sso::routes())
        .merge(operations::routes())
        .route("/api/v1/openapi.json", get(document))
        .merge(docs::routes())
        .route("/api", get(nothing_here).fallback(nothing_here))
        .route("/api/{*rest}", get(nothing_here).fallback(nothing_here))
        .method_not_allowed_fallback(wrong_method)
        .with_state(kit)
}

async fn document(request: Request) -> Response {
    RequestContext::of(request.extensions()).set_route("/api/v1/openapi.json");
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], docs::DOCUMENT.as_str()).into_response()
}

async fn nothing_here(request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    Refusal::not_found().into_problem(context.id())
}

async fn wrong_method(request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    let detail = "this address does not take this method; see the Allow header";
    Refusal::http(StatusCode::METHOD_NOT_ALLOWED, detail).into_problem(context.id())
}
