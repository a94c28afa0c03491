//! The dialect of airt: user management and authentication as `airt-client` 2023.3.0 speaks it, below `/airt`.
//!
//! This door decides nothing. It reads what the client sends (`requests`, `query`), asks the rulebook for one
//! operation, and says the answer in the client's words (`replies`, `translate`).

mod api_keys;
mod authentication;
mod call;
mod mfa;
mod phone;
mod query;
mod replies;
mod requests;
mod sso;
mod translate;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use http::StatusCode;
use roster_http_kit::{Kit, RequestContext};

use call::Call;
use translate::Refusal;

/// The first segment of all paths of this door.
pub const PREFIX: &str = "/airt";

/// What a handler gives: a reply, or a refusal in airt's words.
type Reply = Result<Response, Refusal>;

/// Everything below [`PREFIX`].
pub fn router(kit: Kit) -> Router {
    Router::new().route("/airt", any(answer)).route("/airt/{*path}", any(answer)).with_state(kit)
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
    let path = crate::path::segments(request.uri().path()).ok_or_else(not_found)?;
    let path: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
    let call = Call::read(kit, context.clone(), request).await?;
    dispatch(&call, &path).await
}

/// The routes. The gate has taken slashes at the end and doubled ones away, so nothing is ever redirected.
async fn dispatch(call: &Call, path: &[&str]) -> Reply {
    match (call.method(), path) {
        ("GET", ["version"]) => authentication::version(call.at("/airt/version")),
        ("POST", ["token"]) => authentication::token(call.at("/airt/token")).await,
        ("POST", ["sso", "initiate"]) => sso::initiate(call.at("/airt/sso/initiate")).await,
        ("GET", ["sso", "token"]) => sso::token(call.at("/airt/sso/token")).await,

        ("POST", ["user"]) => users::create(call.at("/airt/user")).await,
        ("GET", ["user"]) => users::list(call.at("/airt/user")).await,
        ("GET", ["user", "details"]) => users::details(call.at("/airt/user/details")).await,
        ("POST", ["user", user, "update"]) => {
            users::update(call.at("/airt/user/{user}/update"), user).await
        }
        ("DELETE", ["user", user]) => users::disable(call.at("/airt/user/{user}"), user).await,
        ("GET", ["user", user, "enable"]) => {
            users::enable(call.at("/airt/user/{user}/enable"), user).await
        }

        ("GET", ["user", "mfa", "generate"]) => {
            mfa::generate(call.at("/airt/user/mfa/generate")).await
        }
        ("POST", ["user", "mfa", "activate"]) => {
            mfa::activate(call.at("/airt/user/mfa/activate")).await
        }
        ("DELETE", ["user", "mfa", user, "disable"]) => {
            mfa::disable(call.at("/airt/user/mfa/{user}/disable"), user).await
        }

        ("POST", ["user", "sso", "enable"]) => sso::enable(call.at("/airt/user/sso/enable")).await,
        ("DELETE", ["user", "sso", user, "disable", provider]) => {
            sso::disable(call.at("/airt/user/sso/{user}/disable/{provider}"), user, provider).await
        }

        ("POST", ["user", "register_phone_number"]) => {
            phone::register(call.at("/airt/user/register_phone_number")).await
        }
        ("GET", ["user", "validate_phone_number"]) => {
            phone::validate(call.at("/airt/user/validate_phone_number")).await
        }
        ("GET", ["user", "send_sms_otp"]) => {
            phone::send_code(call.at("/airt/user/send_sms_otp")).await
        }
        ("POST", ["user", "reset_password"]) => {
            phone::reset_password(call.at("/airt/user/reset_password")).await
        }

        ("POST", ["apikey"]) => api_keys::create(call.at("/airt/apikey")).await,
        ("GET", ["apikey", key]) => api_keys::details(call.at("/airt/apikey/{key}"), key).await,
        ("GET", [user, "apikey"]) => api_keys::list(call.at("/airt/{user}/apikey"), user).await,
        ("DELETE", [user, "apikey", key]) => {
            api_keys::revoke(call.at("/airt/{user}/apikey/{key}"), user, key).await
        }

        _ => Err(not_found()),
    }
}

fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such address here")
}
