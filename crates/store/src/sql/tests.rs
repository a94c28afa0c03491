//! The promises of the seam, on both databases.

use super::*;
use crate::testing::{fresh_postgres, on_both_databases, open};

const NOTES: &[Migration] = &[Migration {
    version: 1,
    name: "notes",
    sql: "CREATE TABLE notes (id {id}, title {key} NOT NULL UNIQUE, body {text}) {strict};",
}];

async fn notes_on_sqlite() -> Store {
    open(&Location::Memory, NOTES).await
}

async fn notes_on_postgres() -> Store {
    open(&fresh_postgres("notes", NOTES).await, NOTES).await
}

async fn add(tx: &mut Tx, title: &str) -> Result<i64, Error> {
    tx.one("INSERT INTO notes (title) VALUES ($1) RETURNING id", &[&title], |row| row.get(0)).await
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

on_both_databases! {
    async fn the_real_migrations_apply(store: Store) {
        store.ping().await.unwrap();
    }
}

postgres_fixture::on_both! {
    with (super::notes_on_sqlite, super::notes_on_postgres);

    async fn what_is_committed_can_be_read(store: Store) {
        let id = store.write(async |tx: &mut Tx| add(tx, "one").await).await.unwrap();
        assert_eq!(id, 1);
        assert_eq!(titles(&store).await, ["one"]);
    }

    async fn a_transaction_can_run_in_a_spawned_task(store: Store) {
        let (clone, title) = (store.clone(), "two".to_owned());
        let writing = tokio::spawn(async move { clone.write(async |tx: &mut Tx| add(tx, &title).await).await });
        writing.await.unwrap().unwrap();
        assert_eq!(titles(&store).await, ["two"]);
    }
}
