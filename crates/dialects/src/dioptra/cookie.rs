//! The cookie that holds a session's token. It is this door's own: no other door looks into it, and its path keeps it
//! away from them. What is in it is the token of a session like any other: whoever can read it, which no script in a browser
//! can, may use it as its user at the doors that take bearer tokens.

use http::{HeaderMap, header::COOKIE};
use roster_core::{Core, Door};
use roster_model::Secret;

use super::PREFIX;

/// What it is called. From where people come by TLS, browsers take the second and the third over TLS only, and the third,
/// which must have the path `/`, from no neighbouring host either (RFC 6265bis, section 4.1.3): nobody else can plant it.
const NAMES: [&str; 3] = ["roster_dioptra", "__Secure-roster_dioptra", "__Host-roster_dioptra"];

/// The token in the cookie, if one came. Of two that differ neither counts: one of them may have been planted by whoever
/// writes cookies for a neighbouring host or a longer path (threat T41).
pub(super) fn token<'h>(core: &Core, is_by_host: bool, headers: &'h HeaderMap) -> Option<&'h str> {
    token_called(name(is_secure(core), is_by_host), headers)
}

fn token_called<'h>(wanted: &str, headers: &'h HeaderMap) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).map(str::trim);
    let mut tokens = pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, token)| token);
    let first = tokens.next()?;
    tokens.all(|token| token == first).then_some(first)
}

/// The text of the header `Set-Cookie` that keeps `token` as long as a session can live.
pub(super) fn set(core: &Core, is_by_host: bool, token: &Secret) -> String {
    let seconds = core.settings().session_life(Door::Dioptra).absolute.as_secs();
    let name = name(is_secure(core), is_by_host);
    format!("{name}={}; Max-Age={seconds}; {}", token.expose(), attributes(core, is_by_host))
}

/// The text of the header `Set-Cookie` that makes a client forget it.
pub(super) fn clear(core: &Core, is_by_host: bool) -> String {
    let name = name(is_secure(core), is_by_host);
    format!("{name}=; Max-Age=0; {}", attributes(core, is_by_host))
}

fn name(is_secure: bool, is_by_host: bool) -> &'static str {
    NAMES[usize::from(is_secure) + usize::from(is_secure && is_by_host)]
}

/// Whether people come by TLS.
fn is_secure(core: &Core) -> bool {
    core.settings().public_url.scheme() == "https"
}

/// On a plain connection a client would never send a secure cookie back, so it is one only where people come by TLS.
fn attributes(core: &Core, is_by_host: bool) -> String {
    let url = &core.settings().public_url;
    let mount = if is_by_host { "/" } else { PREFIX };
    // A proxy may have put us below a path of its own; under a host name of its own there is nothing before the door.
    let before = if is_by_host { "" } else { url.path().trim_end_matches('/') };
    let secure = if is_secure(core) { "; Secure" } else { "" };
    format!("Path={before}{mount}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, line.parse().unwrap());
        }
        token_called(NAMES[0], &headers).map(Into::into)
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        assert_eq!(found(&["roster_dioptra=a"]), Some("a".into()));
        assert_eq!(found(&["x=1; roster_dioptra=a;y=2"]), Some("a".into()));
        assert_eq!(found(&["x=1", "session=; roster_dioptra=a=b"]), Some("a=b".into()));
    }

    #[test]
    fn t41_of_two_cookies_that_differ_none_counts() {
        for lines in
            [&["roster_dioptra=a; roster_dioptra=b"][..], &["roster_dioptra=a", "roster_dioptra=b"]]
        {
            assert_eq!(found(lines), None, "{lines:?}");
        }
        assert_eq!(found(&["roster_dioptra=a; roster_dioptra=a"]), Some("a".into()));
    }

    #[test]
    fn t41_over_tls_only_a_cookie_counts_that_came_over_tls() {
        let mut headers = HeaderMap::new();
        let line = "roster_dioptra=planted; __Secure-roster_dioptra=a; __Host-roster_dioptra=b";
        headers.append(COOKIE, line.parse().unwrap());
        for (is_secure, is_by_host, expected) in [
            (false, false, "planted"),
            (false, true, "planted"),
            (true, false, "a"),
            (true, true, "b"),
        ] {
            let found = token_called(name(is_secure, is_by_host), &headers);
            assert_eq!(found, Some(expected), "{is_secure} {is_by_host}");
        }
    }

    #[test]
    fn t28_what_is_no_cookie_of_ours_is_none() {
        for line in ["", ";", "roster_dioptra", "ROSTER_DIOPTRA=a", "xroster_dioptra=a", "é=1"] {
            assert_eq!(found(&[line]), None, "{line}");
        }
        assert_eq!(found(&[]), None);
    }
}
