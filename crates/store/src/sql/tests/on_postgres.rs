//! What only PostgreSQL has: a server that goes away, connections that run out, statements that take too long.

use postgres_fixture::Cluster;

use super::*;

async fn open_at(url: &str, options: Options) -> Store {
    Store::open_with(&Location::Postgres(url.to_owned()), &options, Arc::new(()), NOTES)
        .await
        .unwrap()
}

/// Runs something that blocks beside the async test.
async fn off_thread(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t50_a_database_that_goes_away_is_said_and_one_that_comes_back_is_used() {
    let cluster = Arc::new(tokio::task::spawn_blocking(Cluster::start).await.unwrap());
    let store = open_at(&cluster.database(), Options::default()).await;
    write(&store, "before").await.unwrap();
    let server = cluster.clone();
    off_thread(move || server.stop()).await;
    assert!(matches!(write(&store, "lost").await, Err(Error::Unavailable { .. })));
    assert!(matches!(store.ready().await, Err(Error::Unavailable { .. })));
    let server = cluster.clone();
    off_thread(move || server.start_again()).await;
    write(&store, "after").await.unwrap();
    // A crash and a quick return in the middle of a transaction: it runs again and nobody notices.
    let server = cluster.clone();
    let crashed = std::sync::atomic::AtomicBool::new(false);
    let written: Result<i64, Error> = store
        .write(async |tx: &mut Tx| {
            let id = add(tx, "across a crash").await?;
            if !crashed.swap(true, Ordering::Relaxed) {
                let server = server.clone();
                off_thread(move || {
                    server.kill();
                    server.start_again();
                })
                .await;
            }
            tx.execute("UPDATE notes SET reads = 1 WHERE id = $1", &[&id]).await?;
            Ok(id)
        })
        .await;
    written.unwrap();
    assert_eq!(titles(&store).await, ["across a crash", "after", "before"]);
    drop(store);
    off_thread(move || drop(cluster)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t50_a_connection_lost_during_the_commit_is_not_a_reason_to_write_again() {
    let cluster = Arc::new(tokio::task::spawn_blocking(Cluster::start).await.unwrap());
    let store = open_at(&cluster.database(), Options::default()).await;
    let server = cluster.clone();
    let runs = std::sync::atomic::AtomicU32::new(0);
    let unknown: Result<i64, Error> = store
        .write(async |tx: &mut Tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            let id = add(tx, "perhaps").await?;
            let server = server.clone();
            off_thread(move || {
                server.kill();
                server.start_again();
            })
            .await;
            Ok(id)
        })
        .await;
    assert!(
        matches!(unknown, Err(Error::Unavailable { reason, .. }) if reason.contains("may have been kept"))
    );
    assert_eq!(runs.into_inner(), 1);
    drop(store);
    off_thread(move || drop(cluster)).await;
}

#[tokio::test]
async fn encryption_that_was_asked_for_is_never_given_up() {
    let Location::Postgres(url) = fresh_postgres("notes", NOTES).await else {
        panic!("not PostgreSQL")
    };
    // The tests' server has no certificate.
    for mode in ["require", "verify-full"] {
        let location = Location::Postgres(format!("{url}?sslmode={mode}"));
        let opened = Store::open(&location, &Options::default()).await;
        assert!(matches!(opened, Err(Error::Unavailable { .. })));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_believed_only_with_a_certificate_of_a_trusted_authority() {
    let started = tokio::task::spawn_blocking(|| {
        let cluster = Cluster::start();
        let authority = cluster.encrypt();
        (cluster, authority)
    });
    let (cluster, authority) = started.await.unwrap();
    let url = cluster.database();
    let trusting = format!("{url}?sslmode=verify-full&sslrootcert={}", authority.display());
    let store = open_at(&trusting, Options::default()).await;
    let encrypted: Result<bool, Error> = store
        .read(async |tx: &mut Tx| {
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            tx.one(sql, &[], |row| row.get(0)).await
        })
        .await;
    assert!(encrypted.unwrap());
    let elsewhere = Location::Postgres(trusting.replace("127.0.0.1", "localhost"));
    let opened = Store::open(&elsewhere, &Options::default()).await;
    assert!(
        matches!(opened, Err(Error::Unavailable { .. })),
        "its certificate is for another name"
    );
    drop(store);
    off_thread(move || drop(cluster)).await;
}

#[tokio::test]
async fn statements_of_many_shapes_do_not_fill_the_memory() {
    let store = small(Options { connections: 1, ..Options::default() }).await;
    let prepared: Result<i64, Error> = store
        .read(async |tx: &mut Tx| {
            for shape in 0..600 {
                tx.one(&format!("SELECT {shape}"), &[], |_| Ok(())).await?;
            }
            tx.one("SELECT count(*) FROM pg_prepared_statements", &[], |row| row.get(0)).await
        })
        .await;
    assert!(prepared.unwrap() <= 256);
}

async fn small(options: Options) -> Store {
    let Location::Postgres(url) = fresh_postgres("notes", NOTES).await else {
        panic!("not PostgreSQL")
    };
    open_at(&url, options).await
}

#[tokio::test]
async fn a_dropped_transaction_never_returns_its_connection() {
    let store = small(Options { connections: 1, ..Options::default() }).await;
    let pid = async || {
        let pid: Result<i64, Error> = store
            .read(async |tx: &mut Tx| {
                tx.one("SELECT pg_backend_pid()", &[], |row| row.get(0)).await
            })
            .await;
        pid.unwrap()
    };
    let first = pid().await;
    write(&store, "kept").await.unwrap();
    assert_eq!(pid().await, first, "a finished transaction gives its connection back");
    begin_and_drop(store.write(async |tx: &mut Tx| -> Result<(), Error> {
        add(tx, "gone").await?;
        std::future::pending().await
    }))
    .await;
    assert_ne!(pid().await, first, "a dropped one does not");
    write(&store, "gone").await.unwrap();
}

#[tokio::test]
async fn single_statements_share_connections_and_do_not_wait_for_each_other() {
    let store = small(Options { connections: 1, ..Options::default() }).await;
    // Held by a transaction, the only other connection would make these wait for ever.
    let asked: Result<Vec<i64>, Error> = store
        .read(async |tx: &mut Tx| {
            tx.one("SELECT 1", &[], |_| Ok(())).await?;
            let ask = async |number: i64| {
                let store = store.clone();
                store
                    .point_read(async |tx: &mut Tx| {
                        tx.one("SELECT CAST($1 AS BIGINT)", &[&number], |row| row.get::<i64>(0))
                            .await
                    })
                    .await
            };
            futures_util::future::try_join_all((0..100).map(ask)).await
        })
        .await;
    assert_eq!(asked.unwrap(), (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn waiting_for_a_connection_ends() {
    let store =
        small(Options { connections: 1, wait: Duration::from_millis(20), ..Options::default() })
            .await;
    let refused: Result<(), Error> = store
        .write(async |tx: &mut Tx| {
            add(tx, "a").await?;
            write(&store, "b").await.map(drop)
        })
        .await;
    assert!(matches!(refused, Err(Error::Unavailable { reason, .. }) if reason.contains("in use")));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_ends() {
    let store =
        small(Options { statement_timeout: Duration::from_secs(1), ..Options::default() }).await;
    let refused: Result<(), Error> = store
        .point_read(async |tx: &mut Tx| tx.one("SELECT 1 FROM pg_sleep(60)", &[], |_| Ok(())).await)
        .await;
    assert!(
        matches!(refused, Err(Error::Unavailable { reason, .. }) if reason.contains("too long"))
    );
}

#[tokio::test]
async fn a_race_lost_too_often_is_given_up() {
    let store = small(Options { attempts: 3, ..Options::default() }).await;
    write(&store, "a").await.unwrap();
    let rival = store.clone();
    let refused: Result<u64, Error> = store
        .write(async |tx: &mut Tx| {
            tx.list("SELECT reads FROM notes", &[], |_| Ok(())).await?;
            let won: Result<u64, Error> = rival
                .write(async |tx: &mut Tx| {
                    tx.execute("UPDATE notes SET reads = reads + 1", &[]).await
                })
                .await;
            won?;
            tx.execute("UPDATE notes SET reads = reads + 10", &[]).await
        })
        .await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    assert_eq!(store.statistics().repeats, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_write_to_the_same_page_all_get_through() {
    let store = small(Options::default()).await;
    let writing: Vec<_> = (0..32)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..10 {
                    let title = format!("{writer} {number}");
                    let written: Result<(), Error> = store
                        .write(async |tx: &mut Tx| {
                            // Reading what is not there collides with all who write beside it.
                            tx.find("SELECT id FROM notes WHERE title = $1", &[&title], |_| Ok(()))
                                .await?;
                            add(tx, &title).await.map(drop)
                        })
                        .await;
                    written.unwrap();
                }
            })
        })
        .collect();
    for task in writing {
        task.await.unwrap();
    }
    assert_eq!(titles(&store).await.len(), 320);
}

#[tokio::test]
async fn an_unreadable_url_is_refused_without_its_password() {
    for url in [
        "postgres://roster:hunter2@host:notaport/db",
        "postgres://roster:hunter2@host/db?sslmode=prefer",
    ] {
        let opened = Store::open(&Location::Postgres(url.to_owned()), &Options::default()).await;
        let Err(Error::Refused(text)) = opened else { panic!("{url} was taken") };
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_whether_the_store_is_ready_hears_of_commits_that_fail_but_not_of_races() {
    let Location::Postgres(url) = fresh_postgres("notes", NOTES).await else {
        panic!("a PostgreSQL database")
    };
    let store = open_at(&url, Options::default()).await;
    let run = async |sql: &'static str| {
        let done: Result<(), Error> = store.write(async |tx: &mut Tx| tx.batch(sql).await).await;
        done.unwrap();
    };
    let probed = async || {
        let before = store.statistics().writes;
        store.ready().await.map(|()| store.statistics().writes - before)
    };
    run("CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'no room' USING ERRCODE = CASE NEW.name WHEN 'race' THEN '40001' ELSE '53100' END;
        END $$;
        CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON installation DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fails()")
    .await;
    let set = async |name: &'static str| {
        let set: Result<(), Error> =
            store.write(async |tx: &mut Tx| tx.set_fact(name, "").await).await;
        assert!(matches!(set, Err(Error::Unavailable { .. })), "{set:?}");
    };
    set("race").await;
    assert_eq!(probed().await.unwrap(), 0, "others were faster, which says nothing of the disk");
    set("full").await;
    for _ in 0..2 {
        let refused = probed().await.unwrap_err();
        assert!(
            matches!(refused, Error::Unavailable { reason, .. } if reason.contains("out of disk")),
            "{refused:?}"
        );
    }
    run("DROP TRIGGER fails ON installation").await;
    assert_eq!(probed().await.unwrap(), 2);
    assert_eq!(probed().await.unwrap(), 0);
}
