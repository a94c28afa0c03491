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

/// Runs a statement that adds a row once for each of `rows`, and gives what SQLite numbered them with.
pub(in crate::sql) fn insert_each<'v>(
    conn: &Connection,
    sql: &str,
    rows: impl Iterator<Item = Result<Vec<Value<'v>>, Error>>,
) -> Result<Vec<i64>, Error> {
    let mut rows = rows.peekable();
    let Some(first) = rows.peek() else { return Ok(Vec::new()) };
    let values = first.as_ref().map_err(Error::clone)?.len();
    let mut statement = conn.prepare_cached(sql).map_err(error)?;
    let places = places(sql, values, statement.parameter_count())?;
    let mut added = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        bind(&mut statement, &places, &row?)?;
        statement.raw_execute().map_err(error)?;
        added.push(conn.last_insert_rowid());
    }
    Ok(added)
}

pub(in crate::sql) fn batch(conn: &Connection, sql: &str) -> Result<(), Error> {
    conn.execute_batch(sql).map_err(error)
}

/// A statement with everything bound, from the connection's cache.
fn prepare<'c>(
    conn: &'c Connection,
    sql: &str,
    params: &[Value<'_>],
) -> Result<CachedStatement<'c>, Error> {
    let mut statement = conn.prepare_cached(sql).map_err(error)?;
    let places = places(sql, params.len(), statement.parameter_count())?;
    bind(&mut statement, &places, params)?;
    Ok(statement)
}

fn bind(
    statement: &mut CachedStatement<'_>,
    places: &[usize],
    params: &[Value<'_>],
) -> Result<(), Error> {
    if params.len() != places.len() {
        return Err(Error::internal("a row has more or fewer values than the first"));
    }
    for (number, place) in (1..).zip(places) {
        statement.raw_bind_parameter(number, params[*place].sqlite()).map_err(error)?;
    }
    Ok(())
}

/// The places of the values among `values`, in the order in which SQLite numbers the parameters of a statement.
///
/// `$2` is a *name* to SQLite, and names are numbered as they first appear, so each is bound by what it says.
fn places(sql: &str, values: usize, parameters: usize) -> Result<Vec<usize>, Error> {
    let mut places = Vec::with_capacity(values);
    let mut seen = vec![false; values];
    for number in numbers(sql) {
        let place = number.checked_sub(1).filter(|place| *place < values);
        let place = place.ok_or_else(|| {
            Error::internal(format!("parameter {number} of a statement has no value: {sql}"))
        })?;
        if !std::mem::replace(&mut seen[place], true) {
            places.push(place);
        }
    }
    if places.len() == values && values == parameters {
        Ok(places)
    } else {
        Err(Error::internal(format!("{values} values for {parameters} parameters: {sql}")))
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
    fn rows_are_added_by_one_statement_and_must_be_alike() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE pairs (id INTEGER PRIMARY KEY, one INTEGER, two INTEGER)")
            .unwrap();
        let sql = "INSERT INTO pairs (two, one) VALUES ($2, $1)";
        let add = |rows: &[&[i64]]| {
            let row = |row: &&[i64]| Ok(row.iter().map(|one| Value::Integer(*one)).collect());
            insert_each(&conn, sql, rows.iter().map(row))
        };
        assert_eq!(add(&[&[1, 2], &[3, 4]]).unwrap(), [1, 2]);
        let sum = |column| {
            let sql = format!("SELECT SUM({column}) FROM pairs");
            conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!((sum("one"), sum("two")), (4, 6));
        for odd in [&[1][..], &[1, 2, 3]] {
            assert!(add(&[&[5, 6], odd]).is_err());
        }
        assert!(add(&[]).unwrap().is_empty());
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
