//! What Dioptra's client sends in bodies: flat objects of text. All that is wrong is told at once, by field.

use roster_model::Secret;
use serde_json::{Map, Value};

use super::translate::{Problems, Refusal};

/// An object of JSON whose fields are taken one by one.
pub(super) struct Body {
    fields: Map<String, Value>,
    problems: Problems,
}

impl Body {
    /// Reads a body.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let fields =
            roster_http_kit::parse(bytes).map_err(|refusal| Refusal::no_json(refusal.detail))?;
        Ok(Self { fields, problems: Problems::default() })
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        match self.fields.remove(name) {
            Some(Value::String(text)) => return text,
            Some(_) => self.problems.add(name, "must be a string"),
            None => self.problems.add(name, "is required but missing"),
        }
        String::new()
    }

    /// A password that must be there.
    pub(super) fn secret(&mut self, name: &'static str) -> Secret {
        Secret::new(self.text(name))
    }

    /// A password that must be there and not be empty.
    pub(super) fn some_secret(&mut self, name: &'static str) -> Secret {
        let is_there = self.fields.get(name).is_some_and(Value::is_string);
        let secret = self.secret(name);
        if is_there && secret.expose().is_empty() {
            self.problems.add(name, "must not be empty");
        }
        secret
    }

    /// That was all: fields that nobody has taken are not known here.
    pub(super) fn end(mut self) -> Result<(), Refusal> {
        for name in self.fields.keys() {
            self.problems.add(name, "is not known here");
        }
        self.problems.none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let mut body = match Body::read(text.as_bytes()) {
            Ok(body) => body,
            Err(refusal) => return format!("{refusal:?}"),
        };
        body.text("username");
        body.some_secret("password");
        body.end().map_or_else(|refusal| format!("{refusal:?}"), |()| String::new())
    }

    #[test]
    fn what_is_due_is_taken() {
        assert_eq!(refused(r#"{"username": "ann", "password": "x"}"#), "");
        assert_eq!(refused(r#"{"username": "", "password": " "}"#), "");
    }

    #[test]
    fn t12_nothing_but_text_is_taken_for_text() {
        for value in ["null", "1", "true", "[]", r#"["a", "b"]"#, r#"{"a": "b"}"#] {
            let refused = refused(&format!(r#"{{"username": {value}, "password": "x"}}"#));
            assert!(refused.contains("must be a string"), "{value}: {refused}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let refused = refused(r#"{"password": "", "role": "system_admin"}"#);
        for part in ["username", "missing", "password", "empty", "role", "not known"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
    }

    #[test]
    fn t45_what_is_no_object_is_refused() {
        for text in ["", "x", "[]", "1", r#"{"a": 1, "a": 2}"#, &"[".repeat(100_000)] {
            assert!(Body::read(text.as_bytes()).is_err());
        }
    }
}
