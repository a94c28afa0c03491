//! How each SQLite connection is set up, and what its errors mean.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use crate::{Error, Unique};

/// How long a statement waits for another program that looks into the file.
const BUSY: Duration = Duration::from_secs(5);
/// Statements kept ready per connection.
const STATEMENTS: usize = 256;
/// How each SQLite file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The ending of the log that is beside a database file while anybody has it open.
pub(super) const LOG: &str = "-wal";

/// A folder for a database that nobody wants to keep.
pub(super) fn scratch() -> Result<tempfile::TempDir, Error> {
    tempfile::Builder::new()
        .prefix("roster-")
        .tempdir()
        .map_err(|error| Error::Refused(format!("cannot make a temporary folder: {error}")))
}

/// The only connection that writes.
pub(super) fn writer(path: &Path, durable: bool) -> Result<Connection, Error> {
    let refused = |error: &dyn std::fmt::Display| {
        Error::Refused(format!("cannot open the database {}: {error}", path.display()))
    };
    make_private(path).map_err(|error| refused(&error))?;
    let conn = connect_to_write(path, durable).map_err(|error| refused(&error))?;
    prepare(&conn)?;
    let set = |name: &str, value: &dyn rusqlite::ToSql| {
        conn.pragma_update(None, name, value).map_err(error)
    };
    // Overwriting a log that keeps its size is faster than growing one anew; only a huge one is cut back.
    set("journal_mode", &"WAL")?;
    set("journal_size_limit", &(128 << 20))?;
    // An import changes thousands of pages in a commit. Those that found no place here would be written and read again.
    set("cache_size", &-64_000)?;
    Ok(conn)
}

/// A connection that copies the log into the file, which needs no tables.
pub(super) fn copier(path: &Path, durable: bool) -> Result<Connection, Error> {
    connect_to_write(path, durable).map_err(error)
}

fn connect_to_write(path: &Path, durable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.pragma_update(None, "synchronous", if durable { "FULL" } else { "OFF" })?;
    Ok(conn)
}

/// Makes a file that only its owner may read, if it is not there; SQLite gives its companions the same rights.
pub(super) fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(drop)
}

/// One of the connections that only read.
pub(super) fn reader(path: &Path) -> Result<Connection, Error> {
    connect_to_read(path, OpenFlags::empty())
}

fn connect_to_read(path: &Path, more: OpenFlags) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let conn = Connection::open_with_flags(path, flags).map_err(error)?;
    prepare(&conn)?;
    conn.pragma_update(None, "query_only", true).map_err(error)?;
    conn.pragma_update(None, "cache_size", -2000).map_err(error)?;
    Ok(conn)
}

/// A connection for one look into a file, beside which it leaves nothing.
pub(super) fn onlooker(path: &Path) -> Result<Connection, Error> {
    if with_ending(path, LOG).exists() {
        return reader(path);
    }
    // Nobody has the database open. Even a reader would begin a log beside it now, and could not remove it; so the file
    // is read as it stands.
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend(format!("%{byte:02x}").bytes()),
            _ => uri.push(*byte),
        }
    }
    uri.extend(b"?immutable=1");
    connect_to_read(Path::new(OsStr::from_bytes(&uri)), OpenFlags::SQLITE_OPEN_URI)
}

/// What SQLite puts beside the database file at `path`; the ending is added without a dot.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Refuses a file that is anything else than a SQLite database.
pub(super) fn check_kind(path: &Path) -> Result<(), Error> {
    let unreadable =
        |error: std::io::Error| Error::Refused(format!("cannot read {}: {error}", path.display()));
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    // An empty file is a database without tables.
    if !start.is_empty() && start != MAGIC {
        return Err(Error::Refused(format!("{} is no SQLite database", path.display())));
    }
    Ok(())
}

fn prepare(conn: &Connection) -> Result<(), Error> {
    conn.busy_timeout(BUSY).map_err(error)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without this, a statement on a table with partial indexes is made anew each time that other values are bound, in
    // case these decide which index helps. That costs more than the statement.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(error)?;
    conn.pragma_update(None, "foreign_keys", true).map_err(error)?;
    conn.pragma_update(None, "trusted_schema", false).map_err(error)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(error)?;
    Ok(())
}

/// What a SQLite error means to those above.
pub(super) fn error(error: rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(code, message) = &error else {
        return Error::internal(error.to_string());
    };
    let message = message.as_deref().unwrap_or_default();
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            return Unique::of_sqlite(message)
                .map_or_else(|| Error::internal(message), Error::Unique);
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => return Error::ForeignKey,
        _ => {}
    }
    let reason = match code.code {
        ffi::ErrorCode::DiskFull => "the disk is full",
        ffi::ErrorCode::SystemIoFailure => "the disk could not be read or written",
        ffi::ErrorCode::DatabaseBusy | ffi::ErrorCode::DatabaseLocked => {
            "another program holds the database file"
        }
        ffi::ErrorCode::OutOfMemory => "out of memory",
        ffi::ErrorCode::CannotOpen => "the database file cannot be opened",
        ffi::ErrorCode::ReadOnly => "the database file may not be written",
        ffi::ErrorCode::DatabaseCorrupt | ffi::ErrorCode::NotADatabase => {
            "the database file is damaged"
        }
        _ => return Error::internal(format!("SQLite error {}: {message}", code.extended_code)),
    };
    Error::outage(reason, error)
}
