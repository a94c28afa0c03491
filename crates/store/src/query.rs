//! SQL under construction, with its values: for the statements whose shape a caller chooses.

use crate::sql::{Engine, Param, Row, Value};
use crate::{Error, Tx};

/// A statement that grows from left to right.
pub(crate) struct Query {
    engine: Engine,
    sql: String,
    params: Vec<Value<'static>>,
}

impl Query {
    /// A statement that begins like this.
    pub(crate) fn new(engine: Engine, sql: &str) -> Self {
        Self { engine, sql: sql.to_owned(), params: Vec::new() }
    }

    /// A statement that begins like this, up to a list of numbers in parentheses; nothing for an empty list.
    pub(crate) fn among(engine: Engine, sql: &str, numbers: &[impl Param]) -> Option<Self> {
        let mut query = Self::new(engine, sql);
        for (place, number) in numbers.iter().enumerate() {
            query.push_with(if place == 0 { "?" } else { ", ?" }, number);
        }
        query.push(")");
        (!numbers.is_empty()).then_some(query)
    }

    /// The database it is for.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Adds text. Nothing that a caller wrote may be in it.
    pub(crate) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Adds text in which each `?` stands for the value.
    pub(crate) fn push_with(&mut self, sql: &str, value: &dyn Param) {
        let place = self.bind(value);
        self.push(&sql.replace('?', &place));
    }

    /// Adds values with commas between.
    pub(crate) fn push_list<P: Param>(&mut self, values: &[P]) {
        for (number, value) in values.iter().enumerate() {
            self.push_with(if number == 0 { "?" } else { ", ?" }, value);
        }
    }

    /// Binds a value and says what stands for it, for as many places as one likes.
    pub(crate) fn bind(&mut self, value: &dyn Param) -> String {
        self.params.push(value.value().into_owned());
        format!("${}", self.params.len())
    }

    /// All rows of the answer.
    pub(crate) async fn list<T: Send>(
        &self,
        tx: &mut Tx,
        read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        tx.list(&self.sql, &self.params(), read).await
    }

    /// The only row of an answer that always has one.
    pub(crate) async fn one<T: Send>(
        &self,
        tx: &mut Tx,
        read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<T, Error> {
        tx.one(&self.sql, &self.params(), read).await
    }

    /// Runs the statement and says how many rows it changed.
    pub(crate) async fn execute(&self, tx: &mut Tx) -> Result<u64, Error> {
        tx.execute(&self.sql, &self.params()).await
    }

    fn params(&self) -> Vec<&dyn Param> {
        crate::sql::params(&self.params)
    }
}
