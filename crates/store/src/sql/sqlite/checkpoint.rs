//! Checkpoints: what was committed is copied from SQLite's log into the database file, beside those who go on writing.
//!
//! The log begins anew once all of it is copied. Where writers leave no moment for that, one of them waits and copies the
//! little that is left; so the log stays bounded, except by those who read for long.
//!
//! To copy beside a writer needs SQLite 3.51.3 or later, as `rusqlite` brings it along: in older ones, a log that began anew
//! at the same moment could damage the database.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;

use super::connection::{self, error};
use crate::Error;

/// How long the log may become, in pages.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// From so many on it is copied.
    some: i32,
    /// From so many on a writer does it if need be.
    many: i32,
}

impl Bounds {
    /// 16 MiB and 128 MiB. The log becomes longer than that only while somebody reads for long.
    pub(super) const USUAL: Self = Self { some: 4_000, many: 32_000 };
}

/// The thread that copies, until this is dropped.
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    wake: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Held by whoever copies: SQLite turns others away instead of having them wait.
    turn: Mutex<()>,
    is_over: AtomicBool,
}

impl Checkpoints {
    /// Has the log of the database at `path`, which `writer` writes, copied from now on.
    pub(super) fn of(
        writer: &mut Connection,
        path: PathBuf,
        durable: bool,
        bounds: Bounds,
    ) -> Result<Self, Error> {
        // One, for what is committed meanwhile is copied by the next.
        let (wake, woken) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        writer.wal_hook(Some(follow(bounds, wake.clone(), shared.clone()))).map_err(error)?;
        let thread = {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name("sqlite-checkpoint".to_owned())
                .spawn(move || shared.copy_when_woken(&woken, &path, durable))
                .map_err(|error| Error::outage("no thread for the database's log", error))?
        };
        Ok(Self { shared, wake, thread: Some(thread) })
    }
}

impl Drop for Checkpoints {
    /// Waits for the thread, so that whoever closes the database afterwards is the last to, and clears its log away.
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        let _ = self.wake.try_send(());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies the database's log has panicked");
        }
    }
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does.
    fn copy_when_woken(&self, woken: &Receiver<()>, path: &Path, durable: bool) {
        let mut copier = None;
        while woken.recv().is_ok() && !self.is_over.load(Ordering::Acquire) {
            if copier.is_none() {
                copier = connection::copier(path, durable)
                    .inspect_err(
                        |error| tracing::warn!(%error, "the database's log cannot be copied"),
                    )
                    .ok();
            }
            let Some(copier) = &copier else { continue };
            let _turn = self.turn();
            if let Err(error) = copier.wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE) {
                tracing::warn!(%error, "the database's log was not copied");
            }
        }
    }
}

/// What is called after each commit with the pages that the log has then.
fn follow(
    Bounds { some, many }: Bounds,
    wake: SyncSender<()>,
    shared: Arc<Shared>,
) -> impl FnMut(&mut Wal, i32) -> rusqlite::Result<()> + Send {
    // The thread is woken only when there is more to copy than one small commit.
    let (mut worth_waking, mut too_many, mut before) = (some, many, 0);
    move |log, pages| {
        if pages < before {
            // The log has begun anew.
            (worth_waking, too_many) = (some, many);
        }
        before = pages;
        if pages >= too_many {
            let _turn = shared.turn();
            let copied = log.checkpoint_v2(CheckpointMode::PASSIVE);
            // Somebody still reads what is not to be overwritten. To look for something to copy after each commit would
            // only hold writers up.
            (worth_waking, too_many) = match copied {
                Ok((logged, copied)) if copied == logged => (some, many),
                _ => (worth_waking, pages.saturating_add(many / 4)),
            };
        } else if pages >= worth_waking {
            worth_waking = pages.saturating_add(some / 4);
            // Where it is not heard, the thread has something to do already, or has failed, and the writer is there.
            let _ = wake.try_send(());
        }
        // The change is committed, whatever became of the copy.
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { some: 10, many: 40 };

    fn written() -> (tempfile::TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let conn = connection::writer(&path, false).unwrap();
        conn.execute_batch("CREATE TABLE notes (text TEXT NOT NULL)").unwrap();
        (folder, path, conn)
    }

    /// A commit of some five pages.
    fn write(conn: &Connection) {
        conn.execute("INSERT INTO notes VALUES (?1)", ["x".repeat(16_000)]).unwrap();
    }

    /// How long the log's file is, in pages.
    fn logged(path: &Path) -> u64 {
        let log = connection::with_ending(path, connection::LOG);
        std::fs::metadata(log).map_or(0, |log| log.len() / 4096)
    }

    #[test]
    fn t50_this_sqlite_may_copy_its_log_beside_a_writer() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn the_log_stays_bounded_however_much_is_written() {
        let (_folder, path, mut conn) = written();
        let _checkpoints = Checkpoints::of(&mut conn, path.clone(), false, BOUNDS).unwrap();
        for _ in 0..400 {
            write(&conn);
        }
        // The page of the last commit that passed the bound, and its own.
        assert!(logged(&path) < 60, "{} pages", logged(&path));
    }

    #[test]
    fn a_reader_holds_no_writer_up_and_the_log_is_copied_after_it() {
        let (_folder, path, mut conn) = written();
        let _checkpoints = Checkpoints::of(&mut conn, path.clone(), false, BOUNDS).unwrap();
        write(&conn);
        let reader = connection::reader(&path).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let count = |conn: &Connection| {
            conn.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get::<_, u32>(0)).unwrap()
        };
        assert_eq!(count(&reader), 1);
        for _ in 0..100 {
            write(&conn);
        }
        assert_eq!((count(&reader), count(&conn)), (1, 101));
        let long = logged(&path);
        assert!(long > 400, "nothing that is still read is overwritten: {long} pages");
        reader.execute_batch("COMMIT").unwrap();
        for _ in 0..400 {
            write(&conn);
        }
        assert!(logged(&path) <= 2 * long, "{} pages after {long}", logged(&path));
        assert_eq!(count(&reader), 501);
    }

    #[test]
    fn the_writer_clears_the_log_away_when_it_ends() {
        let (_folder, path, mut conn) = written();
        let checkpoints = Checkpoints::of(&mut conn, path.clone(), true, BOUNDS).unwrap();
        for _ in 0..20 {
            write(&conn);
        }
        drop(checkpoints);
        conn.close().unwrap();
        assert!(!connection::with_ending(&path, connection::LOG).exists());
        let whole = rusqlite::Connection::open(&path).unwrap();
        let count: u32 =
            whole.query_row("SELECT COUNT(*) FROM notes", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 20);
    }
}
