//! What an API key may reach: rules about method and path (contract of Civis, section 8.1; design section 3.6).
//!
//! They are held against the canonical path that the router routes, without its leading slash. Regular expressions
//! come from users, so the engine is one whose time grows with the path and the patterns alone, and both are bounded:
//! all patterns of a key are one automaton of bounded size, which reads no long path.

use std::{collections::BTreeSet, sync::Arc};

use quick_cache::sync::Cache;
use regex::{RegexBuilder, RegexSet, RegexSetBuilder};
use roster_model::{Constraint, ConstraintKind, Field, Reason};
use roster_store::LiveCredential;

use crate::{Error, RequestLine, Result};

/// The most constraints that a key may have.
const MAX_CONSTRAINTS: usize = 100;
/// The longest path, prefix or pattern, in characters.
const MAX_TEXT: usize = 1000;
/// What the compiled patterns of a key may take together, in bytes: in the worst case each byte of a path is held against
/// all of it.
const MAX_COMPILED: usize = 256 * 1024;
/// The longest path that a pattern lets through, in bytes: a request must not keep a thread busy for long.
const MAX_MATCHED: usize = 512;
/// How deep the groups of a pattern may stand in each other.
const MAX_NESTING: u32 = 32;
/// Of how many keys the compiled patterns are kept.
const KEPT: usize = 512;

/// Methods that a constraint may name.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Checks constraints, and keeps compiled patterns at hand. A key's constraints never change, so its number names them.
pub(crate) struct Constraints {
    compiled: Cache<i64, Arc<RegexSet>>,
}

impl Constraints {
    pub(crate) fn new() -> Self {
        Self { compiled: Cache::new(KEPT) }
    }

    /// Whether a credential may make this request. Without constraints it may make any.
    pub(crate) fn allow(&self, credential: &LiveCredential, request: RequestLine<'_>) -> bool {
        // Compiled on the first use only: most keys have no patterns.
        lets_through(&credential.constraints, request, || {
            self.compiled.get(&credential.id).unwrap_or_else(|| {
                // Patterns that do not compile any more let nothing through.
                let compiled = Arc::new(compile(&credential.constraints).unwrap_or_default());
                self.compiled.insert(credential.id, Arc::clone(&compiled));
                compiled
            })
        })
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
    patterns: impl FnOnce() -> Arc<RegexSet>,
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
    matched.iter().any(|place| with_patterns().nth(place).is_some_and(may))
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
pub(crate) fn check(constraints: &[Constraint]) -> Result<RegexSet> {
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
        // Alone, so that a stray bracket cannot close the group that holds the anchors.
        let alone = RegexBuilder::new(&constraint.path)
            .size_limit(MAX_COMPILED)
            .nest_limit(MAX_NESTING)
            .build();
        alone.map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "has a pattern that is too large".to_owned(),
            _ => "has a pattern that is no regular expression".to_owned(),
        })?;
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

/// All patterns as one automaton, each to be matched by the whole path.
fn compile(constraints: &[Constraint]) -> Result<RegexSet, regex::Error> {
    let whole = |constraint: &Constraint| format!(r"\A(?:{})\z", constraint.path);
    RegexSetBuilder::new(with_patterns(constraints).map(whole))
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
}

fn bare(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

fn exact(text: &str) -> &str {
    let text = bare(text);
    text.strip_suffix('/').unwrap_or(text)
}
