//! Reading what a form sends, and whether it was one of ours (threat T41).

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode, header::CONTENT_TYPE};
use roster_core::{Actor, Door, Error, credentials::LinkPage};
use roster_http_kit::{Kit, Refusal, RequestContext, Site, read};
use roster_model::{Field, Secret};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{fault::Faults, page::sentence};

/// The token in the address of a mailed link.
#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default = "nothing")]
    pub(crate) token: Secret,
}

pub(crate) fn nothing() -> Secret {
    Secret::new("")
}

/// What stands after the `?`; what cannot be read is not there.
pub(crate) fn query<T: DeserializeOwned>(request: &Request<Body>) -> Option<T> {
    serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).ok()
}

/// What is wrong with the link that has led to `page`; `dead` says so in general.
///
/// # Errors
/// Its address has looked at too many, or a fault of the server.
pub(crate) async fn opened(
    kit: &Kit,
    context: &RequestContext,
    headers: &HeaderMap,
    page: LinkPage,
    (token, dead): (&Secret, &str),
) -> Result<Faults, Refusal> {
    let actor = kit.stranger(context, Door::Console, headers)?;
    match kit.core.check_link(&actor, page, token).await {
        Ok(()) => Ok(Faults::none()),
        Err(Error::WrongState(why)) => Ok(Faults::dead_link(&sentence(why))),
        Err(error @ (Error::OtpInvalid | Error::OtpExpired)) => Ok(Faults::of(&error, dead)),
        Err(error) if error.field() == Some(Field::Token) => Ok(Faults::dead_link(dead)),
        Err(error) => Err(context.refusal(error)),
    }
}

/// Who sent a form, and what.
///
/// # Errors
/// It comes from another site, is no form, or its sender has sent too many.
pub(crate) async fn form<T: DeserializeOwned>(
    kit: &Kit,
    context: &RequestContext,
    request: Request<Body>,
) -> Result<(Actor, T), Refusal> {
    let (parts, body) = request.into_parts();
    let actor = kit.stranger(context, Door::Console, &parts.headers)?;
    // Every form that does anything to an account holds a secret besides, which another site does not know; so what says
    // nothing (no browser, or a very old one), and what our own pages say, whose policy is to name themselves to nobody,
    // is let through.
    if Site::of(&parts.headers, &kit.core.settings().public_url) == Site::Elsewhere {
        let detail = "this form was sent from another site";
        return Err(Refusal::http(StatusCode::FORBIDDEN, detail));
    }
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "this page takes forms only",
        ));
    }
    let bytes = read(body, context).await?;
    let form = serde_urlencoded::from_bytes(&bytes);
    let form =
        form.map_err(|_| Refusal::http(StatusCode::BAD_REQUEST, "the form is incomplete"))?;
    Ok((actor, form))
}
