//! One PostgreSQL server.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::keeper::Keeper;
use crate::program;

/// Reached from this machine only.
const SETTINGS: &str =
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200";

/// Durable only as long as the machine runs, small, and as quick as may be.
const FLEETING: &str = "-c shared_buffers=32MB -c fsync=off -c full_page_writes=off -c jit=off \
    -c max_wal_size=256MB -c autovacuum=off";

/// Nothing is written down for replicas.
const ALONE: &str = "-c wal_level=minimal -c max_wal_senders=0";

/// What replicas need is written down; a replica whose primary was away looks for it again soon.
const REPLICATED: &str = "-c wal_level=replica -c max_wal_senders=8 -c hot_standby=on \
    -c wal_retrieve_retry_interval=50ms";

/// As an operator would have it: durable, and with memory for some data.
const LASTING: &str = "-c shared_buffers=1GB -c max_wal_size=4GB";

/// A PostgreSQL server of its own, with its data in a temporary folder. It is gone with the test process.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    settings: String,
    keeper: Mutex<Option<Keeper>>,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes a new server for tests and starts it.
    pub fn start() -> Self {
        Self::with(&format!("{FLEETING} {ALONE}"))
    }

    /// Makes a new server for tests of which [`Cluster::replica`] can make replicas, and starts it.
    pub fn start_primary() -> Self {
        Self::with(&format!("{FLEETING} {REPLICATED}"))
    }

    /// Makes a hot standby, which copies what this server has and follows all that it does, and starts it.
    pub fn replica(&self) -> Self {
        let folder = new_folder();
        program::run(
            program::command(program::folder().join("pg_basebackup"))
                .args([
                    "--no-sync",
                    "--checkpoint=fast",
                    "--wal-method=stream",
                    "--write-recovery-conf",
                ])
                .arg(format!("--dbname={}", self.url("postgres")))
                .arg("--pgdata")
                .arg(folder.join("data")),
        );
        Self::launch(folder, self.settings.clone())
    }

    /// Makes a new server whose commits reach the disk, and starts it: for measurements.
    pub fn durable() -> Self {
        Self::with(LASTING)
    }

    fn with(settings: &str) -> Self {
        let folder = new_folder();
        // A language's own order of letters, so that a key column that forgot its collation is noticed.
        program::run(
            program::command(program::folder().join("initdb"))
                .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"])
                .args([
                    "--locale-provider=icu",
                    "--icu-locale=en-US",
                    "--locale=C.UTF-8",
                    "--pgdata",
                ])
                .arg(folder.join("data")),
        );
        Self::launch(folder, format!("{SETTINGS} {settings}"))
    }

    /// Starts the server whose data is in `folder` on a free port.
    fn launch(folder: PathBuf, settings: String) -> Self {
        for _ in 0..10 {
            let port = free_port();
            if let Some(keeper) = Keeper::start(&folder, port, &settings) {
                return Self {
                    folder,
                    port,
                    settings,
                    keeper: Mutex::new(Some(keeper)),
                    databases: AtomicU32::new(0),
                };
            }
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("PostgreSQL did not start: {log}");
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        self.create("template0")
    }

    /// The URL of a new database that is a copy of the one at `url`, to which nothing may be connected.
    pub fn copy_of(&self, url: &str) -> String {
        self.create(url.rsplit('/').next().unwrap_or_default())
    }

    /// The URL of a database on this server that has the name of the one at `url` on another.
    pub fn namesake(&self, url: &str) -> String {
        self.url(url.rsplit('/').next().unwrap_or_default())
    }

    /// Runs a statement as the server's master, outside of any test's connections.
    pub fn run(&self, url: &str, sql: &str) {
        program::run(program::command(program::folder().join("psql")).args([
            "--no-psqlrc",
            "--quiet",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
            url,
        ]));
    }

    /// Gives the server a certificate for its address and returns the file of the authority that signed it.
    pub fn encrypt(&self) -> PathBuf {
        let file = |name: &str| self.folder.join(name);
        let sign = |name: &str, more: &[&str]| {
            program::run(
                program::command("openssl")
                    .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"])
                    .arg(format!("/CN={name}"))
                    .arg("-keyout")
                    .arg(file(&format!("{name}.key")))
                    .arg("-out")
                    .arg(file(&format!("{name}.crt")))
                    .args(more),
            );
        };
        let (authority, key) = (file("authority.crt"), file("authority.key"));
        sign("authority", &[]);
        let names = [
            "-addext",
            "basicConstraints=critical,CA:false",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ];
        let by = ["-CA", &authority.to_string_lossy(), "-CAkey", &key.to_string_lossy()];
        sign("server", &[names, by].concat());
        let url = self.url("postgres");
        self.run(
            &url,
            &format!("ALTER SYSTEM SET ssl_cert_file = '{}'", file("server.crt").display()),
        );
        self.run(
            &url,
            &format!("ALTER SYSTEM SET ssl_key_file = '{}'", file("server.key").display()),
        );
        self.run(&url, "ALTER SYSTEM SET ssl = on");
        self.stop();
        self.start_again();
        authority
    }

    /// Stops the server as its operator would: open connections end with an error. Its data stays.
    pub fn stop(&self) {
        self.end("stop");
    }

    /// Stops the server as a crash would. Its data stays, as far as it was written.
    pub fn kill(&self) {
        self.end("kill");
    }

    /// Starts the server again, on the same port.
    pub fn start_again(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(keeper.is_none(), "the server runs already");
        *keeper = Keeper::start(&self.folder, self.port, &self.settings);
        assert!(keeper.is_some(), "PostgreSQL starts again");
    }

    fn create(&self, template: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&self.url("postgres"), &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn end(&self, wish: &str) {
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        keeper.expect("the server runs").end(wish);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(keeper) => keeper.end("remove"),
            None => drop(std::fs::remove_dir_all(&self.folder)),
        }
    }
}

/// An empty folder that belongs to the user whom the server runs as.
fn new_folder() -> PathBuf {
    let folder = tempfile::Builder::new()
        .prefix("roster-postgres-")
        .tempdir()
        .expect("a temporary folder can be made")
        .keep();
    if let Some((user, group)) = program::servant() {
        std::os::unix::fs::chown(&folder, Some(user), Some(group))
            .expect("root may give a folder away");
    }
    folder
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("it has an address").port()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// Says where the data of a server is, and waits to be killed.
    #[test]
    #[ignore = "the test below starts it in a process of its own, and kills that"]
    fn a_test_to_be_killed() {
        let cluster = Cluster::start();
        println!("folder {}", cluster.folder.display());
        drop(std::io::stdin().read_line(&mut String::new()));
    }

    #[test]
    fn a_killed_test_leaves_nothing_behind() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cluster::tests::a_test_to_be_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let folder = PathBuf::from(
            lines.find_map(|line| Some(line.split_once("folder ")?.1.to_owned())).unwrap(),
        );
        assert!(folder.join("data/postmaster.pid").exists());
        child.kill().unwrap();
        child.wait().unwrap();
        // The keeper removes the folder last, and there is nobody left whom it could tell.
        let began = Instant::now();
        while folder.exists() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{} is still there",
                folder.display()
            );
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_server_keeps_its_databases_when_it_is_stopped_or_killed() {
        let cluster = Cluster::start();
        let url = cluster.database();
        cluster.run(&url, "CREATE TABLE kept (id INT)");
        cluster.stop();
        cluster.start_again();
        cluster.run(&url, "INSERT INTO kept VALUES (1)");
        cluster.kill();
        cluster.start_again();
        cluster.run(&cluster.copy_of(&url), "SELECT 1 / count(*) FROM kept");
        let folder = cluster.folder.clone();
        drop(cluster);
        assert!(!folder.exists());
    }

    #[test]
    fn a_replica_follows_its_primary_and_takes_no_changes() {
        let primary = Cluster::start_primary();
        let url = primary.database();
        primary.run(&url, "CREATE TABLE kept (id INT); INSERT INTO kept VALUES (1)");
        let replica = primary.replica();
        let there = replica.namesake(&url);
        replica.run(&there, "SELECT 1 / count(*) FROM kept");
        primary.run(&url, "INSERT INTO kept VALUES (2)");
        let began = Instant::now();
        let ask = "SELECT count(*), pg_is_in_recovery() FROM kept";
        while answer(&there, ask) != "2|t" {
            assert!(began.elapsed() < Duration::from_secs(60), "it does not follow");
        }
    }

    fn answer(url: &str, sql: &str) -> String {
        let asked = crate::tool("psql").args(["-XAtc", sql, url]).output().unwrap();
        String::from_utf8(asked.stdout).unwrap().trim().to_owned()
    }
}
