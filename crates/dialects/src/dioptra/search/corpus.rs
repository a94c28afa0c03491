//! The seeds of the fuzzer, whole and damaged in every place.

use std::{fs, path::Path};

use super::{USERS, parse};

/// Characters that mean something, and some that nobody expects.
const HOSTILE: [&str; 12] = ["'", "\"", "\\", "*", "?", ":", ",", " ", "\0", "\n", "’", "😀"];

fn assert_sound(text: &str) {
    match parse(text, USERS) {
        Ok(filter) => assert!(filter.is_within_bounds(), "{text}"),
        Err(error) => assert!(!error.query.is_empty() && text.contains(&error.query), "{text}"),
    }
}

#[test]
fn t35_seeds_are_read_or_refused_however_they_are_damaged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/dioptra_search");
    let mut seeds = 0;
    for seed in fs::read_dir(folder).unwrap() {
        let path = seed.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let is_meant_to_be_read = !path.ends_with("refused");
        assert_eq!(parse(&text, USERS).is_ok(), is_meant_to_be_read, "{text}");
        for (at, character) in text.char_indices() {
            let (before, rest) = (&text[..at], &text[at + character.len_utf8()..]);
            assert_sound(before);
            assert_sound(&format!("{before}{rest}"));
            for hostile in HOSTILE {
                assert_sound(&format!("{before}{hostile}{rest}"));
                assert_sound(&format!("{before}{character}{hostile}{rest}"));
            }
        }
        seeds += 1;
    }
    assert!(seeds >= 7);
}
