//! What an API key may reach: rules about method and path (contract of Civis, section 8.1; design section 3.6).
//!
//! They are held against the canonical path that the router routes, without its leading slash. No long path is held
//! against patterns.

use std::{collections::BTreeSet, iter, sync::Arc};

use regex_automata::meta::BuildError;
use roster_model::{Constraint, ConstraintKind, Field, Reason};

use super::patterns::{Kept, Patterns, is_pattern};
use crate::{Error, RequestLine, Result};

/// The most constraints that a key may have.
const MAX_CONSTRAINTS: usize = 100;
/// The longest path, prefix or pattern, in characters.
const MAX_TEXT: usize = 1000;
/// The longest path that a pattern lets through, in bytes: a request must not keep a thread busy for long.
const MAX_MATCHED: usize = 512;
/// Methods that a constraint may name.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Checks constraints, and keeps compiled patterns at hand.
pub(crate) struct Constraints {
    patterns: Kept,
}

impl Constraints {
    pub(crate) fn new() -> Self {
        Self { patterns: Kept::new() }
    }

    /// Whether a key with these constraints may make this request. Without constraints it may make any.
    pub(crate) fn allow(&self, constraints: &[Constraint], request: RequestLine<'_>) -> bool {
        // Compiled on the first use only: most keys have no patterns. Those that do not compile any more let nothing
        // through.
        let compile = || compile(constraints).unwrap_or_else(|_| Patterns::none());
        lets_through(constraints, request, || self.patterns.of(texts(constraints), compile))
    }
}

/// Whether a key with these constraints may make this request, for whoever has no key but its constraints.
///
/// # Errors
/// As for a new key.
pub fn allows(constraints: &[Constraint], request: RequestLine<'_>) -> Result<bool> {
    let patterns = Arc::new(check(constraints)?);
    Ok(lets_through(constraints, request, || patterns))
}

/// The one decision: method and path of the same constraint fit, and one constraint that fits is enough.
fn lets_through(
    constraints: &[Constraint],
    request: RequestLine<'_>,
    patterns: impl FnOnce() -> Arc<Patterns>,
) -> bool {
    if constraints.is_empty() {
        return true;
    }
    let path = bare(request.path);
    let may =
        |constraint: &Constraint| constraint.methods.iter().any(|method| method == request.method);
    let is_plainly_allowed =
        constraints.iter().filter(|constraint| may(constraint)).any(|constraint| match constraint
            .kind
        {
            ConstraintKind::Verb => true,
            ConstraintKind::Exact => path == exact(&constraint.path),
            ConstraintKind::Prefix => path.starts_with(bare(&constraint.path)),
            ConstraintKind::Regex => false,
        });
    if is_plainly_allowed {
        return true;
    }
    let with_patterns = || with_patterns(constraints);
    if path.len() > MAX_MATCHED || !with_patterns().any(may) {
        return false;
    }
    let matched = patterns().matches(path);
    matched.iter().any(|place| with_patterns().nth(place.as_usize()).is_some_and(may))
}

/// Whether two keys may reach the same, whatever the order in which that is written down.
pub(crate) fn are_same(one: &[Constraint], other: &[Constraint]) -> bool {
    let set = |constraints: &[Constraint]| -> BTreeSet<_> {
        let word = |constraint: &Constraint| {
            let methods: BTreeSet<_> = constraint.methods.iter().cloned().collect();
            (constraint.kind.as_str(), constraint.path.clone(), methods)
        };
        constraints.iter().map(word).collect()
    };
    set(one) == set(other)
}

/// Checks constraints for a new key, and gives their patterns.
///
/// # Errors
/// `Invalid` for the first that is malformed; the sentence says which and why.
pub(crate) fn check(constraints: &[Constraint]) -> Result<Patterns> {
    if constraints.len() > MAX_CONSTRAINTS {
        return Err(refused(format!("has more than {MAX_CONSTRAINTS} entries")));
    }
    for (place, constraint) in constraints.iter().enumerate() {
        check_one(constraint).map_err(|why| refused(format!("entry {} {why}", place + 1)))?;
    }
    let too_large = |_| refused("has patterns that are too large together".to_owned());
    compile(constraints).map_err(too_large)
}

fn check_one(constraint: &Constraint) -> Result<(), String> {
    if constraint.methods.is_empty() {
        return Err("names no method".to_owned());
    }
    if !constraint.methods.iter().all(|method| METHODS.contains(&method.as_str())) {
        return Err(format!("names a method that is not one of {}", METHODS.join(", ")));
    }
    if constraint.kind == ConstraintKind::Verb {
        let is_empty = constraint.path.is_empty();
        return if is_empty { Ok(()) } else { Err("of kind verb has a path".to_owned()) };
    }
    if constraint.path.is_empty() {
        return Err("has no path".to_owned());
    }
    if constraint.path.chars().nth(MAX_TEXT).is_some() {
        return Err(format!("has a path of more than {MAX_TEXT} characters"));
    }
    if constraint.path.contains('\0') {
        return Err("has a path with a NUL character".to_owned());
    }
    if constraint.kind == ConstraintKind::Regex {
        if !is_pattern(&constraint.path) {
            return Err("has a pattern that is no regular expression".to_owned());
        }
        Patterns::compile(iter::once(constraint.path.as_str()))
            .map_err(|_| "has a pattern that is too large".to_owned())?;
    }
    Ok(())
}

fn refused(sentence: String) -> Error {
    Error::invalid(Field::Constraints, Reason::Other(sentence))
}

/// The constraints that are patterns, in their order.
fn with_patterns(constraints: &[Constraint]) -> impl Iterator<Item = &Constraint> {
    constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::Regex)
}

fn texts(constraints: &[Constraint]) -> impl Iterator<Item = &str> {
    with_patterns(constraints).map(|constraint| constraint.path.as_str())
}

fn compile(constraints: &[Constraint]) -> Result<Patterns, Box<BuildError>> {
    Patterns::compile(texts(constraints))
}

fn bare(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

fn exact(text: &str) -> &str {
    let text = bare(text);
    text.strip_suffix('/').unwrap_or(text)
}
