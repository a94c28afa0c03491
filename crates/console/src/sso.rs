//! The way back from a provider.

use askama::Template;
use axum::{
    Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use roster_core::{
    Door, Error,
    sso::{SsoOutcome, SsoReturn},
};
use roster_http_kit::{Kit, RequestContext};
use roster_model::Secret;
use serde::Deserialize;

use crate::{
    form::{form, nothing, query},
    page::{base, done, failure, show},
};

const CALLBACK: &str = "/sso/{provider}/callback";
const ANSWER: &str = "/sso/answer";

/// What a provider sends along; whatever else it sends is not looked at.
#[derive(Deserialize)]
struct Callback {
    #[serde(default = "nothing")]
    state: Secret,
    code: Option<Secret>,
    error: Option<String>,
    iss: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default = "nothing")]
    token: Secret,
    #[serde(default)]
    answer: String,
}

#[derive(Template)]
#[template(path = "sso.html")]
struct Ask<'a> {
    base: &'a str,
    token: &'a str,
    username: &'a str,
    address: Option<&'a str>,
    user_agent: Option<&'a str>,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new().route(CALLBACK, get(come_back)).route(ANSWER, post(answer))
}

async fn come_back(
    State(kit): State<Kit>,
    Path(provider): Path<String>,
    request: Request,
) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(CALLBACK);
    let base = &base(&kit.core);
    let actor = match kit.stranger(&context, Door::Console, request.headers()) {
        Ok(actor) => actor,
        Err(refusal) => return failure(base, &refusal, context.id()),
    };
    let outcome = match query::<Callback>(&request) {
        Some(Callback { state, code, error, iss }) => {
            let returned = SsoReturn { state, code, error, issuer: iss };
            kit.core.sso_callback(&actor, &provider, &returned).await
        }
        None => Err(Error::SsoFailed),
    };
    match outcome {
        Ok(SsoOutcome::SignedIn) => signed_in(&kit),
        Ok(SsoOutcome::Asked { token, username, address, user_agent }) => {
            let page = Ask {
                base,
                token: token.expose(),
                username: &username,
                address: address.as_deref(),
                user_agent: user_agent.as_deref(),
            };
            show(StatusCode::OK, &page)
        }
        Err(error) => failed(base, &context, error),
    }
}

async fn answer(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(ANSWER);
    let base = &base(&kit.core);
    let (actor, Answer { token, answer }) = match form(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => return failure(base, &refusal, context.id()),
    };
    let is_own = answer == "yes";
    match kit.core.answer_sso_sign_in(&actor, &token, is_own).await {
        Ok(()) if is_own => signed_in(&kit),
        Ok(()) => {
            let text = "Nobody was signed in. Whoever sent you the link that brought you here meant to use your account.";
            done(&kit.core, "The sign-in was stopped", text)
        }
        Err(error) => failed(base, &context, error),
    }
}

fn signed_in(kit: &Kit) -> Response {
    let text = "You may close this window and go back to where you began.";
    done(&kit.core, "The sign-in is finished", text)
}

fn failed(base: &str, context: &RequestContext, error: Error) -> Response {
    let refusal = context.refusal(error);
    failure(base, &refusal, context.id())
}
