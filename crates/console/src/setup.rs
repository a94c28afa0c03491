//! Making the first administrator.

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use roster_core::{Error, credentials::LinkPage};
use roster_http_kit::{Kit, Refusal, RequestContext};
use roster_model::{NewUser, Secret};
use serde::Deserialize;

use crate::{
    fault::Faults,
    form::{LinkQuery, form, nothing, opened, query},
    page::{base, done, failure, sentence, show},
};

const PATH: &str = "/setup";
/// What is wrong where the token is.
const LINK: &str = "This link is not the present one. The server prints a new one at each start until there is an \
                    administrator.";

#[derive(Template)]
#[template(path = "setup.html")]
struct Page<'a> {
    base: &'a str,
    token: &'a str,
    username: &'a str,
    email: &'a str,
    faults: Faults,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default = "nothing")]
    token: Secret,
    #[serde(default)]
    username: String,
    #[serde(default)]
    email: String,
    #[serde(default = "nothing")]
    password: Secret,
    #[serde(default = "nothing")]
    again: Secret,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new().route(PATH, get(open).post(send))
}

async fn open(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let token = query::<LinkQuery>(&request).map_or_else(nothing, |query| query.token);
    let base = &base(&kit.core);
    let faults =
        match opened(&kit, &context, request.headers(), LinkPage::SetUp, (&token, LINK)).await {
            Ok(faults) => faults,
            Err(refusal) => return failure(base, &refusal, context.id()),
        };
    let page = Page { base, token: token.expose(), username: "", email: "", faults };
    show(StatusCode::OK, &page)
}

async fn send(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let base = &base(&kit.core);
    let (actor, input) = match form::<Input>(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => {
            return failure(base, &refusal, context.id());
        }
    };
    let (status, faults) = if input.password.expose() == input.again.expose() {
        let new = NewUser {
            username: input.username.clone(),
            email: input.email.clone(),
            password: Some(input.password.clone()),
            ..NewUser::default()
        };
        match kit.core.set_up(&actor, &input.token, &new).await {
            Ok(user) => {
                let text =
                    format!("{} is the first administrator and can sign in now.", user.username);
                return done(&kit.core, "Roster is set up", &text);
            }
            Err(error) if error.is_for_the_log() => {
                let refusal = context.refusal(error);
                return failure(base, &refusal, context.id());
            }
            Err(error) => {
                let faults = match &error {
                    Error::WrongState(why) => Faults::dead_link(&sentence(why)),
                    error => Faults::of(error, LINK),
                };
                (Refusal::from(error).status, faults)
            }
        }
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, Faults::differ())
    };
    let Input { token, username, email, .. } = &input;
    show(status, &Page { base, token: token.expose(), username, email, faults })
}
