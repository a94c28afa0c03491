//! A transaction, or a connection lent for one read: what every query is written on.

use super::postgres::Lent;
use super::sqlite::{Member, Reader};
use super::{Engine, Param, Row, Value, postgres, sqlite};
use crate::{Change, Error};

/// A transaction. Each concept's queries are methods of it.
///
/// Once a statement has failed, the transaction can only be rolled back, on both databases: a clash that is to be
/// expected is an `ON CONFLICT` clause, and one that is not an error for whoever began the transaction.
pub struct Tx {
    conn: Conn,
    changes: Vec<Change>,
    failed: Option<Error>,
    /// How many statements it has run: some queries promise a number.
    pub(crate) statements: u64,
}

/// The connection behind it.
pub(super) enum Conn {
    /// SQLite's writer, inside a savepoint.
    Writer(Member),
    /// One of SQLite's readers.
    Reader(Reader),
    /// A PostgreSQL connection out of the pool.
    Postgres(Lent),
}

impl Tx {
    pub(super) fn new(conn: Conn) -> Self {
        Self { conn, changes: Vec::new(), failed: None, statements: 0 }
    }

    pub(super) fn into_parts(self) -> (Conn, Vec<Change>, Option<Error>) {
        (self.conn, self.changes, self.failed)
    }

    /// Whether a statement has failed because of the database, not because of what was asked.
    pub(super) fn has_met_an_outage(&self) -> bool {
        let is_race = matches!(&self.conn, Conn::Postgres(lent) if lent.has_lost_a_race());
        !is_race && matches!(self.failed, Some(Error::Unavailable { .. }))
    }

    /// What a statement on PostgreSQL has failed of.
    pub(super) fn met_fault(&self) -> Option<(postgres::Fault, Error)> {
        match (&self.conn, &self.failed) {
            (Conn::Postgres(lent), Some(error)) => Some((lent.fault()?, error.clone())),
            _ => None,
        }
    }

    /// Which database it runs on, for the few statements that must differ.
    pub(crate) fn engine(&self) -> Engine {
        match self.conn {
            Conn::Writer(_) | Conn::Reader(_) => Engine::Sqlite,
            Conn::Postgres(_) => Engine::Postgres,
        }
    }

    /// Has `change` applied to what is kept in memory, after the commit and before anybody hears of it.
    pub fn after_commit(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64, Error> {
        let bound = self.bind(sql, params)?;
        let done = match &mut self.conn {
            Conn::Writer(member) => sqlite::execute(member.connection(), sql, &bound),
            Conn::Reader(reader) => sqlite::execute(reader.connection(), sql, &bound),
            Conn::Postgres(lent) => postgres::execute(lent, sql, &bound).await,
        };
        self.note(done)
    }

    /// The first row of an answer, if there is one.
    pub(crate) async fn find<T: Send>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Option<T>, Error> {
        let bound = self.bind(sql, params)?;
        let done = match &mut self.conn {
            Conn::Writer(member) => sqlite::find(member.connection(), sql, &bound, read),
            Conn::Reader(reader) => sqlite::find(reader.connection(), sql, &bound, read),
            Conn::Postgres(lent) => postgres::find(lent, sql, &bound, read).await,
        };
        self.note(done)
    }

    /// The only row of an answer that always has one, as `RETURNING` and `COUNT` do.
    pub(crate) async fn one<T: Send>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        let found = self.find(sql, params, read).await?;
        let done =
            found.ok_or_else(|| Error::internal("a statement that always answers gave no row"));
        self.note(done)
    }

    /// Adds one row to a table that numbers its rows, and gives its number. SQLite remembers it; to ask for it back by
    /// `RETURNING` would have it keep a way back from each row.
    pub(crate) async fn insert(&mut self, sql: &str, params: &[&dyn Param]) -> Result<i64, Error> {
        if self.engine() == Engine::Postgres {
            return self.one(&format!("{sql} RETURNING id"), params, |row| row.get(0)).await;
        }
        self.execute(sql, params).await?;
        match &self.conn {
            Conn::Writer(member) => Ok(member.connection().last_insert_rowid()),
            _ => Err(Error::internal("a row is added outside a write transaction")),
        }
    }

    /// Adds rows on SQLite by a statement for one, which is looked up and understood but once, and gives their numbers.
    /// Each row is made when its turn comes.
    pub(crate) fn insert_each<'v>(
        &mut self,
        sql: &str,
        rows: impl ExactSizeIterator<Item = Vec<Value<'v>>>,
    ) -> Result<Vec<i64>, Error> {
        self.may_go_on(sql, rows.len())?;
        let rows = rows.map(|row| check_storable(&row).map(|()| row));
        let done = match &self.conn {
            Conn::Writer(member) => sqlite::insert_each(member.connection(), sql, rows),
            _ => Err(Error::internal("rows are added to SQLite outside a write transaction")),
        };
        self.note(done)
    }

    /// All rows of an answer.
    pub(crate) async fn list<T: Send>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        let bound = self.bind(sql, params)?;
        let done = match &mut self.conn {
            Conn::Writer(member) => sqlite::list(member.connection(), sql, &bound, read),
            Conn::Reader(reader) => sqlite::list(reader.connection(), sql, &bound, read),
            Conn::Postgres(lent) => postgres::list(lent, sql, &bound, read).await,
        };
        self.note(done)
    }

    /// Runs several statements without parameters, for migrations.
    pub(super) async fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.bind(sql, &[])?;
        let done = match &mut self.conn {
            Conn::Writer(member) => sqlite::batch(member.connection(), sql),
            Conn::Reader(reader) => sqlite::batch(reader.connection(), sql),
            Conn::Postgres(lent) => postgres::batch(lent, sql).await,
        };
        self.note(done)
    }

    fn bind<'p>(
        &mut self,
        sql: &str,
        params: &'p [&'p dyn Param],
    ) -> Result<Vec<Value<'p>>, Error> {
        self.may_go_on(sql, 1)?;
        let bound: Vec<_> = params.iter().map(|param| param.value()).collect();
        check_storable(&bound)?;
        Ok(bound)
    }

    /// Counts a statement that is run so many times, unless one has failed before.
    fn may_go_on(&mut self, sql: &str, times: usize) -> Result<(), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.statements += times as u64;
        // Without its values: they may be secrets.
        tracing::trace!(target: "roster_store::statement", sql, times);
        Ok(())
    }

    fn note<T>(&mut self, done: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &done {
            self.failed = Some(error.clone());
        }
        done
    }
}

fn check_storable<'v>(values: impl IntoIterator<Item = &'v Value<'v>>) -> Result<(), Error> {
    if values.into_iter().all(Value::is_storable) {
        Ok(())
    } else {
        Err(Error::internal("text with a NUL character cannot be kept"))
    }
}
