//! Everything of a SQLite database into a PostgreSQL database, in one transaction.

use std::{mem, pin::Pin};

use super::{Cell, Column, Location, Misread, Options, Row, Store, Tx, Value, params};
use crate::Error;

/// What the new database has or makes by itself: its own migrations, the search index, which is made anew from its
/// journal, the numbers of users, part of which stands in that journal, and leases, whose holders no longer run.
const LEFT: [&str; 5] =
    ["schema_migrations", "search_journal", "search_tokens", "user_counts", "leases"];
/// The numbers of users, counted.
const COUNTS: &str = "INSERT INTO user_counts (organization_id, status, users) \
     SELECT organization_id, status, COUNT(*) FROM users WHERE deleted_at IS NULL \
     GROUP BY organization_id, status";
/// The tables that SQLite keeps its search index in.
const INDEX: &str = "user_trigrams";
/// The most rows and the most values in one statement; PostgreSQL takes 65535 values.
const ROWS: usize = 1000;
const VALUES: usize = 50_000;

/// Hears of how far the copying is: which table, and how many rows of all tables are copied.
pub type Progress<'p> = &'p (dyn Fn(&str, u64) + Send + Sync);

/// A column of the new database.
struct Target {
    name: String,
    is_bool: bool,
}

/// A row on its way.
struct Copied {
    /// Where it stands in its table.
    key: Vec<Value<'static>>,
    values: Vec<Value<'static>>,
}

/// A reference between tables. Rows come in no order that would satisfy it, so it is taken off and put on again.
struct Reference {
    table: String,
    name: String,
    definition: String,
}

impl Store {
    /// Copies everything of the SQLite database `from`, which no server uses, into the PostgreSQL database `to`, in
    /// which Roster has not been started yet. Says how many rows there are. What fails leaves `to` without a row, and
    /// `from` is only read.
    pub async fn relocate(
        from: &Location,
        to: &Location,
        progress: Progress<'_>,
    ) -> Result<u64, Error> {
        let Location::File(file) = from else {
            return Err(Error::Refused("only a SQLite database is moved, from a file".to_owned()));
        };
        let Location::Postgres(_) = to else {
            return Err(Error::Refused(
                "a database is moved to PostgreSQL: give an address such as postgres://user:password@host/name"
                    .to_owned(),
            ));
        };
        if !file.exists() {
            return Err(Error::Refused(format!("there is no database {}", file.display())));
        }
        let source = Self::open(from, &Options::default()).await?;
        let copied = copy_into(to, &source, progress).await;
        let closed = source.close().await;
        copied.and_then(|rows| closed.map(|()| rows))
    }
}

async fn copy_into(to: &Location, source: &Store, progress: Progress<'_>) -> Result<u64, Error> {
    let target = Store::open(to, &Options::default()).await?;
    let copied = target.write(async |tx: &mut Tx| copy(source, tx, progress).await).await;
    let closed = target.close().await;
    copied.and_then(|rows| closed.map(|()| rows))
}

/// The future is boxed because the compiler cannot see through it that it may be sent to another thread.
fn copy<'a>(
    source: &'a Store,
    tx: &'a mut Tx,
    progress: Progress<'a>,
) -> Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + 'a>> {
    Box::pin(copy_all(source, tx, progress))
}

async fn copy_all(source: &Store, tx: &mut Tx, progress: Progress<'_>) -> Result<u64, Error> {
    tx.batch("SET LOCAL statement_timeout = 0").await?;
    let tables = tables(source).await?;
    for table in &tables {
        let any = tx.find(&format!("SELECT 1 FROM {table} LIMIT 1"), &[], |_| Ok(())).await?;
        if any.is_some() {
            return Err(Error::Refused(format!(
                "the database to move to is in use by a Roster: its table {table} has rows; give an empty one"
            )));
        }
    }
    let references = references(tx, &tables).await?;
    for Reference { table, name, .. } in &references {
        tx.batch(&format!("ALTER TABLE {table} DROP CONSTRAINT {name}")).await?;
    }
    let mut rows = 0;
    for table in &tables {
        rows += copy_table(source, tx, table, &|copied| progress(table, rows + copied)).await?;
    }
    for Reference { table, name, definition } in &references {
        tx.batch(&format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")).await?;
    }
    continue_numbers(source, tx, &tables).await?;
    tx.batch("INSERT INTO search_journal (user_id) SELECT id FROM users WHERE purged_at IS NULL")
        .await?;
    tx.batch(COUNTS).await?;
    tx.batch(&format!("ANALYZE {}, user_counts", tables.join(", "))).await?;
    Ok(rows)
}

/// The tables to copy.
async fn tables(source: &Store) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let all = source.read(async |tx: &mut Tx| tx.list(sql, &[], |row| row.get(0)).await).await?;
    let is_copied = |table: &String| !LEFT.contains(&table.as_str()) && !table.starts_with(INDEX);
    Ok(all.into_iter().filter(is_copied).collect())
}

/// What refers from `tables` to others.
async fn references(tx: &mut Tx, tables: &[String]) -> Result<Vec<Reference>, Error> {
    let all = tx
        .list(
            "SELECT conrelid::regclass::text, quote_ident(conname::text), pg_get_constraintdef(oid) \
             FROM pg_constraint WHERE contype = 'f' \
             AND connamespace = current_schema()::regnamespace ORDER BY conrelid, conname",
            &[],
            |row| {
                Ok(Reference { table: row.get(0)?, name: row.get(1)?, definition: row.get(2)? })
            },
        )
        .await?;
    Ok(all.into_iter().filter(|reference| tables.contains(&reference.table)).collect())
}

/// Copies one table, page by page, and says how many rows it has.
async fn copy_table(
    source: &Store,
    tx: &mut Tx,
    table: &str,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> Result<u64, Error> {
    let columns = columns(tx, table).await?;
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    let page = (VALUES / columns.len().max(1)).clamp(1, ROWS);
    let key = key_of(source, table).await?;
    let places: Vec<_> = (1..=key.len()).map(|number| format!("${number}")).collect();
    let (order, places) = (key.join(", "), places.join(", "));
    let first = format!("SELECT {order}, {names} FROM {table} ORDER BY {order} LIMIT {page}");
    let next = format!(
        "SELECT {order}, {names} FROM {table} WHERE ({order}) > ({places}) ORDER BY {order} LIMIT {page}"
    );
    let mut after = Vec::new();
    let mut copied = 0;
    loop {
        let read = |row: &Row<'_>| copied_of(row, key.len(), &columns);
        let select = if after.is_empty() { &first } else { &next };
        let mut rows =
            source.read(async |tx: &mut Tx| tx.list(select, &params(&after), read).await).await?;
        let Some(last) = rows.last_mut() else { return Ok(copied) };
        after = mem::take(&mut last.key);
        copied += rows.len() as u64;
        let insert = insert_of(table, &names, columns.len(), rows.len());
        let values: Vec<_> = rows.into_iter().flat_map(|row| row.values).collect();
        tx.execute(&insert, &params(&values)).await?;
        progress(copied);
    }
}

/// By what the rows of a table are gone through: its primary key, where SQLite keeps them by that, else their numbers.
async fn key_of(source: &Store, table: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT keys.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS keys \
               WHERE tables.schema = 'main' AND tables.name = $1 AND tables.wr = 1 AND keys.pk > 0 \
               ORDER BY keys.pk";
    let read = async |tx: &mut Tx| tx.list(sql, &[&table], |row| row.get(0)).await;
    let key: Vec<String> = source.read(read).await?;
    Ok(if key.is_empty() { vec!["rowid".to_owned()] } else { key })
}

/// The columns of a table of the new database.
async fn columns(tx: &mut Tx, table: &str) -> Result<Vec<Target>, Error> {
    tx.list(
        "SELECT column_name::text, data_type::text FROM information_schema.columns \
         WHERE table_schema = current_schema()::text AND table_name::text = $1 ORDER BY ordinal_position",
        &[&table],
        |row| Ok(Target { name: row.get(0)?, is_bool: row.get::<String>(1)? == "boolean" }),
    )
    .await
}

/// A statement that adds so many rows of so many columns.
fn insert_of(table: &str, names: &str, columns: usize, rows: usize) -> String {
    let row = |first: usize| {
        let places: Vec<_> = (1..=columns).map(|column| format!("${}", first + column)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(|number| row(number * columns)).collect();
    format!("INSERT INTO {table} ({names}) VALUES {}", rows.join(", "))
}

fn copied_of(row: &Row<'_>, keys: usize, columns: &[Target]) -> Result<Copied, Error> {
    let mut cells = row.columns();
    let key = (0..keys).map(|_| cells.take()).collect::<Result<_, Error>>()?;
    let values: Result<_, Error> =
        columns.iter().map(|column| value_of(column, cells.take()?)).collect();
    Ok(Copied { key, values: values? })
}

/// SQLite keeps booleans as integers.
fn value_of(column: &Target, value: Value<'static>) -> Result<Value<'static>, Error> {
    let wrong = |why| Error::Corrupt { column: column.name.clone(), why };
    match value {
        Value::Integer(flag @ (0 | 1)) if column.is_bool => Ok(Value::Bool(flag == 1)),
        Value::Null => Ok(Value::Null),
        _ if column.is_bool => Err(wrong("something other than a boolean".to_owned())),
        value if !value.is_storable() => Err(wrong("text with a NUL character".to_owned())),
        value => Ok(value),
    }
}

/// The next ids are greater than all that were ever given, those of rows that are gone included.
async fn continue_numbers(source: &Store, tx: &mut Tx, tables: &[String]) -> Result<(), Error> {
    let sql = "SELECT name, seq FROM sqlite_sequence WHERE seq > 0";
    let given: Vec<(String, i64)> = source
        .read(async |tx: &mut Tx| tx.list(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))).await)
        .await?;
    for (table, last) in given.iter().filter(|(table, _)| tables.contains(table)) {
        let sql = "SELECT setval(pg_get_serial_sequence($1::text, 'id')::regclass, $2::bigint)";
        tx.one(sql, &[table, last], |_| Ok(())).await?;
    }
    Ok(())
}

/// Whatever is there.
impl Column for Value<'static> {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        let value = match cell {
            Cell::Null => Value::Null,
            Cell::Bool(value) => Value::Bool(value),
            Cell::Integer(value) => Value::Integer(value),
            Cell::Real(value) => Value::Real(value),
            Cell::Text(value) => Value::Text(value.into()),
            Cell::Bytes(value) => Value::Bytes(value.into()),
        };
        Ok(value.into_owned())
    }
}
