//! The baselines of durable creations: commits without Roster.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::data::Data;

/// The rows that a creation leaves, in one transaction.
const SCRIPT: &str = "\
\\set n :n + 1
BEGIN;
INSERT INTO users (uuid, username, username_key, email, email_key, first_name, last_name, name_key, status, role,
    organization_id, primary_group_id, robot, vpn_enabled, sso_disabled, otp_required_for_login, prefers_sms_otp,
    exempt_from_org_sms_otp_disabled, preferences, sign_in_count, created_at, created_by, updated_at, updated_by, version)
  SELECT gen_random_uuid(), name, name, name || '@example.com', name || '@example.com', '', '', '', 'new', 'viewer',
    admin.organization_id, admin.primary_group_id, false, false, false, false, false, false, '{}', 0, :n, admin.id, :n,
    admin.id, 1
  FROM users AS admin, concat('raw', :client_id::int, '-', :n::bigint) AS name WHERE admin.id = :admin
  RETURNING id, username, email, primary_group_id \\gset
INSERT INTO identifiers (key, user_id) VALUES (:username, :id);
INSERT INTO identifiers (key, user_id) VALUES (:email, :id);
INSERT INTO memberships (group_id, user_id, rank, created_at) VALUES (:primary_group_id, :id, 'member', :n);
INSERT INTO audit_events (at, action, outcome, actor_id, credential, door, user_id, changes)
  VALUES (:n, 'user.created', 'success', :admin, 'session', 'native', :id, '{\"role\": \"viewer\"}');
COMMIT;
";

/// Commits without Roster.
pub(crate) enum Commits {
    /// One row of four columns each, by one writer, on the disk that SQLite is on.
    Rows {
        /// The writer.
        connection: Connection,
        /// Where its file is, as long as it is needed.
        _folder: TempDir,
    },
    /// The rows that a creation leaves, by `pgbench`.
    Pgbench {
        /// The database.
        url: String,
        /// How many clients.
        clients: usize,
        /// The number of the administrator in whose name they are.
        admin: i64,
    },
}

impl Commits {
    /// Makes ready.
    pub(crate) fn prepare(data: &Data, clients: usize, admin: i64) -> anyhow::Result<Self> {
        if let Some(url) = &data.database {
            return Ok(Self::Pgbench { url: url.clone(), clients, admin });
        }
        let folder = tempfile::tempdir_in(&data.folder)?;
        let connection = open(&folder.path().join("rows.sqlite"))?;
        Ok(Self::Rows { connection, _folder: folder })
    }

    /// Commits for `time`; `first` is a number that no run before has used. Gives how many, in what time.
    pub(crate) fn run(&self, time: Duration, first: u64) -> anyhow::Result<(u64, Duration)> {
        match self {
            Self::Rows { connection, .. } => Ok(commit_rows(connection, time)?),
            Self::Pgbench { url, clients, admin } => pgbench(url, *clients, *admin, time, first),
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE people (id INTEGER PRIMARY KEY, username TEXT, email TEXT, at INTEGER)",
    )?;
    Ok(connection)
}

fn commit_rows(connection: &Connection, time: Duration) -> rusqlite::Result<(u64, Duration)> {
    let mut insert =
        connection.prepare("INSERT INTO people (username, email, at) VALUES (?1, ?2, ?3)")?;
    let begun = Instant::now();
    let mut done: u64 = 0;
    while begun.elapsed() < time {
        let username = format!("new{done:07}");
        insert.execute((&username, format!("{username}@example.com"), done.cast_signed()))?;
        done += 1;
    }
    Ok((done, begun.elapsed()))
}

fn pgbench(
    url: &str,
    clients: usize,
    admin: i64,
    time: Duration,
    first: u64,
) -> anyhow::Result<(u64, Duration)> {
    let mut process = postgres_fixture::tool("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--file=-"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", time.as_secs().max(1)))
        .arg(format!("--define=n={first}"))
        .arg(format!("--define=admin={admin}"))
        .arg(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    process.stdin.take().context("its input is a pipe")?.write_all(SCRIPT.as_bytes())?;
    let output = process.wait_with_output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench: {complaint}");
    let report = String::from_utf8_lossy(&output.stdout);
    let number = |before: &str| {
        let (_, rest) = report.split_once(before)?;
        rest.split_whitespace().next()
    };
    let done: u64 = number("actually processed: ").context("pgbench's count")?.parse()?;
    // Its own clock: it leaves out the time to connect.
    let rate: f64 = number("tps = ").context("pgbench's rate")?.parse()?;
    Ok((done, Duration::from_secs_f64(done as f64 / rate)))
}
