//! The `roster` program against a whole Roster in the same process: arguments, output, prompts
//! through a pseudo-terminal, exit codes.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod canaries;
mod codes;
mod files;
mod joining;
mod keys;
mod login;
mod operator;
mod output;
mod passwords;
mod phone;
mod rest;
mod served;
mod support;
mod traces;
mod users;
