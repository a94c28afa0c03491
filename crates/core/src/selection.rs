//! Lists that are short enough to be read whole: plans, groups, the API keys of one user. They are narrowed by the same
//! filter tree as lists of users, evaluated here instead of in the database.

use std::cmp::Ordering;

use roster_model::{Filter, FilterField, FilterValue, Filterable, OrderBy, fold};

/// What is wanted of such a list.
#[derive(Clone, Debug)]
pub struct Selection<F: 'static> {
    /// What this accepts.
    pub filter: Filter<F>,
    /// By what it is ordered; in the end always by number.
    pub order: Vec<OrderBy<F>>,
    /// How many to pass over.
    pub skip: u64,
    /// How many to give.
    pub limit: u64,
}

/// What was found of such a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected<T> {
    /// The part that was asked for.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

impl<F: FilterField> Selection<F> {
    /// The wanted part of the records, which come by number.
    pub(crate) fn of<T: Filterable<F>>(&self, mut records: Vec<T>) -> Selected<T> {
        records.retain(|record| self.filter.matches(record));
        let total = records.len() as u64;
        let steps = |one: &T, other: &T| {
            let orders = self.order.iter().map(|step| compare(step, one, other));
            orders.fold(Ordering::Equal, Ordering::then)
        };
        records.sort_by(steps);
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let part = records.into_iter().skip(number(self.skip)).take(number(self.limit));
        Selected { items: part.collect(), total }
    }
}

/// Text by its folded form, words as they are shown, nothing before anything.
fn compare<F: FilterField, T: Filterable<F>>(step: &OrderBy<F>, one: &T, other: &T) -> Ordering {
    let key = |record: &T| match (record.value(step.field), step.shown) {
        (Some(FilterValue::Text(word)), Some(shown)) => {
            let found = shown.iter().find(|(kept, _)| *kept == word);
            Some(FilterValue::Text(found.map_or(word.clone(), |(_, shown)| (*shown).to_owned())))
        }
        (Some(FilterValue::Text(text)), None) => {
            Some(FilterValue::Text(fold(&text).as_str().to_owned()))
        }
        (value, _) => value,
    };
    let ordering = match (key(one), key(other)) {
        (Some(one), Some(other)) => one.compare(&other).unwrap_or(Ordering::Equal),
        (one, other) => one.is_some().cmp(&other.is_some()),
    };
    if step.is_descending { ordering.reverse() } else { ordering }
}
