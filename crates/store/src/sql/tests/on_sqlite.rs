//! What only SQLite has: group commit, one owner of the file, full disks, backups.

use super::*;

async fn store_in(folder: &tempfile::TempDir) -> Result<Store, Error> {
    let location = Location::File(folder.path().join("data/roster.db"));
    Store::open_with(&location, &Options::default(), Arc::new(()), NOTES).await
}

async fn write_together(
    store: &Store,
    titles: impl IntoIterator<Item = String>,
) -> Vec<Result<i64, Error>> {
    let writing: Vec<_> = titles
        .into_iter()
        .map(|title| {
            let store = store.clone();
            tokio::spawn(async move { write(&store, &title).await })
        })
        .collect();
    let mut written = Vec::new();
    for task in writing {
        written.push(task.await.unwrap());
    }
    written
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_share_commits() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    let before = store.statistics();
    let written = write_together(&store, (0..200).map(|n| format!("note {n}"))).await;
    assert!(written.iter().all(Result::is_ok));
    let after = store.statistics();
    assert_eq!(after.writes - before.writes, 200);
    assert!(after.commits - before.commits <= 50, "{} commits", after.commits - before.commits);
    assert_eq!(titles(&store).await.len(), 200);
}

#[tokio::test]
async fn a_batch_is_bounded() {
    let options = Options { batch: 10, ..Options::default() };
    let store = Store::open_with(&Location::Memory, &options, Arc::new(()), NOTES).await.unwrap();
    let before = store.statistics().commits;
    let written = write_together(&store, (0..100).map(|n| format!("note {n}"))).await;
    assert!(written.iter().all(Result::is_ok));
    assert!(store.statistics().commits - before >= 10);
}

/// Lets `opener` have the connection until all writers of `titles` wait behind it, so that one commit has them all.
async fn write_in_one_batch(
    store: &Store,
    opener: &'static str,
    titles: &[&str],
) -> (Result<u64, Error>, Vec<Result<i64, Error>>) {
    let gate = Arc::new(tokio::sync::Notify::new());
    let (first, held) = (store.clone(), gate.clone());
    let opening = tokio::spawn(async move {
        first
            .write(async |tx: &mut Tx| {
                tx.batch("PRAGMA defer_foreign_keys = ON").await?;
                held.notified().await;
                tx.execute(opener, &[]).await
            })
            .await
    });
    tokio::task::yield_now().await;
    let releasing = async {
        // On the one thread of these tests, each of the others has had its turn by then.
        for _ in 0..2 * titles.len() {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    };
    let together = write_together(store, titles.iter().map(|title| (*title).to_owned()));
    let (written, ()) = tokio::join!(together, releasing);
    (opening.await.unwrap(), written)
}

#[tokio::test]
async fn a_member_that_fails_does_not_touch_the_others_of_its_batch() {
    let store = notes_on_sqlite().await;
    let before = store.statistics().commits;
    let opener = "INSERT INTO notes (title) VALUES ('opener')";
    let (opened, written) =
        write_in_one_batch(&store, opener, &["a", "b", "a", "c", "b", "d"]).await;
    opened.unwrap();
    assert_eq!(written.iter().filter(|written| written.is_ok()).count(), 4);
    assert_eq!(titles(&store).await, ["a", "b", "c", "d", "opener"]);
    assert_eq!(store.statistics().commits - before, 1);
}

#[tokio::test]
async fn an_unsynced_change_takes_part_in_the_commit_of_the_next_one() {
    let store = notes_on_sqlite().await;
    let before = store.statistics();
    let unsynced = async |title: &'static str| {
        let written = store.write_unsynced(async |tx: &mut Tx| add(tx, title).await);
        written.await.map(|(_, unsynced)| unsynced)
    };
    let first = unsynced("a").await.unwrap();
    let second = unsynced("b").await.unwrap();
    assert_eq!(store.statistics().commits, before.commits);
    assert!(unsynced("a").await.is_err(), "a name that is taken by what is not committed yet");
    // That refusal rests on it, and so has waited for it.
    assert_eq!(store.statistics().commits - before.commits, 1);
    let third = unsynced("c").await.unwrap();
    write(&store, "d").await.unwrap();
    for unsynced in [first, second, third] {
        unsynced.sync().await.unwrap();
    }
    let after = store.statistics();
    assert_eq!((after.commits - before.commits, after.writes - before.writes), (2, 4));
    assert_eq!(titles(&store).await, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn an_unsynced_change_is_committed_without_a_next_one() {
    let store = notes_on_sqlite().await;
    for (title, waits) in [("dropped", false), ("waited for", true)] {
        let before = store.statistics().commits;
        let written = store.write_unsynced(async |tx: &mut Tx| add(tx, title).await);
        let (_, unsynced) = written.await.unwrap();
        if waits {
            unsynced.sync().await.unwrap();
        } else {
            drop(unsynced);
        }
        while store.statistics().commits == before {
            tokio::task::yield_now().await;
        }
        assert!(titles(&store).await.iter().any(|found| found == title));
    }
}

#[tokio::test]
async fn t50_an_unsynced_change_that_was_lost_is_heard_of() {
    let store = notes_on_sqlite().await;
    let (_, unsynced) = store.write_unsynced(async |tx: &mut Tx| add(tx, "a").await).await.unwrap();
    let broken: Result<u64, Error> = store
        .write(async |tx: &mut Tx| {
            tx.batch("PRAGMA defer_foreign_keys = ON").await?;
            tx.execute("INSERT INTO notes (title, parent_id) VALUES ('x', 77)", &[]).await
        })
        .await;
    assert!(matches!(broken, Err(Error::Unavailable { .. })), "{broken:?}");
    assert!(matches!(unsynced.sync().await, Err(Error::Unavailable { .. })));
    assert!(titles(&store).await.is_empty());
}

#[tokio::test]
async fn t50_a_commit_that_fails_is_heard_by_all_its_members_and_the_next_one_works() {
    let store = notes_on_sqlite().await;
    write(&store, "taken").await.unwrap();
    // The commit is where SQLite notices it.
    let breaking = "INSERT INTO notes (title, parent_id) VALUES ('x', 77)";
    let (broken, written) = write_in_one_batch(&store, breaking, &["a", "b", "taken", "x"]).await;
    assert!(matches!(broken, Err(Error::Unavailable { .. })), "{broken:?}");
    // Even a refusal: it may rest on what was never kept, as that of the second `x` does.
    for written in written {
        assert!(matches!(written, Err(Error::Unavailable { .. })), "{written:?}");
    }
    assert_eq!(titles(&store).await, ["taken"]);
    write(&store, "a").await.unwrap();
    assert_eq!(titles(&store).await, ["a", "taken"]);
}

#[tokio::test]
async fn t50_a_full_disk_is_said_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    let limit = async |pages: &str| {
        let set: Result<i64, Error> = store
            .write(async |tx: &mut Tx| {
                tx.one(&format!("PRAGMA max_page_count = {pages}"), &[], |row| row.get(0)).await
            })
            .await;
        set.unwrap()
    };
    let before = titles(&store).await.len();
    limit("10").await;
    let long = "x".repeat(200_000);
    let written = write_together(&store, [long.clone(), "small".to_owned()]).await;
    let refused = written[0].as_ref().unwrap_err();
    assert!(
        matches!(refused, Error::Unavailable { reason, .. } if reason.contains("disk is full")),
        "{refused:?}"
    );
    assert_eq!(
        titles(&store).await.len() - before,
        written.iter().filter(|written| written.is_ok()).count()
    );
    limit("1000000").await;
    write(&store, &long).await.unwrap();
}

#[tokio::test]
async fn who_asks_whether_the_store_is_ready_hears_of_a_full_disk_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    let limit = async |pages: &str| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let set: Result<i64, Error> =
            store.write(async |tx: &mut Tx| tx.one(&sql, &[], |row| row.get(0)).await).await;
        set.unwrap()
    };
    store.ready().await.unwrap();
    limit("10").await;
    let before = store.statistics().writes;
    store.ready().await.unwrap();
    assert_eq!(store.statistics().writes, before, "asking writes nothing as long as all is well");
    write(&store, &"x".repeat(200_000)).await.unwrap_err();
    for _ in 0..2 {
        let refused = store.ready().await.unwrap_err();
        assert!(
            matches!(refused, Error::Unavailable { reason, .. } if reason.contains("disk is full")),
            "{refused:?}"
        );
    }
    write(&store, "small").await.unwrap();
    store.ready().await.expect_err("what is small goes on, and says nothing of the rest");
    limit("1000000").await;
    let before = store.statistics().writes;
    store.ready().await.unwrap();
    assert_eq!(store.statistics().writes, before + 2, "a probe is kept, and taken away");
    store.ready().await.unwrap();
    assert_eq!(store.statistics().writes, before + 2);
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = store_in(&folder).await.unwrap();
    let Err(refused) = store_in(&folder).await else { panic!("two servers own one file") };
    let text = refused.to_string();
    assert!(text.contains(&format!("another server (process {})", std::process::id())), "{text}");
    first.close().await.unwrap();
    drop(first);
    store_in(&folder).await.unwrap();
}

#[tokio::test]
async fn t49_what_is_kept_is_only_for_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    write(&store, "a").await.unwrap();
    store.backup(&folder.path().join("data/copy.db")).await.unwrap();
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data = folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_when_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    write(&store, "a").await.unwrap();
    store.close().await.unwrap();
    assert_eq!(titles(&store_in(&folder).await.unwrap()).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_under_writes_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    write_together(&store, (0..100).map(|n| format!("early {n}"))).await;
    let copy = folder.path().join("copy.db");
    let late = store.clone();
    let writing =
        tokio::spawn(
            async move { write_together(&late, (0..300).map(|n| format!("late {n}"))).await },
        );
    store.backup(&copy).await.unwrap();
    writing.await.unwrap();
    let copied = rusqlite::Connection::open(&copy).unwrap();
    let ask = |sql: &str| {
        copied.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(ask("PRAGMA integrity_check"), rusqlite::types::Value::Text("ok".to_owned()));
    assert_eq!(
        ask("SELECT count(*) FROM notes WHERE title LIKE 'early %'"),
        rusqlite::types::Value::Integer(100)
    );
    let again = store.backup(&copy).await.unwrap_err();
    assert!(again.to_string().contains("is there already"), "{again}");
}

#[tokio::test]
async fn a_backup_is_taken_from_beside_the_owner_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    write(&store, "a").await.unwrap();
    let database = folder.path().join("data/roster.db");
    let copy = folder.path().join("copy.db");
    Store::backup_of(&Location::File(database), &copy).await.unwrap();
    let copied = rusqlite::Connection::open(&copy).unwrap();
    let count = copied.query_row("SELECT count(*) FROM notes", [], |row| row.get::<_, i64>(0));
    assert_eq!(count.unwrap(), 1);
    let missing = Location::File(folder.path().join("missing.db"));
    let refused = Store::backup_of(&missing, &folder.path().join("other.db")).await.unwrap_err();
    assert!(refused.to_string().contains("there is no database"), "{refused}");
}

#[tokio::test]
async fn a_backup_that_cannot_be_written_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder).await.unwrap();
    let refused = store.backup(&folder.path().join("missing/copy.db")).await;
    assert!(refused.is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
