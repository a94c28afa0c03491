//! The pages, behind the real gate on the real rulebook.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod hostile;
mod invitation;
mod registration;
mod setup;
mod sso;

use std::sync::Arc;

use roster_console::{PREFIXES, refuse, router};
use roster_http_kit::Mount;
use roster_testing::{Answer, Builder, FakeProvider, Roster};

/// Writes each test twice, once for each database: `async fn name(roster: Roster) { … }`.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        roster_testing::postgres_fixture::on_both! {
            with (crate::on_sqlite, crate::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A Roster with pages and the provider that `provider` is.
fn with_pages(provider: Arc<FakeProvider>) -> Builder {
    let mut builder = Builder { providers: provider, ..Builder::default() };
    builder.routers.push(router);
    builder.mounts.extend(PREFIXES.map(|prefix| Mount::new(prefix, refuse)));
    builder
}

async fn on_sqlite() -> Roster {
    with_pages(Arc::default()).on_sqlite().await
}

async fn on_postgres() -> Roster {
    with_pages(Arc::default()).on_postgres().await
}

/// Opens a page.
async fn open(roster: &Roster, uri: &str) -> Answer {
    checked(roster.call("GET", uri, None, None).await)
}

/// Sends a form, as a browser does from our own page.
async fn send(roster: &Roster, uri: &str, fields: &[(&str, &str)]) -> Answer {
    let site = ("sec-fetch-site", "same-origin");
    checked(roster.call_with("POST", uri, &[FORM, site], encoded(fields)).await)
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

/// What holds for every page.
#[track_caller]
fn checked(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").unwrap();
    let parts: Vec<_> = policy.split("; ").collect();
    let expected = [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ];
    assert_eq!(parts, expected);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let text = answer.text();
    assert!(text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{text}");
    for foreign in ["<script", "style=", "http://", "https://", "javascript:"] {
        assert!(!text.contains(foreign), "{foreign} in {text}");
    }
    answer
}

/// The value of a hidden field.
fn hidden(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let rest = text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {text}")).1;
    rest.split_once('"').unwrap().0.to_owned()
}
