//! Group commit: transactions that wait for the disk anyway wait together.
//!
//! Writers queue for the one connection, first come first served. Each runs in a savepoint of a transaction that
//! they share, and is told of success only after that transaction was committed. Whoever is the first of a batch to wait
//! for it has the duty to commit it, and steps aside before that as long as others still join.
//!
//! Who need not wait is told at once and leaves the commit to whoever waits next; see [`Unsynced`].

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::batch::{Batch, Outcome, Receipt};
use super::checkpoint::Checkpoints;
use super::connection::error;
use super::ownership::Ownership;
use super::readers::closed;
use super::waiting::{Pace, away_from_async};
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
    /// Ends before the connection.
    checkpoints: Option<Checkpoints>,
    conn: Option<Connection>,
    /// Ends with the connection, not before.
    ownership: Option<Ownership>,
    batch: Option<Batch>,
    /// How many batches were opened.
    opened: u64,
    /// Whether several waited for the batch before.
    had_company: bool,
    /// How long commits take.
    pace: Pace,
    counters: Arc<Counters>,
    follower: Arc<dyn Follow>,
}

/// The duty to commit a batch; who goes away before it is done leaves it to a task.
pub(super) struct Duty {
    desk: Weak<Mutex<Desk>>,
    batch: u64,
    counters: Arc<Counters>,
    patience: usize,
}

/// One transaction of a batch, while it has the connection.
pub(in crate::sql) struct Member {
    desk: OwnedMutexGuard<Desk>,
    open: bool,
    /// The first of a batch has the whole transaction to itself, and needs no savepoint in it.
    is_first: bool,
    is_awaited: bool,
    duty: Option<Duty>,
}

/// A transaction that is part of a batch which may still be open: everybody who writes after it sees it, the disk has it
/// with the next batch that somebody waits for. When it is dropped before that, a task commits it.
pub(in crate::sql) struct Unsynced {
    receipt: Receipt,
    duty: Option<Duty>,
}

impl Writer {
    /// Takes over the writing connection; a batch has at most `most` transactions.
    pub(super) fn new(
        (conn, checkpoints): (Connection, Checkpoints),
        ownership: Ownership,
        most: usize,
        counters: Arc<Counters>,
        follower: Arc<dyn Follow>,
    ) -> Self {
        let desk = Desk {
            checkpoints: Some(checkpoints),
            conn: Some(conn),
            ownership: Some(ownership),
            batch: None,
            opened: 0,
            had_company: false,
            pace: Pace::UNKNOWN,
            counters: counters.clone(),
            follower,
        };
        Self { desk: Arc::new(Mutex::new(desk)), counters, most: most.max(1) }
    }

    /// Waits for its turn and becomes part of the current batch, or of a new one. `is_awaited` says whether the end will
    /// be waited for.
    pub(super) async fn join(&self, is_awaited: bool) -> Result<Member, Error> {
        let mut desk = self.desk.clone().lock_owned().await;
        if desk.batch.as_ref().is_some_and(|batch| batch.len() >= self.most) {
            desk = commit(desk).await?;
        }
        // Who was alone last time is probably alone again, and need not look round for others.
        let patience = if desk.had_company { self.most } else { 0 };
        let batch = desk.open()?;
        let duty = (!is_awaited || !batch.is_awaited).then(|| Duty {
            desk: Arc::downgrade(&self.desk),
            batch: batch.number,
            counters: self.counters.clone(),
            patience,
        });
        batch.is_awaited |= is_awaited;
        let is_first = batch.kept == 0;
        let mut member = Member { desk, open: false, is_first, is_awaited, duty };
        self.counters.joined.fetch_add(1, Ordering::Relaxed);
        if !is_first {
            member.desk.run("SAVEPOINT member")?;
        }
        member.open = true;
        Ok(member)
    }

    /// Commits what is open and gives the connection up.
    pub(super) async fn close(&self) -> Result<(), Error> {
        let desk = self.desk.clone().lock_owned().await;
        let mut desk = commit(desk).await?;
        desk.checkpoints = None;
        let closed = desk.conn.take().map_or(Ok(()), Connection::close);
        desk.ownership = None;
        closed.map_err(|(_, failure)| error(failure))
    }
}

/// Commits the open batch, which waits for the disk, and keeps the desk.
async fn commit(mut desk: OwnedMutexGuard<Desk>) -> Result<OwnedMutexGuard<Desk>, Error> {
    let committing = away_from_async(desk.pace, move || {
        desk.commit().tell();
        desk
    });
    committing.await
}

/// Gives way until nobody joins any more, at most `patience` times, queues behind those who already wait, and commits
/// for all.
async fn commit_for_all(
    desk: Arc<Mutex<Desk>>,
    batch: u64,
    counters: Arc<Counters>,
    patience: usize,
) {
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
    // Somebody who found the batch full may have committed it, or who had the same duty.
    if desk.batch.as_ref().is_some_and(|open| open.number == batch) {
        // The members hear the outcome through their receipts; here it matters to nobody. They hear it before the
        // desk is free: so those who write again at once are back in time for the next batch, which doubles it.
        let committing = away_from_async(desk.pace, move || {
            desk.commit().tell();
        });
        drop(committing.await);
    }
}

impl Duty {
    /// Does it.
    pub(super) async fn fulfil(mut self) {
        if let Some(desk) = self.desk.upgrade() {
            commit_for_all(desk, self.batch, self.counters.clone(), self.patience).await;
        }
        self.cancel();
    }

    /// Somebody else has done it, or there is nothing to do.
    fn cancel(&mut self) {
        self.desk = Weak::new();
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        // Without a runtime the program is ending, and what was not acknowledged may be lost.
        if let Some(desk) = self.desk.upgrade()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let counters = self.counters.clone();
            runtime.spawn(commit_for_all(desk, self.batch, counters, self.patience));
        }
    }
}

impl Desk {
    fn connection(&self) -> Result<&Connection, Error> {
        self.conn.as_ref().ok_or_else(closed)
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(error)?;
        statement.raw_execute().map(drop).map_err(|failure| {
            self.counters.failed();
            error(failure)
        })
    }

    /// The batch that is open, or a new one.
    fn open(&mut self) -> Result<&mut Batch, Error> {
        if self.batch.is_none() {
            self.run("BEGIN IMMEDIATE")?;
            self.opened += 1;
        }
        let number = self.opened;
        Ok(self.batch.get_or_insert_with(|| Batch::new(number)))
    }

    /// Commits the batch and lets what is kept in memory follow; only then may the members be told.
    fn commit(&mut self) -> Outcome {
        let Some(batch) = self.batch.take() else { return Outcome::of_nothing() };
        self.had_company = batch.awaited > 1;
        let begun = Instant::now();
        let result = self.run("COMMIT").map_err(|error| match error {
            Error::Unavailable { .. } => error,
            other => Error::outage("the commit failed; nothing of it was kept", other),
        });
        self.pace.note(begun.elapsed());
        if result.is_ok() {
            self.follower.follow(&batch.changes);
            self.counters.committed(batch.kept);
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
        if !self.is_first
            && let Err(error) = self.desk.run("RELEASE member")
        {
            self.undo();
            return Err(error);
        }
        let is_awaited = self.is_awaited;
        let receipt = self.desk.batch.as_mut().map_or_else(Receipt::of_nothing, |batch| {
            batch.awaited += u64::from(is_awaited);
            batch.keep(changes)
        });
        Ok((receipt, self.duty.take()))
    }

    /// Makes what was done part of the batch, for who does not wait for that.
    pub(super) fn keep_unsynced(self, changes: Vec<Change>) -> Result<Unsynced, Error> {
        self.keep(changes).map(|(receipt, duty)| Unsynced { receipt, duty })
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
        if self.is_first {
            // Nobody else has a part in it.
            self.desk.batch = None;
            self.desk.roll_back();
            self.duty.iter_mut().for_each(Duty::cancel);
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

impl Unsynced {
    /// Waits until the disk has it; somebody who has waited for a later transaction need not wait any more.
    pub(in crate::sql) async fn sync(mut self) -> Result<(), Error> {
        if let Some(outcome) = self.receipt.outcome() {
            self.duty.iter_mut().for_each(Duty::cancel);
            return outcome;
        }
        if let Some(duty) = self.duty.take() {
            duty.fulfil().await;
        }
        std::mem::replace(&mut self.receipt, Receipt::of_nothing()).wait().await
    }
}

impl Drop for Unsynced {
    fn drop(&mut self) {
        if self.receipt.outcome().is_some() {
            self.duty.iter_mut().for_each(Duty::cancel);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if std::mem::take(&mut self.open) {
            self.undo();
        }
    }
}
