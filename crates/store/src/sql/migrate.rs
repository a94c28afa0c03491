//! Brings the tables up to date when the store is opened.

use std::pin::Pin;

use sha2::{Digest as _, Sha256};

use super::{Engine, Store, Tx, words};
use crate::Error;

/// One step forward.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Its number; they count from 1 without gaps.
    pub(crate) version: i32,
    /// What it is about.
    pub(crate) name: &'static str,
    /// Its statements, with type words.
    pub(crate) sql: &'static str,
    /// What only the program can work out for the rows that are there.
    pub(crate) fill: Option<Fill>,
}

/// Fills new columns of old rows.
pub(crate) type Fill =
    for<'t> fn(&'t mut Tx) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 't>>;

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal $(, $fill:path)?) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $file)),
            fill: migration!(@fill $($fill)?),
        }
    };
    (@fill) => { None };
    (@fill $fill:path) => { Some($fill) };
}

/// All steps, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "foundation", "0001_foundation.sql"),
    migration!(2, "search", "0002_search.sql", crate::users::folded::fill),
    migration!(3, "accounts", "0003_accounts.sql"),
    migration!(4, "clustered", "0004_clustered.sql"),
    migration!(5, "counts", "0005_counts.sql"),
    migration!(6, "favorites", "0006_favorites.sql"),
    migration!(7, "joining", "0007_joining.sql"),
    migration!(8, "groups", "0008_groups.sql"),
    migration!(9, "themes", "0009_themes.sql"),
    migration!(10, "feature_flags", "0010_feature_flags.sql"),
    migration!(11, "registrations", "0011_registrations.sql"),
    migration!(12, "message keys", "0012_message_keys.sql"),
    migration!(13, "proofs", "0013_proofs.sql"),
    migration!(14, "counts by status", "0014_counts_by_status.sql"),
    migration!(15, "search by name", "0015_search_by_name.sql"),
    migration!(16, "sending budgets", "0016_sending_budgets.sql"),
    migration!(17, "copies of keys", "0017_copies_of_keys.sql"),
    migration!(18, "segments", "0018_segments.sql"),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version {int} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    checksum {text} NOT NULL,
    applied_at {time} NOT NULL
) {strict}";

/// Whether an SQLite database has the table of the steps.
pub(super) const TABLE_IN_SQLITE: &str =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'";
const TABLE_IN_POSTGRES: &str = "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL";

/// Applies what has not been applied. Several nodes may do this at once: each step waits for a lock and looks again.
pub(super) async fn run(store: &Store, migrations: &[Migration]) -> Result<(), Error> {
    let engine = store.engine();
    let table = words::replace(TABLE, engine)?;
    // Two nodes that both create it on an empty PostgreSQL may collide; the second time it is there.
    let made = create(store, &table).await;
    if made.is_err() {
        create(store, &table).await?;
    }
    judge(&store.read(async |tx: &mut Tx| applied(tx).await).await?, migrations)?;
    for migration in migrations {
        let sql = words::replace(migration.sql, engine)?;
        let checksum = checksum(migration.sql);
        store.write(async |tx: &mut Tx| apply(tx, migration, &sql, &checksum).await).await?;
    }
    Ok(())
}

/// Whether this program may use a database to which these steps (version and checksum) have been applied.
pub(super) fn judge(applied: &[(i32, String)], migrations: &[Migration]) -> Result<(), Error> {
    let newest = migrations.last().map_or(0, |last| last.version);
    for (version, known) in applied {
        let Some(migration) = migrations.iter().find(|known| known.version == *version) else {
            return Err(Error::Refused(format!(
                "the database was used by a newer Roster (its tables have version {version}, this program knows {newest}); start that one"
            )));
        };
        if *known != checksum(migration.sql) {
            return Err(of_different_origin(migration));
        }
    }
    Ok(())
}

fn of_different_origin(migration: &Migration) -> Error {
    Error::Refused(format!(
        "migration {} ({}) of the database is not the one of this program: they are of different origin",
        migration.version, migration.name
    ))
}

async fn create(store: &Store, table: &str) -> Result<(), Error> {
    store.write(async |tx: &mut Tx| tx.batch(table).await).await
}

/// The steps (version and checksum) that were applied to a database; none where the tables were never made.
pub(super) async fn find_applied(tx: &mut Tx) -> Result<Option<Vec<(i32, String)>>, Error> {
    let table = match tx.engine() {
        Engine::Sqlite => TABLE_IN_SQLITE,
        Engine::Postgres => TABLE_IN_POSTGRES,
    };
    match tx.find(table, &[], |_| Ok(())).await? {
        Some(()) => applied(tx).await.map(Some),
        None => Ok(None),
    }
}

async fn applied(tx: &mut Tx) -> Result<Vec<(i32, String)>, Error> {
    tx.list("SELECT version, checksum FROM schema_migrations ORDER BY version", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await
}

async fn apply(tx: &mut Tx, migration: &Migration, sql: &str, checksum: &str) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.batch("SET LOCAL statement_timeout = 0; LOCK TABLE schema_migrations IN EXCLUSIVE MODE")
            .await?;
    }
    let known = tx
        .find(
            "SELECT checksum FROM schema_migrations WHERE version = $1",
            &[&migration.version],
            |row| row.get::<String>(0),
        )
        .await?;
    match known {
        Some(known) if known == checksum => return Ok(()),
        Some(_) => return Err(of_different_origin(migration)),
        None => {}
    }
    tracing::info!(
        version = migration.version,
        name = migration.name,
        "updating the database's tables"
    );
    tx.batch(sql).await?;
    if let Some(fill) = migration.fill {
        fill(tx).await?;
    }
    let now = match tx.engine() {
        Engine::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        Engine::Postgres => "(EXTRACT(EPOCH FROM now()) * 1000000)::BIGINT",
    };
    let record = format!(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, {now})"
    );
    tx.execute(&record, &[&migration.version, &migration.name, &checksum]).await?;
    Ok(())
}

fn checksum(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}
