//! Group commit: transactions that wait for the disk anyway wait together.
//!
//! Writers queue for the one connection, first come first served. Each runs in a savepoint of a transaction that
//! they share, and is told of success only after that transaction was committed. The first of a batch sets a
//! committer going, which steps aside as long as others still join.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::connection::error;
use super::ownership::Ownership;
use super::readers::closed;
use crate::sql::Counters;
use crate::{Change, Error, Follow};

/// The one way to write.
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    counters: Arc<Counters>,
    most: usize,
}

/// The writing connection and the batch that is open on it.
struct Desk {
    conn: Option<Connection>,
    /// Ends with the connection, not before.
    ownership: Option<Ownership>,
    batch: Option<Batch>,
    counters: Arc<Counters>,
    follower: Arc<dyn Follow>,
}

/// Transactions that will be committed together.
#[derive(Default)]
struct Batch {
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
    changes: Vec<Change>,
    kept: u64,
}

/// What became of a batch, and who waits to hear it.
#[must_use]
struct Outcome {
    waiting: Vec<oneshot::Sender<Result<(), Error>>>,
    result: Result<(), Error>,
}

/// One transaction of a batch, while it has the connection.
pub(in crate::sql) struct Member {
    desk: OwnedMutexGuard<Desk>,
    open: bool,
}

/// Waits for the commit of a batch.
pub(super) struct Receipt(Option<oneshot::Receiver<Result<(), Error>>>);

impl Writer {
    /// Takes over the writing connection; a batch has at most `most` transactions.
    pub(super) fn new(
        conn: Connection,
        ownership: Ownership,
        most: usize,
        counters: Arc<Counters>,
        follower: Arc<dyn Follow>,
    ) -> Self {
        let (conn, ownership) = (Some(conn), Some(ownership));
        let desk = Desk { conn, ownership, batch: None, counters: counters.clone(), follower };
        Self { desk: Arc::new(Mutex::new(desk)), counters, most: most.max(1) }
    }

    /// Waits for its turn and opens a savepoint in the current batch, or in a new one.
    pub(super) async fn join(&self) -> Result<Member, Error> {
        let mut desk = self.desk.clone().lock_owned().await;
        if desk.batch.as_ref().is_some_and(|batch| batch.waiting.len() >= self.most) {
            desk = commit(desk).await?;
        }
        let opened = desk.open()?;
        self.counters.joined.fetch_add(1, Ordering::Relaxed);
        if opened {
            tokio::spawn(commit_when_all_joined(
                self.desk.clone(),
                self.counters.clone(),
                self.most,
            ));
        }
        desk.run("SAVEPOINT member")?;
        Ok(Member { desk, open: true })
    }

    /// Commits what is open and gives the connection up.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let desk = self.desk.clone().lock_owned().await;
        let mut desk = commit(desk).await?;
        let closed = desk.conn.take().map_or(Ok(()), Connection::close);
        desk.ownership = None;
        closed.map_err(|(_, failure)| error(failure))
    }
}

/// Gives way until nobody joins any more, queues behind those who already wait, and commits for all.
async fn commit_when_all_joined(desk: Arc<Mutex<Desk>>, counters: Arc<Counters>, most: usize) {
    let mut joined = counters.joined.load(Ordering::Relaxed);
    for _ in 0..most {
        tokio::task::yield_now().await;
        let now = counters.joined.load(Ordering::Relaxed);
        if now == joined {
            break;
        }
        joined = now;
    }
    let desk = desk.lock_owned().await;
    if desk.batch.is_some() {
        // The members hear the outcome through their receipts; here it matters to nobody. They hear it after this task
        // has let go of the desk, so that whoever then drops the store has really closed the file.
        drop(tokio::task::spawn_blocking(move || {
            let mut desk = desk;
            let outcome = desk.commit();
            drop(desk);
            outcome.tell();
        }));
    }
}

/// Commits the open batch away from the async threads, since it waits for the disk.
///
/// Whoever asked may go away meanwhile: the thread holds the desk until all is done.
async fn commit(desk: OwnedMutexGuard<Desk>) -> Result<OwnedMutexGuard<Desk>, Error> {
    let committing = tokio::task::spawn_blocking(move || {
        let mut desk = desk;
        desk.commit().tell();
        desk
    });
    committing.await.map_err(|error| Error::outage("the server is stopping", error))
}

impl Desk {
    fn connection(&self) -> Result<&Connection, Error> {
        self.conn.as_ref().ok_or_else(closed)
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(error)?;
        statement.raw_execute().map(drop).map_err(error)
    }

    /// Makes sure that a batch is open; true if it was not.
    fn open(&mut self) -> Result<bool, Error> {
        if self.batch.is_some() {
            return Ok(false);
        }
        self.run("BEGIN IMMEDIATE")?;
        self.batch = Some(Batch::default());
        Ok(true)
    }

    /// Commits the batch and lets what is kept in memory follow; only then may the members be told.
    fn commit(&mut self) -> Outcome {
        let Some(batch) = self.batch.take() else {
            return Outcome { waiting: Vec::new(), result: Ok(()) };
        };
        let result = self.run("COMMIT").map_err(|error| match error {
            Error::Unavailable { .. } => error,
            other => Error::outage("the commit failed; nothing of it was kept", other),
        });
        if result.is_ok() {
            self.follower.follow(&batch.changes);
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            self.counters.writes.fetch_add(batch.kept, Ordering::Relaxed);
        } else {
            self.roll_back();
        }
        Outcome { waiting: batch.waiting, result }
    }

    /// Gives up the whole batch.
    fn lose(&mut self, why: &Error) {
        self.roll_back();
        if let Some(batch) = self.batch.take() {
            Outcome { waiting: batch.waiting, result: Err(why.clone()) }.tell();
        }
    }

    fn roll_back(&self) {
        if self.conn.as_ref().is_some_and(|conn| !conn.is_autocommit())
            && let Err(error) = self.run("ROLLBACK")
        {
            tracing::error!(?error, "a failed transaction could not be rolled back");
        }
    }
}

impl Outcome {
    fn tell(self) {
        for member in self.waiting {
            // Who went away needs no answer.
            drop(member.send(self.result.clone()));
        }
    }
}

impl Member {
    /// The writing connection.
    pub(in crate::sql) fn connection(&self) -> &Connection {
        self.desk
            .conn
            .as_ref()
            .expect("a member is made on an open connection, and keeps it from being closed")
    }

    /// Makes what was done part of the batch.
    pub(super) fn keep(mut self, mut changes: Vec<Change>) -> Result<Receipt, Error> {
        self.open = false;
        if self.connection().is_autocommit() {
            return Err(self.lost());
        }
        if let Err(error) = self.desk.run("RELEASE member") {
            self.undo();
            return Err(error);
        }
        let (sender, receiver) = oneshot::channel();
        if let Some(batch) = &mut self.desk.batch {
            batch.changes.append(&mut changes);
            batch.kept += 1;
            batch.waiting.push(sender);
        }
        Ok(Receipt(Some(receiver)))
    }

    /// Undoes what was done. A refusal may rest on what others of the batch wrote, so it waits with them.
    pub(super) fn give_up(mut self) -> Result<Receipt, Error> {
        self.open = false;
        self.undo();
        match &mut self.desk.batch {
            Some(batch) if batch.kept > 0 => {
                let (sender, receiver) = oneshot::channel();
                batch.waiting.push(sender);
                Ok(Receipt(Some(receiver)))
            }
            _ => Ok(Receipt(None)),
        }
    }

    fn undo(&mut self) {
        if self.connection().is_autocommit() {
            self.lost();
            return;
        }
        if let Err(error) =
            self.desk.run("ROLLBACK TO member").and_then(|()| self.desk.run("RELEASE member"))
        {
            self.desk.lose(&error);
        }
    }

    /// SQLite has rolled back the whole transaction by itself, as it does when the disk is full.
    fn lost(&mut self) -> Error {
        let error = Error::unavailable("the disk is full or failing; the change was not kept");
        self.desk.lose(&error);
        error
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if std::mem::take(&mut self.open) {
            self.undo();
        }
    }
}

impl Receipt {
    /// Waits until the disk has it.
    pub(super) async fn wait(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(receiver) => {
                receiver.await.unwrap_or_else(|_| Err(Error::unavailable("the server is stopping")))
            }
        }
    }
}
