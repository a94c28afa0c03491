//! What a filter says of a record in memory: the measure that the store's SQL is held to.

use super::{Filter, FilterValue};
use crate::fold;

/// A record whose fields can be asked for.
pub trait Filterable<F> {
    /// What the field holds; nothing: it is empty.
    fn value(&self, field: F) -> Option<FilterValue>;
}

/// A record with something beside it that nobody filters by.
impl<F, T: Filterable<F>, U> Filterable<F> for (T, U) {
    fn value(&self, field: F) -> Option<FilterValue> {
        self.0.value(field)
    }
}

impl<F: Copy> Filter<F> {
    /// Whether a list filtered by this holds the record.
    pub fn matches(&self, record: &impl Filterable<F>) -> bool {
        self.evaluate(record) == Some(true)
    }

    /// True, false or, where an absent value stands in the way, unknown.
    pub fn evaluate(&self, record: &impl Filterable<F>) -> Option<bool> {
        match self {
            Self::And(all) => strongest(all.iter().map(|one| one.evaluate(record)), false),
            Self::Or(any) => strongest(any.iter().map(|one| one.evaluate(record)), true),
            Self::Not(one) => one.evaluate(record).map(|holds| !holds),
            Self::Compare { field, comparison, value } => {
                let found = record.value(*field)?;
                Some(found.compare(value).is_some_and(|ordering| comparison.holds(ordering)))
            }
            Self::Like { field, pattern, is_folded } => {
                let FilterValue::Text(text) = record.value(*field)? else { return Some(false) };
                Some(if *is_folded {
                    pattern.matches(fold(&text).as_str())
                } else {
                    pattern.matches(&text)
                })
            }
            Self::In { field, values } => {
                let found = record.value(*field)?;
                Some(values.contains(&found))
            }
            Self::Between { field, low, high } => {
                let found = record.value(*field)?;
                let is_above = found.compare(low).is_some_and(|ordering| ordering.is_ge());
                let is_below = found.compare(high).is_some_and(|ordering| ordering.is_le());
                Some(is_above && is_below)
            }
            Self::IsNull { field } => Some(record.value(*field).is_none()),
            Self::Contains { fields, text } => Some(fields.iter().any(|field| {
                matches!(record.value(*field), Some(FilterValue::Text(found))
                    if fold(&found).as_str().contains(text.as_str()))
            })),
        }
    }
}

/// `decisive` if any is; unknown if any is that; the opposite otherwise.
fn strongest(all: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut strongest = Some(!decisive);
    for one in all {
        match one {
            Some(holds) if holds == decisive => return Some(decisive),
            Some(_) => {}
            None => strongest = None,
        }
    }
    strongest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Comparison;

    /// A record with one field: 0 is full, anything else is empty.
    struct One;

    impl Filterable<u8> for One {
        fn value(&self, field: u8) -> Option<FilterValue> {
            (field == 0).then(|| FilterValue::Text("Ann".to_owned()))
        }
    }

    fn is(field: u8, text: &str) -> Filter<u8> {
        Filter::equals(field, FilterValue::Text(text.to_owned()))
    }

    #[test]
    fn what_is_unknown_stays_so_unless_the_rest_decides() {
        let not = |one| Filter::Not(Box::new(one));
        for (filter, expected) in [
            (is(0, "Ann"), Some(true)),
            (is(0, "ann"), Some(false)),
            (is(1, "Ann"), None),
            (not(is(1, "Ann")), None),
            (Filter::And(vec![is(1, "x"), is(0, "x")]), Some(false)),
            (Filter::And(vec![is(1, "x"), is(0, "Ann")]), None),
            (Filter::Or(vec![is(1, "x"), is(0, "Ann")]), Some(true)),
            (Filter::Or(vec![is(1, "x"), is(0, "x")]), None),
            (Filter::And(vec![]), Some(true)),
            (Filter::Or(vec![]), Some(false)),
            (Filter::In { field: 0, values: vec![] }, Some(false)),
            (Filter::In { field: 1, values: vec![] }, None),
            (Filter::IsNull { field: 1 }, Some(true)),
            (not(Filter::contains(vec![1], "x")), Some(true)),
            (Filter::contains(vec![1, 0], "NN"), Some(true)),
        ] {
            assert_eq!(filter.evaluate(&One), expected, "{filter:?}");
        }
    }

    #[test]
    fn text_is_ordered_by_code_point() {
        let filter = Filter::Compare {
            field: 0,
            comparison: Comparison::Less,
            value: FilterValue::Text("a".to_owned()),
        };
        assert!(filter.matches(&One));
    }
}
