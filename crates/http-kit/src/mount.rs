//! Where doors are, so that whoever is refused before a handler is told in that door's words.

use http::{HeaderMap, Uri, header::HOST};

use crate::Renderer;

/// The place of a door: the first segment of its paths and perhaps a host name that stands for it.
///
/// A request that is too long, too frequent, too slow or of no clear path never meets a handler. What its client
/// understands then depends on the door, its status included: [`Renderer`] may give any status to any refusal.
#[derive(Clone, Debug)]
pub struct Mount {
    pub(crate) prefix: &'static str,
    pub(crate) refuse: Renderer,
    pub(crate) host: Option<String>,
    pub(crate) refuses_dots: bool,
    pub(crate) tells_allowance: bool,
}

impl Mount {
    /// A door below `prefix` (`/airt`), which says refusals with `refuse`.
    pub fn new(prefix: &'static str, refuse: Renderer) -> Self {
        debug_assert_eq!(prefix.rfind('/'), Some(0), "one segment leads to a door: {prefix}");
        Self { prefix, refuse, host: None, refuses_dots: false, tells_allowance: false }
    }

    /// The same door, but a path with a dot segment (`.` or `..`, however spelled) is refused instead of resolved.
    #[must_use]
    pub fn without_dots(self) -> Self {
        Self { refuses_dots: true, ..self }
    }

    /// The same door, but where requests are limited its answers say by `X-RateLimit-Limit` and `X-RateLimit-Remaining`
    /// how many there are for the client's address and how many are left.
    #[must_use]
    pub fn with_allowance(self) -> Self {
        Self { tells_allowance: true, ..self }
    }

    /// The same door, also under a host name of its own, where its paths have no prefix.
    #[must_use]
    pub fn with_host(self, host: Option<String>) -> Self {
        Self { host, ..self }
    }

    /// Whether paths whose [`first_segment`] is this are below the prefix.
    pub(crate) fn has_segment(&self, segment: &str) -> bool {
        self.prefix.strip_prefix('/') == Some(segment)
    }

    /// Whether a request to the host `name` is for this door.
    pub(crate) fn has_host(&self, name: &str) -> bool {
        self.host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(name))
    }
}

/// What decides at which door a path is. Whole segments count (threat T34), doubled slashes before them do not.
pub(crate) fn first_segment(path: &str) -> &str {
    path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default()
}

/// The host that a request names, without its port (RFC 9112, section 3.2.2: the request line wins).
pub(crate) fn host_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(host) = uri.host() {
        return Some(host);
    }
    let host = headers.get(HOST)?.to_str().ok()?;
    Some(host.rsplit_once(':').map_or(host, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn t34_whole_segments_lead_to_a_door() {
        let door = Mount::new("/airt", |refusal, _| refusal.status.into_response());
        for path in ["/airt", "/airt/", "/airt/user", "//airt//user", "/airt/a%2Fb"] {
            assert!(door.has_segment(first_segment(path)), "{path}");
        }
        for path in ["/", "", "*", "/airtx", "/air", "/x/airt", "/AIRT"] {
            assert!(!door.has_segment(first_segment(path)), "{path}");
        }
    }

    #[test]
    fn the_request_line_names_the_host_before_the_header_does() {
        let mut headers = HeaderMap::new();
        assert_eq!(host_of(&Uri::from_static("/a"), &headers), None);
        headers.insert(HOST, "b.example:80".parse().unwrap());
        assert_eq!(host_of(&Uri::from_static("/a"), &headers), Some("b.example"));
        assert_eq!(host_of(&Uri::from_static("http://c.example:1/a"), &headers), Some("c.example"));
    }
}
