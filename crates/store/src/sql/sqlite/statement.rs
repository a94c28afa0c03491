//! Running one statement on a SQLite connection.

use rusqlite::{CachedStatement, Connection};

use super::connection::error;
use crate::Error;
use crate::sql::{Row, Value};

pub(in crate::sql) fn execute(
    conn: &Connection,
    sql: &str,
    params: &[Value<'_>],
) -> Result<u64, Error> {
    let mut statement = prepare(conn, sql, params)?;
    statement.raw_execute().map(|rows| rows as u64).map_err(error)
}

pub(in crate::sql) fn find<T>(
    conn: &Connection,
    sql: &str,
    params: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut statement = prepare(conn, sql, params)?;
    let returning = !statement.readonly();
    let mut rows = statement.raw_query();
    let Some(row) = rows.next().map_err(error)? else { return Ok(None) };
    let found = read(&Row::Sqlite(row))?;
    if returning {
        // A statement that changes rows and returns them is only complete when it has been read to its end.
        while rows.next().map_err(error)?.is_some() {}
    }
    Ok(Some(found))
}

pub(in crate::sql) fn list<T>(
    conn: &Connection,
    sql: &str,
    params: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut statement = prepare(conn, sql, params)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        found.push(read(&Row::Sqlite(row))?);
    }
    Ok(found)
}

pub(in crate::sql) fn batch(conn: &Connection, sql: &str) -> Result<(), Error> {
    conn.execute_batch(sql).map_err(error)
}

/// A statement with everything bound, from the connection's cache.
///
/// `$2` is a *name* to SQLite, and names are numbered as they first appear, so each is bound by what it says.
fn prepare<'c>(
    conn: &'c Connection,
    sql: &str,
    params: &[Value<'_>],
) -> Result<CachedStatement<'c>, Error> {
    let mut statement = conn.prepare_cached(sql).map_err(error)?;
    let mut bound = 0;
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
        let value = number.and_then(|number| params.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| {
            Error::internal(format!("parameter {index} of a statement has no value: {sql}"))
        })?;
        statement.raw_bind_parameter(index, value.sqlite()).map_err(error)?;
        bound += 1;
    }
    if bound == params.len() {
        Ok(statement)
    } else {
        Err(Error::internal(format!("{} values for {bound} parameters: {sql}", params.len())))
    }
}
