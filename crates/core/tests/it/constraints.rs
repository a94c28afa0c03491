//! The constraints of API keys against a second reading of the contract, over requests that try to be read twice.
//!
//! `ROSTER_CASES=10000000 cargo test --release -p roster-core --test it t33_constraints` tries more of them.

use std::{fs, path::Path};

use roster_core::random::{RandomExt, SeededRandom};
use roster_model::{Constraint, ConstraintKind};

use crate::constraint_reference::hold;

/// How many requests are tried, unless it is said when the tests are built.
const CASES: u64 = 100_000;
/// How many requests meet each set of constraints.
const EACH: u64 = 50;

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// Pieces of request targets: words, and what some reader of paths has fallen for.
const PIECES: [&str; 40] = [
    "users",
    "user",
    "groups",
    "me",
    "1",
    "12",
    "api_keys",
    "endpoints",
    "/",
    "/",
    "/",
    "/",
    "//",
    "/",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    ";",
    ";x=1",
    "%3b",
    "%00",
    "%0a",
    "%25",
    "%252f",
    "%75sers",
    "%55sers",
    "USERS",
    "é",
    "%C3%A9",
    "%ff",
    "%c0%ae",
    "%",
    "%zz",
    " ",
];

/// Pieces of the texts of constraints.
const TEXTS: [&str; 14] = [
    "users",
    "user",
    "groups",
    "me",
    "1",
    "12",
    "api_keys",
    "endpoints",
    "/",
    "/",
    "/",
    "é",
    "%",
    " ",
];

/// Whole patterns.
const PATTERNS: [&str; 12] = [
    "users",
    "users/[0-9]+",
    "users|groups",
    "users/.*",
    "(users|groups)/(me|1)",
    "^users$",
    "(?i)users/ME",
    "users/[^/]+/api_keys",
    ".*",
    "(?m)^users$",
    "(?:users/)?me",
    "u+s+e+r+s+/?\\d*",
];

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, end: usize) -> usize {
        u32::from_le_bytes(self.0.array()) as usize % end
    }

    fn one_of<'a>(&self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn text(&self, pieces: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.one_of(pieces)).collect()
    }

    fn constraint(&self) -> Constraint {
        let kind = ConstraintKind::ALL[self.below(ConstraintKind::ALL.len())];
        let path = match kind {
            ConstraintKind::Verb => String::new(),
            ConstraintKind::Regex => self.one_of(&PATTERNS).to_owned(),
            ConstraintKind::Exact | ConstraintKind::Prefix => self.text(&TEXTS, 5),
        };
        let methods = (0..=self.below(2)).map(|_| self.one_of(&METHODS).to_owned()).collect();
        Constraint { kind, path, methods }
    }
}

#[test]
fn t33_constraints_let_through_what_the_contract_says_however_a_path_is_spelled() {
    let cases = option_env!("ROSTER_CASES").map_or(CASES, |text| text.parse().unwrap());
    let dice = Dice(SeededRandom::new(33));
    let (mut allowed, mut refused) = (0_u64, 0_u64);
    for _ in 0..cases.div_ceil(EACH) {
        let constraints: Vec<_> = (0..=dice.below(3)).map(|_| dice.constraint()).collect();
        for _ in 0..EACH {
            let raw = format!("/{}", dice.text(&PIECES, 7));
            match hold(&constraints, dice.one_of(&METHODS), &raw) {
                true => allowed += 1,
                false => refused += 1,
            }
        }
    }
    assert!(allowed > cases / 50 && refused > cases / 50, "{allowed} and {refused} say little");
}

#[test]
fn t33_seeds_of_the_fuzzer_are_decided_alike_however_they_are_damaged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/constraints");
    let mut seeds = 0;
    for seed in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(seed.unwrap().path()).unwrap();
        let [constraint, method, path] = text.splitn(3, '\n').collect::<Vec<_>>()[..] else {
            panic!("{text} is no seed")
        };
        let constraints = [constraint.parse().unwrap()];
        for (at, character) in path.char_indices() {
            let (before, rest) = (&path[..at], &path[at + character.len_utf8()..]);
            hold(&constraints, method, before);
            for piece in PIECES {
                hold(&constraints, method, &format!("{before}{piece}{rest}"));
            }
        }
        seeds += 1;
    }
    assert!(seeds >= 4);
}
