//! Group commit: transactions that wait for the disk anyway wait together.
//!
//! Writers queue for the one connection, first come first served. Each runs in a savepoint of a transaction that
//! they share, and is told of success only after that transaction was committed. Whoever opens a batch has the duty
//! to commit it, and steps aside before that as long as others still join.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::batch::{Batch, Outcome, Receipt};
use super::connection::error;
use super::ownership::Ownership;
use super::readers::closed;
use super::waiting::away_from_async;
use crate::sql::Counters;
use crate::{Change, Error, Follow};

/// The one way to write.
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    counters: Arc<Counters>,
    most: usize,
}

/// The writing connection and the batch that is open on it.
pub(super) struct Desk {
    conn: Option<Connection>,
    /// Ends with the connection, not before.
    ownership: Option<Ownership>,
    batch: Option<Batch>,
    /// Whether the batch before had several transactions.
    had_company: bool,
    counters: Arc<Counters>,
    follower: Arc<dyn Follow>,
}

/// The duty to commit a batch; who goes away before it is done leaves it to a task.
pub(super) struct Duty {
    desk: Weak<Mutex<Desk>>,
    counters: Arc<Counters>,
    patience: usize,
}

/// One transaction of a batch, while it has the connection.
pub(in crate::sql) struct Member {
    desk: OwnedMutexGuard<Desk>,
    open: bool,
    duty: Option<Duty>,
}

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
        let desk = Desk {
            conn,
            ownership,
            batch: None,
            had_company: false,
            counters: counters.clone(),
            follower,
        };
        Self { desk: Arc::new(Mutex::new(desk)), counters, most: most.max(1) }
    }

    /// Waits for its turn and opens a savepoint in the current batch, or in a new one.
    pub(super) async fn join(&self) -> Result<Member, Error> {
        let mut desk = self.desk.clone().lock_owned().await;
        if desk.batch.as_ref().is_some_and(|batch| batch.len() >= self.most) {
            desk = commit(desk).await?;
        }
        let duty = desk.open()?.then(|| Duty {
            desk: Arc::downgrade(&self.desk),
            counters: self.counters.clone(),
            // Who was alone last time is probably alone again, and need not look round for others.
            patience: if desk.had_company { self.most } else { 0 },
        });
        let mut member = Member { desk, open: false, duty };
        self.counters.joined.fetch_add(1, Ordering::Relaxed);
        member.desk.run("SAVEPOINT member")?;
        member.open = true;
        Ok(member)
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

/// Commits the open batch, which waits for the disk, and keeps the desk.
async fn commit(mut desk: OwnedMutexGuard<Desk>) -> Result<OwnedMutexGuard<Desk>, Error> {
    let committing = away_from_async(move || {
        desk.commit().tell();
        desk
    });
    committing.await
}

/// Gives way until nobody joins any more, at most `patience` times, queues behind those who already wait, and commits
/// for all.
async fn commit_for_all(desk: Arc<Mutex<Desk>>, counters: Arc<Counters>, patience: usize) {
    let mut joined = counters.joined.load(Ordering::Relaxed);
    for _ in 0..patience {
        tokio::task::yield_now().await;
        let now = counters.joined.load(Ordering::Relaxed);
        if now == joined {
            break;
        }
        joined = now;
    }
    let mut desk = desk.lock_owned().await;
    // Somebody who found the batch full may have committed it.
    if desk.batch.is_some() {
        // The members hear the outcome through their receipts; here it matters to nobody. They hear it before the
        // desk is free: so those who write again at once are back in time for the next batch, which doubles it.
        let committing = away_from_async(move || {
            desk.commit().tell();
        });
        drop(committing.await);
    }
}

impl Duty {
    /// Does it.
    pub(super) async fn fulfil(mut self) {
        if let Some(desk) = self.desk.upgrade() {
            commit_for_all(desk, self.counters.clone(), self.patience).await;
        }
        self.desk = Weak::new();
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        // Without a runtime the program is ending, and what was not acknowledged may be lost.
        if let Some(desk) = self.desk.upgrade()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(commit_for_all(desk, self.counters.clone(), self.patience));
        }
    }
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
        let Some(batch) = self.batch.take() else { return Outcome::of_nothing() };
        self.had_company = batch.len() > 1;
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
        batch.end(result)
    }

    /// Gives up the whole batch.
    fn lose(&mut self, why: &Error) {
        self.roll_back();
        if let Some(batch) = self.batch.take() {
            batch.end(Err(why.clone())).tell();
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

impl Member {
    /// The writing connection.
    pub(in crate::sql) fn connection(&self) -> &Connection {
        self.desk
            .conn
            .as_ref()
            .expect("a member is made on an open connection, and keeps it from being closed")
    }

    /// Makes what was done part of the batch.
    pub(super) fn keep(mut self, changes: Vec<Change>) -> Result<(Receipt, Option<Duty>), Error> {
        self.open = false;
        if self.connection().is_autocommit() {
            return Err(self.lost());
        }
        if let Err(error) = self.desk.run("RELEASE member") {
            self.undo();
            return Err(error);
        }
        let receipt =
            self.desk.batch.as_mut().map_or_else(Receipt::of_nothing, |batch| batch.keep(changes));
        Ok((receipt, self.duty.take()))
    }

    /// Undoes what was done. A refusal may rest on what others of the batch wrote, so it waits with them.
    pub(super) fn give_up(mut self) -> (Receipt, Option<Duty>) {
        self.open = false;
        self.undo();
        match &mut self.desk.batch {
            Some(batch) if batch.kept > 0 => (batch.wait(), self.duty.take()),
            _ => (Receipt::of_nothing(), None),
        }
    }

    fn undo(&mut self) {
        if self.connection().is_autocommit() {
            self.lost();
            return;
        }
        let undone =
            self.desk.run("ROLLBACK TO member").and_then(|()| self.desk.run("RELEASE member"));
        if let Err(error) = undone {
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
