//! PostgreSQL: a pool, transactions that run again when they lost a race, and a database that may go and come back.

mod connect;
mod fault;
mod statement;

use std::time::Duration;

use deadpool_postgres::{Object, Pool};

use super::tx::Conn;
use super::{Options, Tx};
use crate::{Change, Error};
use fault::Fault;
pub(super) use statement::{batch, execute, find, list};

/// A pool of connections to one PostgreSQL database.
pub(super) struct Postgres {
    pool: Pool,
    attempts: u32,
}

/// A connection out of the pool, which goes back only if no transaction is open on it.
pub(super) struct Lent {
    object: Option<Object>,
    open: bool,
    /// The worst that happened on it since it was lent.
    fault: Option<Fault>,
}

/// How a transaction begins.
#[derive(Clone, Copy)]
pub(super) enum Begin {
    /// As if nobody else wrote meanwhile.
    Write,
    /// Everything as of one moment.
    Read,
    /// None at all: a single statement.
    Point,
}

/// What became of one attempt.
pub(super) enum Attempt<T, E> {
    /// It is over.
    Done(Result<T, E>),
    /// It did nothing, and may go better if it is made again.
    Again(Error),
}

impl Postgres {
    /// Prepares a pool; nothing connects yet.
    pub(super) fn open(url: &str, options: &Options) -> Result<Self, Error> {
        Ok(Self { pool: connect::pool(url, options)?, attempts: options.attempts.max(1) })
    }

    /// How often a transaction is tried.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// A transaction on a connection out of the pool.
    pub(super) async fn begin(&self, begin: Begin) -> Result<Tx, Error> {
        let object = self.pool.get().await.map_err(fault::of_pool)?;
        let sql = match begin {
            Begin::Write => "BEGIN ISOLATION LEVEL SERIALIZABLE",
            Begin::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Begin::Point => {
                return Ok(Tx::new(Conn::Postgres(Lent {
                    object: Some(object),
                    open: false,
                    fault: None,
                })));
            }
        };
        let mut lent = Lent { object: Some(object), open: true, fault: None };
        lent.run(sql).await?;
        Ok(Tx::new(Conn::Postgres(lent)))
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
        let attempt = match (outcome, failed) {
            (Ok(value), None) => match lent.commit().await {
                Ok(()) => return (Attempt::Done(Ok(value)), changes),
                Err(error) if lent.may_repeat() => Attempt::Again(error),
                Err(error) => Attempt::Done(Err(error.into())),
            },
            (_, Some(error)) if lent.may_repeat() => Attempt::Again(error),
            (Ok(_), Some(error)) => Attempt::Done(Err(error.into())),
            (Err(refusal), _) => Attempt::Done(Err(refusal)),
        };
        lent.roll_back().await;
        (attempt, Vec::new())
    }

    /// Closes all idle connections and refuses new ones.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}

impl Lent {
    fn object(&self) -> Result<&Object, Error> {
        self.object
            .as_ref()
            .ok_or_else(|| Error::unavailable("the connection to the database was lost"))
    }

    /// Remembers what went wrong, and says it in the store's words.
    fn fail(&mut self, error: &tokio_postgres::Error) -> Error {
        let (fault, error) = fault::of(error);
        self.fault = self.fault.max(Some(fault));
        error
    }

    fn may_repeat(&self) -> bool {
        matches!(self.fault, Some(Fault::Race | Fault::Lost))
    }

    async fn run(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.object()?.batch_execute(sql).await;
        done.map_err(|error| self.fail(&error))
    }

    /// After a connection lost here nobody knows whether the change was kept, so it is not made again.
    async fn commit(&mut self) -> Result<(), Error> {
        if !self.open {
            return Ok(());
        }
        let done = self.run("COMMIT").await;
        if done.is_ok() {
            self.open = false;
        } else if self.fault == Some(Fault::Lost) {
            self.fault = Some(Fault::Final);
            return Err(Error::unavailable(
                "the connection was lost during a commit; the change may have been kept",
            ));
        }
        done
    }

    async fn roll_back(&mut self) {
        if self.open && self.fault != Some(Fault::Lost) && self.run("ROLLBACK").await.is_ok() {
            self.open = false;
        }
    }
}

impl Drop for Lent {
    /// A connection in the middle of a transaction is closed, and the server rolls back.
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.open
        {
            drop(Object::take(object));
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
