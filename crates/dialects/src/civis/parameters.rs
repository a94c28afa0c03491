//! Queries and bodies, read by what the route declares. Unknown keys are ignored, types are strict, and a name may be
//! written in either way, but not in both.

use std::{collections::HashMap, fmt};

use jiff::Timestamp;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::{
    fields::{Field, Kind, MAX_ID},
    names, times,
    translate::Refusal,
};

/// The most numbers or texts in one list.
const MAX_LIST: usize = 10_000;
/// The most objects in one list: more are read by nobody. One more than a key may have constraints.
const MAX_OBJECTS: usize = 101;

/// Values that were given, each of the kind that its field declares.
#[derive(Default)]
pub(super) struct Values(HashMap<&'static str, Value>);

/// What was given may be a password: only its names are shown.
impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Values {
    /// Reads a body. None is an empty one.
    pub(super) fn of_body(body: &[u8], fields: &'static [Field]) -> Result<Self, Refusal> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self::of_object(&Map::new(), fields, "");
        }
        Self::of_object(&roster_http_kit::parse(body)?, fields, "")
    }

    /// Reads an object. `place` stands before the names in refusals.
    pub(super) fn of_object(
        object: &Map<String, Value>,
        fields: &'static [Field],
        place: &str,
    ) -> Result<Self, Refusal> {
        let mut values = HashMap::new();
        for (key, value) in object {
            let snake = names::snake(key);
            let Some(field) = fields.iter().find(|field| field.name == snake) else { continue };
            let name = [place, key].concat();
            check(field, value, &name)?;
            if values.insert(field.name, value.clone()).is_some() {
                let name = [place, field.name].concat();
                return Err(Refusal::invalid(format!("{name} is given twice, in two spellings")));
            }
        }
        match fields.iter().find(|field| field.is_required && !values.contains_key(field.name)) {
            Some(field) => {
                Err(Refusal::invalid(format!("{} is missing", [place, field.name].concat())))
            }
            None => Ok(Self(values)),
        }
    }

    /// Reads a query, in which lists are written as `ids[]=1&ids[]=2` or `ids=1&ids=2`.
    pub(super) fn of_query<'f>(
        query: &str,
        fields: impl Iterator<Item = &'f Field>,
    ) -> Result<Self, Refusal> {
        let pairs: Vec<(String, Option<String>)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                let key = decode(key).unwrap_or_default();
                (names::snake(key.strip_suffix("[]").unwrap_or(&key)), decode(value))
            })
            .collect();
        let mut values = HashMap::new();
        for field in fields {
            let name = field.name;
            let given: Vec<_> = pairs.iter().filter(|(key, _)| key == name).collect();
            let unclear = || Refusal::invalid(format!("{name} must be UTF-8"));
            let texts = given.iter().map(|(_, text)| text.as_deref().ok_or_else(unclear));
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            let is_list = matches!(field.kind, Kind::Ids | Kind::Texts);
            let value = match texts[..] {
                [] => continue,
                _ if is_list => {
                    let one = if field.kind == Kind::Ids { Kind::Id } else { Kind::Text(255) };
                    texts.iter().map(|text| of_text(one, text)).collect()
                }
                [one] => of_text(field.kind, one),
                _ => return Err(Refusal::invalid(format!("{name} is given twice"))),
            };
            check(field, &value, name)?;
            values.insert(name, value);
        }
        Ok(Self(values))
    }

    /// All that was given, under the names of the fields.
    pub(super) fn into_object(self) -> Map<String, Value> {
        self.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The value of a field, if it was given. `null` is given.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A text of which it matters whether it is absent or `null`.
    pub(super) fn cleared_text(&self, name: &str) -> Option<Option<String>> {
        self.get(name).map(|value| value.as_str().map(str::to_owned))
    }

    /// A number.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Value::as_i64)
    }

    /// A number of which it matters whether it is absent or `null`.
    pub(super) fn cleared_integer(&self, name: &str) -> Option<Option<i64>> {
        self.get(name).map(Value::as_i64)
    }

    /// A truth value.
    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(Value::as_bool)
    }

    /// A truth value of which it matters whether it is absent or `null`.
    pub(super) fn cleared_boolean(&self, name: &str) -> Option<Option<bool>> {
        self.get(name).map(Value::as_bool)
    }

    /// A time.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(times::read)
    }

    /// Numbers.
    pub(super) fn ids(&self, name: &str) -> Option<Vec<i64>> {
        let list = self.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_i64).collect())
    }

    /// Texts.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// Objects, each read by its own declaration.
    pub(super) fn objects(
        &self,
        name: &str,
        fields: &'static [Field],
    ) -> Result<Vec<Self>, Refusal> {
        let list = self.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let objects =
            list.iter().enumerate().filter_map(|(at, value)| Some((at, value.as_object()?)));
        objects
            .map(|(at, object)| Self::of_object(object, fields, &format!("{name}[{at}].")))
            .collect()
    }

    /// An object whose keys are checked by whoever they are for.
    pub(super) fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.get(name).and_then(Value::as_object)
    }
}

fn decode(text: &str) -> Option<String> {
    let blanks = text.replace('+', " ");
    String::from_utf8(percent_decode(blanks.as_bytes()).collect()).ok()
}

/// The value that the text of a query stands for; the text itself if it is none of that kind.
fn of_text(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Integer | Kind::Id => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse::<i64>() {
                Ok(number) if is_number => number.into(),
                // Larger than any; still a number.
                _ if is_number && text == digits => i64::MAX.into(),
                _ => text.into(),
            }
        }
        Kind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => true.into(),
            "false" | "0" => false.into(),
            _ => text.into(),
        },
        _ => text.into(),
    }
}

/// Holds a value against what its field declares.
fn check(field: &Field, value: &Value, name: &str) -> Result<(), Refusal> {
    if value.is_null() && field.is_nullable {
        return Ok(());
    }
    let is_id = |value: &Value| value.as_i64().is_some_and(|id| (1..=MAX_ID).contains(&id));
    let is_text = |value: &Value, most: usize| {
        value.as_str().is_some_and(|text| !text.contains('\0') && text.chars().nth(most).is_none())
    };
    let all = |most: usize, fits: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|list| list.len() <= most && list.iter().all(fits))
    };
    let (fits, due) = match field.kind {
        Kind::Text(most) => {
            (is_text(value, most), format!("text of at most {most} characters without NUL"))
        }
        Kind::Integer => (value.is_i64(), "a whole number".to_owned()),
        Kind::Id => (is_id(value), "a whole number from 1 to 9007199254740991".to_owned()),
        Kind::Boolean => (value.is_boolean(), "true or false".to_owned()),
        Kind::Time => {
            let is_time = value.as_str().is_some_and(|text| times::read(text).is_some());
            (is_time, "a time such as 2026-04-17T18:37:20Z".to_owned())
        }
        Kind::Ids => (all(MAX_LIST, &is_id), "a list of numbers".to_owned()),
        Kind::Texts => (all(MAX_LIST, &|one| is_text(one, 255)), "a list of texts".to_owned()),
        Kind::Objects(_) => {
            (all(MAX_OBJECTS, &Value::is_object), "a list of at most 100 objects".to_owned())
        }
        Kind::Object(_) => (value.is_object(), "an object".to_owned()),
    };
    if fits { Ok(()) } else { Err(Refusal::invalid(format!("{name} must be {due}"))) }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fields::{boolean, id, ids, integer, objects, text, texts, time},
        *,
    };

    const INNER: &[Field] = &[text("constraint").nullable(), boolean("get_allowed")];
    const FIELDS: &[Field] = &[
        text("name").required(),
        text("time_zone").nullable(),
        id("primary_group_id"),
        ids("group_ids"),
        boolean("active"),
        time("last_checked"),
        objects("constraints", INNER),
    ];

    fn body(text: &str) -> Result<Values, String> {
        Values::of_body(text.as_bytes(), FIELDS).map_err(|refusal| refusal.description())
    }

    #[test]
    fn names_come_in_both_spellings_and_at_every_level() {
        for text in [
            r#"{"name":"a","primaryGroupId":3,"timeZone":null,"constraints":[{"getAllowed":true}]}"#,
            r#"{"name":"a","primary_group_id":3,"time_zone":null,"constraints":[{"get_allowed":true,"x":1}],"x":1}"#,
        ] {
            let values = body(text).unwrap();
            assert_eq!(
                (values.text("name"), values.integer("primary_group_id")),
                (Some("a"), Some(3))
            );
            assert_eq!(values.cleared_text("time_zone"), Some(None));
            let inner = values.objects("constraints", INNER).ok().unwrap();
            assert_eq!(inner[0].boolean("get_allowed"), Some(true));
            assert_eq!(values.boolean("active"), None);
        }
        let twice = body(r#"{"name":"a","primaryGroupId":3,"primary_group_id":3}"#).unwrap_err();
        assert_eq!(twice, "primary_group_id is given twice, in two spellings");
    }

    #[test]
    fn t12_types_are_strict_and_null_is_a_value_only_where_it_may_be() {
        for (text, says) in [
            (r#"{}"#, "name is missing"),
            ("", "name is missing"),
            (r#"{"name":null}"#, "name must be text"),
            (r#"{"name":["a","b"]}"#, "name must be text"),
            (r#"{"name":"a\u0000"}"#, "name must be text"),
            (r#"{"name":"a","primary_group_id":"3"}"#, "primary_group_id must be a whole number"),
            (r#"{"name":"a","primary_group_id":3.0}"#, "primary_group_id must be a whole number"),
            (r#"{"name":"a","primary_group_id":0}"#, "primary_group_id must be a whole number"),
            (r#"{"name":"a","primaryGroupId":0}"#, "primaryGroupId must be a whole number"),
            (r#"{"name":"a","primary_group_id":9007199254740992}"#, "primary_group_id must be"),
            (r#"{"name":"a","primary_group_id":18446744073709551615}"#, "primary_group_id must be"),
            (r#"{"name":"a","active":1}"#, "active must be true or false"),
            (r#"{"name":"a","group_ids":[1,"2"]}"#, "group_ids must be a list of numbers"),
            (r#"{"name":"a","group_ids":1}"#, "group_ids must be a list of numbers"),
            (r#"{"name":"a","last_checked":"soon"}"#, "last_checked must be a time"),
            (r#"{"name":"a","constraints":{}}"#, "constraints must be a list"),
            ("[]", "the body must be a JSON object"),
            ("{", "ends too early"),
        ] {
            let refused = body(text).unwrap_err();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        assert!(body(&format!(r#"{{"name":"{}"}}"#, "ü".repeat(255))).is_ok());
        assert!(body(&format!(r#"{{"name":"{}"}}"#, "ü".repeat(256))).is_err());
    }

    #[test]
    fn a_query_has_lists_with_and_without_brackets() {
        let fields = [
            ids("group_ids"),
            boolean("exclude_groups"),
            integer("page_num"),
            texts("status"),
            text("query"),
        ];
        let read = |query: &str| {
            Values::of_query(query, fields.iter()).map_err(|refusal| refusal.description())
        };
        for query in [
            "group_ids%5B%5D=1&group_ids%5B%5D=2",
            "group_ids=1&group_ids=2",
            "groupIds[]=1&groupIds[]=2",
        ] {
            assert_eq!(read(query).unwrap().ids("group_ids"), Some(vec![1, 2]), "{query}");
        }
        for (text, is) in
            [("True", true), ("false", false), ("TRUE", true), ("1", true), ("0", false)]
        {
            assert_eq!(
                read(&format!("exclude_groups={text}")).unwrap().boolean("exclude_groups"),
                Some(is)
            );
        }
        assert_eq!(read("query=a+b%25_").unwrap().text("query"), Some("a b%_"));
        assert_eq!(read("unknown=%ff&page_num=2").unwrap().integer("page_num"), Some(2));
        for wrong in [
            "page_num=x",
            "page_num=",
            "page_num=1.5",
            "page_num=1&page_num=2",
            "exclude_groups=yes",
            "group_ids=x",
            "query=%ff",
            "query=%00",
            "group_ids=0",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            read("page_num=99999999999999999999").unwrap().integer("page_num"),
            Some(i64::MAX)
        );
    }
}
