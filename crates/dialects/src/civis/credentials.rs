//! Who asks: an API key as the user name of Basic authentication, as the client sends it, or a bearer token. Name and
//! password are good for one thing, making a first key.

use data_encoding::BASE64;
use http::{HeaderMap, Uri, header::AUTHORIZATION};
use roster_core::Error;
use roster_model::Secret;

use super::translate::Refusal;

/// The longest header that is looked at.
const MAX_LENGTH: usize = 4096;

/// What came with a request.
#[derive(Debug)]
pub(super) enum Credential {
    /// Nothing that could be one.
    None,
    /// An API key or the token of a session.
    Token(Secret),
    /// A name and a password.
    Password(String, Secret),
}

impl Credential {
    /// Reads the header.
    pub(super) fn read(headers: &HeaderMap, uri: &Uri) -> Result<Self, Refusal> {
        if let Some(token) = roster_http_kit::bearer(headers, uri.query())? {
            return Ok(Self::Token(Secret::new(token)));
        }
        let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        Ok(text.and_then(basic).unwrap_or(Self::None))
    }
}

/// RFC 7617. A password may hold colons, a name may not.
fn basic(text: &str) -> Option<Credential> {
    let (scheme, encoded) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > MAX_LENGTH {
        return None;
    }
    let bytes = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(match password {
        "" => Credential::Token(Secret::new(name)),
        password => Credential::Password(name.to_owned(), Secret::new(password)),
    })
}

/// A request without a credential that is good here.
pub(super) fn unauthenticated() -> Refusal {
    Error::Unauthenticated.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<String, Refusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        Credential::read(&headers, &Uri::from_static("/users")).map(|found| match found {
            Credential::None => "none".to_owned(),
            Credential::Token(token) => format!("token {}", token.expose()),
            Credential::Password(name, password) => format!("{name} and {}", password.expose()),
        })
    }

    #[test]
    fn a_key_is_a_bearer_token_or_a_name_without_a_password() {
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text.as_bytes()));
        for (header, is) in [
            ("Bearer ros_k1".to_owned(), "token ros_k1"),
            (basic("ros_k1:"), "token ros_k1"),
            (basic("ann:s:ecret"), "ann and s:ecret"),
            (basic("ros_k1"), "none"),
            ("Basic !".to_owned(), "none"),
            ("basic".to_owned(), "none"),
            ("Digest ros_k1".to_owned(), "none"),
            (format!("Basic {}", BASE64.encode(b"\xff:")), "none"),
        ] {
            assert_eq!(read(&[&header]).ok().as_deref(), Some(is), "{header}");
        }
        assert_eq!(read(&[]).ok().as_deref(), Some("none"));
        assert!(read(&["Bearer a", "Bearer b"]).is_err(), "t28: two credentials");
    }
}
