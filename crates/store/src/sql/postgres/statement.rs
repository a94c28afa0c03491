//! Running one statement on a PostgreSQL connection.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use futures_util::future::join;
use tokio_postgres::RowStream;

use super::Lent;
use crate::Error;
use crate::sql::{Row, Value};

/// Statements kept ready per connection.
const STATEMENTS: usize = 256;

pub(in crate::sql) async fn execute(
    lent: &mut Lent,
    sql: &str,
    params: &[Value<'_>],
) -> Result<u64, Error> {
    let rows = match query(lent, sql, params).await {
        Ok(rows) => rows,
        Err(error) => return Err(lent.fail(&error)),
    };
    let mut rows = pin!(rows);
    loop {
        match rows.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(rows.rows_affected().unwrap_or_default()),
            Err(error) => return Err(lent.fail(&error)),
        }
    }
}

pub(in crate::sql) async fn find<T>(
    lent: &mut Lent,
    sql: &str,
    params: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let rows = list(lent, sql, params, |row| read(row)).await?;
    Ok(rows.into_iter().next())
}

pub(in crate::sql) async fn list<T>(
    lent: &mut Lent,
    sql: &str,
    params: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let rows = match query(lent, sql, params).await {
        Ok(rows) => rows,
        Err(error) => return Err(lent.fail(&error)),
    };
    let mut rows = pin!(rows);
    let mut found = Vec::new();
    loop {
        match rows.try_next().await {
            Ok(Some(row)) => found.push(read(&Row::Postgres(&row))?),
            Ok(None) => return Ok(found),
            Err(error) => return Err(lent.fail(&error)),
        }
    }
}

pub(in crate::sql) async fn batch(lent: &mut Lent, sql: &str) -> Result<(), Error> {
    lent.run(sql).await
}

/// Sends a statement, together with the beginning of its transaction if that is still to come.
async fn query(
    lent: &mut Lent,
    sql: &str,
    params: &[Value<'_>],
) -> Result<RowStream, tokio_postgres::Error> {
    let cache = &lent.client().statement_cache;
    if cache.size() >= STATEMENTS {
        // Callers choose the shape of some statements (filters, orders), and must not fill the memory with them.
        cache.clear();
    }
    let statement = lent.client().prepare_cached(sql).await?;
    let Some(begin) = lent.begin.take() else {
        return lent.client().query_raw(&statement, params).await;
    };
    lent.open = true;
    let client = lent.client();
    // The first is polled, and so sent, first; both travel without waiting for an answer between them.
    let (begun, rows) =
        join(client.batch_execute(begin), client.query_raw(&statement, params)).await;
    begun.and(rows)
}
