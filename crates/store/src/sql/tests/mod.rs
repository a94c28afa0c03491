//! The promises of the seam.

mod crash;
mod migrations;
mod on_postgres;
mod on_sqlite;
mod relocate;
mod replicas;
mod restore;
mod transactions;
mod values;

use super::*;
use crate::testing::{fresh_postgres, open};

/// A table of the tests' own, and the one that is written to when the database is tried.
const NOTES: &[Migration] = &[Migration {
    version: 1,
    name: "notes",
    sql: "CREATE TABLE notes (
        id {id},
        title {key} NOT NULL UNIQUE,
        body {text},
        parent_id {int} REFERENCES notes (id),
        reads {int} NOT NULL DEFAULT 0
    ) {strict};
    CREATE TABLE installation (name {key} NOT NULL PRIMARY KEY, value TEXT NOT NULL) {strict};",
    fill: None,
}];

async fn notes_on_sqlite() -> Store {
    open(&Location::Memory, NOTES).await
}

async fn notes_on_postgres() -> Store {
    open(&fresh_postgres("notes", NOTES).await, NOTES).await
}

/// Writes each test twice, once for each database, with a table `notes`.
macro_rules! on_both_with_notes {
    ($($tests:tt)*) => {
        postgres_fixture::on_both! {
            with (crate::sql::tests::notes_on_sqlite, crate::sql::tests::notes_on_postgres);
            $($tests)*
        }
    };
}
use on_both_with_notes;

async fn add(tx: &mut Tx, title: &str) -> Result<i64, Error> {
    tx.one("INSERT INTO notes (title) VALUES ($1) RETURNING id", &[&title], |row| row.get(0)).await
}

async fn write(store: &Store, title: &str) -> Result<i64, Error> {
    store.write(async |tx: &mut Tx| add(tx, title).await).await
}

async fn titles(store: &Store) -> Vec<String> {
    let listed: Result<_, Error> = store
        .read(async |tx: &mut Tx| {
            tx.list("SELECT title FROM notes ORDER BY title", &[], |row| row.get::<String>("title"))
                .await
        })
        .await;
    listed.unwrap()
}

/// Polls a future a few times and drops it unfinished, as a request is whose client goes away.
async fn begin_and_drop(work: impl Future) {
    let mut work = std::pin::pin!(work);
    let gone = tokio::time::timeout(Duration::from_millis(50), &mut work).await;
    assert!(gone.is_err(), "it was to be dropped unfinished");
}
