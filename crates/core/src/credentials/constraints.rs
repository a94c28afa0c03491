//! What an API key may reach: rules about method and path (contract of Civis, section 8.1; design section 3.6).
//!
//! They are held against the canonical path that the router routes, without its leading slash. Regular expressions
//! come from users, so the engine is one whose time grows with the text alone, and what they may compile to is bounded.

use std::sync::Arc;

use quick_cache::sync::Cache;
use regex::{Regex, RegexBuilder};
use roster_model::{Constraint, ConstraintKind, Field, Reason};
use roster_store::LiveCredential;

use crate::{Error, RequestLine, Result};

/// The most constraints that a key may have.
const MAX_CONSTRAINTS: usize = 100;
/// The longest path, prefix or pattern, in characters.
const MAX_TEXT: usize = 1000;
/// What a compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 64 * 1024;
/// How deep the groups of a pattern may stand in each other.
const MAX_NESTING: u32 = 32;
/// Of how many keys the compiled patterns are kept.
const KEPT: usize = 4096;

/// Methods that a constraint may name.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Checks constraints, and keeps compiled patterns at hand. A key's constraints never change, so its number names them.
pub(crate) struct Constraints {
    compiled: Cache<i64, Arc<[Option<Regex>]>>,
}

impl Constraints {
    pub(crate) fn new() -> Self {
        Self { compiled: Cache::new(KEPT) }
    }

    /// Whether a credential may make this request. Without constraints it may make any.
    pub(crate) fn allow(&self, credential: &LiveCredential, request: RequestLine<'_>) -> bool {
        let constraints = &credential.constraints;
        if constraints.is_empty() {
            return true;
        }
        let path = request.path.strip_prefix('/').unwrap_or(request.path);
        // Compiled on the first use only: most keys have no patterns.
        let mut patterns = None;
        constraints.iter().enumerate().any(|(place, constraint)| {
            constraint.methods.iter().any(|method| method == request.method)
                && match constraint.kind {
                    ConstraintKind::Verb => true,
                    ConstraintKind::Exact => path == exact(&constraint.path),
                    ConstraintKind::Prefix => path.starts_with(bare(&constraint.path)),
                    ConstraintKind::Regex => patterns
                        .get_or_insert_with(|| self.patterns(credential))
                        .get(place)
                        .and_then(Option::as_ref)
                        .is_some_and(|pattern| pattern.is_match(path)),
                }
        })
    }

    fn patterns(&self, credential: &LiveCredential) -> Arc<[Option<Regex>]> {
        if let Some(known) = self.compiled.get(&credential.id) {
            return known;
        }
        // A pattern that does not compile any more lets nothing through.
        let compile = |one: &Constraint| match one.kind {
            ConstraintKind::Regex => compile(&one.path).ok(),
            _ => None,
        };
        let compiled: Arc<[_]> = credential.constraints.iter().map(compile).collect();
        self.compiled.insert(credential.id, Arc::clone(&compiled));
        compiled
    }
}

/// Checks constraints for a new key.
///
/// # Errors
/// `Invalid` for the first that is malformed; the sentence says which and why.
pub(crate) fn check(constraints: &[Constraint]) -> Result<()> {
    if constraints.len() > MAX_CONSTRAINTS {
        return Err(refused(format!("has more than {MAX_CONSTRAINTS} entries")));
    }
    for (place, constraint) in constraints.iter().enumerate() {
        check_one(constraint).map_err(|why| refused(format!("entry {} {why}", place + 1)))?;
    }
    Ok(())
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
        compile(&constraint.path).map(drop)?;
    }
    Ok(())
}

fn refused(sentence: String) -> Error {
    Error::invalid(Field::Constraints, Reason::Other(sentence))
}

/// Compiles a pattern alone first, so that a stray bracket cannot close the group that holds the anchors.
fn compile(pattern: &str) -> Result<Regex, String> {
    let build = |text: &str| {
        RegexBuilder::new(text)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(4 * MAX_COMPILED)
            .nest_limit(MAX_NESTING)
            .build()
    };
    build(pattern).and_then(|_| build(&format!(r"\A(?:{pattern})\z"))).map_err(
        |error| match error {
            regex::Error::CompiledTooBig(_) => "has a pattern that is too large".to_owned(),
            _ => "has a pattern that is no regular expression".to_owned(),
        },
    )
}

fn bare(text: &str) -> &str {
    text.strip_prefix('/').unwrap_or(text)
}

fn exact(text: &str) -> &str {
    let text = bare(text);
    text.strip_suffix('/').unwrap_or(text)
}
