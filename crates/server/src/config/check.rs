//! `roster config check`: the values in force and where each came from.

use std::fmt::Write;

use toml::Value;

use super::keys::{self, Key};
use super::load::Loaded;
use super::problem::Source;

/// One value in force.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Effective {
    /// Its key.
    pub key: String,
    /// The value as it would stand in the file; secrets are masked, and empty is "not set".
    pub value: String,
    /// Where it came from.
    pub source: String,
}

impl Loaded {
    /// Every value in force, in the order of the reference.
    pub fn effective(&self) -> Vec<Effective> {
        let providers = self.settings.sso.keys().flat_map(|name| keys::of_provider(name));
        keys::all().into_iter().chain(providers).map(|key| self.effective_of(&key)).collect()
    }

    fn effective_of(&self, key: &Key) -> Effective {
        let (value, source) = match self.given.get(&key.path) {
            Some(given) => (shown(key, &given.value), given.source.to_string()),
            None => (
                key.default.map(super::reference::toml).unwrap_or_default(),
                Source::Default.to_string(),
            ),
        };
        Effective { key: key.path.clone(), value, source }
    }
}

/// The values in force as text for people.
pub fn report(loaded: &Loaded) -> String {
    let lines = loaded.effective();
    let width =
        lines.iter().map(|line| line.key.len() + line.value.len() + 3).max().unwrap_or(0).min(72);
    let mut text = String::new();
    for Effective { key, value, source } in lines {
        let assignment =
            if value.is_empty() { format!("{key} is not set") } else { format!("{key} = {value}") };
        // Writing into a string does not fail.
        let _ = if source == "default" {
            writeln!(text, "{assignment}")
        } else {
            writeln!(text, "{assignment:width$}  # {source}")
        };
    }
    text
}

/// A value that somebody set, without what must stay hidden.
fn shown(key: &Key, value: &Value) -> String {
    match value {
        _ if key.is_secret() => "\"********\"".to_owned(),
        value => without_passwords(value).to_string(),
    }
}

fn without_passwords(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_password(text)),
        Value::Array(items) => Value::Array(items.iter().map(without_passwords).collect()),
        other => other.clone(),
    }
}

/// Masks the password, and the whole query except `tls`, of anything that looks like a URL.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) if query.starts_with("tls=") && !query.contains('&') => {
            (rest, format!("?{query}"))
        }
        Some((rest, _)) => (rest, "?********".to_owned()),
        None => (rest, String::new()),
    };
    // The last @ ends the login: in a password that was not escaped there may be another.
    let rest = match rest.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:********@{host}"),
            None => format!("{login}@{host}"),
        },
        None => rest.to_owned(),
    };
    format!("{scheme}://{rest}{query}")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn passwords_in_addresses_are_masked() {
        for (text, shown) in [
            ("smtp://ann:s3cret@host:25?tls=none", "smtp://ann:********@host:25?tls=none"),
            ("postgres://ann:a/b@c@host/db", "postgres://ann:********@host/db"),
            ("https://sms.example/send?key=s3cret&to={to}", "https://sms.example/send?********"),
            ("file:messages.jsonl", "file:messages.jsonl"),
            ("https://ann@host", "https://ann@host"),
        ] {
            assert_eq!(without_password(text), shown);
        }
    }
}
