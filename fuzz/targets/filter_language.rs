//! Any text is read as a filter within bounds, or refused with a place inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roster_core::cql2;

fuzz_target!(|text: &str| {
    match cql2::parse(text, &roster_model::USER_FIELDS) {
        Ok(filter) => assert!(filter.is_within_bounds()),
        Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.position)),
    }
});
