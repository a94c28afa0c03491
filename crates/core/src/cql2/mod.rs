//! The filter language: a subset of OGC CQL2 text, read into the one filter tree (design section 3.7).
//!
//! ```text
//! filter     = term *( OR term )
//! term       = factor *( AND factor )
//! factor     = NOT factor / "(" filter ")" / predicate
//! predicate  = field ( "=" / "<>" / "!=" / "<" / "<=" / ">" / ">=" ) literal
//!            / field [NOT] ( LIKE / ILIKE ) string
//!            / field [NOT] IN "(" literal *( "," literal ) ")"
//!            / field [NOT] BETWEEN literal AND literal
//!            / field IS [NOT] NULL
//! ```
//!
//! Length and nesting are bounded before anything is made of a text, so hostile ones cost little (threat T35).

#[cfg(test)]
mod corpus;
mod literal;
mod predicate;
#[cfg(test)]
mod tests;
mod token;

use roster_model::{Filter, FilterField, Vocabulary};

pub use literal::parse_time;
use token::{Token, Tokens};

/// The longest filter, in characters.
pub const MAX_CHARACTERS: usize = 8_000;
/// How deep parentheses and NOTs may be nested.
pub const MAX_NESTING: usize = 64;

/// Why a filter cannot be read. `Display` completes the sentence "*filter* …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be read at character {position}: {message}")]
pub struct Cql2Error {
    /// Where, counted in characters from 1.
    pub position: usize,
    /// What is wrong, for people.
    pub message: String,
}

/// Reads a filter on records with the fields of `vocabulary`.
///
/// # Errors
/// Says what is wrong and where.
pub fn parse<F: FilterField>(
    text: &str,
    vocabulary: &Vocabulary<F>,
) -> Result<Filter<F>, Cql2Error> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let message = format!("a filter has at most {MAX_CHARACTERS} characters");
        return Err(Cql2Error { position: MAX_CHARACTERS + 1, message });
    }
    let mut parser = Parser { tokens: Tokens::read(text)?, vocabulary, nesting: 0 };
    let filter = parser.filter()?;
    match parser.tokens.peek() {
        Token::End => Ok(filter),
        _ => Err(parser.tokens.expected("AND, OR or the end")),
    }
}

struct Parser<'v, F: 'static> {
    tokens: Tokens,
    vocabulary: &'v Vocabulary<F>,
    nesting: usize,
}

impl<F: FilterField> Parser<'_, F> {
    fn filter(&mut self) -> Result<Filter<F>, Cql2Error> {
        let mut terms = vec![self.term()?];
        while self.tokens.take_word("OR") {
            terms.push(self.term()?);
        }
        Ok(one_or(terms, Filter::Or))
    }

    fn term(&mut self) -> Result<Filter<F>, Cql2Error> {
        let mut factors = vec![self.factor()?];
        while self.tokens.take_word("AND") {
            factors.push(self.factor()?);
        }
        Ok(one_or(factors, Filter::And))
    }

    fn factor(&mut self) -> Result<Filter<F>, Cql2Error> {
        let is_not = self.tokens.take_word("NOT");
        if !is_not && !self.tokens.take_symbol("(") {
            return self.predicate();
        }
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let message = format!("parentheses and NOTs are nested more than {MAX_NESTING} deep");
            return Err(self.tokens.before(message));
        }
        let inner = if is_not {
            Filter::Not(Box::new(self.factor()?))
        } else {
            let inner = self.filter()?;
            if !self.tokens.take_symbol(")") {
                return Err(self.tokens.expected("AND, OR or a closing parenthesis"));
            }
            inner
        };
        self.nesting -= 1;
        Ok(inner)
    }
}

fn one_or<F>(mut all: Vec<Filter<F>>, many: impl Fn(Vec<Filter<F>>) -> Filter<F>) -> Filter<F> {
    match (all.len(), all.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            all.extend(last);
            many(all)
        }
    }
}
