//! Lists of one table that are narrowed and ordered by the fields of their records.

#[cfg(test)]
mod tests;

use roster_model::{Filter, OrderBy};

use super::{Order, SqlField, write};
use crate::query::Query;
use crate::{Error, Window};

/// What a list is narrowed to, and its order.
#[derive(Clone, Debug)]
pub struct Narrowed<F: 'static> {
    /// What this accepts.
    pub filter: Filter<F>,
    /// By what the list is ordered; in the end always by number.
    pub order: Vec<OrderBy<F>>,
}

impl<F> Default for Narrowed<F> {
    fn default() -> Self {
        Self { filter: Filter::default(), order: Vec::new() }
    }
}

/// The order of a list, made total.
pub(crate) fn order_of<F: SqlField>(wanted: &Narrowed<F>) -> Order<F> {
    Order::new(&wanted.order)
}

/// Adds the condition of a list, after others.
pub(crate) fn write_condition<F: SqlField>(wanted: &Narrowed<F>, query: &mut Query) {
    if wanted.filter != Filter::default() {
        query.push(" AND ");
        write(&wanted.filter, query);
    }
}

/// Adds the condition of a list, and that a record comes after where the window begins.
pub(crate) fn write_conditions<F: SqlField>(
    wanted: &Narrowed<F>,
    window: &Window,
    query: &mut Query,
) -> Result<(), Error> {
    write_condition(wanted, query);
    match &window.after {
        Some(mark) if !order_of(wanted).write_after(mark, query) => {
            Err(Error::internal("a mark of another order"))
        }
        _ => Ok(()),
    }
}

/// Adds the order of a list, and how much of it the window shows.
pub(crate) fn write_page<F: SqlField>(wanted: &Narrowed<F>, window: &Window, query: &mut Query) {
    order_of(wanted).write(query, false);
    query.push_with(" LIMIT ?", &window.limit);
    query.push_with(" OFFSET ?", &window.offset);
}
