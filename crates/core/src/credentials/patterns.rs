//! Regular expressions that come from users, compiled and kept at hand.
//!
//! The engine is one whose time grows with the text and the patterns alone, and both are bounded: all patterns of a key
//! are one automaton of bounded size. Compiling takes a hundred times as long as matching, so what is compiled is kept;
//! how much, is bounded by its memory and not by its number, for most patterns are small.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use regex_automata::{
    Input, MatchKind, PatternSet,
    meta::{BuildError, Regex},
    nfa::thompson::WhichCaptures,
    util::syntax,
};

/// What the compiled patterns of a key may take together, in bytes: in the worst case each byte of a path is held against
/// all of it. What is found out about them in matching may take as much again on each thread.
const MAX_COMPILED: usize = 256 * 1024;
/// How deep the groups of a pattern may stand in each other.
const MAX_NESTING: u32 = 32;
/// What all that is kept compiled may take, in bytes.
const MAX_KEPT: u64 = 96 * 1024 * 1024;
/// What the patterns of a key take beside themselves once they are used, in bytes: a usual measure, for the weighing.
const WHEN_USED: usize = 24 * 1024;
/// Of about how many keys patterns are kept, for the sizes of tables.
const USUALLY_KEPT: usize = 2_000;

/// Some patterns as one automaton, each to be matched by a whole text.
#[derive(Debug)]
pub(crate) struct Patterns(Regex);

impl Patterns {
    /// Compiles patterns.
    ///
    /// # Errors
    /// One is no regular expression or is nested too deeply, or they are too large together.
    pub(crate) fn compile<'p>(
        patterns: impl Iterator<Item = &'p str>,
    ) -> Result<Self, Box<BuildError>> {
        let whole: Vec<_> = patterns.map(|pattern| format!(r"\A(?:{pattern})\z")).collect();
        let settings = Regex::config()
            .match_kind(MatchKind::All)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(MAX_COMPILED))
            .hybrid_cache_capacity(MAX_COMPILED);
        let built = Regex::builder().configure(settings).syntax(syntax()).build_many(&whole);
        built.map(Self).map_err(Box::new)
    }

    /// No pattern at all, which nothing matches.
    pub(crate) fn none() -> Self {
        Self(Regex::new_many::<&str>(&[]).expect("no pattern has nothing that could be wrong"))
    }

    /// The places of the patterns that match the whole of `text`.
    pub(crate) fn matches(&self, text: &str) -> PatternSet {
        let mut matched = PatternSet::new(self.0.pattern_len());
        self.0.which_overlapping_matches(&Input::new(text), &mut matched);
        matched
    }
}

/// Whether this is a pattern by itself: a stray bracket must not close the group that holds the anchors.
pub(crate) fn is_pattern(text: &str) -> bool {
    syntax::parse_with(text, &syntax()).is_ok()
}

fn syntax() -> syntax::Config {
    syntax::Config::new().nest_limit(MAX_NESTING)
}

/// The compiled patterns of those keys that are in use. A key's constraints never change, so its number names them.
pub(crate) struct Kept(Cache<i64, Arc<Patterns>, ByMemory>);

#[derive(Clone)]
struct ByMemory;

impl Weighter<i64, Arc<Patterns>> for ByMemory {
    fn weight(&self, _: &i64, patterns: &Arc<Patterns>) -> u64 {
        (patterns.0.memory_usage() + WHEN_USED) as u64
    }
}

impl Kept {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(USUALLY_KEPT, MAX_KEPT, ByMemory))
    }

    /// The patterns of this key, which are compiled if they are not at hand.
    pub(crate) fn of_key(&self, key: i64, compile: impl FnOnce() -> Patterns) -> Arc<Patterns> {
        self.0.get(&key).unwrap_or_else(|| {
            let compiled = Arc::new(compile());
            self.0.insert(key, Arc::clone(&compiled));
            compiled
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Patterns {
        Patterns::compile(texts.iter().copied()).unwrap()
    }

    #[test]
    fn each_pattern_is_held_against_the_whole_text() {
        let patterns = patterns(&["users/[0-9]+", "users/.*", "me|users"]);
        for (text, due) in [
            ("users/12", vec![0, 1]),
            ("users/12/x", vec![1]),
            ("users", vec![2]),
            ("xme", vec![]),
            ("me\n", vec![]),
        ] {
            let places: Vec<_> = patterns.matches(text).iter().map(|id| id.as_usize()).collect();
            assert_eq!(places, due, "{text}");
        }
        assert!(Patterns::none().matches("").is_empty());
    }

    #[test]
    fn t35_what_is_too_large_or_nested_too_deeply_is_refused() {
        let large = [r"\w{200}", r"\pL{300}"];
        let refused = Patterns::compile(large.into_iter()).unwrap_err();
        assert_eq!(refused.size_limit(), Some(MAX_COMPILED));
        let deep = format!("{}a{}", "(".repeat(60), ")".repeat(60));
        assert!(!is_pattern(&deep));
        assert!(!is_pattern("a)(?:b") && !is_pattern("(?P<n") && is_pattern("a(?:b)"));
    }

    #[test]
    fn t45_what_is_kept_is_bounded_by_its_memory() {
        let kept = Kept::new();
        let small = || patterns(&["users/[0-9]+/runs", "reports/[a-z]+"]);
        let large = || patterns(&["a{4000}"]);
        let weight = |patterns: Patterns| ByMemory.weight(&0, &Arc::new(patterns));
        assert!(weight(large()) > 3 * weight(small()), "the weights say something");
        for key in 0..2_000 {
            kept.of_key(key, small);
        }
        assert_eq!(kept.0.len(), 2_000, "a usual number of usual keys is kept");
        let large = Arc::new(large());
        for key in 2_000..6_000 {
            kept.0.insert(key, Arc::clone(&large));
        }
        assert!(kept.0.weight() <= MAX_KEPT && kept.0.len() < 4_000, "{}", kept.0.len());
        kept.of_key(5_999, || panic!("it is kept"));
    }
}
