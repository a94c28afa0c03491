//! The dialect of NIST Dioptra: sessions, users and groups as `dioptra-platform` 1.2.2 speaks of them, below
//! `/dioptra/api/v1`.
//!
//! This door decides nothing. It finds the session in a cookie (`call`, `cookie`), reads what the client sends
//! (`requests`, `listing`), asks the rulebook for one operation, and says the answer in the client's words (`replies`,
//! `translate`). Each handler goes in the order of the contract's section 2.1: session, then what was sent, then the
//! rest.

mod call;
mod cookie;
mod groups;
mod listing;
mod replies;
mod requests;
pub mod search;
mod sessions;
mod translate;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use roster_http_kit::{Kit, RequestContext};

use call::{Call, Path};
use translate::Refusal;

/// The first segment of the paths of this door.
pub const PREFIX: &str = "/dioptra";

/// What a handler gives: a reply, or a refusal in Dioptra's words.
type Reply = Result<Response, Refusal>;

/// Everything below [`PREFIX`].
pub fn router(kit: Kit) -> Router {
    Router::new()
        .route("/dioptra", any(answer))
        .route("/dioptra/{*path}", any(answer))
        .with_state(kit)
}

/// How this door says a refusal that comes before its handlers.
pub fn refuse(refusal: &roster_http_kit::Refusal, _request_id: &str) -> Response {
    Refusal::from(refusal.clone()).said(&Path::default())
}

async fn answer(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    let path = Path::of(request.uri());
    match read_and_dispatch(kit, &context, request).await {
        Ok(reply) => reply,
        Err(refusal) => refusal.noted(&context).said(&path),
    }
}

async fn read_and_dispatch(kit: Kit, context: &Arc<RequestContext>, request: Request) -> Reply {
    let path = crate::path::segments(request.uri().path()).ok_or_else(Refusal::no_such_route)?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let ["dioptra", "api", "v1", path @ ..] = &path[..] else {
        return Err(Refusal::no_such_route());
    };
    let call = Call::read(kit, context.clone(), request).await?;
    dispatch(&call, path).await
}

/// The routes. The gate takes slashes at the end away, so both spellings of a collection are one and nothing is ever
/// redirected.
async fn dispatch(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("POST", ["auth", "login"]) => {
            sessions::log_in(call.at("/dioptra/api/v1/auth/login")).await
        }
        ("POST", ["auth", "logout"]) => {
            sessions::log_out(call.at("/dioptra/api/v1/auth/logout")).await
        }
        ("GET", ["users"]) => users::list(call.at("/dioptra/api/v1/users")).await,
        ("POST", ["users"]) => users::create(call.at("/dioptra/api/v1/users")).await,
        (method, ["users", "current"]) => {
            let call = call.at("/dioptra/api/v1/users/current");
            match method {
                "GET" => users::get_current(call).await,
                "PUT" => users::modify_current(call).await,
                "DELETE" => users::delete_current(call).await,
                _ => Err(Refusal::wrong_method()),
            }
        }
        ("POST", ["users", "current", "password"]) => {
            let call = call.at("/dioptra/api/v1/users/current/password");
            users::change_current_password(call).await
        }
        ("GET", ["users", user]) if is_id(user) => {
            users::get(call.at("/dioptra/api/v1/users/{id}"), user).await
        }
        ("POST", ["users", user, "password"]) if is_id(user) => {
            users::change_password(call.at("/dioptra/api/v1/users/{id}/password"), user).await
        }
        ("GET", ["groups"]) => groups::list(call.at("/dioptra/api/v1/groups")).await,
        ("GET", ["groups", group]) if is_id(group) => {
            groups::get(call.at("/dioptra/api/v1/groups/{id}"), group).await
        }
        (
            _,
            ["auth", "login" | "logout"] | ["users" | "groups"] | ["users", "current", "password"],
        ) => Err(Refusal::wrong_method()),
        (_, ["users" | "groups", id] | ["users", id, "password"]) if is_id(id) => {
            Err(Refusal::wrong_method())
        }
        _ => Err(Refusal::no_such_route()),
    }
}

/// Whether a segment of a path can be a number at all; others lead nowhere (404).
fn is_id(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}
