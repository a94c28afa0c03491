//! Query strings and forms, which Python's clients write alike: blanks as `+`, truth values as `True` and `False`.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use roster_model::Secret;

use super::translate::Refusal;

/// The keys and values of a query or a form, not yet decoded: what nobody asks for is passed over, however it looks.
pub(super) struct Query {
    pairs: Vec<(String, Vec<u8>)>,
    /// Where it stands, as refusals say it.
    place: &'static str,
}

impl Query {
    /// Takes a query apart.
    pub(super) fn parse(text: &[u8]) -> Self {
        Self::at("query", text)
    }

    /// Takes a form apart.
    pub(super) fn form(body: &[u8]) -> Self {
        Self::at("body", body)
    }

    fn at(place: &'static str, text: &[u8]) -> Self {
        let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        Self {
            place,
            pairs: pairs
                .map(|pair| {
                    let end = pair.iter().position(|byte| *byte == b'=');
                    let (key, value) = match end {
                        Some(end) => (&pair[..end], &pair[end + 1..]),
                        None => (pair, &[][..]),
                    };
                    (String::from_utf8_lossy(&decode(key)).into_owned(), decode(value))
                })
                .collect(),
        }
    }

    fn refuse(&self, key: &str, what: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal::invalid(self.place, key, what)
    }

    /// The text of a key that may be there once.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        let (value, None) = (values.next(), values.next()) else {
            return Err(self.refuse(key, "is given twice"));
        };
        let text = value.map(|value| std::str::from_utf8(value)).transpose();
        match text {
            Ok(text) if text.is_none_or(|text| !text.contains('\0')) => Ok(text),
            _ => Err(self.refuse(key, "must be UTF-8 without NUL characters")),
        }
    }

    /// The text of a key, but for one that is blank.
    pub(super) fn given(&self, key: &str) -> Result<Option<&str>, Refusal> {
        Ok(self.text(key)?.filter(|text| !text.trim().is_empty()))
    }

    /// The text of a key of a form that must be there.
    pub(super) fn required(&self, key: &str) -> Result<&str, Refusal> {
        self.text(key)?.ok_or_else(|| self.refuse(key, "is missing"))
    }

    /// A credential. Whatever is wrong with it, it is none.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.text(key).ok().flatten().map(Secret::new)
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, key: &str, most: u64) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.given(key)? else { return Ok(None) };
        let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
        match number.flatten().filter(|number| *number <= most) {
            Some(number) => Ok(Some(number)),
            None => {
                let what = format!("must be a whole number from 0 to {most}");
                Err(self.refuse(key, what))
            }
        }
    }

    /// The number of a record.
    pub(super) fn id(&self, key: &str) -> Result<Option<i64>, Refusal> {
        let most = i64::MAX.unsigned_abs();
        Ok(self.number(key, most)?.and_then(|number| i64::try_from(number).ok()))
    }

    /// A truth value; no when it is absent.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        let Some(text) = self.given(key)? else { return Ok(false) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.refuse(key, "must be True or False")),
        }
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&blanks).collect()
}

/// The number of a record in a path. None if no record can have it.
pub(super) fn id(segment: &str) -> Option<i64> {
    let is_number = segment.bytes().all(|byte| byte.is_ascii_digit());
    segment.parse().ok().filter(|id| is_number && *id > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(text.as_bytes())
    }

    #[test]
    fn blanks_are_plus_signs_and_escapes_are_read_once() {
        let query = query("q=name+%3D+'a%2Bb,?/%2525'&other=&flag");
        assert_eq!(query.text("q").ok().unwrap(), Some("name = 'a+b,?/%25'"));
        assert_eq!(query.text("other").ok().unwrap(), Some(""));
        assert_eq!(query.given("other").ok().unwrap(), None);
        assert_eq!(query.text("flag").ok().unwrap(), Some(""));
        assert_eq!(query.text("absent").ok().unwrap(), None);
    }

    #[test]
    fn truth_values_are_pythons_or_javas_in_any_case() {
        let query = query("a=True&b=false&c=1&d=0&e=&x=yes");
        let flags = ["a", "b", "c", "d", "e", "absent"].map(|key| query.flag(key).ok());
        assert_eq!(flags, [true, false, true, false, false, false].map(Some));
        assert!(query.flag("x").is_err());
    }

    #[test]
    fn numbers_have_bounds() {
        let query = query("a=0&b=10000&c=10001&d=-1&e=1.0&f=99999999999999999999&g=%D9%A3");
        assert_eq!(query.number("a", 10_000).ok(), Some(Some(0)));
        assert_eq!(query.number("b", 10_000).ok(), Some(Some(10_000)));
        for key in ["c", "d", "e", "f", "g"] {
            assert!(query.number(key, 10_000).is_err(), "{key}");
        }
    }

    #[test]
    fn t36_nul_and_broken_text_are_refused_where_they_are_asked_for() {
        let query = query("q=a%00b&name=%ff&fine=x&fine2=%F0%9F%A6%A9");
        assert!(query.text("q").is_err() && query.text("name").is_err());
        assert_eq!(query.text("fine").ok().unwrap(), Some("x"));
        assert_eq!(query.text("fine2").ok().unwrap(), Some("🦩"));
    }

    #[test]
    fn t12_a_key_given_twice_is_refused() {
        assert!(query("user_id=1&user_id=2").text("user_id").is_err());
    }

    #[test]
    fn an_id_is_a_positive_number() {
        assert_eq!(id("42"), Some(42));
        for none in ["0", "-1", "+1", "1.0", "x", "", "9223372036854775808", "٣"] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
