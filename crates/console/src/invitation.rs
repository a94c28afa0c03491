//! What the link of an invitation or of a registration leads to: a name and a password for a new account of the address
//! that it was mailed to.

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use roster_core::credentials::LinkPage;
use roster_http_kit::{Kit, Refusal, RequestContext};
use roster_model::{NewAccount, Secret};
use serde::Deserialize;

use crate::{
    fault::Faults,
    form::{form, nothing, opened, query},
    page::{base, done, failure, show},
};

const PATH: &str = "/account/invitation";
/// What is wrong where the token is.
const LINK: &str = "This link was used, has expired or is not complete. Ask for a new one.";

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page<'a> {
    base: &'a str,
    token: &'a str,
    username: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    faults: Faults,
}

/// What stands in the address of the link.
#[derive(Deserialize)]
struct Link {
    #[serde(default = "nothing")]
    token: Secret,
    /// The name that is proposed.
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default = "nothing")]
    token: Secret,
    #[serde(default)]
    username: String,
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default = "nothing")]
    password: Secret,
    #[serde(default = "nothing")]
    again: Secret,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new().route(PATH, get(open).post(accept))
}

/// Opening a link does nothing: programs that look into mail open it, too.
async fn open(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let (token, username) = query::<Link>(&request)
        .map_or_else(|| (nothing(), String::new()), |link| (link.token, link.username));
    let base = &base(&kit.core);
    let faults =
        match opened(&kit, &context, request.headers(), LinkPage::Account, (&token, LINK)).await {
            Ok(faults) => faults,
            Err(refusal) => return failure(base, &refusal, context.id()),
        };
    let token = token.expose();
    let page = Page { base, token, username: &username, first_name: "", last_name: "", faults };
    show(StatusCode::OK, &page)
}

async fn accept(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let base = &base(&kit.core);
    let (actor, input) = match form::<Input>(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => return failure(base, &refusal, context.id()),
    };
    let (status, faults) = if input.password.expose() == input.again.expose() {
        let new = NewAccount {
            username: input.username.clone(),
            email: String::new(),
            password: input.password.clone(),
            first_name: Some(input.first_name.clone()),
            last_name: Some(input.last_name.clone()),
            invitation: Some(input.token.clone()),
        };
        match kit.core.register(&actor, &new).await {
            Ok(made) => {
                let text = format!("You can sign in as {} now.", made.user.username);
                return done(&kit.core, "Your account is made", &text);
            }
            Err(error) if error.is_for_the_log() => {
                let refusal = context.refusal(error);
                return failure(base, &refusal, context.id());
            }
            Err(error) => {
                let faults = Faults::of(&error, LINK);
                (Refusal::from(error).status, faults)
            }
        }
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, Faults::differ())
    };
    let Input { token, username, first_name, last_name, .. } = &input;
    show(status, &Page { base, token: token.expose(), username, first_name, last_name, faults })
}
