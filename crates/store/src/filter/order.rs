//! The order of a list, and where in it a record stands.

use roster_model::{FieldKind, FilterValue, Filterable, OrderBy, fold};

use super::{SqlField, by_bytes};
use crate::query::Query;
use crate::sql::{Engine, Row};
use crate::{Error, Mark, MarkKey};

/// A total order: the number decides last.
pub(crate) struct Order<F: 'static> {
    steps: Vec<OrderBy<F>>,
}

impl<F: SqlField> Order<F> {
    /// The order that these steps make; what comes after the number decides nothing.
    pub(crate) fn new(steps: &[OrderBy<F>]) -> Self {
        let mut all: Vec<OrderBy<F>> = Vec::new();
        for step in steps {
            if !all.iter().any(|before| before.field == step.field) {
                all.push(*step);
            }
        }
        match all.iter().position(|step| step.field == F::ID) {
            Some(id) => all.truncate(id + 1),
            None => all.push(OrderBy::ascending(F::ID)),
        }
        Self { steps: all }
    }

    /// Whether it is that of the numbers, from the last.
    pub(crate) fn is_newest_first(&self) -> bool {
        self.steps == [OrderBy::descending(F::ID)]
    }

    /// The order's first field.
    pub(crate) fn leader(&self) -> F {
        self.steps[0].field
    }

    /// Whether `field` decides first, and then the number, either way round.
    pub(crate) fn is_by(&self, field: F) -> bool {
        self.steps.len() == 2 && self.leader() == field
    }

    /// Whether the first field's greatest comes first.
    pub(crate) fn is_descending(&self) -> bool {
        self.steps[0].is_descending
    }

    /// What stands before the number.
    fn keys(&self) -> &[OrderBy<F>] {
        &self.steps[..self.steps.len() - 1]
    }

    /// Adds the keys as columns `page_key1`, `page_key2`…, each with a comma before it.
    pub(crate) fn write_columns(&self, query: &mut Query) {
        for (number, step) in self.keys().iter().enumerate() {
            let key = expression(step, query.engine());
            query.push(&format!(", {key} AS page_key{number}"));
        }
    }

    /// Whether one of the indexes over `walked` fields and the number has this order.
    pub(crate) fn is_walkable(&self, walked: &[F]) -> bool {
        self.steps.len() <= 2 && walked.contains(&self.leader()) && self.is_uniform()
    }

    fn is_uniform(&self) -> bool {
        let is_descending = self.steps[0].is_descending;
        self.steps
            .iter()
            .all(|step| step.is_descending == is_descending && !step.field.column().is_nullable())
    }

    /// Adds the order of the records themselves. `is_sorted`: they are few, and no index is to be walked for it.
    pub(crate) fn write(&self, query: &mut Query, is_sorted: bool) {
        let engine = query.engine();
        let plus = if is_sorted && engine == Engine::Sqlite { "+" } else { "" };
        self.write_steps(query, |_, step| format!("{plus}{}", expression(step, engine)));
    }

    /// Adds the order of rows that have the columns of [`write_columns`](Self::write_columns) and `page_id`.
    pub(crate) fn write_of_page(&self, query: &mut Query) {
        let keys = self.keys().len();
        self.write_steps(query, |number, _| match number < keys {
            true => format!("page.page_key{number}"),
            false => "page.page_id".to_owned(),
        });
    }

    fn write_steps(&self, query: &mut Query, key: impl Fn(usize, &OrderBy<F>) -> String) {
        for (number, step) in self.steps.iter().enumerate() {
            query.push(if number == 0 { " ORDER BY " } else { ", " });
            query.push(&key(number, step));
            // Said only where there are empty ones: PostgreSQL passes its indexes over otherwise.
            query.push(match (step.is_descending, step.field.column().is_nullable()) {
                (false, false) => "",
                (true, false) => " DESC",
                (false, true) => " NULLS FIRST",
                (true, true) => " DESC NULLS LAST",
            });
        }
    }

    /// Adds the condition that a record comes after `mark`; false if the mark is of another order.
    pub(crate) fn write_after(&self, mark: &Mark, query: &mut Query) -> bool {
        if mark.keys.len() != self.keys().len() {
            return false;
        }
        let keys: Vec<_> = mark.keys.iter().cloned().chain([MarkKey::Number(mark.id)]).collect();
        query.push(" AND ");
        if self.is_uniform() {
            self.write_row(&keys, if self.steps[0].is_descending { "<" } else { ">" }, query);
        } else {
            self.write_steps_after(&keys, query);
        }
        true
    }

    /// Adds the condition that a record comes no later than `mark`, in an order that can be walked.
    pub(crate) fn write_until(&self, mark: &Mark, query: &mut Query) {
        let keys: Vec<_> = mark.keys.iter().cloned().chain([MarkKey::Number(mark.id)]).collect();
        query.push(" AND ");
        self.write_row(&keys, if self.steps[0].is_descending { ">=" } else { "<=" }, query);
    }

    /// Reads a row that holds the number and the columns of [`write_columns`](Self::write_columns).
    pub(crate) fn read_mark(&self, row: &Row<'_>) -> Result<Mark, Error> {
        let mut columns = row.columns();
        let id = columns.take()?;
        let keys = self.keys().iter().map(|step| {
            Ok(match step.field.kind() {
                FieldKind::Text | FieldKind::Word => {
                    columns.take::<Option<String>>()?.map_or(MarkKey::Null, MarkKey::Text)
                }
                FieldKind::Integer | FieldKind::Time => {
                    columns.take::<Option<i64>>()?.map_or(MarkKey::Null, MarkKey::Number)
                }
                FieldKind::Bool => {
                    columns.take::<Option<bool>>()?.map_or(MarkKey::Null, MarkKey::Bool)
                }
                FieldKind::Uuid => {
                    columns.take::<Option<uuid::Uuid>>()?.map_or(MarkKey::Null, MarkKey::Uuid)
                }
            })
        });
        Ok(Mark { keys: keys.collect::<Result<_, Error>>()?, id })
    }

    /// `(a, b) > ($1, $2)`, which an index answers.
    fn write_row(&self, keys: &[MarkKey], beyond: &str, query: &mut Query) {
        let engine = query.engine();
        let list = self.steps.iter().map(|step| expression(step, engine)).collect::<Vec<_>>();
        let places = keys.iter().map(|key| query.bind(key)).collect::<Vec<_>>();
        query.push(&format!("({}) {beyond} ({})", list.join(", "), places.join(", ")));
    }

    /// Beyond in the first, or the same in the first and beyond in the rest.
    fn write_steps_after(&self, keys: &[MarkKey], query: &mut Query) {
        let engine = query.engine();
        let last = self.steps.len() - 1;
        for (number, (step, key)) in self.steps.iter().zip(keys).enumerate() {
            let expression = expression(step, engine);
            let is_empty = matches!(key, MarkKey::Null);
            let place = if is_empty { String::new() } else { query.bind(key) };
            let beyond = match (step.is_descending, is_empty) {
                (false, true) => format!("{expression} IS NOT NULL"),
                (false, false) => format!("{expression} > {place}"),
                (true, true) => "FALSE".to_owned(),
                (true, false) if step.field.column().is_nullable() => {
                    format!("({expression} < {place} OR {expression} IS NULL)")
                }
                (true, false) => format!("{expression} < {place}"),
            };
            if number == last {
                query.push(&beyond);
            } else if is_empty {
                query.push(&format!("({beyond} OR ({expression} IS NULL AND "));
            } else {
                query.push(&format!("({beyond} OR ({expression} = {place} AND "));
            }
        }
        query.push(&"))".repeat(last));
    }

    /// Where a record stands.
    pub(crate) fn mark(&self, record: &impl Filterable<F>, id: i64) -> Mark {
        Mark { keys: self.keys().iter().map(|step| key(step, record)).collect(), id }
    }
}

fn expression<F: SqlField>(step: &OrderBy<F>, engine: Engine) -> String {
    let column = step.field.column();
    match (step.field.kind(), step.shown) {
        (FieldKind::Text, _) => by_bytes(&column.folded(engine), engine),
        (FieldKind::Word, Some(words)) => {
            // The words are constants of the program.
            let cases: String = words
                .iter()
                .map(|(kept, shown)| format!(" WHEN '{kept}' THEN '{shown}'"))
                .collect();
            by_bytes(&format!("(CASE {}{cases} END)", column.exact()), engine)
        }
        _ => column.exact().to_owned(),
    }
}

fn key<F: SqlField>(step: &OrderBy<F>, record: &impl Filterable<F>) -> MarkKey {
    match record.value(step.field) {
        None => MarkKey::Null,
        Some(FilterValue::Text(text)) => MarkKey::Text(match (step.field.kind(), step.shown) {
            (FieldKind::Word, Some(words)) => {
                let shown = words.iter().find(|(kept, _)| *kept == text);
                shown.map_or(text, |(_, shown)| (*shown).to_owned())
            }
            (FieldKind::Word, None) => text,
            _ => fold(&text).as_str().to_owned(),
        }),
        Some(FilterValue::Integer(number)) => MarkKey::Number(number),
        Some(FilterValue::Time(time)) => MarkKey::Number(time.as_microsecond()),
        Some(FilterValue::Bool(flag)) => MarkKey::Bool(flag),
        Some(FilterValue::Uuid(uuid)) => MarkKey::Uuid(uuid),
    }
}
