//! The dialect of Geobox: users, sessions, plans, API keys and groups as `geobox` 2.11.0 speaks of them, sync and async,
//! below `/geobox/v1`.
//!
//! This door decides nothing. It reads what the client sends (`requests`, `query`, `lists`), asks the rulebook for one
//! operation, and says the answer in the client's words (`replies`, `translate`): with the few statuses that the client
//! understands, for it takes every other one for success.

mod api_keys;
mod authentication;
mod call;
mod groups;
mod lists;
mod password;
mod plans;
mod query;
mod replies;
mod requests;
mod sessions;
mod times;
mod translate;
mod users;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use roster_http_kit::{Kit, RequestContext};

use call::Call;
use translate::Refusal;

/// The first segment of the paths of this door.
pub const PREFIX: &str = "/geobox";
/// The first segment of what a client asks for whose host was written without a slash at the end: it drops the prefix.
pub const BARE_PREFIX: &str = "/v1";

/// What a handler gives: a reply, or a refusal in Geobox's words.
type Reply = Result<Response, Refusal>;

/// Everything below [`PREFIX`] and [`BARE_PREFIX`].
pub fn router(kit: Kit) -> Router {
    Router::new()
        .route("/geobox", any(answer))
        .route("/geobox/{*path}", any(answer))
        .route("/v1", any(answer))
        .route("/v1/{*path}", any(answer))
        .with_state(kit)
}

/// How this door says a refusal that comes before its handlers.
pub fn refuse(refusal: &roster_http_kit::Refusal, _request_id: &str) -> Response {
    Refusal::from(refusal.clone()).into_response()
}

async fn answer(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    match read_and_dispatch(kit, &context, request).await {
        Ok(reply) => reply,
        Err(refusal) => refusal.noted(&context).into_response(),
    }
}

async fn read_and_dispatch(kit: Kit, context: &Arc<RequestContext>, request: Request) -> Reply {
    let path = crate::path::segments(request.uri().path()).ok_or_else(Refusal::no_such_route)?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let path = path.strip_prefix(&["geobox"]).unwrap_or(&path);
    // `ver="v1"`, without a slash, makes the client drop the version.
    let path = path.strip_prefix(&["v1"]).unwrap_or(path);
    let call = Call::read(kit, context.clone(), request).await?;
    dispatch(&call, path).await
}

/// The routes. The gate has taken slashes at the end and doubled ones away, so nothing is ever redirected: the client
/// would turn a POST into a GET.
async fn dispatch(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("POST", ["auth", "token"]) => {
            authentication::token(call.at("/geobox/v1/auth/token")).await
        }
        (_, ["users", rest @ ..]) => of_users(call, rest).await,
        (_, ["plans", rest @ ..]) => of_plans(call, rest).await,
        (_, ["apikeys", rest @ ..]) => of_api_keys(call, rest).await,
        (_, ["groups", rest @ ..]) => of_groups(call, rest).await,
        _ => Err(Refusal::no_such_route()),
    }
}

async fn of_users(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("GET", []) => users::list(call.at("/geobox/v1/users")).await,
        ("POST", []) => users::create(call.at("/geobox/v1/users")).await,
        ("GET", ["search"]) => users::search(call.at("/geobox/v1/users/search")).await,
        // Nobody has that for a number.
        (_, ["search"]) => Err(Refusal::no_such_route()),
        ("GET", [user]) => users::get(call.at("/geobox/v1/users/{user}"), user).await,
        ("PUT", [user]) => users::update(call.at("/geobox/v1/users/{user}"), user).await,
        ("DELETE", [user]) => users::delete(call.at("/geobox/v1/users/{user}"), user).await,
        ("POST", [user, "change-password"]) => {
            users::change_password(call.at("/geobox/v1/users/{user}/change-password"), user).await
        }
        ("POST", [user, "renewPlan"]) => {
            users::renew_plan(call.at("/geobox/v1/users/{user}/renewPlan"), user).await
        }
        ("GET", [user, "members"]) => {
            users::members(call.at("/geobox/v1/users/{user}/members"), user).await
        }
        ("POST", [user, "members", member]) => {
            let call = call.at("/geobox/v1/users/{user}/members/{member}");
            users::add_member(call, user, member).await
        }
        ("DELETE", [user, "members", member]) => {
            let call = call.at("/geobox/v1/users/{user}/members/{member}");
            users::remove_member(call, user, member).await
        }
        ("GET", [user, "sessions"]) => {
            sessions::list(call.at("/geobox/v1/users/{user}/sessions"), user).await
        }
        ("POST", [user, "sessions", session]) => {
            let call = call.at("/geobox/v1/users/{user}/sessions/{session}");
            sessions::close(call, user, session).await
        }
        _ => Err(Refusal::no_such_route()),
    }
}

async fn of_plans(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("GET", []) => plans::list(call.at("/geobox/v1/plans")).await,
        ("POST", []) => plans::create(call.at("/geobox/v1/plans")).await,
        ("GET", [plan]) => plans::get(call.at("/geobox/v1/plans/{plan}"), plan).await,
        ("PUT", [plan]) => plans::update(call.at("/geobox/v1/plans/{plan}"), plan).await,
        ("DELETE", [plan]) => plans::delete(call.at("/geobox/v1/plans/{plan}"), plan).await,
        _ => Err(Refusal::no_such_route()),
    }
}

async fn of_api_keys(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("GET", []) => api_keys::list(call.at("/geobox/v1/apikeys")).await,
        ("POST", []) => api_keys::create(call.at("/geobox/v1/apikeys")).await,
        ("GET", [key]) => api_keys::get(call.at("/geobox/v1/apikeys/{key}"), key).await,
        ("PUT", [key]) => api_keys::update(call.at("/geobox/v1/apikeys/{key}"), key).await,
        ("DELETE", [key]) => api_keys::delete(call.at("/geobox/v1/apikeys/{key}"), key).await,
        ("POST", [key, "revoke"]) => {
            api_keys::revoke(call.at("/geobox/v1/apikeys/{key}/revoke"), key).await
        }
        ("POST", [key, "grant"]) => {
            api_keys::grant(call.at("/geobox/v1/apikeys/{key}/grant"), key).await
        }
        _ => Err(Refusal::no_such_route()),
    }
}

async fn of_groups(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("GET", []) => groups::list(call.at("/geobox/v1/groups")).await,
        ("POST", []) => groups::create(call.at("/geobox/v1/groups")).await,
        ("GET", ["shareable"]) => groups::shareable(call.at("/geobox/v1/groups/shareable")).await,
        ("GET", [group]) => groups::get(call.at("/geobox/v1/groups/{group}"), group).await,
        ("PUT", [group]) => groups::update(call.at("/geobox/v1/groups/{group}"), group).await,
        ("DELETE", [group]) => groups::delete(call.at("/geobox/v1/groups/{group}"), group).await,
        ("GET", [group, "members"]) => {
            groups::members(call.at("/geobox/v1/groups/{group}/members"), group).await
        }
        ("POST", [group, "members", user]) => {
            let call = call.at("/geobox/v1/groups/{group}/members/{user}");
            groups::add_member(call, group, user).await
        }
        ("DELETE", [group, "members", user]) => {
            let call = call.at("/geobox/v1/groups/{group}/members/{user}");
            groups::remove_member(call, group, user).await
        }
        _ => Err(Refusal::no_such_route()),
    }
}
