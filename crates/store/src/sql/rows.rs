//! Statements that add many rows.

use super::tx::Tx;
use super::{Engine, Row, Value, params};
use crate::Error;

/// How many rows travel in one statement to PostgreSQL, so that each statement has few shapes to be planned.
const POSTGRES: &[usize] = &[100, 10, 1];

/// How rows are added to a table.
pub(crate) struct InsertRows {
    into: String,
    row: String,
    after: String,
}

impl InsertRows {
    /// Adds rows `into` a table and its columns. In `row`, the parentheses with what is added, each `?` stands for a
    /// value; `after` is what follows the last row.
    pub(crate) fn new(into: &str, row: &str, after: &str) -> Self {
        Self { into: into.to_owned(), row: row.to_owned(), after: after.to_owned() }
    }

    /// The statement for so many rows.
    pub(crate) fn text(&self, rows: usize) -> String {
        let mut text = format!("INSERT INTO {} VALUES ", self.into);
        let mut number = 0;
        for row in 0..rows {
            text.push_str(if row == 0 { "" } else { ", " });
            for (place, part) in self.row.split('?').enumerate() {
                if place > 0 {
                    number += 1;
                    text.push_str(&format!("${number}"));
                }
                text.push_str(part);
            }
        }
        if !self.after.is_empty() {
            text.push(' ');
            text.push_str(&self.after);
        }
        text
    }
}

impl Tx {
    /// Adds rows on PostgreSQL in as few journeys as it likes, and reads what `RETURNING` gives, in any order.
    pub(crate) async fn insert_rows<T: Send>(
        &mut self,
        insert: &InsertRows,
        rows: &[Vec<Value<'_>>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error> + Send,
    ) -> Result<Vec<T>, Error> {
        let (mut rest, mut read_rows) = (rows, Vec::new());
        for size in POSTGRES {
            let (full, fewer) = rest.split_at(rest.len() / size * size);
            rest = fewer;
            if full.is_empty() {
                continue;
            }
            let sql = insert.text(*size);
            for chunk in full.chunks(*size) {
                let values: Vec<_> = chunk.iter().flat_map(|row| params(row)).collect();
                read_rows.extend(self.list(&sql, &values, |row| read(row)).await?);
            }
        }
        Ok(read_rows)
    }

    /// Adds rows of which nothing is to be read.
    pub(crate) async fn add_rows<'v>(
        &mut self,
        insert: &InsertRows,
        rows: impl ExactSizeIterator<Item = Vec<Value<'v>>> + Send,
    ) -> Result<(), Error> {
        match self.engine() {
            // A statement is no journey there, and one of several rows would have it keep a way back from each.
            Engine::Sqlite => self.insert_each(&insert.text(1), rows).map(drop),
            Engine::Postgres => {
                let rows: Vec<_> = rows.collect();
                self.insert_rows(insert, &rows, |_| Ok(())).await.map(drop)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_number() {
        let insert = InsertRows::new("notes (title, kind, at)", "(?, 'new', ?)", "RETURNING id");
        assert_eq!(
            insert.text(2),
            "INSERT INTO notes (title, kind, at) VALUES ($1, 'new', $2), ($3, 'new', $4) RETURNING id"
        );
    }
}
