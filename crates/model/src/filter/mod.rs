//! What a list is narrowed to: one tree for the languages of all doors (design section 3.7).
//!
//! A door's parser makes a [`Filter`]; the store makes SQL of it, and [`Filter::evaluate`] says the same of a record in
//! memory. Nulls follow three-valued logic: what compares with an absent value is unknown, and only what is true is
//! found.

mod evaluate;
mod pattern;
mod value;

pub use evaluate::Filterable;
pub use pattern::{Pattern, PatternPiece};
pub use value::{Comparison, FieldKind, FilterValue};

/// A field that lists can be filtered and ordered by. Each kind of record has a closed list of them.
pub trait FilterField:
    Copy + Eq + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static
{
    /// Every one of them.
    const ALL: &'static [Self];
    /// The number of the record.
    const ID: Self;

    /// Its name in the native API.
    fn name(self) -> &'static str;

    /// What it holds.
    fn kind(self) -> FieldKind;
}

/// A condition on records with the fields `F`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter<F> {
    /// All of these hold; without any, it holds.
    And(Vec<Self>),
    /// At least one of these holds; without any, it does not.
    Or(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// The field's value stands in this relation to a value. Text is compared exactly, by code point.
    Compare {
        /// The field.
        field: F,
        /// The relation.
        comparison: Comparison,
        /// The value on the right.
        value: FilterValue,
    },
    /// The field's text has this form.
    Like {
        /// The field.
        field: F,
        /// The form.
        pattern: Pattern,
        /// Whether the folded text is looked at, which makes letter case and width irrelevant; the pattern must be
        /// folded then: [`Pattern::folded`].
        is_folded: bool,
    },
    /// The field's value is one of these.
    In {
        /// The field.
        field: F,
        /// The values; without any, it is none of them.
        values: Vec<FilterValue>,
    },
    /// The field's value is between two values or one of them.
    Between {
        /// The field.
        field: F,
        /// The least.
        low: FilterValue,
        /// The greatest.
        high: FilterValue,
    },
    /// The field is empty.
    IsNull {
        /// The field.
        field: F,
    },
    /// At least one of the fields contains the text, letter case and width aside. Never unknown: an absent value
    /// contains nothing.
    Contains {
        /// The fields.
        fields: Vec<F>,
        /// The text, folded.
        text: String,
    },
}

impl<F> Default for Filter<F> {
    /// Lets everything through.
    fn default() -> Self {
        Self::And(Vec::new())
    }
}

impl<F> Filter<F> {
    /// The deepest tree.
    pub const MAX_DEPTH: usize = 160;
    /// The most conditions and values in a tree.
    pub const MAX_SIZE: usize = 10_000;

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::And(mut all), Self::And(more)) => {
                all.extend(more);
                Self::And(all)
            }
            (Self::And(all), one) | (one, Self::And(all)) if all.is_empty() => one,
            (Self::And(mut all), one) | (one, Self::And(mut all)) => {
                all.push(one);
                Self::And(all)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// The field has this value.
    pub fn equals(field: F, value: FilterValue) -> Self {
        Self::Compare { field, comparison: Comparison::Equal, value }
    }

    /// At least one of the fields contains `text`, letter case and width aside.
    pub fn contains(fields: Vec<F>, text: &str) -> Self {
        Self::Contains { fields, text: crate::fold(text).as_str().to_owned() }
    }

    /// Whether it asks about nothing but these fields.
    pub fn is_only_about(&self, fields: &[F]) -> bool
    where
        F: PartialEq,
    {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().all(|one| one.is_only_about(fields)),
            Self::Not(one) => one.is_only_about(fields),
            Self::Compare { field, .. }
            | Self::Like { field, .. }
            | Self::In { field, .. }
            | Self::Between { field, .. }
            | Self::IsNull { field } => fields.contains(field),
            Self::Contains { fields: asked, .. } => {
                asked.iter().all(|field| fields.contains(field))
            }
        }
    }

    /// Whether it is small enough to be worked on. What the parsers make always is, if they keep to their own bounds.
    pub fn is_within_bounds(&self) -> bool {
        let mut left = Self::MAX_SIZE;
        self.takes_no_more_than(&mut left, Self::MAX_DEPTH)
    }

    fn takes_no_more_than(&self, left: &mut usize, depth: usize) -> bool {
        let own = match self {
            Self::In { values, .. } => values.len(),
            Self::Contains { fields, .. } => fields.len(),
            _ => 1,
        };
        let Some(rest) = left.checked_sub(own.max(1)) else { return false };
        *left = rest;
        match self {
            Self::And(all) | Self::Or(all) => {
                depth > 0 && all.iter().all(|one| one.takes_no_more_than(left, depth - 1))
            }
            Self::Not(one) => depth > 0 && one.takes_no_more_than(left, depth - 1),
            _ => true,
        }
    }
}

/// One step of a list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderBy<F: 'static> {
    /// By what. Text by its folded form; what is absent stands first.
    pub field: F,
    /// From the last to the first.
    pub is_descending: bool,
    /// The words of a [`FieldKind::Word`] as a door shows them, if the order is to follow those: what is kept and
    /// what is shown.
    pub shown: Option<Words>,
}

impl<F> OrderBy<F> {
    /// From the first to the last.
    pub fn ascending(field: F) -> Self {
        Self { field, is_descending: false, shown: None }
    }

    /// From the last to the first.
    pub fn descending(field: F) -> Self {
        Self { field, is_descending: true, shown: None }
    }
}

/// The words of a field: each as it is kept, and as a door shows it.
pub type Words = &'static [(&'static str, &'static str)];

/// What a door calls the fields, and the words in them.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<F: 'static> {
    /// The names by which fields may be used; letter case is passed over.
    pub fields: &'static [(&'static str, F)],
    /// The words of the fields that hold words.
    pub words: &'static [(F, Words)],
}

impl<F: FilterField> Vocabulary<F> {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<F> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, field)| *field)
    }

    /// The words of a field.
    pub fn words(&self, field: F) -> Words {
        self.words.iter().find(|(of, _)| *of == field).map_or(&[], |(_, words)| *words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserField;

    #[test]
    fn conditions_that_must_both_hold_become_one_list() {
        let one = || Filter::IsNull { field: UserField::Phone };
        assert_eq!(Filter::default().and(one()), one());
        assert_eq!(one().and(Filter::default()), one());
        assert_eq!(one().and(one()).and(one()), Filter::And(vec![one(), one(), one()]));
    }

    #[test]
    fn t35_a_tree_too_deep_or_too_large_is_not_worked_on() {
        let mut deep = Filter::IsNull { field: UserField::Phone };
        for _ in 0..Filter::<UserField>::MAX_DEPTH {
            deep = Filter::Not(Box::new(deep));
        }
        assert!(deep.is_within_bounds());
        assert!(!Filter::Not(Box::new(deep)).is_within_bounds());
        let wide = |values| Filter::In {
            field: UserField::Id,
            values: vec![FilterValue::Integer(1); values],
        };
        assert!(wide(10_000).is_within_bounds());
        assert!(!wide(10_001).is_within_bounds());
    }
}
