//! Reading what a form sends, and whether it was one of ours (threat T41).

use axum::body::Body;
use http::{
    HeaderMap, Request, StatusCode,
    header::{CONTENT_TYPE, HOST, ORIGIN},
};
use roster_core::{Actor, Door};
use roster_http_kit::{Kit, Refusal, RequestContext, read};
use roster_model::Secret;
use serde::{Deserialize, de::DeserializeOwned};
use url::Url;

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
    if !is_from_here(&parts.headers, &kit.core.settings().public_url) {
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

/// Whether a browser says that one of our own pages sent this. Every form holds a secret besides, which another site
/// does not know; so what says nothing (no browser, or a very old one) is let through.
fn is_from_here(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match text(ORIGIN.as_str()) {
        // What our own pages say, too: their policy is to name themselves to nobody.
        None | Some("null") => true,
        Some(origin) => {
            let origin = Url::parse(origin).ok();
            let authority = |url: &Url| {
                let host = url.host_str().unwrap_or_default().to_owned();
                url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
            };
            origin.is_some_and(|origin| {
                origin.origin() == public_url.origin()
                    || text(HOST.as_str()) == Some(&authority(&origin))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t41_a_form_of_another_site_is_told_apart() {
        let public_url = Url::parse("https://roster.example/accounts/").unwrap();
        for (headers, expected) in [
            (&[][..], true),
            (&[("origin", "https://roster.example")], true),
            (&[("origin", "null")], true),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "null")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://evil.example"), ("host", "roster.example")], false),
            (&[("origin", "http://roster.example:81"), ("host", "roster.example")], false),
            (&[("origin", "?"), ("host", "")], false),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
                .into_iter()
                .collect();
            assert_eq!(is_from_here(&headers, &public_url), expected, "{headers:?}");
        }
    }
}
