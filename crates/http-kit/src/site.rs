//! From which site a browser sends a request (threat T41). Programs that are no browsers say nothing of it.

use http::{
    HeaderMap,
    header::{HOST, ORIGIN},
};
use url::Url;

/// Where the page is that a browser sends a request from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// One of our own.
    Here,
    /// Another site's.
    Elsewhere,
    /// It names itself to nobody.
    Hidden,
    /// Nothing is said: this is no browser, or a very old one.
    Unsaid,
}

impl Site {
    /// What the headers say, on a server that people reach at `public_url`.
    pub fn of(headers: &HeaderMap, public_url: &Url) -> Self {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        if let Some(site) = text("sec-fetch-site") {
            return if site == "same-origin" { Self::Here } else { Self::Elsewhere };
        }
        match text(ORIGIN.as_str()) {
            None => Self::Unsaid,
            Some("null") => Self::Hidden,
            Some(origin) => {
                let origin = Url::parse(origin).ok();
                let authority = |url: &Url| {
                    let host = url.host_str().unwrap_or_default().to_owned();
                    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
                };
                let is_here = origin.is_some_and(|origin| {
                    origin.origin() == public_url.origin()
                        || text(HOST.as_str()) == Some(&authority(&origin))
                });
                if is_here { Self::Here } else { Self::Elsewhere }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t41_another_site_is_told_apart() {
        let public_url = Url::parse("https://roster.example/accounts/").unwrap();
        for (headers, expected) in [
            (&[][..], Site::Unsaid),
            (&[("origin", "https://roster.example")], Site::Here),
            (&[("origin", "null")], Site::Hidden),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], Site::Here),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], Site::Here),
            (&[("sec-fetch-site", "cross-site"), ("origin", "null")], Site::Elsewhere),
            (&[("sec-fetch-site", "same-site")], Site::Elsewhere),
            (&[("sec-fetch-site", "none")], Site::Elsewhere),
            (&[("origin", "https://evil.example"), ("host", "roster.example")], Site::Elsewhere),
            (
                &[("origin", "http://roster.example:81"), ("host", "roster.example")],
                Site::Elsewhere,
            ),
            (&[("origin", "?"), ("host", "")], Site::Elsewhere),
        ] {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
                .into_iter()
                .collect();
            assert_eq!(Site::of(&headers, &public_url), expected, "{headers:?}");
        }
    }
}
