//! Putting values into templates. Each template is read once, so that nothing in a value is taken for a placeholder.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 leaves alone.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a value is written where it lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// In an address or a form.
    Percent,
    /// Between the quotes of a JSON string.
    Json,
    /// As it is.
    Raw,
}

impl Escape {
    /// How values are written into a body of this content type.
    pub(super) fn of_content_type(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Some(Self::Json),
            "application/x-www-form-urlencoded" => Some(Self::Percent),
            "text/plain" => Some(Self::Raw),
            _ => None,
        }
    }

    fn write(self, value: &str) -> String {
        match self {
            Self::Percent => percent(value),
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Raw => value.to_owned(),
        }
    }
}

/// `value` percent-encoded as RFC 3986 and AWS want it.
pub(super) fn percent(value: &str) -> String {
    utf8_percent_encode(value, UNRESERVED).to_string()
}

/// A form body.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
        .collect();
    fields.join("&")
}

/// `template` with each `{name}` of `values` replaced. Other braces stay as they are.
pub(super) fn fill(template: &str, values: &[(&str, &str)], escape: Escape) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let value = values.iter().find_map(|(name, value)| {
            let tail = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
            Some((*value, tail))
        });
        match value {
            Some((value, tail)) => {
                filled.push_str(&escape.write(value));
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t40_values_are_escaped_and_never_read_as_templates() {
        let values = [("to", "{text}"), ("text", "a\"b\\\n{to}&=+ é")];
        let filled = fill(r#"{"to": "{to}", "text": "{text}", "x": {}}"#, &values, Escape::Json);
        let tail = filled.strip_suffix(r#", "x": {}}"#).unwrap().to_owned() + "}";
        let parsed: serde_json::Value = serde_json::from_str(&tail).unwrap();
        assert_eq!(parsed["to"], "{text}");
        assert_eq!(parsed["text"], "a\"b\\\n{to}&=+ é");
        assert_eq!(
            fill("t={text}&to={to}&{unknown}{", &values, Escape::Percent),
            "t=a%22b%5C%0A%7Bto%7D%26%3D%2B%20%C3%A9&to=%7Btext%7D&{unknown}{"
        );
    }
}
