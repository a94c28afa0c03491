//! What mailed links lead to: a password to be chosen, an address to be confirmed.

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
use roster_model::{ConfirmEmail, PasswordReset, Secret};
use serde::Deserialize;

use crate::{
    fault::Faults,
    form::{LinkQuery, form, nothing, opened, query},
    page::{base, done, failure, show},
};

const PASSWORD: &str = "/account/password";
const EMAIL: &str = "/account/email";
/// What is wrong where the token is.
const LINK: &str = "This link was used, has expired or is not complete. Ask for a new one.";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    base: &'a str,
    token: &'a str,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "email.html")]
struct EmailPage<'a> {
    base: &'a str,
    token: &'a str,
    faults: Faults,
}

#[derive(Deserialize)]
struct Password {
    #[serde(default = "nothing")]
    token: Secret,
    #[serde(default = "nothing")]
    password: Secret,
    #[serde(default = "nothing")]
    again: Secret,
}

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .route(PASSWORD, get(open_password).post(set_password))
        .route(EMAIL, get(open_email).post(confirm_email))
}

async fn open_password(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PASSWORD);
    let token = query::<LinkQuery>(&request).map_or_else(nothing, |query| query.token);
    let base = &base(&kit.core);
    match opened(&kit, &context, request.headers(), LinkPage::Password, (&token, LINK)).await {
        Ok(faults) => show(StatusCode::OK, &PasswordPage { base, token: token.expose(), faults }),
        Err(refusal) => failure(base, &refusal, context.id()),
    }
}

async fn open_email(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(EMAIL);
    let token = query::<LinkQuery>(&request).map_or_else(nothing, |query| query.token);
    let base = &base(&kit.core);
    match opened(&kit, &context, request.headers(), LinkPage::Email, (&token, LINK)).await {
        Ok(faults) => show(StatusCode::OK, &EmailPage { base, token: token.expose(), faults }),
        Err(refusal) => failure(base, &refusal, context.id()),
    }
}

async fn set_password(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(PASSWORD);
    let base = &base(&kit.core);
    let (actor, input) = match form::<Password>(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => {
            return failure(base, &refusal, context.id());
        }
    };
    let Password { token, password, again } = input;
    let (status, faults) = if password.expose() == again.expose() {
        let reset = PasswordReset {
            login: None,
            code: None,
            token: Some(token.clone()),
            new_password: password,
        };
        match kit.core.reset_password(&actor, &reset).await {
            Ok(()) => {
                let text = "You can sign in with the new password now. Other sessions have ended.";
                return done(&kit.core, "Your password is set", text);
            }
            Err(error) => match told(&context, error) {
                Ok(told) => told,
                Err(refusal) => {
                    return failure(base, &refusal, context.id());
                }
            },
        }
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, Faults::differ())
    };
    show(status, &PasswordPage { base, token: token.expose(), faults })
}

async fn confirm_email(State(kit): State<Kit>, request: Request) -> Response {
    let context = RequestContext::of(request.extensions());
    context.set_route(EMAIL);
    let base = &base(&kit.core);
    let (actor, LinkQuery { token }) = match form(&kit, &context, request).await {
        Ok(read) => read,
        Err(refusal) => {
            return failure(base, &refusal, context.id());
        }
    };
    match kit.core.confirm_email(&actor, &ConfirmEmail { token: token.clone() }).await {
        Ok(user) => {
            let text = format!("{} is the address of your account now.", user.email);
            done(&kit.core, "Your address is confirmed", &text)
        }
        Err(error) => match told(&context, error) {
            Ok((status, mut faults)) => {
                // There is no field to show it at.
                faults.whole = faults.whole.or(faults.email.take());
                show(status, &EmailPage { base, token: token.expose(), faults })
            }
            Err(refusal) => failure(base, &refusal, context.id()),
        },
    }
}

/// What the page says about an error; a fault of ours has a page of its own.
fn told(context: &RequestContext, error: Error) -> Result<(StatusCode, Faults), Refusal> {
    if error.is_for_the_log() {
        return Err(context.refusal(error));
    }
    let faults = Faults::of(&error, LINK);
    Ok((Refusal::from(error).status, faults))
}
