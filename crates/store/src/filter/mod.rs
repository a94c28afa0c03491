//! SQL for the one filter tree (design section 3.7): the only place that makes it, for every kind of record.
//!
//! Values are bound, columns come from a closed list, and both databases find what
//! [`Filter::evaluate`](roster_model::Filter::evaluate) accepts.

mod columns;
mod narrowed;
mod order;
#[cfg(test)]
mod tests;

use roster_model::{Comparison, FieldKind, Filter, FilterValue, Pattern, PatternPiece};

pub(crate) use columns::SqlField;
pub use narrowed::Narrowed;
pub(crate) use narrowed::{order_of, write_condition, write_conditions, write_page};
pub(crate) use order::Order;

use crate::query::Query;
use crate::sql::{Engine, Param, Value};

/// The longest pattern that SQLite takes, in bytes. No field holds a text that long, so nothing has such a form.
const LONGEST_PATTERN: usize = 50_000;

impl Param for FilterValue {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Text(text) => text.value(),
            Self::Time(time) => time.value(),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Uuid(uuid) => uuid.value(),
        }
    }
}

fn is_of_kind(value: &FilterValue, kind: FieldKind) -> bool {
    match value {
        FilterValue::Integer(_) => kind == FieldKind::Integer,
        FilterValue::Text(_) => matches!(kind, FieldKind::Text | FieldKind::Word),
        FilterValue::Time(_) => kind == FieldKind::Time,
        FilterValue::Bool(_) => kind == FieldKind::Bool,
        FilterValue::Uuid(_) => kind == FieldKind::Uuid,
    }
}

/// Adds the condition that `filter` is.
pub(crate) fn write<F: SqlField>(filter: &Filter<F>, query: &mut Query) {
    match filter {
        Filter::And(all) => write_all(all, " AND ", "TRUE", query),
        Filter::Or(any) => write_all(any, " OR ", "FALSE", query),
        Filter::Not(one) => {
            query.push("(NOT ");
            write(one, query);
            query.push(")");
        }
        Filter::Compare { field, comparison, value } => {
            write_comparison(*field, *comparison, value, query);
        }
        Filter::Like { field, pattern, is_folded } => {
            write_pattern(*field, pattern, *is_folded, query);
        }
        Filter::In { field, values } => {
            let values: Vec<_> =
                values.iter().filter(|value| is_of_kind(value, field.kind())).collect();
            let column = field.column().exact();
            if values.is_empty() {
                query.push(&never(column));
                return;
            }
            query.push(&format!("({column} IN ("));
            for (number, value) in values.into_iter().enumerate() {
                query.push_with(if number == 0 { "?" } else { ", ?" }, value);
            }
            query.push("))");
        }
        Filter::Between { field, low, high } => {
            // Spelled out, because what is false on one side must stay false beside something unknown.
            query.push("(");
            write_comparison(*field, Comparison::GreaterOrEqual, low, query);
            query.push(" AND ");
            write_comparison(*field, Comparison::LessOrEqual, high, query);
            query.push(")");
        }
        Filter::IsNull { field } => {
            let column = field.column().exact();
            query.push(&format!("({column} IS NULL)"));
        }
        Filter::Contains { fields, text } => write_contains(fields, text, query),
    }
}

/// False, or unknown where the column is empty.
fn never(column: &str) -> String {
    format!("({column} IS NULL AND NULL)")
}

/// In halves, so that many conditions make a low tree: SQLite refuses high ones.
fn write_all<F: SqlField>(all: &[Filter<F>], word: &str, of_none: &str, query: &mut Query) {
    match all {
        [] => query.push(of_none),
        [one] => write(one, query),
        _ => {
            let (left, right) = all.split_at(all.len() / 2);
            query.push("(");
            write_all(left, word, of_none, query);
            query.push(word);
            write_all(right, word, of_none, query);
            query.push(")");
        }
    }
}

fn write_comparison<F: SqlField>(
    field: F,
    comparison: Comparison,
    value: &FilterValue,
    query: &mut Query,
) {
    let columns = field.column();
    let column = columns.exact();
    if !is_of_kind(value, field.kind()) {
        query.push(&never(column));
        return;
    }
    let is_order = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    if let (Comparison::Equal, FilterValue::Text(text), Some(key)) =
        (comparison, value, columns.indexed_key())
    {
        // The key's index finds the row; the text itself decides.
        query.push_with(&format!("({key} = ? AND "), &roster_model::fold(text).as_str());
        query.push_with(&format!("{column} = ?)"), value);
        return;
    }
    let column = match (is_order, field.kind()) {
        (true, FieldKind::Text | FieldKind::Word) => by_bytes(column, query.engine()),
        _ => column.to_owned(),
    };
    query.push_with(&format!("({column} {} ?)", comparison.as_str()), value);
}

/// The text of a column, ordered by its bytes.
fn by_bytes(column: &str, engine: Engine) -> String {
    match engine {
        Engine::Sqlite => column.to_owned(),
        Engine::Postgres => format!("{column} COLLATE \"C\""),
    }
}

fn write_pattern<F: SqlField>(field: F, pattern: &Pattern, is_folded: bool, query: &mut Query) {
    let engine = query.engine();
    let columns = field.column();
    let exact = columns.exact();
    if !matches!(field.kind(), FieldKind::Text | FieldKind::Word) {
        query.push(&never(exact));
        return;
    }
    let column = if is_folded { columns.folded(engine) } else { exact.to_owned() };
    match pattern.pieces() {
        [PatternPiece::Run, PatternPiece::Text(text), PatternPiece::Run] => {
            let place = query.bind(text);
            query.push(&format!("({})", contains(&column, &place, engine)));
        }
        _ => match pattern.as_text() {
            Some(text) => query.push_with(&format!("({column} = ?)"), &text),
            None => {
                let operator = match engine {
                    Engine::Sqlite => "GLOB",
                    Engine::Postgres => "LIKE",
                };
                let text = spell(pattern, engine);
                if text.len() > LONGEST_PATTERN {
                    query.push(&never(exact));
                    return;
                }
                query.push_with(&format!("({column} {operator} ?"), &text);
                if let (Engine::Sqlite, Some((from, to))) = (engine, range(pattern)) {
                    // An index helps only with a pattern that SQLite knows beforehand.
                    query.push_with(&format!(" AND {column} >= ?"), &from);
                    query.push_with(&format!(" AND {column} < ?"), &to);
                }
                query.push(")");
            }
        },
    }
}

/// The texts that begin as the pattern does: from the first, up to another, in the order of their bytes.
fn range(pattern: &Pattern) -> Option<(&str, String)> {
    let PatternPiece::Text(from) = pattern.pieces().first()? else { return None };
    let mut to = from.clone();
    while let Some(last) = to.pop() {
        // Above the last character there is another one, except above the very last; none is between D7FF and E000.
        if let Some(next) = (last..=char::MAX).nth(1) {
            to.push(next);
            return Some((from, to));
        }
    }
    None
}

/// Whether a column holds a text somewhere.
pub(crate) fn contains(column: &str, place: &str, engine: Engine) -> String {
    match engine {
        Engine::Sqlite => format!("instr({column}, {place}) > 0"),
        Engine::Postgres => format!("strpos({column}, {place}) > 0"),
    }
}

/// The pattern in the database's own language: SQLite's `LIKE` passes over letter case, its `GLOB` does not.
fn spell(pattern: &Pattern, engine: Engine) -> String {
    let mut spelled = String::new();
    let (run, one) = match engine {
        Engine::Sqlite => ('*', '?'),
        Engine::Postgres => ('%', '_'),
    };
    for piece in pattern.pieces() {
        match piece {
            PatternPiece::Run => spelled.push(run),
            PatternPiece::One => spelled.push(one),
            PatternPiece::Text(text) => {
                for c in text.chars() {
                    match (engine, c) {
                        (Engine::Sqlite, '*' | '?' | '[') => spelled.extend(['[', c, ']']),
                        (Engine::Postgres, '%' | '_' | '\\') => spelled.extend(['\\', c]),
                        _ => spelled.push(c),
                    }
                }
            }
        }
    }
    spelled
}

fn write_contains<F: SqlField>(fields: &[F], text: &str, query: &mut Query) {
    let texts =
        fields.iter().filter(|field| matches!(field.kind(), FieldKind::Text | FieldKind::Word));
    let columns: Vec<_> = texts.map(|field| field.column()).collect();
    if columns.is_empty() {
        query.push("FALSE");
        return;
    }
    let (engine, place) = (query.engine(), query.bind(&text));
    for (number, column) in columns.iter().enumerate() {
        query.push(if number == 0 { "(" } else { " OR " });
        let folded = column.folded(engine);
        if column.is_nullable() {
            query.push(&contains(&format!("COALESCE({folded}, '')"), &place, engine));
            query.push(&format!(" AND {folded} IS NOT NULL"));
        } else {
            query.push(&contains(&folded, &place, engine));
        }
    }
    query.push(")");
}
