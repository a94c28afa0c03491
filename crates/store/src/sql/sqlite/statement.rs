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
    let mut seen = vec![false; params.len()];
    let mut bound = 0;
    for number in numbers(sql) {
        let place = number.checked_sub(1).filter(|place| *place < params.len());
        let place = place.ok_or_else(|| {
            Error::internal(format!("parameter {number} of a statement has no value: {sql}"))
        })?;
        if !std::mem::replace(&mut seen[place], true) {
            bound += 1;
            statement.raw_bind_parameter(bound, params[place].sqlite()).map_err(error)?;
        }
    }
    if bound == params.len() && bound == statement.parameter_count() {
        Ok(statement)
    } else {
        Err(Error::internal(format!("{} values for {bound} parameters: {sql}", params.len())))
    }
}

/// The numbers after the `$` of a statement, as they come. (To ask SQLite for their names takes longer.) A `$` before
/// anything else belongs to a JSON path.
fn numbers(sql: &str) -> impl Iterator<Item = usize> {
    sql.split('$').skip(1).filter_map(|after| {
        let end = after.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
        after[..end].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sql: &str, params: &[i64]) -> Result<Option<Vec<i64>>, Error> {
        let conn = Connection::open_in_memory().unwrap();
        let params: Vec<_> = params.iter().map(|number| Value::Integer(*number)).collect();
        find(&conn, sql, &params, |row| {
            let mut columns = row.columns();
            (0..3).map(|_| columns.take()).collect()
        })
    }

    #[test]
    fn each_value_is_bound_where_its_number_stands() {
        let found =
            answer("SELECT $2, $1, $2 + $3 WHERE json_extract('[7]', '$[0]') = 7", &[1, 2, 3]);
        assert_eq!(found.unwrap(), Some(vec![2, 1, 5]));
    }

    #[test]
    fn values_and_parameters_must_be_as_many() {
        for (sql, params) in [
            ("SELECT $1, 2, 3", &[][..]),
            ("SELECT $1, 2, 3", &[1, 2]),
            ("SELECT $1, $3, 3", &[1, 2]),
            ("SELECT $0, 2, 3", &[1]),
            ("SELECT $1, ?, 3", &[1]),
            ("SELECT '$1', 2, 3", &[1]),
        ] {
            let error = answer(sql, params).unwrap_err();
            assert!(matches!(error, Error::Internal(_)), "{sql}: {error}");
        }
    }
}
