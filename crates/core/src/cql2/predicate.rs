//! Predicates: a field, what is said of it, and whether a field can have what it is compared with.

use jiff::Timestamp;
use roster_model::{Comparison, FieldKind, Filter, FilterField, FilterValue, Pattern, Words, fold};

use super::literal::{Number, parse_date, parse_time, parse_timestamp};
use super::token::Token;
use super::{Cql2Error, Parser};

/// A value as it was written, which fits the field.
#[derive(Clone, Debug)]
enum Literal {
    Number(Number),
    Value(FilterValue),
}

/// Reads a time in one of the ways of writing it.
type ParseTime = fn(&str) -> Option<Timestamp>;

impl<F: FilterField> Parser<'_, F> {
    pub(super) fn predicate(&mut self) -> Result<Filter<F>, Cql2Error> {
        let field = self.field()?;
        if self.tokens.take_word("IS") {
            let is_not = self.tokens.take_word("NOT");
            if !self.tokens.take_word("NULL") {
                return Err(self.tokens.expected("NULL"));
            }
            return Ok(negated(is_not, Filter::IsNull { field }));
        }
        if let Some(comparison) = self.comparison() {
            let literal = self.literal(field)?;
            return Ok(self.compare(field, comparison, literal));
        }
        let is_not = self.tokens.take_word("NOT");
        let filter = if self.tokens.take_word("LIKE") {
            self.like(field, false)?
        } else if self.tokens.take_word("ILIKE") {
            self.like(field, true)?
        } else if self.tokens.take_word("IN") {
            self.is_in(field)?
        } else if self.tokens.take_word("BETWEEN") {
            let low = self.literal(field)?;
            if !self.tokens.take_word("AND") {
                return Err(self.tokens.expected("AND and the upper end of BETWEEN"));
            }
            let high = self.literal(field)?;
            self.between(field, low, high)
        } else {
            return Err(self.tokens.expected(if is_not {
                "LIKE, ILIKE, IN or BETWEEN"
            } else {
                "a comparison (=, <>, <, <=, >, >=, LIKE, ILIKE, IN, BETWEEN, IS NULL)"
            }));
        };
        Ok(negated(is_not, filter))
    }

    fn field(&mut self) -> Result<F, Cql2Error> {
        const KEYWORDS: [&str; 14] = [
            "AND",
            "OR",
            "NOT",
            "LIKE",
            "ILIKE",
            "IN",
            "BETWEEN",
            "IS",
            "NULL",
            "TRUE",
            "FALSE",
            "DATE",
            "TIMESTAMP",
            "SELECT",
        ];
        let is_keyword = |word: &str| KEYWORDS.iter().any(|one| one.eq_ignore_ascii_case(word));
        let name = match self.tokens.peek() {
            Token::Word(word) if !is_keyword(word) => word.clone(),
            Token::Quoted(name) => name.clone(),
            _ => return Err(self.tokens.expected("the name of a field")),
        };
        let Some(field) = self.vocabulary.field(&name) else {
            let known: Vec<_> = self.vocabulary.fields.iter().map(|(name, _)| *name).collect();
            let mut message = format!("{name:?} is no field; there are {}", known.join(", "));
            self.tokens.pass();
            if self.tokens.is_symbol("(") {
                message = format!("{name:?} looks like a function, and there are none");
            }
            return Err(self.tokens.before(message));
        };
        self.tokens.pass();
        Ok(field)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let comparison = match self.tokens.peek() {
            Token::Symbol("=") => Comparison::Equal,
            Token::Symbol("<>" | "!=") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::LessOrEqual,
            Token::Symbol(">") => Comparison::Greater,
            Token::Symbol(">=") => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.tokens.pass();
        Some(comparison)
    }

    /// A literal that `field` can be compared with.
    fn literal(&mut self, field: F) -> Result<Literal, Cql2Error> {
        let position = self.tokens.position();
        let error = |message: &str| {
            Err(Cql2Error { position, message: format!("{} {message}", field.name()) })
        };
        let (text, time): (Option<String>, Option<ParseTime>) = match self.tokens.peek().clone() {
            Token::Text(text) => {
                self.tokens.pass();
                (Some(text), None)
            }
            Token::Number(number) => {
                self.tokens.pass();
                return match field.kind() {
                    FieldKind::Integer => Ok(Literal::Number(number)),
                    FieldKind::Text | FieldKind::Word => {
                        error("holds text: put it in single quotes")
                    }
                    _ => error("is no number"),
                };
            }
            Token::Word(word) => match word.to_ascii_uppercase().as_str() {
                flag @ ("TRUE" | "FALSE") => {
                    self.tokens.pass();
                    let flag = FilterValue::Bool(flag == "TRUE");
                    return match field.kind() {
                        FieldKind::Bool => Ok(Literal::Value(flag)),
                        _ => error("is neither TRUE nor FALSE"),
                    };
                }
                "DATE" => (self.in_parentheses()?, Some(parse_date)),
                "TIMESTAMP" => (self.in_parentheses()?, Some(parse_timestamp)),
                "NULL" => {
                    return Err(self.tokens.here("compare with IS NULL or IS NOT NULL"));
                }
                _ => {
                    let what = "a value; texts stand in single quotes: 'text'";
                    return Err(self.tokens.expected(what));
                }
            },
            Token::Quoted(_) => {
                let message = "texts stand in single quotes: 'text'; double quotes are for fields";
                return Err(self.tokens.here(message));
            }
            _ => (None, None),
        };
        let Some(text) = text else { return Err(self.tokens.expected("a value")) };
        let value = match (field.kind(), time) {
            (FieldKind::Text | FieldKind::Word, None) => Some(FilterValue::Text(text)),
            (FieldKind::Uuid, None) => uuid::Uuid::try_parse(&text).ok().map(FilterValue::Uuid),
            (FieldKind::Time, time) => time.unwrap_or(parse_time)(&text).map(FilterValue::Time),
            (FieldKind::Integer, None) => return error("is a number: leave the quotes out"),
            (FieldKind::Bool, None) => return error("is TRUE or FALSE, without quotes"),
            (_, Some(_)) => return error("is no time"),
        };
        match (value, field.kind()) {
            (Some(value), _) => Ok(Literal::Value(value)),
            (None, FieldKind::Uuid) => error("is a UUID"),
            (None, _) => error(
                "is a time: '2026-01-31', '2026-01-31T12:00:00', with Z or an offset like +01:00 after it",
            ),
        }
    }

    /// `('text')` after `DATE` or `TIMESTAMP`.
    fn in_parentheses(&mut self) -> Result<Option<String>, Cql2Error> {
        self.tokens.pass();
        if !self.tokens.take_symbol("(") {
            return Err(self.tokens.expected("an opening parenthesis"));
        }
        let Token::Text(text) = self.tokens.peek().clone() else {
            return Err(self.tokens.expected("a date in single quotes"));
        };
        self.tokens.pass();
        if !self.tokens.take_symbol(")") {
            return Err(self.tokens.expected("a closing parenthesis"));
        }
        Ok(Some(text))
    }

    fn like(&mut self, field: F, is_folded: bool) -> Result<Filter<F>, Cql2Error> {
        let position = self.tokens.position();
        if !matches!(field.kind(), FieldKind::Text | FieldKind::Word) {
            let message =
                format!("{} holds no text, and only texts are LIKE something", field.name());
            return Err(Cql2Error { position, message });
        }
        let Token::Text(text) = self.tokens.peek().clone() else {
            return Err(self.tokens.expected("a text in single quotes"));
        };
        self.tokens.pass();
        let Some(pattern) = Pattern::parse_like(&text) else {
            let message = "a backslash at the end of a pattern makes nothing literal".to_owned();
            return Err(Cql2Error { position, message });
        };
        let pattern = if is_folded { pattern.folded() } else { pattern };
        Ok(match self.words(field) {
            None => Filter::Like { field, pattern, is_folded },
            Some(words) if is_folded => {
                words_that(field, words, |word| pattern.matches(fold(word).as_str()))
            }
            Some(words) => words_that(field, words, |word| pattern.matches(word)),
        })
    }

    fn is_in(&mut self, field: F) -> Result<Filter<F>, Cql2Error> {
        if !self.tokens.take_symbol("(") {
            return Err(self.tokens.expected("an opening parenthesis"));
        }
        if self.tokens.is_symbol(")") {
            return Err(self.tokens.here("IN needs at least one value"));
        }
        let mut values = Vec::new();
        loop {
            values.extend(match self.literal(field)? {
                Literal::Number(number) => number.value(),
                Literal::Value(value) => Some(value),
            });
            if self.tokens.take_symbol(")") {
                break;
            }
            if !self.tokens.take_symbol(",") {
                return Err(self.tokens.expected("a comma or a closing parenthesis"));
            }
        }
        Ok(match self.words(field) {
            None => Filter::In { field, values },
            Some(words) => words_that(field, words, |word| {
                values.iter().any(|value| matches!(value, FilterValue::Text(text) if text == word))
            }),
        })
    }

    fn between(&self, field: F, low: Literal, high: Literal) -> Filter<F> {
        match (low, high) {
            (Literal::Value(low), Literal::Value(high)) if self.words(field).is_none() => {
                Filter::Between { field, low, high }
            }
            (low, high) => Filter::And(vec![
                self.compare(field, Comparison::GreaterOrEqual, low),
                self.compare(field, Comparison::LessOrEqual, high),
            ]),
        }
    }

    fn compare(&self, field: F, comparison: Comparison, literal: Literal) -> Filter<F> {
        let value = match literal {
            Literal::Number(number) => return number.compare(field, comparison),
            Literal::Value(value) => value,
        };
        match (self.words(field), &value) {
            (Some(words), FilterValue::Text(text)) => {
                words_that(field, words, |word| comparison.holds(word.cmp(text.as_str())))
            }
            _ => Filter::Compare { field, comparison, value },
        }
    }

    fn words(&self, field: F) -> Option<Words> {
        (field.kind() == FieldKind::Word).then(|| self.vocabulary.words(field))
    }
}

fn negated<F>(is_not: bool, filter: Filter<F>) -> Filter<F> {
    if is_not { Filter::Not(Box::new(filter)) } else { filter }
}

/// The field holds one of the words of which something is true as they are shown.
fn words_that<F>(field: F, words: Words, is_true: impl Fn(&str) -> bool) -> Filter<F> {
    let kept = words.iter().filter(|(_, shown)| is_true(shown));
    Filter::In {
        field,
        values: kept.map(|(kept, _)| FilterValue::Text((*kept).to_owned())).collect(),
    }
}
