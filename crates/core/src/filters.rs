//! What every list checks of a filter before it asks the store.

use std::str::FromStr;

use roster_model::{
    Field, Filter, FilterField, FilterValue, ListFilter, OrderBy, Reason, Unit, Vocabulary,
};
use roster_store::Narrowed;

use crate::cql2::{self, Cql2Error};
use crate::{Error, Result};

/// The longest text that is searched for, in characters: no name is longer.
const MAX_SEARCH: usize = 320;

/// Refuses what is too large to be worked on.
pub(crate) fn check<F: FilterField>(filter: &Filter<F>) -> Result<()> {
    if filter.is_within_bounds() {
        return Ok(());
    }
    let sentence = "has too many conditions, or nests them too deep";
    Err(Error::invalid(Field::Filter, Reason::Other(sentence.to_owned())))
}

/// The refusal of a text that cannot be read.
pub(crate) fn refuse(field: Field, error: &Cql2Error) -> Error {
    Error::invalid(field, Reason::Other(error.to_string()))
}

/// At least one of the fields contains the text, blanks at its ends and letter case aside; blank text is in all.
pub(crate) fn search<F>(fields: Vec<F>, text: &str, field: Field) -> Result<Filter<F>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Filter::default());
    }
    if text.contains('\0') {
        return Err(Error::invalid(field, Reason::ControlCharacter));
    }
    if text.chars().nth(MAX_SEARCH).is_some() {
        return Err(Error::invalid(
            field,
            Reason::TooLong { max: MAX_SEARCH, unit: Unit::Characters },
        ));
    }
    Ok(Filter::contains(fields, text))
}

/// Fields with commas between, each with `-` before it downwards; the number goes the way of the others.
pub(crate) fn order<F: FilterField>(
    order: Option<&str>,
    vocabulary: &Vocabulary<F>,
) -> Result<Vec<OrderBy<F>>> {
    let Some(order) = order else { return Ok(Vec::new()) };
    let mut steps = Vec::new();
    for word in order.split(',').map(str::trim) {
        let (word, is_descending) = match word.strip_prefix('-') {
            Some(word) => (word, true),
            None => (word, false),
        };
        let Some(field) = vocabulary.field(word) else {
            let known = vocabulary.fields.iter().map(|(name, _)| *name).collect();
            return Err(Error::invalid(Field::OrderBy, Reason::NotOneOf(known)));
        };
        steps.push(OrderBy { field, is_descending, shown: None });
    }
    if steps.iter().all(|step| step.is_descending) {
        steps.push(OrderBy::descending(F::ID));
    }
    Ok(steps)
}

/// Reads what is natively asked of a list. A search looks through `searched`, and finds the number.
pub(crate) fn narrow<F: FilterField>(
    asked: &ListFilter,
    vocabulary: &Vocabulary<F>,
    searched: &[F],
) -> Result<Narrowed<F>> {
    let mut filter = Filter::default();
    if let Some(text) = &asked.filter {
        filter = cql2::parse(text, vocabulary).map_err(|error| refuse(Field::Filter, &error))?;
    }
    if let Some(text) = &asked.search {
        filter = filter.and(search_or_number(searched, text, Field::Search)?);
    }
    let order = order(asked.order_by.as_deref(), vocabulary)?;
    Ok(Narrowed { filter, order })
}

/// Reads the numbers of `what`, of which a list is narrowed to `max` at once at most.
pub(crate) fn numbers<'w, T: FromStr>(
    field: Field,
    what: &str,
    words: impl Iterator<Item = &'w str>,
    max: usize,
) -> Result<Vec<T>> {
    let numbers: Option<Vec<T>> = words.map(|word| word.trim().parse().ok()).collect();
    let numbers = numbers.ok_or_else(|| {
        let sentence = format!("must be numbers of {what} with commas between");
        Error::invalid(field, Reason::Other(sentence))
    })?;
    match numbers.len() > max {
        true => Err(Error::invalid(field, Reason::TooLong { max, unit: Unit::Entries })),
        false => Ok(numbers),
    }
}

/// A piece of one of these fields, letter case aside, or the number.
pub(crate) fn search_or_number<F: FilterField>(
    searched: &[F],
    text: &str,
    field: Field,
) -> Result<Filter<F>> {
    let found = search(searched.to_vec(), text, field)?;
    Ok(match text.trim().parse() {
        Ok(id) => Filter::Or(vec![found, Filter::equals(F::ID, FilterValue::Integer(id))]),
        Err(_) => found,
    })
}

/// Puts the newest records first, unless another order is asked for.
pub(crate) fn newest_first<F: FilterField>(wanted: &mut Narrowed<F>) {
    if wanted.order.is_empty() {
        wanted.order.push(OrderBy::descending(F::ID));
    }
}
