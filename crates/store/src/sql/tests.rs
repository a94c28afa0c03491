//! The promises of the seam, on both databases.

use std::sync::Arc;

use super::*;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "notes",
    sql: "CREATE TABLE notes (id {id}, title {key} NOT NULL UNIQUE, body {text}) {strict};",
}];

async fn open(location: &Location) -> Store {
    Store::open_with(location, &Options::default(), Arc::new(()), MIGRATIONS).await.unwrap()
}

async fn add(tx: &mut Tx, title: &str) -> Result<i64, Error> {
    tx.one("INSERT INTO notes (title) VALUES ($1) RETURNING id", &[&title], |row| row.get(0)).await
}

async fn titles(store: &Store) -> Vec<String> {
    store
        .read(async |tx: &mut Tx| {
            tx.list("SELECT title FROM notes ORDER BY title", &[], |row| row.get::<String>("title"))
                .await
        })
        .await
        .unwrap_or_else(|error: Error| panic!("{error:?}"))
}

#[tokio::test]
async fn what_is_written_can_be_read() {
    let store = open(&Location::Memory).await;
    let id = store.write(async |tx: &mut Tx| add(tx, "one").await).await.unwrap();
    assert_eq!(id, 1);
    assert_eq!(titles(&store).await, ["one"]);
}

#[tokio::test]
async fn a_transaction_can_run_in_a_spawned_task() {
    let store = open(&Location::Memory).await;
    let clone = store.clone();
    let title = "two".to_owned();
    tokio::spawn(async move { clone.write(async |tx: &mut Tx| add(tx, &title).await).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(titles(&store).await, ["two"]);
}

#[tokio::test]
async fn the_real_migrations_apply() {
    let store = Store::open(&Location::Memory, &Options::default(), Arc::new(())).await.unwrap();
    store.ping().await.unwrap();
}
