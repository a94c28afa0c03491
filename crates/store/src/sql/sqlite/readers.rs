//! A few connections that read what is committed, beside the writer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::{self, error};
use crate::Error;

/// The reading connections.
pub(in crate::sql) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
}

/// A reading connection while somebody uses it.
pub(in crate::sql) struct Reader {
    conn: Option<Connection>,
    snapshot: bool,
    home: Arc<Readers>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// At most `most` connections to the file at `path`; each is opened when first needed.
    pub(super) fn open(path: &Path, most: usize) -> Result<Self, Error> {
        Ok(Self::beginning_with(connection::reader(path)?, path, most))
    }

    /// As `open`, where the first connection is there already.
    pub(super) fn beginning_with(first: Connection, path: &Path, most: usize) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(vec![first]),
            places: Arc::new(Semaphore::new(most.max(1))),
        }
    }

    /// Waits for a connection; `snapshot` holds everything read through it to one moment.
    pub(super) async fn take(self: Arc<Self>, snapshot: bool) -> Result<Reader, Error> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| closed())?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connection::reader(&self.path)?,
        };
        if snapshot {
            run(&conn, "BEGIN").map_err(error)?;
        }
        Ok(Reader { conn: Some(conn), snapshot, home: self, _place: place })
    }

    /// Refuses all further reads and closes what is idle.
    pub(super) fn close(&self) {
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn run(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.raw_execute().map(drop)
}

/// What everybody hears after the store was closed.
pub(super) fn closed() -> Error {
    Error::unavailable("the store is closed")
}

impl Reader {
    /// The connection.
    pub(in crate::sql) fn connection(&self) -> &Connection {
        self.conn.as_ref().expect("a reader holds its connection until it is dropped")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        // A connection that can't end its snapshot is not handed on: its next user would read the past.
        if self.snapshot && run(&conn, "ROLLBACK").is_err() {
            return;
        }
        if !self.home.places.is_closed() {
            self.home.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}
