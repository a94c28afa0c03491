//! Lists that are short enough to be read whole: plans, groups, invitations, the API keys and the sessions of one user.
//! They are narrowed by the same filter tree as lists of users, evaluated here instead of in the database.

use std::cmp::Ordering;

use roster_model::{
    Field, Filter, FilterField, FilterValue, Filterable, ListFilter, OrderBy, Page, Vocabulary,
    fold,
};
use roster_store::{Mark, MarkKey, Narrowed, Window};

use crate::{Result, filters, paging::Paging};

/// The whole of a list.
pub(crate) const ALL: Window = Window { after: None, offset: 0, limit: i64::MAX };

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
    /// The wanted part of the records.
    pub(crate) fn of<T: Filterable<F>>(&self, mut records: Vec<T>) -> Selected<T> {
        records.retain(|record| self.filter.matches(record));
        let total = records.len() as u64;
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let ranked = ranked(records, &self.order).into_iter().map(|(_, record)| record);
        let part = ranked.skip(number(self.skip)).take(number(self.limit));
        Selected { items: part.collect(), total }
    }
}

/// What is natively asked of such a list.
pub(crate) struct ShortList<F: 'static> {
    wanted: Narrowed<F>,
    /// What was asked, in words.
    asked: ListFilter,
    is_plain: bool,
}

impl<F: FilterField> ShortList<F> {
    /// Reads what is asked. A search looks through `searched`, and finds the number.
    pub(crate) fn read(
        asked: &ListFilter,
        vocabulary: &Vocabulary<F>,
        searched: &[F],
    ) -> Result<Self> {
        let wanted = filters::narrow(asked, vocabulary, searched)?;
        let is_plain = *asked == ListFilter::default();
        Ok(Self { wanted, asked: asked.clone(), is_plain })
    }

    /// Of these, those that have a piece of text in a field, or that number.
    pub(crate) fn having(mut self, text: &str, in_field: F, field: Field) -> Result<Self> {
        self.wanted.filter =
            self.wanted.filter.and(filters::search_or_number(&[in_field], text, field)?);
        self.is_plain = false;
        Ok(self)
    }

    /// The same of a list whose newest records stand first, unless asked otherwise.
    pub(crate) fn newest_first(mut self) -> Self {
        filters::newest_first(&mut self.wanted);
        self
    }

    /// Whether everything is wanted in the list's own order: the database makes pages of that.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The name of the list for cursors.
    pub(crate) fn name(&self, kind: &str) -> String {
        match self.is_plain() {
            true => kind.to_owned(),
            false => format!("{kind}:{:?}", self.asked),
        }
    }

    /// A page of the records.
    pub(crate) fn page<T: Filterable<F>>(&self, mut records: Vec<T>, paging: &Paging) -> Page<T> {
        let Narrowed { filter, order } = &self.wanted;
        records.retain(|record| filter.matches(record));
        let total = paging.wants_total().then_some(records.len() as u64);
        let window = paging.window();
        let mut ranked = ranked(records, order);
        if let Some(after) = &window.after {
            ranked.retain(|(mark, _)| compare(mark, after, order).is_gt());
        }
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let part = ranked.into_iter().skip(number(window.offset)).take(number(window.limit));
        let rows = part.map(|(_, record)| record).collect();
        paging.page(rows, total, |record| mark(record, order))
    }
}

/// The records in their order, each with where it stands.
fn ranked<F: FilterField, T: Filterable<F>>(
    records: Vec<T>,
    order: &[OrderBy<F>],
) -> Vec<(Mark, T)> {
    let mut ranked: Vec<_> =
        records.into_iter().map(|record| (mark(&record, order), record)).collect();
    ranked.sort_by(|(one, _), (other, _)| compare(one, other, order));
    ranked
}

/// Where a record stands: text by its folded form, words as they are shown, nothing before anything.
fn mark<F: FilterField>(record: &impl Filterable<F>, order: &[OrderBy<F>]) -> Mark {
    let key = |step: &OrderBy<F>| match (record.value(step.field), step.shown) {
        (None, _) => MarkKey::Null,
        (Some(FilterValue::Text(word)), Some(shown)) => {
            let found = shown.iter().find(|(kept, _)| *kept == word);
            MarkKey::Text(found.map_or(word.clone(), |(_, shown)| (*shown).to_owned()))
        }
        (Some(FilterValue::Text(text)), None) => MarkKey::Text(fold(&text).as_str().to_owned()),
        (Some(FilterValue::Integer(number)), _) => MarkKey::Number(number),
        (Some(FilterValue::Time(time)), _) => MarkKey::Number(time.as_microsecond()),
        (Some(FilterValue::Bool(flag)), _) => MarkKey::Bool(flag),
        (Some(FilterValue::Uuid(uuid)), _) => MarkKey::Uuid(uuid),
    };
    let id = match record.value(F::ID) {
        Some(FilterValue::Integer(id)) => id,
        _ => 0,
    };
    Mark { keys: order.iter().map(key).collect(), id }
}

fn compare<F>(one: &Mark, other: &Mark, order: &[OrderBy<F>]) -> Ordering {
    let keys = one.keys.iter().zip(&other.keys).zip(order).map(|((one, other), step)| {
        let ordering = one.cmp(other);
        if step.is_descending { ordering.reverse() } else { ordering }
    });
    keys.fold(Ordering::Equal, Ordering::then).then(one.id.cmp(&other.id))
}
