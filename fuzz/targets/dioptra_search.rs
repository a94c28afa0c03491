//! Any text is read as a search within bounds, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roster_dialects::dioptra::search;

fuzz_target!(|text: &str| {
    match search::parse(text, search::USERS) {
        Ok(filter) => assert!(filter.is_within_bounds()),
        Err(error) => assert!(text.contains(&error.query)),
    }
});
