//! Headers that say under what conditions a request is to be done.

use http::{HeaderMap, HeaderName, Method, header::IF_MATCH};
use roster_core::{Idempotency, Proof};
use roster_model::{Field, Secret};
use sha2::{Digest, Sha256};

use crate::Refusal;

/// `roster_api::OTP_HEADER` and `roster_api::IDEMPOTENCY_HEADER`, as they are looked up.
const OTP: HeaderName = HeaderName::from_static("roster-otp");
const IDEMPOTENCY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest idempotency key.
const MAX_KEY: usize = 255;

/// The version in `If-Match: "7"`; nothing when any version will do.
///
/// # Errors
/// What is not one entity tag of ours. A condition that cannot be read must not be taken as none
/// (threat T28).
pub fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" && values.next().is_none() {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let version = tag
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|number| number.parse().ok())
        .filter(|_| values.next().is_none());
    version.map(Some).ok_or_else(|| {
        Refusal::invalid(
            Field::IfMatch.as_str(),
            "malformed",
            "if_match must be `*` or one ETag of this record, such as `\"7\"`",
        )
    })
}

/// The `Idempotency-Key` and what it stands for.
///
/// # Errors
/// A key that is empty, too long, given twice, or has other than visible characters.
pub fn idempotency(
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Result<Option<Idempotency>, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|key| (1..=MAX_KEY).contains(&key.len()))
        .filter(|_| values.next().is_none())
        .ok_or_else(|| {
            Refusal::invalid(
                Field::IdempotencyKey.as_str(),
                "malformed",
                "idempotency_key must be one text of 1 to 255 visible characters",
            )
        })?;
    let mut digest = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        // Lengths keep the parts apart.
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Ok(Some(Idempotency { key: key.into(), digest: digest.finalize().into() }))
}

/// The second factor that came with a request of the native API.
///
/// # Errors
/// A code given twice.
pub fn proof(headers: &HeaderMap) -> Result<Proof, Refusal> {
    let mut values = headers.get_all(OTP).iter();
    let Some(value) = values.next() else { return Ok(Proof::RecentMfa) };
    if values.next().is_some() {
        return Err(Refusal::invalid(Field::Code.as_str(), "malformed", "code is given twice"));
    }
    // Bytes that are no text are a wrong code, not a missing one.
    Ok(Proof::Code(Secret::new(value.to_str().unwrap_or("?").trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn headers_have_the_names_that_clients_are_told() {
        for (read, told) in
            [(OTP, roster_api::OTP_HEADER), (IDEMPOTENCY, roster_api::IDEMPOTENCY_HEADER)]
        {
            assert!(read.as_str().eq_ignore_ascii_case(told), "{told}");
        }
    }

    #[test]
    fn t28_a_condition_that_cannot_be_read_is_an_error() {
        let read = |values: &[&str]| if_match(&headers("if-match", values)).map_err(|it| it.field);
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(None));
        assert_eq!(read(&["\"7\""]), Ok(Some(7)));
        assert_eq!(read(&["W/\"7\""]), Ok(Some(7)));
        for values in [
            &["7"][..],
            &["\"\""],
            &["\"7"],
            &["\"-7\""],
            &["\"7\", \"8\""],
            &["\"7\"", "\"8\""],
            &["*", "*"],
            &["\"99999999999999999999\""],
        ] {
            assert_eq!(read(values), Err(Some("if_match".into())), "{values:?}");
        }
    }

    #[test]
    fn another_request_has_another_digest() {
        let headers = headers("idempotency-key", &["k"]);
        let digest = |method: &Method, path: &str, body: &[u8]| {
            idempotency(&headers, method, path, body).unwrap().unwrap().digest
        };
        let one = digest(&Method::POST, "/a", b"b");
        assert_eq!(one, digest(&Method::POST, "/a", b"b"));
        assert_ne!(one, digest(&Method::PUT, "/a", b"b"));
        assert_ne!(one, digest(&Method::POST, "/ab", b""));
        assert_ne!(one, digest(&Method::POST, "/a", b"c"));
    }

    #[test]
    fn an_idempotency_key_has_bounds() {
        let long = "k".repeat(256);
        for values in [&[""][..], &[&long], &["a", "b"], &["é"]] {
            let headers = headers("idempotency-key", values);
            let refusal = idempotency(&headers, &Method::POST, "/", b"").unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("idempotency_key"), "{values:?}");
        }
    }
}
