//! What a theme may hold.

use roster_model::{Field, OrganizationId, Reason, Unit, fold};
use serde_json::{Map, Value};

use crate::{Error, Result, users::read_text};

/// The longest settings, in characters.
const MAX_SETTINGS: usize = 10_000;

/// Reads the name of a theme.
pub(super) fn read_name(name: &str) -> Result<String> {
    let name = read_text(Field::Name, name)?;
    match fold(&name).as_str().is_empty() {
        true => Err(Error::invalid(Field::Name, Reason::Empty)),
        false => Ok(name),
    }
}

/// Reads settings, which stay as they are written. The platform's programs are to find an object in them, nested no deeper
/// than readers of JSON are used to.
pub(super) fn read_settings(text: &str) -> Result<String> {
    if text.chars().nth(MAX_SETTINGS).is_some() {
        return Err(Error::invalid(
            Field::Settings,
            Reason::TooLong { max: MAX_SETTINGS, unit: Unit::Characters },
        ));
    }
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            let sentence = r##"must be the text of a JSON object, such as {"color": "#336699"}"##;
            Err(Error::invalid(Field::Settings, Reason::Other(sentence.to_owned())))
        }
    }
}

/// Organizations by number, each once.
pub(super) fn read_organizations(organizations: &[OrganizationId]) -> Vec<OrganizationId> {
    let mut organizations = organizations.to_vec();
    organizations.sort_unstable();
    organizations.dedup();
    organizations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_the_text_of_an_object_and_stay_as_they_are_written() {
        let long = format!(r#"{{"a":"{}"}}"#, "ü".repeat(MAX_SETTINGS - 8));
        for text in
            ["{}", " {\n\t\"a\": [1, {\"b\": null}]}\n", r#"{"a": "</script>\u0000"}"#, &long]
        {
            assert_eq!(read_settings(text).unwrap(), text);
        }
        let too_long = format!(r#"{{"a":"{}"}}"#, "ü".repeat(MAX_SETTINGS - 7));
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for text in [
            "",
            "[]",
            "null",
            "1",
            "\"{}\"",
            "{",
            "{}{}",
            "{\"a\": \0}",
            "{'a': 1}",
            &too_long,
            &deep,
        ] {
            let refused = read_settings(text).unwrap_err();
            assert_eq!(refused.field(), Some(Field::Settings), "{text}");
        }
    }
}
