//! The token of a request (RFC 6750).

use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use roster_core::ByteSet;

use crate::Refusal;

/// What stands before the token, in any case.
const SCHEME: &str = "bearer";

/// What a token may be made of (RFC 6750, section 2.1).
static TOKEN: ByteSet = ByteSet::alphanumeric_and(b"-._~+/=");

/// The longest token that is looked at.
const MAX_LENGTH: usize = 1024;

/// The token in `Authorization: Bearer`, if there is one. Another scheme counts as none.
///
/// # Errors
/// Refuses a token in the query, where logs and histories keep it (threat T31), and two
/// credentials in one request, of which two readers might take different ones.
pub fn bearer<'h>(headers: &'h HeaderMap, query: Option<&str>) -> Result<Option<&'h str>, Refusal> {
    if query.is_some_and(has_token) {
        return Err(Refusal::http(
            StatusCode::BAD_REQUEST,
            "a token must not stand in the address; send it in the Authorization header",
        ));
    }
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::http(
            StatusCode::BAD_REQUEST,
            "the request has more than one Authorization header",
        ));
    }
    Ok(value.to_str().ok().and_then(token_of))
}

/// The token after the scheme's name.
fn token_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(SCHEME.len())?;
    let token = rest.strip_prefix(' ')?.trim_matches(' ');
    let is_token = (1..=MAX_LENGTH).contains(&token.len()) && TOKEN.has_all(token.as_bytes());
    (scheme.eq_ignore_ascii_case(SCHEME) && is_token).then_some(token)
}

fn has_token(query: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next() == Some("access_token"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(values: &[&str], query: Option<&str>) -> Result<Option<String>, StatusCode> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        bearer(&headers, query).map(|it| it.map(Into::into)).map_err(|refusal| refusal.status)
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer ros_s1", "bearer ros_s1", "BEARER  ros_s1 "] {
            assert_eq!(token(&[value], None), Ok(Some("ros_s1".into())), "{value}");
        }
    }

    #[test]
    fn t28_what_is_no_token_is_none() {
        for value in ["", "Bearer", "Bearer ", "Bearer a b", "Basic ros_s1", "ros_s1", "Bearer é"]
        {
            assert_eq!(token(&[value], None), Ok(None), "{value}");
        }
        assert_eq!(token(&[], None), Ok(None));
        assert_eq!(token(&[&format!("Bearer {}", "a".repeat(2000))], None), Ok(None));
    }

    #[test]
    fn t28_two_credentials_are_refused() {
        let two = ["Bearer ros_s1", "Bearer ros_s2"];
        assert_eq!(token(&two, None), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn t31_a_token_in_the_address_is_refused() {
        let query = Some("a=1&access_token=ros_s1");
        assert_eq!(token(&[], query), Err(StatusCode::BAD_REQUEST));
        assert_eq!(token(&["Bearer ros_s1"], query), Err(StatusCode::BAD_REQUEST));
        assert_eq!(token(&["Bearer x"], Some("my_access_token=1")), Ok(Some("x".into())));
    }
}
