//! A second reading of paths and of the constraints of API keys, written from the contract alone (threat T33). A test
//! and a fuzzer hold the rulebook's own reading against it.

use roster_core::{RequestLine, credentials, paths};
use roster_model::{Constraint, ConstraintKind};

/// The canonical path of a request, or that there is none.
pub(crate) fn read(raw: &str) -> Option<String> {
    let bytes = raw.as_bytes();
    if bytes.first() != Some(&b'/') || bytes.len() > paths::MAX_LENGTH {
        return None;
    }
    let mut kept: Vec<String> = Vec::new();
    for segment in bytes[1..].split(|byte| *byte == b'/') {
        let mut decoded = Vec::new();
        let mut at = 0;
        while at < segment.len() {
            if segment[at] == b'%' {
                let digits = std::str::from_utf8(segment.get(at + 1..at + 3)?).ok()?;
                if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return None;
                }
                decoded.push(u8::from_str_radix(digits, 16).ok()?);
                at += 3;
            } else {
                decoded.push(segment[at]);
                at += 1;
            }
        }
        let segment = String::from_utf8(decoded).ok()?;
        if segment.chars().any(|c| c.is_control() || ['/', '\\', ';'].contains(&c)) {
            return None;
        }
        // What would be decoded a second time by somebody else on the way.
        let mut rest = segment.as_str();
        while let Some(escape) = rest.find('%') {
            rest = &rest[escape + 1..];
            if rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
        }
        match segment.as_str() {
            "" | "." => {}
            ".." => {
                kept.pop()?;
            }
            _ => kept.push(segment),
        }
    }
    Some(format!("/{}", kept.join("/")))
}

/// Whether one of the constraints lets a canonical path through. No constraints let everything through.
pub(crate) fn allows(constraints: &[Constraint], method: &str, path: &str) -> bool {
    let path: Vec<char> = path.chars().skip(1).collect();
    let without_slash = |text: &str| -> Vec<char> {
        let chars: Vec<char> = text.chars().collect();
        chars[usize::from(chars.first() == Some(&'/'))..].to_vec()
    };
    let fits = |constraint: &Constraint| match constraint.kind {
        ConstraintKind::Verb => true,
        ConstraintKind::Exact => {
            let mut text = without_slash(&constraint.path);
            if text.last() == Some(&'/') {
                text.pop();
            }
            text == path
        }
        ConstraintKind::Prefix => {
            let text = without_slash(&constraint.path);
            path.len() >= text.len() && path[..text.len()] == text[..]
        }
        ConstraintKind::Regex => {
            let path: String = path.iter().collect();
            let whole = regex::Regex::new(&format!("^(?:{})$", constraint.path));
            path.len() <= 512 && whole.is_ok_and(|whole| whole.is_match(&path))
        }
    };
    constraints.is_empty()
        || constraints
            .iter()
            .any(|one| one.methods.iter().any(|allowed| allowed == method) && fits(one))
}

/// Holds the rulebook against this: what a path is, and whether a key with these constraints, which are well-formed,
/// lets it through. Gives the decision.
pub(crate) fn hold(constraints: &[Constraint], method: &str, raw: &str) -> bool {
    let canonical = paths::canonical(raw);
    assert_eq!(canonical.as_deref(), read(raw).as_deref(), "{raw:?}");
    let Some(path) = canonical.as_deref() else { return false };
    // What the router is given is what the matcher was given, read once more.
    let routed = paths::encode(path).into_owned();
    assert_eq!(paths::canonical(&routed).as_deref(), Some(path), "{raw:?}");
    let is_allowed = credentials::allows(constraints, RequestLine { method, path });
    let Ok(is_allowed) = is_allowed else { panic!("well-formed: {constraints:?}") };
    assert_eq!(is_allowed, allows(constraints, method, path), "{method} {raw:?} {constraints:?}");
    is_allowed
}
