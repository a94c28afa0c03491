//! Patterns with wildcards, as `LIKE` has them.

use crate::fold;

/// A form that texts may have: pieces, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<PatternPiece>);

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternPiece {
    /// Exactly this text.
    Text(String),
    /// Any one character.
    One,
    /// Any run of characters, or none.
    Run,
}

impl Pattern {
    /// The pattern that these pieces make. Texts beside each other become one, so do runs.
    pub fn new(pieces: impl IntoIterator<Item = PatternPiece>) -> Self {
        let mut all: Vec<PatternPiece> = Vec::new();
        for piece in pieces {
            match (all.last_mut(), piece) {
                (Some(PatternPiece::Text(before)), PatternPiece::Text(text)) => {
                    before.push_str(&text)
                }
                (Some(PatternPiece::Run), PatternPiece::Run) => {}
                (_, PatternPiece::Text(text)) if text.is_empty() => {}
                (_, piece) => all.push(piece),
            }
        }
        Self(all)
    }

    /// Reads the language of `LIKE`: `%` is any run, `_` any character, and a backslash makes the next one literal.
    /// Nothing if a backslash stands at the end.
    pub fn parse_like(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '%' => PatternPiece::Run,
                '_' => PatternPiece::One,
                '\\' => {
                    literal.push(chars.next()?);
                    continue;
                }
                c => {
                    literal.push(c);
                    continue;
                }
            };
            pieces.push(PatternPiece::Text(std::mem::take(&mut literal)));
            pieces.push(piece);
        }
        pieces.push(PatternPiece::Text(literal));
        Some(Self::new(pieces))
    }

    /// The pieces.
    pub fn pieces(&self) -> &[PatternPiece] {
        &self.0
    }

    /// The same pattern for folded texts.
    pub fn folded(self) -> Self {
        Self::new(self.0.into_iter().map(|piece| match piece {
            PatternPiece::Text(text) => PatternPiece::Text(fold(&text).as_str().to_owned()),
            wildcard => wildcard,
        }))
    }

    /// The text that alone has this form, if the pattern has no wildcard.
    pub fn as_text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [PatternPiece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether `text` has this form.
    pub fn matches(&self, text: &str) -> bool {
        // Only the latest run is ever widened, so the work is bounded by the product of both lengths.
        let wanted: Vec<Step> = self.steps();
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut step) = (0, 0);
        let mut latest_run: Option<(usize, usize)> = None;
        while at < text.len() {
            match wanted.get(step) {
                Some(Step::Run) => {
                    latest_run = Some((step, at));
                    step += 1;
                }
                Some(Step::Char(c)) if *c == text[at] => (at, step) = (at + 1, step + 1),
                Some(Step::One) => (at, step) = (at + 1, step + 1),
                _ => match &mut latest_run {
                    Some((run, from)) => {
                        *from += 1;
                        (at, step) = (*from, *run + 1);
                    }
                    None => return false,
                },
            }
        }
        wanted[step..].iter().all(|step| matches!(step, Step::Run))
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for piece in &self.0 {
            match piece {
                PatternPiece::Text(text) => steps.extend(text.chars().map(Step::Char)),
                PatternPiece::One => steps.push(Step::One),
                PatternPiece::Run => steps.push(Step::Run),
            }
        }
        steps
    }
}

enum Step {
    Char(char),
    One,
    Run,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::parse_like(pattern).unwrap().matches(text)
    }

    #[test]
    fn wildcards_stand_for_characters() {
        for (pattern, text) in [
            ("", ""),
            ("%", ""),
            ("a%", "ann"),
            ("%n", "ann"),
            ("%an%", "joanna"),
            ("_nn", "änn"),
            ("a%b%c", "axxbyybzzc"),
            (r"100\%", "100%"),
            (r"a\_b", "a_b"),
            (r"\\", "\\"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a%", "ban"),
            ("_", ""),
            ("_", "ab"),
            ("A", "a"),
            (r"100\%", "1000"),
            ("a%b", "abc"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert_eq!(Pattern::parse_like("ann\\"), None);
    }

    #[test]
    fn t35_many_wildcards_take_no_exponential_time() {
        assert!(!matches(&"%a".repeat(1000), &format!("{}b", "a".repeat(10_000))));
    }

    proptest! {
        #[test]
        fn a_text_contains_what_was_put_into_it(before in ".{0,9}", text in "[^\\\\%_]{0,9}", after in ".{0,9}") {
            let whole = format!("{before}{text}{after}");
            let pattern = format!("%{text}%");
            prop_assert!(matches(&pattern, &whole));
            let folded = Pattern::parse_like(&text).unwrap().folded();
            prop_assert!(folded.matches(fold(&text).as_str()));
        }
    }
}
