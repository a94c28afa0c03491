//! The search language of Dioptra, read into the one filter tree (design section 3.7, contract section 9).
//!
//! ```text
//! query   = term *( "," term )                         all of them hold
//! term    = field ":" value                            the whole field has this form
//!         / bare                                       one of the fields contains the words, in this order
//! value   = quoted / 1*( word / wild )                 without blanks
//! bare    = quoted / 1*( word / wild )                 words with blanks between
//! quoted  = "'" 1*( text / wild ) "'" / DQUOTE 1*( text / wild ) DQUOTE
//! wild    = "*" / "?"                                  any run of characters; any one
//! ```
//!
//! A backslash before one of `\ ? * " ' : ,` makes it ordinary, and before `n` is a line feed. Letter case is passed over,
//! as everywhere where Roster looks for names. Nothing can be nested, and the length is bounded before anything is made
//! of a text, so hostile ones cost little (threat T35).

#[cfg(test)]
mod corpus;
mod reader;
#[cfg(test)]
mod tests;

use roster_model::{Filter, FilterField, GroupRecordField, Pattern, PatternPiece, UserField};

use reader::{Reader, Term};

/// The longest search, in characters.
pub const MAX_CHARACTERS: usize = 2_000;

/// The fields of a list, by the names that a search has for them; letter case counts.
pub type Fields<F> = &'static [(&'static str, F)];

/// What lists of users are searched by.
pub const USERS: Fields<UserField> =
    &[("username", UserField::Username), ("email", UserField::Email)];
/// What lists of groups are searched by.
pub const GROUPS: Fields<GroupRecordField> = &[("name", GroupRecordField::Name)];

/// Why a text is no search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SearchError {
    /// The whole text; of a field that is not known, its name.
    pub query: String,
    /// What is wrong, for people.
    pub reason: String,
}

/// Reads a search of records with these fields. An empty one finds everything.
///
/// # Errors
/// Says what is wrong and where.
pub fn parse<F: FilterField>(text: &str, fields: Fields<F>) -> Result<Filter<F>, SearchError> {
    if text.is_empty() {
        return Ok(Filter::default());
    }
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let reason = format!("a search has at most {MAX_CHARACTERS} characters");
        return Err(SearchError { query: text.to_owned(), reason });
    }
    let terms = Reader::new(text).query().map_err(|fault| SearchError {
        query: text.to_owned(),
        reason: format!("at character {}: {}", fault.position, fault.message),
    })?;
    let mut filter = Filter::default();
    for term in terms {
        filter = filter.and(translate(term, fields)?);
    }
    Ok(filter)
}

fn translate<F: FilterField>(term: Term, fields: Fields<F>) -> Result<Filter<F>, SearchError> {
    let Some(name) = term.field else { return Ok(contains(term.pieces, fields)) };
    match fields.iter().find(|(known, _)| *known == name) {
        Some((_, field)) => Ok(like(*field, &Pattern::new(term.pieces))),
        None => {
            let known: Vec<_> = fields.iter().map(|(known, _)| *known).collect();
            let reason = format!("'{name}' is not a field; there is {}", known.join(" and "));
            Err(SearchError { query: name, reason })
        }
    }
}

/// At least one of the fields has all pieces in this order, whatever stands before, between and behind.
fn contains<F: FilterField>(pieces: Vec<PatternPiece>, fields: Fields<F>) -> Filter<F> {
    let fields = fields.iter().map(|(_, field)| *field);
    if let [PatternPiece::Text(text)] = pieces.as_slice() {
        return Filter::contains(fields.collect(), text);
    }
    let spread = pieces.into_iter().flat_map(|piece| [PatternPiece::Run, piece]);
    let pattern = Pattern::new(spread.chain([PatternPiece::Run]));
    Filter::Or(fields.map(|field| like(field, &pattern)).collect())
}

fn like<F>(field: F, pattern: &Pattern) -> Filter<F> {
    Filter::Like { field, pattern: pattern.clone().folded(), is_folded: true }
}
