//! The cookie that holds a session's token. It is this door's own: no other door looks into it, and its path keeps it
//! away from them.

use http::{HeaderMap, header::COOKIE};
use roster_core::{Core, Door};
use roster_model::Secret;

use super::PREFIX;

const NAME: &str = "roster_dioptra";

/// The token in the cookie, if one came. Of two that differ neither counts: one of them may have been planted by whoever
/// writes cookies for a neighbouring host or a longer path (threat T41).
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).map(str::trim);
    let mut tokens = pairs
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == NAME)
        .map(|(_, token)| token);
    let first = tokens.next()?;
    tokens.all(|token| token == first).then_some(first)
}

/// The text of the header `Set-Cookie` that keeps `token` as long as a session can live.
pub(super) fn set(core: &Core, is_by_host: bool, token: &Secret) -> String {
    let seconds = core.settings().session_life(Door::Dioptra).absolute.as_secs();
    format!("{NAME}={}; Max-Age={seconds}; {}", token.expose(), attributes(core, is_by_host))
}

/// The text of the header `Set-Cookie` that makes a client forget it.
pub(super) fn clear(core: &Core, is_by_host: bool) -> String {
    format!("{NAME}=; Max-Age=0; {}", attributes(core, is_by_host))
}

/// On a plain connection a client would never send a secure cookie back, so it is one only where people come by TLS.
fn attributes(core: &Core, is_by_host: bool) -> String {
    let url = &core.settings().public_url;
    let mount = if is_by_host { "/" } else { PREFIX };
    // A proxy may have put us below a path of its own; under a host name of its own there is nothing before the door.
    let before = if is_by_host { "" } else { url.path().trim_end_matches('/') };
    let secure = if url.scheme() == "https" { "; Secure" } else { "" };
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
        token(&headers).map(Into::into)
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
    fn t28_what_is_no_cookie_of_ours_is_none() {
        for line in ["", ";", "roster_dioptra", "ROSTER_DIOPTRA=a", "xroster_dioptra=a", "é=1"] {
            assert_eq!(found(&[line]), None, "{line}");
        }
        assert_eq!(found(&[]), None);
    }
}
