//! Regular expressions that come from users, compiled and kept at hand.
//!
//! The engine is one whose time grows with the text and the patterns alone, and both are bounded: all patterns of a key
//! are one automaton of bounded size. Compiling takes a hundred times as long as matching, so what is compiled is kept;
//! how much, is bounded by its memory and not by its number, for most patterns are small.

use std::sync::Arc;

use quick_cache::{Equivalent, Weighter, sync::Cache};
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

/// The compiled patterns of those keys that are in use. Keys with the same patterns share them: a platform gives many
/// callers the same rights.
pub(crate) struct Kept(Cache<Texts<Box<str>>, Arc<Patterns>, ByMemory>);

/// The texts of some patterns, in their order.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Texts<T>(Vec<T>);

impl Equivalent<Texts<Box<str>>> for Texts<&str> {
    fn equivalent(&self, kept: &Texts<Box<str>>) -> bool {
        self.0.iter().copied().eq(kept.0.iter().map(|text| &**text))
    }
}

#[derive(Clone)]
struct ByMemory;

impl Weighter<Texts<Box<str>>, Arc<Patterns>> for ByMemory {
    fn weight(&self, texts: &Texts<Box<str>>, patterns: &Arc<Patterns>) -> u64 {
        let texts: usize = texts.0.iter().map(|text| text.len()).sum();
        (texts + patterns.0.memory_usage() + WHEN_USED) as u64
    }
}

impl Kept {
    pub(crate) fn new() -> Self {
        Self(Cache::with_weighter(USUALLY_KEPT, MAX_KEPT, ByMemory))
    }

    /// The patterns with these texts, which are compiled if they are not at hand.
    pub(crate) fn of<'p>(
        &self,
        texts: impl Iterator<Item = &'p str>,
        compile: impl FnOnce() -> Patterns,
    ) -> Arc<Patterns> {
        let texts = Texts(texts.collect());
        self.0.get(&texts).unwrap_or_else(|| {
            let compiled = Arc::new(compile());
            let texts = Texts(texts.0.into_iter().map(Box::from).collect());
            self.0.insert(texts, Arc::clone(&compiled));
            compiled
        })
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

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
    fn the_same_patterns_in_the_same_order_are_compiled_once() {
        let kept = Kept::new();
        let of = |texts: &[&str]| kept.of(texts.iter().copied(), || patterns(texts));
        let first = of(&["a", "b"]);
        assert!(Arc::ptr_eq(&first, &of(&["a", "b"])));
        for others in [&["b", "a"] as &[_], &["a"], &["a", "b", "c"], &["ab"], &["a", "B"]] {
            assert!(!Arc::ptr_eq(&first, &of(others)), "{others:?}");
        }
    }

    #[test]
    fn t45_what_is_kept_is_bounded_by_its_memory() {
        let kept = Kept::new();
        let small = || patterns(&["users/[0-9]+/runs", "reports/[a-z]+"]);
        let large = || patterns(&["a{4000}"]);
        let name = |number: usize| format!("the patterns {number}");
        let weight =
            |patterns: Patterns| ByMemory.weight(&Texts(vec![name(0).into()]), &Arc::new(patterns));
        assert!(weight(large()) > 3 * weight(small()), "the weights say something");
        for number in 0..2_000 {
            kept.of(iter::once(&*name(number)), small);
        }
        assert_eq!(kept.0.len(), 2_000, "a usual number of usual keys is kept");
        let large = Arc::new(large());
        for number in 2_000..6_000 {
            kept.0.insert(Texts(vec![name(number).into()]), Arc::clone(&large));
        }
        assert!(kept.0.weight() <= MAX_KEPT && kept.0.len() < 4_000, "{}", kept.0.len());
        kept.of(iter::once(&*name(5_999)), || panic!("it is kept"));
    }
}
