//! The one reading of a path (design section 3.6, threat T33). The router routes it and the
//! constraints of API keys are held against it, so the two cannot differ.

use std::borrow::Cow;

use crate::ByteSet;

/// The longest path that is read, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;

/// What stands in a path as it is: unreserved characters, sub-delimiters but the semicolon, `:`,
/// `@` (RFC 3986, section 3.3) and the slash between segments.
static KEPT: ByteSet = ByteSet::alphanumeric_and(b"/-._~!$&'()*+,=:@");

/// The canonical form of a request's path: percent-decoded once, dot segments resolved, empty
/// segments removed, no slash at the end.
///
/// `None` for what others on the way might read otherwise: an encoded slash, a backslash, a
/// semicolon (path parameters), control characters, a second layer of encoding, half an encoding,
/// text that is not UTF-8, a climb above the root, or a path that is no path.
///
/// A path that is canonical already costs one look at its bytes.
pub fn canonical(path: &str) -> Option<Cow<'_, str>> {
    if !path.starts_with('/') || path.len() > MAX_LENGTH {
        return None;
    }
    if is_plain(path.as_bytes()) {
        return Some(Cow::Borrowed(path));
    }
    let mut whole = String::with_capacity(path.len());
    // Where each segment kept so far begins.
    let mut starts = Vec::new();
    for raw in path.split('/') {
        let segment = decode(raw)?;
        match &*segment {
            "" | "." => {}
            ".." => whole.truncate(starts.pop()?),
            text => {
                starts.push(whole.len());
                whole.push('/');
                whole.push_str(text);
            }
        }
    }
    if whole.is_empty() {
        whole.push('/');
    }
    Some(Cow::Owned(whole))
}

/// Whether a path has a segment `.` or `..`, encoded or not.
pub fn has_dot_segments(path: &str) -> bool {
    path.split('/').any(|raw| matches!(decode(raw).as_deref(), Some("." | "..")))
}

/// A canonical path as a request line has it: percent-encoded where it must be.
pub fn encode(canonical: &str) -> Cow<'_, str> {
    if KEPT.has_all(canonical.as_bytes()) {
        return Cow::Borrowed(canonical);
    }
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(canonical.len() + 16);
    for byte in canonical.bytes() {
        if KEPT.has(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(HEX[usize::from(byte >> 4)]));
            encoded.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Cow::Owned(encoded)
}

/// Whether a path has nothing that would have to be read twice to be understood.
fn is_plain(path: &[u8]) -> bool {
    // A dot after a slash may begin a dot segment; that is for the slow way to say. Looks at all of them, as `has_all`.
    let begins_oddly = |pair: &[u8; 2]| pair[0] == b'/' && matches!(pair[1], b'/' | b'.');
    let is_odd = path.array_windows().fold(false, |odd, pair| odd | begins_oddly(pair));
    !is_odd && KEPT.has_all(path) && (path.len() == 1 || !path.ends_with(b"/"))
}

/// One segment, decoded once.
fn decode(raw: &str) -> Option<Cow<'_, str>> {
    let text = if raw.contains('%') {
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
                other => other,
            });
        }
        Cow::Owned(String::from_utf8(bytes).ok()?)
    } else {
        Cow::Borrowed(raw)
    };
    let twice = |w: &[u8]| w[0] == b'%' && hex(w[1]).is_some() && hex(w[2]).is_some();
    let is_refused = text.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ';'))
        || text.as_bytes().windows(3).any(twice);
    (!is_refused).then_some(text)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t33_different_spellings_of_a_path_are_one_path() {
        for (path, is) in [
            ("/", "/"),
            ("//", "/"),
            ("/./", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("//a///b//", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/x/../b", "/a/b"),
            ("/a/x/%2e%2e/b", "/a/b"),
            ("/a/x/.%2E/b", "/a/b"),
            ("/a/%2e/b", "/a/b"),
            ("/a/b/..", "/a"),
            ("/a/..", "/"),
            ("/%61/b", "/a/b"),
            ("/a%20b", "/a b"),
            ("/A/b", "/A/b"),
            ("/a/.../b", "/a/.../b"),
            ("/a/.b", "/a/.b"),
            ("/%C3%A9", "/é"),
            ("/50%25", "/50%"),
            ("/a%3Fb%23c", "/a?b#c"),
        ] {
            assert_eq!(canonical(path).as_deref(), Some(is), "{path}");
        }
    }

    #[test]
    fn t33_what_could_be_read_in_two_ways_is_refused() {
        for path in [
            "",
            "*",
            "a/b",
            "http://x/a",
            "/..",
            "/../a",
            "/a/../../b",
            "/%2e%2e/a",
            "/a%2fb",
            "/a%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a/..;/b",
            "/a;x=1/b",
            "/a%3bx=1",
            "/a%00",
            "/a%0a",
            "/a%7f",
            "/a%C2%85",
            "/a%252fb",
            "/a%252e%252e/b",
            "/a%25%32%66b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%ff",
            "/a%c0%ae",
        ] {
            assert_eq!(canonical(path), None, "{path}");
        }
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        assert_eq!(canonical(&long), None);
    }

    #[test]
    fn a_plain_path_is_not_copied() {
        let path = "/api/v1/users/ann@example.com/sessions/0198c5b2-7b1e-7c33";
        assert!(matches!(canonical(path), Some(Cow::Borrowed(same)) if same == path));
    }

    #[test]
    fn t33_dot_segments_are_seen_however_they_are_spelled() {
        for path in ["/a/./b", "/a/..", "/%2e/a", "/a/.%2E/b", "/%2e%2e"] {
            assert!(has_dot_segments(path), "{path}");
        }
        for path in ["/", "//a/", "/.a", "/a./b", "/...", "/%2e%2e%2e", "/%252e"] {
            assert!(!has_dot_segments(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn t33_a_canonical_path_is_its_own_canonical_form(
            path in "(/|\\.|%2e|%2F|%25|;|\\\\|[a-c]|é|%C3%A9| |\\?|%00|%){0,12}",
        ) {
            if let Some(one) = canonical(&format!("/{path}")) {
                prop_assert!(!one.contains("//") && (one == "/" || !one.ends_with('/')));
                prop_assert!(!one.split('/').any(|segment| matches!(segment, "." | "..")));
                let again = encode(&one);
                prop_assert_eq!(canonical(&again), Some(one.clone()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(path in "\\PC{0,40}") {
            let _ = canonical(&path);
        }
    }
}
