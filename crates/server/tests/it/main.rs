//! The server's parts against what they talk to: gateways, a mail server, sign-in providers.

#![expect(clippy::unwrap_used, reason = "a failed expectation of a test is a panic")]
mod doctor;
mod listener;
mod outbox;
mod receiver;
mod replicas;
mod server;
mod sms;
mod smtp;
mod sso;

use std::ffi::OsString;

use roster_server::config::{Inputs, Overrides, Settings, load};

/// The settings that these variables of the environment make.
fn settings(environment: &[(&str, &str)]) -> Settings {
    let directory = tempfile::tempdir().unwrap();
    let inputs = Inputs {
        overrides: Overrides::new(),
        environment: environment
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .collect(),
        file: None,
        directory: directory.path().to_owned(),
    };
    load(&inputs).unwrap_or_else(|problems| panic!("{problems}")).settings
}
