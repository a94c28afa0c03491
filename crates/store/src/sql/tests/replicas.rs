//! Lists that a replica answers, and those that it must not.

use std::time::Instant;

use postgres_fixture::Cluster;

use super::*;

/// A primary, a replica that follows it, and the URLs of one database on both.
#[derive(Clone)]
struct Pair {
    primary: Arc<Cluster>,
    replica: Arc<Cluster>,
    at: String,
    there: String,
}

impl Pair {
    async fn start() -> Self {
        let started = tokio::task::spawn_blocking(|| {
            let primary = Cluster::start_primary();
            let at = primary.database();
            let replica = primary.replica();
            let there = replica.namesake(&at);
            Self { primary: Arc::new(primary), replica: Arc::new(replica), at, there }
        });
        started.await.unwrap()
    }

    /// A node that tries again at once, so that nobody has to wait.
    async fn node(&self) -> Store {
        self.node_with(Options { replica_pause: Duration::ZERO, ..calm() }).await
    }

    async fn node_with(&self, options: Options) -> Store {
        open_with(&self.at, &[&self.there], options).await
    }

    /// Runs a statement at the primary, as another node would.
    async fn elsewhere(&self, sql: &'static str) {
        let (primary, at) = (self.primary.clone(), self.at.clone());
        off_thread(move || primary.run(&at, sql)).await;
    }

    /// Runs a statement at the replica.
    async fn at_replica(&self, sql: &'static str) {
        let (replica, there) = (self.replica.clone(), self.there.clone());
        off_thread(move || replica.run(&there, sql)).await;
    }

    /// The servers are stopped, which waits.
    async fn end(self) {
        off_thread(move || drop(self)).await;
    }
}

async fn open_with(at: &str, replicas: &[&str], options: Options) -> Store {
    let replicas = replicas.iter().map(|url| Location::Postgres((*url).to_owned())).collect();
    let options = Options { replicas, ..options };
    Store::open_with(&Location::Postgres(at.to_owned()), &options, Arc::new(()), NOTES)
        .await
        .unwrap()
}

/// Options for a busy machine, on which nothing is quick.
fn calm() -> Options {
    Options { replica_patience: Duration::from_secs(30), ..Options::default() }
}

async fn off_thread(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// The titles as a list shows them, and whether a replica has answered.
async fn listed(store: &Store) -> (Vec<String>, bool) {
    let before = store.statistics();
    let listed: Result<_, Error> = store
        .list(async |tx: &mut Tx| {
            let sql = "SELECT title FROM notes ORDER BY title";
            let titles = tx.list(sql, &[], |row| row.get::<String>("title")).await?;
            let ask = "SELECT pg_is_in_recovery()";
            Ok((titles, tx.one(ask, &[], |row| row.get::<bool>(0)).await?))
        })
        .await;
    let (titles, is_replica) = listed.unwrap();
    let after = store.statistics();
    assert_eq!(after.lists_by_replica - before.lists_by_replica, u64::from(is_replica));
    assert_eq!(after.lists_by_primary - before.lists_by_primary, u64::from(!is_replica));
    (titles, is_replica)
}

/// Lists until a replica answers, and says what it showed.
async fn listed_by_replica(store: &Store) -> Vec<String> {
    let began = Instant::now();
    loop {
        let (titles, is_replica) = listed(store).await;
        if is_replica {
            return titles;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no replica answers");
        tokio::task::yield_now().await;
    }
}

/// Lists a while, and never hears from a replica.
async fn listed_by_primary(store: &Store) -> Vec<String> {
    let began = Instant::now();
    let mut times = 0;
    loop {
        let (titles, is_replica) = listed(store).await;
        assert!(!is_replica, "the replica has answered");
        times += 1;
        if times >= 20 && began.elapsed() > Duration::from_millis(500) {
            return titles;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_answered_by_a_replica_but_never_without_what_its_node_has_written() {
    let pair = Pair::start().await;
    let (here, other) = (pair.node().await, open_with(&pair.at, &[], Options::default()).await);
    assert!(listed_by_replica(&here).await.is_empty());
    pair.at_replica("SELECT pg_wal_replay_pause()").await;
    // Of others no more is known than the replica knows.
    write(&other, "theirs").await.unwrap();
    assert!(listed_by_replica(&here).await.is_empty());
    // Only a list is taken from there, and no refusal.
    let found: Result<String, Error> = here
        .list(async |tx: &mut Tx| {
            tx.one("SELECT title FROM notes", &[], |row| row.get("title")).await
        })
        .await;
    assert_eq!(found.unwrap(), "theirs");
    write(&here, "ours").await.unwrap();
    assert_eq!(listed_by_primary(&here).await, ["ours", "theirs"]);
    let unsynced: Result<_, Error> =
        here.write_unsynced(async |tx: &mut Tx| add(tx, "ours, unsynced").await).await;
    drop(unsynced.unwrap());
    assert_eq!(listed(&here).await, (vec_of(&["ours", "ours, unsynced", "theirs"]), false));
    pair.at_replica("SELECT pg_wal_replay_resume()").await;
    assert_eq!(listed_by_replica(&here).await, ["ours", "ours, unsynced", "theirs"]);
    // As soon as it follows again, each write is there, whoever answers.
    for number in 0..50 {
        let title = format!("ours, {number:02}");
        write(&here, &title).await.unwrap();
        assert!(listed(&here).await.0.contains(&title));
    }
    drop((here, other));
    pair.end().await;
}

fn vec_of(titles: &[&str]) -> Vec<String> {
    titles.iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t50_a_replica_that_is_gone_costs_no_list_and_is_used_again_after_a_pause() {
    let pair = Pair::start().await;
    let eager = pair.node().await;
    let pause = Duration::from_secs(3600);
    let patient = pair.node_with(Options { replica_pause: pause, ..calm() }).await;
    write(&eager, "kept").await.unwrap();
    for store in [&eager, &patient] {
        assert_eq!(listed_by_replica(store).await, ["kept"]);
    }
    let replica = pair.replica.clone();
    off_thread(move || replica.kill()).await;
    for store in [&eager, &patient] {
        assert_eq!(listed_by_primary(store).await, ["kept"]);
    }
    // Nothing is wrong with the database itself, so nothing is written to find out.
    let writes = eager.statistics().writes;
    eager.ready().await.unwrap();
    assert_eq!(eager.statistics().writes, writes);
    let replica = pair.replica.clone();
    off_thread(move || replica.start_again()).await;
    assert_eq!(listed_by_replica(&eager).await, ["kept"]);
    assert_eq!(listed_by_primary(&patient).await, ["kept"], "its pause is not over");
    // Promoted, it has a history of its own.
    pair.at_replica("SELECT pg_promote()").await;
    pair.at_replica("INSERT INTO notes (title) VALUES ('astray')").await;
    assert_eq!(listed_by_primary(&eager).await, ["kept"]);
    drop((eager, patient));
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_in_the_way_of_the_replicas_recovery_is_answered_by_the_primary() {
    let pair = Pair::start().await;
    let pause = Duration::from_secs(3600);
    let store = pair.node_with(Options { replica_pause: pause, ..calm() }).await;
    write(&store, "kept").await.unwrap();
    write(&store, "gone").await.unwrap();
    pair.at_replica("ALTER SYSTEM SET max_standby_streaming_delay = 0").await;
    pair.at_replica("SELECT pg_reload_conf()").await;
    listed_by_replica(&store).await;
    let (clean, runs) = (tokio::sync::Notify::new(), std::sync::atomic::AtomicU64::new(0));
    let list = store.list(async |tx: &mut Tx| {
        let sql = "SELECT count(*) FROM notes";
        tx.one(sql, &[], |row| row.get::<i64>(0)).await?;
        if runs.fetch_add(1, Ordering::Relaxed) == 0 {
            clean.notify_one();
            tx.one("SELECT 1 FROM pg_sleep(60)", &[], |_| Ok(())).await?;
        }
        tx.one(sql, &[], |row| row.get::<i64>(0)).await
    });
    let vacuum = async {
        clean.notified().await;
        pair.elsewhere("DELETE FROM notes WHERE title = 'gone'").await;
        pair.elsewhere("VACUUM notes").await;
    };
    let (count, ()): (Result<i64, Error>, ()) = tokio::join!(list, vacuum);
    assert_eq!((count.unwrap(), runs.into_inner()), (1, 2));
    assert_eq!(listed_by_replica(&store).await, ["kept"], "it is not left alone for that");
    drop(store);
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_too_far_behind_is_not_asked() {
    let pair = Pair::start().await;
    let lag = Duration::ZERO;
    let options = Options { replica_lag: lag, replica_pause: lag, ..calm() };
    let store = pair.node_with(options.clone()).await;
    assert!(listed_by_replica(&store).await.is_empty());
    pair.at_replica("SELECT pg_wal_replay_pause()").await;
    pair.elsewhere("INSERT INTO notes (title) VALUES ('theirs')").await;
    assert_eq!(listed_by_primary(&store).await, ["theirs"]);
    let standings = standings(&pair.at, &pair.there).await;
    let Ok(Lag { bytes, .. }) = standings else { panic!("{standings:?}") };
    assert!(bytes > 0);
    pair.at_replica("SELECT pg_wal_replay_resume()").await;
    assert_eq!(listed_by_replica(&store).await, ["theirs"]);
    drop(store);
    pair.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_where_too_little_may_be_read_costs_no_list_and_is_left_alone_for_a_while() {
    let pair = Pair::start().await;
    let there = pair.there.replace("postgres@", "reader@");
    open_with(&pair.at, &[], Options::default()).await.close().await.unwrap();
    pair.elsewhere("CREATE ROLE reader LOGIN").await;
    let began = Instant::now();
    loop {
        match standings(&pair.at, &there).await {
            Err(said) if said.contains("may not read") => break,
            // The user has to get there first.
            found => assert!(began.elapsed() < Duration::from_secs(60), "{found:?}"),
        }
    }
    pair.elsewhere("GRANT SELECT ON installation TO reader").await;
    let pause = Duration::from_secs(3600);
    let options = Options { replica_pause: pause, ..calm() };
    while standings(&pair.at, &there).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not follow");
    }
    let store = open_with(&pair.at, &[&there], options).await;
    // The list that is tried there fails at its first statement, and takes two more at the primary.
    loop {
        let before = store.statistics().statements;
        assert!(!listed(&store).await.1);
        if store.statistics().statements - before == 3 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it is never tried");
    }
    pair.elsewhere("GRANT SELECT ON notes TO reader").await;
    let eager = Options { replica_pause: Duration::ZERO, ..calm() };
    let eager = open_with(&pair.at, &[&there], eager).await;
    assert!(listed_by_replica(&eager).await.is_empty());
    assert!(listed_by_primary(&store).await.is_empty(), "its pause is not over");
    drop((store, eager));
    pair.end().await;
}

/// How the replica at `there` of the database at `at` fares.
async fn standings(at: &str, there: &str) -> Result<Lag, String> {
    standings_soon(at, there, calm().replica_patience).await
}

/// The same, of what may never answer.
async fn standings_soon(at: &str, there: &str, patience: Duration) -> Result<Lag, String> {
    let replicas = vec![Location::Postgres(there.to_owned())];
    let options = Options { replicas, connect_timeout: patience, ..Options::default() };
    let looked = Store::look_at_replicas(&Location::Postgres(at.to_owned()), &options).await;
    let [standing] = &looked.unwrap()[..] else { panic!("one replica") };
    assert!(there.contains(&standing.name), "{}", standing.name);
    standing.found.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_is_never_taken_for_a_replica() {
    let (pair, other) = tokio::join!(Pair::start(), Pair::start());
    open_with(&other.at, &[], Options::default()).await.close().await.unwrap();
    other.elsewhere("INSERT INTO notes (title) VALUES ('foreign')").await;
    // One that takes connections and says nothing keeps nobody waiting.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute = format!("postgres://postgres@{}/x", mute.local_addr().unwrap());
    let wrong = [
        (pair.at.clone(), "takes changes itself"),
        (other.there.clone(), "another one"),
        (other.at.clone(), "another one"),
        (pair.replica.namesake("x/postgres"), "another one"),
        (pair.replica.namesake("x/nowhere"), "cannot answer"),
    ];
    for (there, why) in &wrong {
        let said = standings(&pair.at, there).await.unwrap_err();
        assert!(said.contains(why), "{there}: {said}");
    }
    let said = standings_soon(&pair.at, &mute, Duration::from_secs(1)).await.unwrap_err();
    assert!(said.contains("cannot answer"), "{said}");
    let all: Vec<_> = wrong.iter().map(|(there, _)| there.as_str()).chain([&*mute]).collect();
    let eager = Options { replica_pause: Duration::ZERO, ..calm() };
    let store = open_with(&pair.at, &all, eager.clone()).await;
    assert!(listed_by_primary(&store).await.is_empty());
    // Beside them, the right one is found.
    let some = [all[1], &pair.there, all[5]];
    let beside = open_with(&pair.at, &some, eager).await;
    assert!(listed_by_replica(&beside).await.is_empty());
    assert!(standings(&pair.at, &pair.there).await.is_ok());
    drop((store, beside));
    tokio::join!(pair.end(), other.end());
}

#[tokio::test]
async fn t26_replicas_are_refused_where_there_can_be_none_and_without_their_passwords() {
    let postgres = Location::Postgres("postgres://roster@127.0.0.1/roster".to_owned());
    let file = Location::File("replica.sqlite".into());
    let with = |url: &str| Location::Postgres(url.to_owned());
    for (location, replica, why) in [
        (&Location::Memory, with("postgres://roster:hunter2@host/db"), "SQLite"),
        (&postgres, with("postgres://roster:hunter2@host:notaport/db"), "replica 1: "),
        (&postgres, with("postgres://roster:hunter2@host/db?sslmode=prefer"), "replica 1: "),
        (&postgres, file, "must begin with postgres://"),
    ] {
        let options = Options { replicas: vec![replica], ..Options::default() };
        assert!(!format!("{options:?}").contains("hunter2"));
        let opened = Store::open(location, &options).await;
        let Err(Error::Refused(text)) = opened else { panic!("{options:?} was taken") };
        assert!(text.contains(why) && !text.contains("hunter2"), "{text}");
    }
}
