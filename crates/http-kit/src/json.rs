//! Reading JSON so that an error says what is wrong and where, and never what was sent.

use std::{borrow::Cow, collections::HashSet, fmt};

use http::StatusCode;
use roster_api::ReadJson;
use roster_model::{Field, Misread};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::error::Category;

use crate::Refusal;

/// Objects and lists within each other; no input of Roster needs ten.
const MAX_DEPTH: usize = 32;

/// How much of an error is told.
const MAX_DETAIL: usize = 300;

/// Reads a body as JSON.
///
/// # Errors
/// 400 for what is no JSON, names a key twice or is nested too deeply; 422 with the field's path
/// for what is JSON but not what is due.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(malformed("the body is empty; a JSON object is due"));
    };
    check(bytes)?;
    // Serde would take a list for an object, its items for the fields in their order.
    if *first != b'{' {
        return Err(explain("", "invalid type: list, expected a JSON object"));
    }
    serde_json::from_slice(bytes).or_else(|_| {
        // Keeping track of where one is costs, so only what is wrong is read like that.
        let mut json = serde_json::Deserializer::from_slice(bytes);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { "" } else { &path };
            let message = error.into_inner().to_string();
            explain(path, &message)
        })
    })
}

/// Reads the bodies of the native API.
pub(crate) struct Strictly;

impl ReadJson for Strictly {
    type Error = Refusal;

    fn read<T: DeserializeOwned>(self, json: &[u8]) -> Result<T, Refusal> {
        parse(json)
    }
}

/// The body of an endpoint that has none: `()`, which is the only type this is for.
pub(crate) struct Nothing;

impl ReadJson for Nothing {
    type Error = Refusal;

    fn read<T: DeserializeOwned>(self, _: &[u8]) -> Result<T, Refusal> {
        serde_json::from_str("null").map_err(|_| malformed("a body is due"))
    }
}

/// Looks at the text before its meaning: syntax, keys given twice, depth.
fn check(bytes: &[u8]) -> Result<(), Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Strict(MAX_DEPTH).deserialize(&mut json).and_then(|()| json.end()).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            // The text of these is our own, below.
            Category::Data => malformed(&error.to_string()),
            Category::Eof => malformed(&format!("the JSON ends too early, at {place}")),
            Category::Syntax | Category::Io => {
                malformed(&format!("the body is not valid JSON: see {place}"))
            }
        }
    })
}

fn malformed(detail: &str) -> Refusal {
    let detail = detail.chars().take(MAX_DETAIL).collect::<String>();
    Refusal::http(StatusCode::BAD_REQUEST, detail)
}

/// What serde's words mean for the sender. Values are left out: they may be secrets.
fn explain(path: &str, message: &str) -> Refusal {
    let last = path.rsplit('.').next().unwrap_or_default();
    let Misread { key, code, sentence } = Misread::of(last, message);
    let path = match key {
        // serde's path may already end in the unknown name.
        Some(key) if path == key || path.ends_with(&format!(".{key}")) => path.to_owned(),
        Some(key) => join(path, &key),
        None => path.to_owned(),
    };
    let field = path
        .rsplit('.')
        .next()
        .and_then(|last| Field::from_word(last.split('[').next().unwrap_or_default()))
        .unwrap_or(Field::Body);
    let whole = if path.is_empty() { "the body".to_owned() } else { path };
    let detail: String = format!("{whole} {sentence}").chars().take(MAX_DETAIL).collect();
    Refusal::invalid(field, code, detail)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

/// Reads any JSON and keeps nothing; may go so many levels down.
struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        self.0.checked_sub(1).ok_or_else(|| E::custom("the JSON is nested too deeply"))
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        while list.next_element_seed(Self(depth))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let mut seen = Keys::default();
        while let Some(Key(key)) = map.next_key::<Key>()? {
            if !seen.insert(key.clone()) {
                let name: String = key.chars().take(64).collect();
                return Err(A::Error::custom(format_args!("the key {name:?} is given twice")));
            }
            map.next_value_seed(Self(depth))?;
        }
        Ok(())
    }
}

/// The keys of an object so far. Nearly all have only a few, for which a set would cost more than it saves.
#[derive(Default)]
struct Keys<'a> {
    few: [Option<Cow<'a, str>>; FEW],
    more: HashSet<Cow<'a, str>>,
}

/// So many keys are compared one by one.
const FEW: usize = 8;

impl<'a> Keys<'a> {
    /// Adds a key; false if it was there.
    fn insert(&mut self, key: Cow<'a, str>) -> bool {
        for place in &mut self.few {
            match place {
                Some(known) if *known == key => return false,
                Some(_) => {}
                None => {
                    *place = Some(key);
                    return true;
                }
            }
        }
        self.more.insert(key)
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use roster_model::{NewUser, SetUp, UserUpdate};

    use super::*;

    fn refused<T: DeserializeOwned>(
        text: &str,
    ) -> (u16, Option<Field>, Option<&'static str>, String) {
        let refusal = parse::<T>(text.as_bytes()).map(drop).unwrap_err();
        (refusal.status.as_u16(), refusal.field, refusal.reason, refusal.detail.into())
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (text, field, reason, detail) in [
            (r#"{"email":"a@b"}"#, Field::Username, "missing", "username is missing"),
            (
                r#"{"username":1,"email":"a@b"}"#,
                Field::Username,
                "wrong_type",
                "username must be a string",
            ),
            (
                r#"{"username":null,"email":"a@b"}"#,
                Field::Username,
                "wrong_type",
                "username must be a string",
            ),
            (
                r#"{"username":"a","email":"a@b","profile":{"city":7}}"#,
                Field::City,
                "wrong_type",
                "profile.city must be a string",
            ),
            (
                r#"{"username":"a","email":"a@b","is_admin":true}"#,
                Field::Body,
                "unknown_field",
                "is_admin is not known here",
            ),
            (
                r#"{"username":"a","email":"a@b","send_invitation":"yes"}"#,
                Field::Body,
                "wrong_type",
                "send_invitation must be true or false",
            ),
            (
                r#"{"username":"a","email":"a@b","primary_group_id":"x"}"#,
                Field::Body,
                "wrong_type",
                "primary_group_id must be a whole number up to 9223372036854775807",
            ),
            ("[]", Field::Body, "wrong_type", "the body must be a JSON object"),
            (r#"["a","a@b"]"#, Field::Body, "wrong_type", "the body must be a JSON object"),
            ("7", Field::Body, "wrong_type", "the body must be a JSON object"),
            (
                r#"{"username":"a","email":"a@b","profile":7}"#,
                Field::Body,
                "wrong_type",
                "profile must be a JSON object",
            ),
        ] {
            let got = refused::<NewUser>(text);
            assert_eq!(got, (422, Some(field), Some(reason), detail.into()), "{text}");
        }
        let nested = refused::<SetUp>(r#"{"token":"t","user":{"email":"a@b"}}"#);
        assert_eq!(nested.3, "user.username is missing");
        let role = refused::<UserUpdate>(r#"{"role":"king"}"#);
        assert_eq!((role.1, role.2), (Some(Field::Role), Some("not_one_of")));
        assert!(role.3.starts_with("role must be one of system_admin, "), "{}", role.3);
    }

    #[test]
    fn t26_a_value_is_not_repeated_in_the_error() {
        let text = r#"{"username":"a","email":"a@b","password":12345678}"#;
        assert_eq!(refused::<NewUser>(text).3, "password must be a string");
        let text = r#"{"expires_at":"hunter2","name":"k"}"#;
        assert!(!refused::<roster_model::NewApiKey>(text).3.contains("hunter2"));
    }

    #[test]
    fn what_is_no_json_is_shown_by_its_place() {
        for (text, part) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{\"a\":", "ends too early, at line 1 column 5"),
            ("{\n \"a\": x}", "line 2 column 7"),
            ("{} {}", "line 1 column 4"),
            ("{\"a\":\"\u{1}\"}", "line 1"),
            ("\u{feff}{}", "line 1"),
        ] {
            let got = refused::<UserUpdate>(text);
            assert_eq!(got.0, 400, "{text:?}");
            assert!(got.3.contains(part), "{text:?}: {}", got.3);
        }
        assert_eq!(parse::<UserUpdate>(b"{\"city\":\"\xff\"}").unwrap_err().status, 400);
    }

    #[test]
    fn a_key_given_twice_is_refused_wherever_it_is() {
        for text in [
            r#"{"city":"a","city":"b"}"#,
            r#"{"preferences":{"a":{"b":1,"b":2}}}"#,
            r#"{"preferences":{"a":[{"b":1,"\u0062":2}]}}"#,
            r#"{"preferences":{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"a":1,"9":1}}"#,
            r#"{"preferences":{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"8":1}}"#,
        ] {
            let got = refused::<UserUpdate>(text);
            assert_eq!(got.0, 400);
            assert!(got.3.contains("given twice"), "{}", got.3);
        }
    }

    #[test]
    fn t45_deep_json_is_refused() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let got = refused::<UserUpdate>(&text);
            assert_eq!(got.0, 400);
            assert!(got.3.contains("too deeply") || got.3.contains("line 1"), "{}", got.3);
        }
    }

    #[test]
    fn t45_an_error_about_a_long_text_is_short() {
        let text = format!(r#"{{"role":"{}"}}"#, "x".repeat(1_000_000));
        assert!(refused::<UserUpdate>(&text).3.len() < 400);
        let text = format!(r#"{{"{}":1}}"#, "x".repeat(1_000_000));
        assert!(refused::<UserUpdate>(&text).3.len() < 400);
    }
}
