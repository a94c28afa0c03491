//! A copy in the place of the database, and the database that was there beside it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::connection::{self, LOG, error, with_ending};
use super::copy;
use super::ownership::Ownership;
use crate::Error;
use crate::sql::migrate::{self, Migration};

/// The endings of what SQLite puts beside a database file.
const COMPANIONS: [&str; 2] = [LOG, "-shm"];

/// Puts the copy `from` in the place of the database `path`. Says where the one that was there is kept.
pub(in crate::sql) async fn restore(
    path: &Path,
    from: &Path,
    migrations: &'static [Migration],
) -> Result<Option<PathBuf>, Error> {
    let (path, from) = (path.to_owned(), from.to_owned());
    tokio::task::spawn_blocking(move || replace(&path, &from, migrations))
        .await
        .map_err(|error| Error::outage("putting the copy in place was broken off", error))?
}

fn replace(path: &Path, from: &Path, migrations: &[Migration]) -> Result<Option<PathBuf>, Error> {
    if !from.exists() {
        return Err(Error::Refused(format!("there is no file {}", from.display())));
    }
    let _ownership = Ownership::take(path)?;
    let refused = |error: std::io::Error| {
        Error::Refused(format!("cannot replace the database {}: {error}", path.display()))
    };
    let new = path.with_added_extension("restoring");
    if new.exists() {
        // Left by a restore that was broken off before it changed anything.
        fs::remove_file(&new).map_err(refused)?;
    }
    let checked = copy_of(from, &new).and_then(|()| check(&new, from, migrations));
    if let Err(error) = checked {
        // The reason for stopping is what counts; the next restore removes the file as well.
        drop(fs::remove_file(&new));
        return Err(error);
    }
    let kept = if path.exists() { Some(keep_aside(path).map_err(refused)?) } else { None };
    fs::rename(&new, path).map_err(refused)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(refused)?;
    }
    Ok(kept)
}

/// Copies `from`, which is somebody's file and perhaps no database.
fn copy_of(from: &Path, to: &Path) -> Result<(), Error> {
    connection::check_kind(from)?;
    copy(from, to)
}

/// Whether the copy of `from` is whole, and one that this program may use.
fn check(copy: &Path, from: &Path, migrations: &[Migration]) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Refused(format!("{} {why}", from.display())));
    let copy = connection::reader(copy)?;
    let ask = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, String>(0)).map_err(error);
    let verdict = ask("PRAGMA integrity_check(1)")?;
    if verdict != "ok" {
        return refuse(&format!("is damaged: {verdict}"));
    }
    let dangling = copy.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).optional();
    if dangling.map_err(error)?.is_some() {
        return refuse("is damaged: rows that others name are missing");
    }
    if !is_rosters(&copy)? {
        return refuse("is no database of Roster");
    }
    let mut steps = copy
        .prepare("SELECT version, checksum FROM schema_migrations ORDER BY version")
        .map_err(error)?;
    let steps = steps.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(error)?;
    let steps: Result<Vec<(i32, String)>, _> = steps.collect();
    migrate::judge(&steps.map_err(error)?, migrations)
        .map_err(|error| Error::Refused(format!("{}: {error}", from.display())))
}

fn is_rosters(copy: &Connection) -> Result<bool, Error> {
    let found = copy.query_row(migrate::TABLE_IN_SQLITE, [], |_| Ok(()));
    Ok(found.optional().map_err(error)?.is_some())
}

/// Gives the database a second name, under which it stays. There is no moment without a database at `path`.
fn keep_aside(path: &Path) -> std::io::Result<PathBuf> {
    // What stands in the log belongs to the database. One that is too damaged to be opened is kept with its log.
    if let Err(error) = fold_log(path) {
        tracing::warn!(%error, "the database that is replaced cannot be read; it is kept as it is");
    }
    let aside = free_name(path);
    fs::hard_link(path, &aside)?;
    for companion in COMPANIONS {
        let beside = with_ending(path, companion);
        if beside.exists() {
            fs::rename(beside, with_ending(&aside, companion))?;
        }
    }
    Ok(aside)
}

/// Writes the log into the file itself; the end of the last connection removes it.
fn fold_log(path: &Path) -> Result<(), Error> {
    let database = connection::writer(path, true)?;
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(error)?;
    database.close().map_err(|(_, failed)| error(failed))
}

fn free_name(path: &Path) -> PathBuf {
    let mut name = path.with_added_extension("before-restore");
    let mut number = 1;
    while name.exists() {
        number += 1;
        name = path.with_added_extension(format!("before-restore-{number}"));
    }
    name
}
