//! What serde could not read, said for whoever wrote it: serde's words are made for programmers, and may repeat what was
//! sent.

/// What a truth value must be.
const TRUTH: &str = "true or false";
/// What an instant must be.
const TIME: &str = "a time such as 2026-01-31T12:00:00Z, until 9999-12-30T22:00:00Z";

/// What is wrong with a text that serde could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The key that is missing, given twice or not known, where that is what is wrong.
    pub key: Option<String>,
    /// A stable word for machines.
    pub code: &'static str,
    /// Completes the sentence "*key* …". Never holds what was sent.
    pub sentence: String,
}

impl Misread {
    /// What serde's `message` means, about the value of `key`; of which there may be none.
    pub fn of(key: &str, message: &str) -> Self {
        let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
        let named = |beginning: &str| {
            let name = message.strip_prefix(beginning)?.split('`').next()?;
            Some(name.to_owned())
        };
        let is = |code, what: &str| Self { key: None, code, sentence: what.to_owned() };
        if let Some(name) = named("missing field `") {
            return Self { key: Some(name), ..is("missing", "is missing") };
        }
        if let Some(name) = named("unknown field `") {
            return Self { key: Some(name), ..is("unknown_field", "is not known here") };
        }
        if let Some(name) = named("duplicate field `") {
            return Self { key: Some(name), ..is("malformed", "is given twice") };
        }
        // Instants are read out of texts, so what is no instant has no word of its own. By the house's rule they end so.
        if key.ends_with("_at") {
            return is("wrong_type", &format!("must be {TIME}"));
        }
        if let Some(words) = message.strip_prefix("unknown variant ") {
            // What was sent stands first and may hold anything.
            let due = words.rsplit_once(", expected ").map_or("another word", |(_, due)| due);
            return is("not_one_of", &format!("must be {}", due.replace('`', "")));
        }
        let is_kind = ["invalid type", "invalid value", "invalid length"]
            .iter()
            .any(|beginning| message.starts_with(beginning));
        match message.rsplit_once(", expected ").filter(|_| is_kind) {
            Some((_, due)) => is("wrong_type", &format!("must be {}", due_for_people(due))),
            None => match message {
                // The standard library's words for texts that are to be numbers or truth values, as in queries.
                "invalid digit found in string" | "cannot parse integer from empty string" => {
                    is("wrong_type", "must be a whole number, in digits")
                }
                "number too large to fit in target type" => is("out_of_range", "is too large"),
                "number too small to fit in target type" => is("out_of_range", "is too small"),
                "provided string was not `true` or `false`" => Self::no_truth_value(),
                _ => is("malformed", "cannot be read as what is due there"),
            },
        }
    }

    /// The value of something that is either true or false, and is neither.
    pub fn no_truth_value() -> Self {
        Self { key: None, code: "wrong_type", sentence: format!("must be {TRUTH}") }
    }
}

/// Serde's name for a kind of value as people say it.
fn due_for_people(due: &str) -> String {
    let up_to = |most: i64| format!("a whole number up to {most}");
    let from_zero = |most: u64| format!("a whole number from 0 to {most}");
    match due {
        "i8" => up_to(i8::MAX.into()),
        "i16" => up_to(i16::MAX.into()),
        "i32" => up_to(i32::MAX.into()),
        "i64" | "isize" | "integer" => up_to(i64::MAX),
        "u8" => from_zero(u8::MAX.into()),
        "u16" => from_zero(u16::MAX.into()),
        "u32" => from_zero(u32::MAX.into()),
        "u64" | "usize" => from_zero(u64::MAX),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" | "bool" => TRUTH.to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" => "null".to_owned(),
        "str" | "a borrowed string" | "string or map" => "a string".to_owned(),
        due if due == "a map" || due.starts_with("struct ") => "a JSON object".to_owned(),
        due => due.replace('`', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_said_in_peoples_words() {
        for (message, sentence) in [
            (
                "invalid type: string \"abc\", expected i64",
                "must be a whole number up to 9223372036854775807",
            ),
            (
                "invalid value: integer `-1`, expected u32 at line 1 column 7",
                "must be a whole number from 0 to 4294967295",
            ),
            ("invalid type: integer `7`, expected a boolean", "must be true or false"),
            ("invalid type: map, expected a sequence", "must be a list"),
            ("invalid value, expected a day", "must be a day"),
            ("invalid type: integer `7`, expected struct Profile", "must be a JSON object"),
            ("invalid type: sequence, expected a string", "must be a string"),
            ("unknown variant `x`, expected one of `a`, `b`", "must be one of a, b"),
            ("unknown variant `x`, expected `a` or `b`", "must be a or b"),
            ("expected value", "cannot be read as what is due there"),
            ("invalid digit found in string", "must be a whole number, in digits"),
            ("number too large to fit in target type", "is too large"),
            ("provided string was not `true` or `false`", "must be true or false"),
        ] {
            assert_eq!(Misread::of("key", message).sentence, sentence, "{message}");
        }
        let time = Misread::of("created_at", "failed to parse: expected 0-9 but got y").sentence;
        assert_eq!(time, "must be a time such as 2026-01-31T12:00:00Z, until 9999-12-30T22:00:00Z");
    }

    #[test]
    fn t26_what_was_sent_is_not_in_the_sentence_whatever_it_holds() {
        for message in [
            "unknown variant `x`, expected hunter2`, expected `a` or `b`",
            "invalid type: string \"missing field `hunter2`\", expected a boolean",
            "invalid type: string \"x, expected hunter2\", expected a boolean",
            "failed to parse hunter2, expected something",
        ] {
            let misread = Misread::of("key", message);
            assert!(misread.key.is_none() && !misread.sentence.contains("hunter2"), "{message}");
        }
    }
}
