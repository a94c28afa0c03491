//! PostgreSQL: a pool, transactions that run again when they lost a race, and a database that may go and come back.

mod ahead;
mod connect;
mod fault;
mod lease;
mod position;
mod replica;
mod replicas;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Pool};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::tx::Conn;
use super::{Options, Tx};
use crate::{Change, Error};
pub(super) use fault::Fault;
use lease::{Lease, Shared};
pub(super) use replicas::Replicas;
pub use replicas::{Lag, ReplicaStanding};
pub(super) use statement::{batch, execute, find, list};

/// How often a transaction is tried when the connection is lost or cannot be made.
const ATTEMPTS_TO_CONNECT: u32 = 4;

/// How many races a transaction may lose before it runs alone.
const RACES: u32 = 5;

/// How a transaction begins whose commit does not wait for the disk.
const UNSYNCED: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL synchronous_commit = off";

/// How a transaction begins that reads.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A pool of connections to one PostgreSQL database, and its replicas.
pub(super) struct Postgres {
    pool: Pool,
    shared: Arc<Shared>,
    replicas: Option<Arc<Replicas>>,
    attempts: u32,
    /// Transactions take part in it; one that has lost too many races has it for itself.
    races: RwLock<()>,
}

/// The right to run a transaction: beside others, or alone.
pub(super) enum Turn<'p> {
    Beside { _turn: RwLockReadGuard<'p, ()> },
    Alone { _turn: RwLockWriteGuard<'p, ()> },
}

/// A connection out of the pool, which goes back only if no transaction is open on it.
pub(super) struct Lent {
    lease: Option<Lease>,
    /// The beginning of a transaction, to be sent along with its first statement.
    begin: Option<&'static str>,
    open: bool,
    /// The worst that happened on it since it was lent.
    fault: Option<Fault>,
}

/// How a transaction begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// As if nobody else wrote meanwhile.
    Write,
    /// The same, and its commit does not wait for the disk.
    Unsynced,
    /// Everything as of one moment.
    Read,
    /// None at all: a single statement.
    Point,
}

/// What became of one attempt.
pub(super) enum Attempt<T, E> {
    /// It is over.
    Done(Result<T, E>),
    /// The database failed and kept nothing of it, as far as is known.
    Failed(Error, Fault),
}

impl Postgres {
    /// Prepares a pool; nothing connects yet.
    pub(super) fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let pool = connect::pool(url, options, options.connections)?;
        let shared = Arc::new(Shared::new(connect::pool(url, options, Shared::POOL)?));
        let replicas = match options.replicas.is_empty() {
            true => None,
            false => Some(Arc::new(Replicas::open(&shared, options)?)),
        };
        Ok(Self {
            pool,
            shared,
            replicas,
            attempts: options.attempts.max(1),
            races: RwLock::new(()),
        })
    }

    /// Whether a transaction that failed like this at its `attempt` is tried again.
    pub(super) fn may_try_again(&self, attempt: u32, fault: Fault) -> bool {
        match fault {
            Fault::Race => attempt < self.attempts,
            Fault::Lost => attempt < self.attempts.min(ATTEMPTS_TO_CONNECT),
            Fault::Canceled | Fault::Final => false,
        }
    }

    /// Waits until a transaction may run that has been tried before `attempt`.
    ///
    /// Serializable transactions may lose to each other again and again when many change the same few pages. One that
    /// has lost often runs while no other of this node does, and so wins.
    pub(super) async fn turn(&self, attempt: u32) -> Turn<'_> {
        if attempt <= RACES {
            Turn::Beside { _turn: self.races.read().await }
        } else {
            Turn::Alone { _turn: self.races.write().await }
        }
    }

    /// The replicas, if there are any.
    pub(super) fn replicas(&self) -> Option<&Arc<Replicas>> {
        self.replicas.as_ref()
    }

    /// How each replica fares.
    pub(super) async fn standings(&self) -> Result<Vec<ReplicaStanding>, Error> {
        match &self.replicas {
            Some(replicas) => replicas.standings().await,
            None => Ok(Vec::new()),
        }
    }

    /// A transaction that began like this has committed, or may have; called before anybody hears of it.
    pub(super) fn wrote(&self, begin: Begin) {
        if let Some(replicas) = &self.replicas {
            replicas.wrote(begin);
        }
    }

    /// A transaction on a connection out of the pool.
    pub(super) async fn begin(&self, begin: Begin) -> Result<Tx, (Error, Fault)> {
        let (lease, begin) = match begin {
            Begin::Write => (self.alone().await?, Some("BEGIN ISOLATION LEVEL SERIALIZABLE")),
            Begin::Unsynced => (self.alone().await?, Some(UNSYNCED)),
            Begin::Read => (self.alone().await?, Some(READ)),
            Begin::Point => (self.shared.take().await?, None),
        };
        Ok(Tx::new(Conn::Postgres(Lent { lease: Some(lease), begin, open: false, fault: None })))
    }

    async fn alone(&self) -> Result<Lease, (Error, Fault)> {
        self.pool.get().await.map(Lease::Alone).map_err(fault::of_pool)
    }

    /// Ends a transaction: commits it if all went well.
    pub(super) async fn end<T, E: From<Error>>(
        tx: Tx,
        outcome: Result<T, E>,
    ) -> (Attempt<T, E>, Vec<Change>) {
        let (Conn::Postgres(mut lent), changes, failed) = tx.into_parts() else {
            let error = Error::internal("not a PostgreSQL transaction");
            return (Attempt::Done(Err(error.into())), Vec::new());
        };
        let failed = match (outcome, failed) {
            (Ok(value), None) => match lent.commit().await {
                Ok(()) => return (Attempt::Done(Ok(value)), changes),
                Err(error) => Err(error),
            },
            (Ok(_), Some(error)) => Err(error),
            (Err(refusal), failed) => Ok((refusal, failed)),
        };
        let attempt = match (failed, lent.fault) {
            (Err(error) | Ok((_, Some(error))), Some(fault @ (Fault::Race | Fault::Lost))) => {
                Attempt::Failed(error, fault)
            }
            (Err(error), _) => Attempt::Failed(error, Fault::Final),
            (Ok((refusal, _)), _) => Attempt::Done(Err(refusal)),
        };
        lent.roll_back().await;
        (attempt, Vec::new())
    }

    /// Closes all idle connections and refuses new ones.
    pub(super) fn close(&self) {
        if let Some(replicas) = &self.replicas {
            replicas.close();
        }
        self.shared.close();
        self.pool.close();
    }
}

impl Lent {
    /// The connection; it is there until the lent one is dropped.
    fn client(&self) -> &ClientWrapper {
        self.lease.as_ref().expect("only dropping takes it out")
    }

    /// The worst that went wrong.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Whether the worst that went wrong is that another transaction was faster.
    pub(super) fn has_lost_a_race(&self) -> bool {
        self.fault == Some(Fault::Race)
    }

    /// Remembers what went wrong, and says it in the store's words.
    fn fail(&mut self, error: &tokio_postgres::Error) -> Error {
        let (fault, error) = fault::of(error);
        self.fault = self.fault.max(Some(fault));
        error
    }

    /// Runs statements without parameters.
    async fn run(&mut self, sql: &str) -> Result<(), Error> {
        let done = match self.begin.take() {
            Some(begin) => {
                self.open = true;
                self.client().batch_execute(&format!("{begin}; {sql}")).await
            }
            None => self.client().batch_execute(sql).await,
        };
        done.map_err(|error| self.fail(&error))
    }

    /// After a connection lost here nobody knows whether the change was kept, so it is not made again.
    async fn commit(&mut self) -> Result<(), Error> {
        if !self.open {
            return Ok(());
        }
        let done = self.run("COMMIT").await;
        if done.is_ok() || self.fault == Some(Fault::Race) {
            // A refused commit has ended the transaction as well.
            self.open = false;
        } else if self.fault == Some(Fault::Lost) {
            self.fault = Some(Fault::Final);
            return Err(Error::unavailable(
                "the connection was lost during a commit; the change may have been kept",
            ));
        }
        done
    }

    /// Makes the connection fit for others; where that fails, dropping it closes it.
    async fn roll_back(&mut self) {
        if self.open && self.client().batch_execute("ROLLBACK").await.is_ok() {
            self.open = false;
        }
    }
}

impl Drop for Lent {
    /// A connection in the middle of a transaction is closed, and the server rolls back.
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take()
            && self.open
        {
            lease.discard();
        }
    }
}

/// A short wait before another attempt, of different length for each who waits.
pub(super) async fn pause(attempt: u32) {
    use std::hash::BuildHasher as _;
    // Every `RandomState` is keyed differently, which is all the chance that is needed to part two rivals.
    let chance = std::hash::RandomState::new().hash_one(attempt) % 1000;
    let most = Duration::from_millis(4) * 2_u32.pow(attempt.min(5));
    tokio::time::sleep(most.mul_f64(0.25 + 0.75 * chance as f64 / 1000.0)).await;
}
