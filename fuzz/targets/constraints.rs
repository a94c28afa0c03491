//! The constraints of API keys let through what a second reading of the contract lets through, however a path is
//! spelled. The first line is a constraint as `--allow` takes it, the second a method, the rest the path of a request.
#![no_main]

#[path = "../../crates/core/tests/it/constraint_reference.rs"]
mod constraint_reference;

use libfuzzer_sys::fuzz_target;
use roster_core::{RequestLine, credentials};
use roster_model::Constraint;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(constraint), Some(method), Some(path)) = (lines.next(), lines.next(), lines.next())
    else {
        return;
    };
    let Ok(constraint) = constraint.parse::<Constraint>() else { return };
    let constraints = [constraint];
    if credentials::allows(&constraints, RequestLine { method, path: "/" }).is_ok() {
        constraint_reference::hold(&constraints, method, path);
    }
});
