//! Transactions are kept whole, undone whole, and alone.

use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use futures_util::FutureExt as _;

use super::*;
use crate::Change;
use crate::testing::on_both_databases;

#[derive(Debug, PartialEq)]
enum Refusal {
    Rule,
    Store,
}

impl From<Error> for Refusal {
    fn from(_: Error) -> Self {
        Self::Store
    }
}

on_both_databases! {
    async fn the_database_gives_a_sign_of_life(store: Store) {
        store.ready().await.unwrap();
    }

    async fn every_unique_index_has_a_name_of_ours(store: Store) {
        let mut unknown = Vec::new();
        let sql = match store.engine() {
            Engine::Sqlite => {
                "SELECT list.name, (SELECT group_concat(m.name || '.' || column.name, ', ' ORDER BY column.seqno)
                     FROM pragma_index_info(list.name) AS column)
                 FROM sqlite_schema AS m, pragma_index_list(m.name) AS list WHERE m.type = 'table' AND list.\"unique\" = 1
                    AND m.name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow')"
            }
            Engine::Postgres => {
                "SELECT c.relname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE i.indisunique AND n.nspname = 'public' AND NOT (i.indisprimary AND EXISTS
                     (SELECT 1 FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attidentity <> '' AND a.attnum = i.indkey[0]))"
            }
        };
        let found: Result<Vec<(String, String)>, Error> = store.point_read(async |tx: &mut Tx| {
            tx.list(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))).await
        }).await;
        let found = found.unwrap();
        for (index, name) in &found {
            let known = match store.engine() {
                Engine::Sqlite => unique::Unique::of_sqlite(&format!("UNIQUE constraint failed: {name}")),
                Engine::Postgres => unique::Unique::of_postgres(name),
            };
            if known.is_none() {
                unknown.push(index);
            }
        }
        assert!(unknown.is_empty(), "add these to `UNIQUES`: {unknown:?}");
        if store.engine() == Engine::Postgres {
            // SQLite has no index for a key that is its own number of the row.
            assert_eq!(found.len(), unique::UNIQUES.len(), "`UNIQUES` names what is not there any more");
        }
    }
}

on_both_with_notes! {
    async fn what_is_committed_can_be_read(store: Store) {
        assert_eq!(write(&store, "one").await.unwrap(), 1);
        assert_eq!(titles(&store).await, ["one"]);
    }

    async fn an_unsynced_change_counts_at_once(store: Store) {
        let work = async |tx: &mut Tx| add(tx, "a").await;
        let (_, unsynced) = store.write_unsynced(work).await.unwrap();
        let seen: Result<i64, Error> = store
            .write(async |tx: &mut Tx| {
                let seen = tx.one("SELECT COUNT(*) FROM notes", &[], |row| row.get(0)).await?;
                add(tx, "b").await?;
                Ok(seen)
            })
            .await;
        assert_eq!(seen.unwrap(), 1);
        unsynced.sync().await.unwrap();
        let refused = store.write_unsynced(async |tx: &mut Tx| {
            add(tx, "c").await.map_err(|_| Refusal::Store)?;
            Err::<(), _>(Refusal::Rule)
        });
        assert_eq!(refused.await.err(), Some(Refusal::Rule));
        assert_eq!(titles(&store).await, ["a", "b"]);
    }

    async fn a_transaction_can_run_in_a_spawned_task(store: Store) {
        let (clone, title) = (store.clone(), "two".to_owned());
        let writing = tokio::spawn(async move { clone.write(async |tx: &mut Tx| add(tx, &title).await).await });
        writing.await.unwrap().unwrap();
        assert_eq!(titles(&store).await, ["two"]);
    }

    async fn a_refusal_undoes_everything(store: Store) {
        let refused: Result<(), Refusal> = store.write(async |tx: &mut Tx| {
            add(tx, "gone").await?;
            Err(Refusal::Rule)
        }).await;
        assert_eq!(refused, Err(Refusal::Rule));
        assert!(titles(&store).await.is_empty());
    }

    async fn a_request_dropped_half_way_leaves_nothing_behind(store: Store) {
        for _ in 0..20 {
            begin_and_drop(store.write(async |tx: &mut Tx| -> Result<(), Error> {
                add(tx, "gone").await?;
                std::future::pending().await
            })).await;
        }
        write(&store, "gone").await.unwrap();
        assert_eq!(titles(&store).await, ["gone"]);
    }

    async fn a_panic_half_way_leaves_nothing_behind(store: Store) {
        let clone = store.clone();
        let panicked = tokio::spawn(async move {
            clone.write(async |tx: &mut Tx| -> Result<(), Error> {
                add(tx, "gone").await?;
                panic!("as a bug would")
            }).await
        });
        assert!(panicked.await.unwrap_err().is_panic());
        write(&store, "gone").await.unwrap();
        assert_eq!(titles(&store).await, ["gone"]);
    }

    async fn a_taken_name_is_an_error_and_leaves_nothing_behind(store: Store) {
        write(&store, "taken").await.unwrap();
        let refused: Result<i64, Error> = store.write(async |tx: &mut Tx| {
            add(tx, "gone").await?;
            add(tx, "taken").await
        }).await;
        // `notes` is a table of the tests, so the list of real ones does not know it.
        assert!(matches!(refused, Err(Error::Internal(_))), "{refused:?}");
        assert_eq!(titles(&store).await, ["taken"]);
    }

    async fn a_failed_statement_cannot_be_passed_over(store: Store) {
        write(&store, "taken").await.unwrap();
        let refused: Result<(), Error> = store.write(async |tx: &mut Tx| {
            add(tx, "gone").await?;
            drop(add(tx, "taken").await);
            Ok(())
        }).await;
        assert!(refused.is_err());
        assert_eq!(titles(&store).await, ["taken"]);
    }

    async fn a_row_that_is_missing_is_a_broken_reference(store: Store) {
        let refused: Result<u64, Error> = store.write(async |tx: &mut Tx| {
            tx.execute("INSERT INTO notes (title, parent_id) VALUES ('a', 77)", &[]).await
        }).await;
        assert!(matches!(refused, Err(Error::ForeignKey)), "{refused:?}");
    }

    async fn rivals_act_as_if_alone(store: Store) {
        write(&store, "counter").await.unwrap();
        let runs = Arc::new(AtomicU32::new(0));
        let rivals: Vec<_> = (0..8).map(|_| {
            let (store, runs) = (store.clone(), runs.clone());
            tokio::spawn(async move {
                store.write(async |tx: &mut Tx| -> Result<(), Error> {
                    runs.fetch_add(1, Ordering::Relaxed);
                    let reads: i64 = tx.one("SELECT reads FROM notes", &[], |row| row.get(0)).await?;
                    tokio::task::yield_now().await;
                    tx.execute("UPDATE notes SET reads = $1", &[&(reads + 1)]).await.map(drop)
                }).await
            })
        }).collect();
        for rival in rivals {
            rival.await.unwrap().unwrap();
        }
        let reads: Result<i64, Error> = store.point_read(async |tx: &mut Tx| {
            tx.one("SELECT reads FROM notes", &[], |row| row.get(0)).await
        }).await;
        assert_eq!(reads.unwrap(), 8);
        let repeats = store.statistics().repeats;
        assert_eq!(u64::from(runs.load(Ordering::Relaxed)), 8 + repeats);
    }

    async fn a_snapshot_is_of_one_moment(store: Store) {
        write(&store, "a").await.unwrap();
        let counted: Result<(i64, i64), Error> = store.read(async |tx: &mut Tx| {
            let before = tx.one("SELECT count(*) FROM notes", &[], |row| row.get(0)).await?;
            write(&store, "b").await?;
            Ok((before, tx.one("SELECT count(*) FROM notes", &[], |row| row.get(0)).await?))
        }).await;
        assert_eq!(counted.unwrap(), (1, 1));
        assert_eq!(titles(&store).await, ["a", "b"]);
    }

    async fn a_scan_is_a_read(store: Store) {
        write(&store, "a").await.unwrap();
        let counted: Result<i64, Error> = store.scan(async |tx: &mut Tx| {
            tx.one("SELECT count(*) FROM notes", &[], |row| row.get(0)).await
        }).await;
        assert_eq!(counted.unwrap(), 1);
    }

    async fn a_read_cannot_write(store: Store) {
        let refused = store.read(async |tx: &mut Tx| add(tx, "a").await).await;
        assert!(refused.is_err());
        assert!(titles(&store).await.is_empty());
    }

    async fn those_with_much_to_write_are_seen_and_on_postgresql_wait_for_each_other(store: Store) {
        assert!(!store.has_line());
        let first = store.stand_in_line().await;
        let mut second = std::pin::pin!(store.stand_in_line());
        let is_there = second.as_mut().now_or_never();
        assert_eq!(is_there.is_some(), store.engine() == Engine::Sqlite);
        write(&store, "what others have to write does not wait for them").await.unwrap();
        drop(first);
        assert!(store.has_line(), "who waits is in line as well");
        match is_there {
            Some(place) => drop(place),
            None => drop(second.await),
        }
        assert!(!store.has_line());
    }

    async fn a_closed_store_refuses(store: Store) {
        write(&store, "a").await.unwrap();
        store.close().await.unwrap();
        assert!(matches!(write(&store, "b").await, Err(Error::Unavailable { .. })));
        assert!(matches!(store.ready().await, Err(Error::Unavailable { .. })));
    }
}

/// Remembers which changes it was told of, and whether the commit could be seen by then.
#[derive(Default)]
struct Witness(Mutex<Vec<Change>>);

impl Follow for Witness {
    fn follow(&self, changes: &[Change]) {
        self.0.lock().unwrap().extend_from_slice(changes);
    }
}

#[tokio::test]
async fn changes_follow_the_commit_and_only_that() {
    let locations = [Location::Memory, fresh_postgres("notes", NOTES).await];
    for location in locations {
        let witness = Arc::new(Witness::default());
        let store =
            Store::open_with(&location, &Options::default(), witness.clone(), NOTES).await.unwrap();
        let refused: Result<(), Refusal> = store
            .write(async |tx: &mut Tx| {
                tx.after_commit(Change::ForgetAll);
                Err(Refusal::Rule)
            })
            .await;
        refused.unwrap_err();
        assert!(witness.0.lock().unwrap().is_empty());
        let token = Change::ForgetToken([7; 32]);
        let kept: Result<(), Error> = store
            .write(async |tx: &mut Tx| {
                add(tx, "a").await?;
                tx.after_commit(token.clone());
                Ok(())
            })
            .await;
        kept.unwrap();
        assert_eq!(*witness.0.lock().unwrap(), [token]);
    }
}
