//! The dialect of Civis: users, groups, API keys, favorites and the rest of user management as the library and command
//! `civis` 2.10.1 speak of them, below `/civis`.
//!
//! The library has no methods of its own: it makes them of the description that `GET endpoints` gives (`description`),
//! which is made of the same declarations as the routes (`routes`). So the declarations say what a parameter is, and
//! `parameters` reads every request by them; the handlers ask the rulebook for one operation each and say the answer in
//! the client's words. This door decides nothing.

mod activity;
mod api_keys;
mod call;
mod credentials;
mod description;
mod favorites;
mod fields;
mod groups;
mod me;
mod names;
mod organizations;
mod paging;
mod parameters;
mod people;
mod preferences;
mod replies;
mod routes;
mod shares;
mod themes;
mod times;
mod translate;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use roster_http_kit::{Kit, Mount, RequestContext};

use call::Call;
use translate::Refusal;

/// The first segment of the paths of this door.
pub const PREFIX: &str = "/civis";

/// What a handler gives: a reply, or a refusal in Civis' words.
type Reply = Result<Response, Refusal>;

/// Everything below [`PREFIX`].
pub fn router(kit: Kit) -> Router {
    Router::new().route("/civis", any(answer)).route("/civis/{*path}", any(answer)).with_state(kit)
}

/// Where this door is. A dot segment is refused instead of resolved (contract, section 4), and the client shows how many
/// requests it has left (section 4.2).
pub fn mount() -> Mount {
    Mount::new(PREFIX, refuse).without_dots().with_allowance()
}

/// How this door says a refusal that comes before its handlers.
pub fn refuse(refusal: &roster_http_kit::Refusal, _request_id: &str) -> Response {
    Refusal::from(refusal.clone()).into_response()
}

async fn answer(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    // The answer to a HEAD is the one to a GET: its body is dropped once its length is known.
    match read_and_dispatch(kit, &context, request).await {
        Ok(reply) => reply,
        Err(refusal) => refusal.noted(&context).into_response(),
    }
}

async fn read_and_dispatch(kit: Kit, context: &Arc<RequestContext>, request: Request) -> Reply {
    let call = Call::read(kit, context.clone(), request).await?;
    let reply = (call.route.answer)(&call).await;
    call.close().await?;
    reply
}
