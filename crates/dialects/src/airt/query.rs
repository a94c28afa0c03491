//! Query strings as `airt-client` writes them: unescaped, Python's words for values.

use percent_encoding::percent_decode_str;

use super::translate::Refusal;

/// The keys and values of a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. The client never escapes, so a `+` is a plus sign; blanks come as `%20`.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, Refusal> {
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(key)?, decode(value)?))
        });
        decoded
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| Refusal::malformed("the query is not UTF-8"))
    }

    /// The text of a key that may be there once.
    pub(super) fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(String::as_str)),
            _ => Err(Refusal::malformed(format!("{key} is given twice"))),
        }
    }

    /// A number. `None` stands for the default, as does an empty text.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, Refusal> {
        match self.text(key)? {
            None | Some("" | "None") => Ok(default),
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text
                .parse()
                .map_err(|_| Refusal::malformed(format!("{key} is larger than any list"))),
            Some(_) => Err(Refusal::malformed(format!("{key} must be a whole number"))),
        }
    }

    /// A Python truth value. `None` stands for false.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.text(key)? {
            None | Some("" | "None" | "False" | "false" | "0") => Ok(false),
            Some("True" | "true" | "1") => Ok(true),
            Some(_) => Err(Refusal::malformed(format!("{key} must be True or False"))),
        }
    }
}

fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(Some(text)).ok().unwrap()
    }

    #[test]
    fn a_plus_sign_is_a_plus_sign_and_an_escape_is_read_once() {
        let query = query("user_uuid_or_name=a+b%20c%2526&other=%3D");
        assert_eq!(query.text("user_uuid_or_name").ok().unwrap(), Some("a+b c%26"));
        assert_eq!(query.text("other").ok().unwrap(), Some("="));
        assert_eq!(query.text("absent").ok().unwrap(), None);
    }

    #[test]
    fn none_stands_for_the_default() {
        let query = query("a=None&b=&c=7&d=True&e=None&f=False");
        assert_eq!(query.number("a", 100).ok(), Some(100));
        assert_eq!(query.number("b", 100).ok(), Some(100));
        assert_eq!(query.number("absent", 100).ok(), Some(100));
        assert_eq!(query.number("c", 100).ok(), Some(7));
        assert_eq!(query.flag("d").ok(), Some(true));
        assert_eq!(query.flag("e").ok(), Some(false));
        assert_eq!(query.flag("f").ok(), Some(false));
    }

    #[test]
    fn what_is_no_number_or_truth_value_is_refused() {
        for text in ["-1", "+1", "1.0", "x", "٣", "18446744073709551616"] {
            assert!(query(&format!("n={text}")).number("n", 0).is_err(), "{text}");
        }
        assert!(query("f=yes").flag("f").is_err());
    }

    #[test]
    fn t12_a_key_given_twice_is_refused() {
        assert!(query("username=a&username=b").text("username").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(Query::parse(Some("a=%ff")).is_err());
    }
}
