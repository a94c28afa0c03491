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
use serde_path_to_error::{Path, Segment};

use crate::Refusal;

/// Objects and lists within each other; no input of Roster needs ten.
const MAX_DEPTH: usize = 32;

/// How much of an error is told.
const MAX_DETAIL: usize = 300;

/// How much of a name or path that was sent is told.
const MAX_NAME: usize = 100;

/// Reads a body as JSON.
///
/// # Errors
/// 400 for what is no JSON, names a key twice or is nested too deeply; 422 with the field's path
/// for what is JSON but not what is due.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let Some(first) = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) else {
        return Err(malformed("the body is empty; a JSON object is due"));
    };
    let text = str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to() + 1;
        malformed(&format!("the body is not valid JSON: byte {place} is not UTF-8"))
    })?;
    check(text)?;
    // Serde would take a list for an object, its items for the fields in their order.
    if *first != b'{' {
        return Err(explain(Vec::new(), "invalid type: list, expected a JSON object"));
    }
    serde_json::from_str(text).or_else(|_| {
        // Keeping track of where one is costs, so only what is wrong is read like that.
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let names = names(error.path());
            explain(names, &error.into_inner().to_string())
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
fn check(text: &str) -> Result<(), Refusal> {
    let mut json = serde_json::Deserializer::from_str(text);
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
    Refusal::http(StatusCode::BAD_REQUEST, shortened(detail, MAX_DETAIL))
}

/// The keys and places in lists that lead to a value.
fn names(path: &Path) -> Vec<String> {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    segments.collect()
}

/// What serde's words mean for the sender. Values are left out: they may be secrets.
fn explain(mut path: Vec<String>, message: &str) -> Refusal {
    let last = path.last().map(String::as_str).unwrap_or_default();
    let Misread { key, code, sentence } = Misread::of(last, message);
    // serde's path may already end in the unknown name.
    path.extend(key.filter(|key| path.last() != Some(key)));
    about(&path.join("."), code, &sentence)
}

/// The refusal of what was sent under this name, or of the whole body where there is none.
pub(crate) fn about(name: &str, code: &'static str, sentence: &str) -> Refusal {
    let (field, subject) = match shortened(name, MAX_NAME) {
        name if name.is_empty() => (Field::Body.as_str().to_owned(), "the body".to_owned()),
        name => (name.clone(), name),
    };
    Refusal::invalid(field, code, shortened(&format!("{subject} {sentence}"), MAX_DETAIL))
}

fn shortened(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
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
    use roster_model::{NewApiKey, NewUser, SetUp, UserUpdate};

    use super::*;

    fn refused<T: DeserializeOwned>(
        text: &str,
    ) -> (u16, Option<String>, Option<&'static str>, String) {
        let refusal = parse::<T>(text.as_bytes()).map(drop).unwrap_err();
        let field = refusal.field.map(String::from);
        (refusal.status.as_u16(), field, refusal.reason, refusal.detail.into())
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (text, field, reason, detail) in [
            (r#"{"email":"a@b"}"#, "username", "missing", "username is missing"),
            (
                r#"{"username":1,"email":"a@b"}"#,
                "username",
                "wrong_type",
                "username must be a string",
            ),
            (
                r#"{"username":null,"email":"a@b"}"#,
                "username",
                "wrong_type",
                "username must be a string",
            ),
            (
                r#"{"username":"a","email":"a@b","profile":{"city":7}}"#,
                "profile.city",
                "wrong_type",
                "profile.city must be a string",
            ),
            (
                r#"{"username":"a","email":"a@b","is_admin":true}"#,
                "is_admin",
                "unknown_field",
                "is_admin is not known here",
            ),
            (
                r#"{"username":"a","email":"a@b","send_invitation":"yes"}"#,
                "send_invitation",
                "wrong_type",
                "send_invitation must be true or false",
            ),
            (
                r#"{"username":"a","email":"a@b","primary_group_id":"x"}"#,
                "primary_group_id",
                "wrong_type",
                "primary_group_id must be a whole number up to 9223372036854775807",
            ),
            ("[]", "body", "wrong_type", "the body must be a JSON object"),
            (r#"["a","a@b"]"#, "body", "wrong_type", "the body must be a JSON object"),
            ("7", "body", "wrong_type", "the body must be a JSON object"),
            (
                r#"{"username":"a","email":"a@b","profile":7}"#,
                "profile",
                "wrong_type",
                "profile must be a JSON object",
            ),
        ] {
            let got = refused::<NewUser>(text);
            assert_eq!(got, (422, Some(field.into()), Some(reason), detail.into()), "{text}");
        }
        let nested = refused::<SetUp>(r#"{"token":"t","user":{"email":"a@b"}}"#);
        assert_eq!(nested.3, "user.username is missing");
        assert_eq!(nested.1.as_deref(), Some("user.username"));
        let listed =
            refused::<NewApiKey>(r#"{"name":"k","constraints":[{"method":"GET"},{"verb":1}]}"#);
        assert_eq!(listed.1.as_deref(), Some("constraints.0.method"));
        let role = refused::<UserUpdate>(r#"{"role":"king"}"#);
        assert_eq!((role.1, role.2), (Some("role".into()), Some("not_one_of")));
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
        let told = refused::<UserUpdate>(&text);
        assert!(told.3.len() < 400 && told.1.is_some_and(|name| name.len() == MAX_NAME));
    }
}
