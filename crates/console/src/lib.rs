//! The pages that people meet: the first administrator, the wish for an account, a password, an address or an account by
//! a mailed link, and the way back from a provider. No scripts, nothing from elsewhere, and nothing is decided here: the
//! rulebook does that.

mod account;
mod fault;
mod form;
mod home;
mod invitation;
mod page;
mod registration;
mod setup;
mod sso;

use axum::{Router, extract::Request, response::Response};
use http::StatusCode;
use roster_http_kit::{Kit, Refusal, RequestContext};

pub use page::refuse;

/// First segments of the addresses of pages; [`refuse`] says what is refused below them.
pub const PREFIXES: [&str; 3] = ["/setup", "/account", "/sso"];

/// The router of the pages.
pub fn router(kit: Kit) -> Router {
    Router::new()
        .merge(home::routes())
        .merge(setup::routes())
        .merge(account::routes())
        .merge(invitation::routes())
        .merge(registration::routes())
        .merge(sso::routes())
        .method_not_allowed_fallback(wrong_method)
        .with_state(kit)
}

async fn wrong_method(request: Request) -> Response {
    let refusal = Refusal::http(StatusCode::METHOD_NOT_ALLOWED, "this page takes no such request");
    refuse(&refusal, RequestContext::of(request.extensions()).id())
}
