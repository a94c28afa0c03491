//! Reading bodies within bounds (threat T45).

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError};

use crate::{Refusal, RequestContext};

const JSON: &str = "application/json";

/// Reads a whole body. The gate has bounded its length.
///
/// # Errors
/// 413 when it is longer than the gate allows, 400 when it ends early.
pub async fn read(body: Body, context: &RequestContext) -> Result<Bytes, Refusal> {
    context.set_reading(true);
    let collected = body.collect().await;
    context.set_reading(false);
    collected.map(http_body_util::Collected::to_bytes).map_err(|error| {
        if is_too_long(&error) {
            too_long()
        } else {
            Refusal::http(StatusCode::BAD_REQUEST, "the body ended before it was complete")
        }
    })
}

pub(crate) fn too_long() -> Refusal {
    Refusal::http(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than this server allows")
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What the body is said to be; an empty text if nothing is said.
fn media_type(headers: &HeaderMap) -> &str {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.split(';').next()).unwrap_or_default().trim()
}

/// Whether the body is said to be one of these.
pub(crate) fn has_type(headers: &HeaderMap, media_types: &[&str]) -> bool {
    let said = media_type(headers);
    media_types.iter().any(|known| known.eq_ignore_ascii_case(said))
}

/// Whether the body is said to be JSON.
pub fn has_json_type(headers: &HeaderMap) -> bool {
    if headers.get(CONTENT_TYPE).is_some_and(|value| value == JSON) {
        return true;
    }
    let kind = media_type(headers);
    kind.eq_ignore_ascii_case(JSON)
        || (kind.len() > 17
            && kind[..12].eq_ignore_ascii_case("application/")
            && kind[kind.len() - 5..].eq_ignore_ascii_case("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        let is_json = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            has_json_type(&headers)
        };
        for value in
            ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
        {
            assert!(is_json(value), "{value}");
        }
        for value in ["text/plain", "application/x-www-form-urlencoded", "application/+json", ""] {
            assert!(!is_json(value), "{value}");
        }
        assert!(!has_json_type(&HeaderMap::new()));
    }

    #[test]
    fn a_file_is_one_of_what_may_be_sent() {
        let mut headers = HeaderMap::new();
        let known = ["image/png", "application/octet-stream"];
        assert!(!has_type(&headers, &known));
        for (value, fits) in [("Image/PNG; x=1", true), ("image/svg+xml", false), ("image/", false)]
        {
            headers.insert(CONTENT_TYPE, value.parse().unwrap());
            assert_eq!(has_type(&headers, &known), fits, "{value}");
        }
    }
}
