//! What the store counts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Tx;

/// What the store has done so far, for the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Commits that reached the database.
    pub commits: u64,
    /// Write transactions that those commits kept.
    pub writes: u64,
    /// Transactions that ran again because another was faster or the connection was lost.
    pub repeats: u64,
    /// Statements that were run, in whichever transaction.
    pub statements: u64,
    /// Lists that a replica answered.
    pub lists_by_replica: u64,
    /// Lists that the database answered that takes changes.
    pub lists_by_primary: u64,
}

/// Counts it.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) joined: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) repeats: AtomicU64,
    pub(super) statements: AtomicU64,
    pub(super) lists_by_replica: AtomicU64,
    pub(super) lists_by_primary: AtomicU64,
    /// How often the database has failed at something.
    pub(super) failures: AtomicU64,
    /// How many of those failures were over when a probe was kept.
    pub(super) overcome: AtomicU64,
}

impl Counters {
    /// Counts what a transaction has run.
    pub(super) fn note(&self, tx: &Tx) {
        self.statements.fetch_add(tx.statements, Ordering::Relaxed);
        if tx.has_met_an_outage() {
            self.failed();
        }
    }

    /// The database could not do what it was asked.
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// A commit has reached the database, with so many transactions.
    pub(super) fn committed(&self, writes: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes, Ordering::Relaxed);
    }

    /// What has been counted so far.
    pub(super) fn so_far(&self) -> Statistics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Self {
            commits, writes, repeats, statements, lists_by_replica, lists_by_primary, ..
        } = self;
        Statistics {
            commits: read(commits),
            writes: read(writes),
            repeats: read(repeats),
            statements: read(statements),
            lists_by_replica: read(lists_by_replica),
            lists_by_primary: read(lists_by_primary),
        }
    }
}
