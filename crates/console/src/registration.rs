//! Asking for an account, where anybody may have one: a link is mailed to the address.

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use roster_core::{Error, Registration};
use roster_http_kit::{Kit, Refusal, RequestContext};
use roster_model::NewRegistration;
use serde::Deserialize;

use crate::{
    fault::Faults,
    form::form,
    page::{base, done, failure, show},
};

const PATH: &str = "/account/registration";

#[derive(Template)]
#[template(path = "registration.html")]
struct Page<'a> {
    base: &'a str,
    email: &'a str,
    faults: Faults,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    email: String,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new().route(PATH, get(open).post(ask))
}

async fn open(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let base = &base(&kit.core);
    if kit.core.settings().registration != Registration::Open {
        let refusal = Refusal::from(Error::RegistrationClosed);
        return failure(base, &refusal, context.id());
    }
    show(StatusCode::OK, &Page { base, email: "", faults: Faults::none() })
}

async fn ask(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PATH);
    let base = &base(&kit.core);
    let (actor, Input { email }) = match form::<Input>(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => return failure(base, &refusal, context.id()),
    };
    let new = NewRegistration { email, username: None };
    match kit.core.request_registration(&actor, &new).await {
        Ok(_) => {
            let text =
                "A mail is on its way to the address that you gave. Open the link in it to go on.";
            done(&kit.core, "Look into your mail", text)
        }
        Err(error) if error.field().is_some() => {
            let faults = Faults::of(&error, "");
            let status = Refusal::from(error).status;
            show(status, &Page { base, email: &new.email, faults })
        }
        Err(error) => failure(base, &context.refusal(error), context.id()),
    }
}
