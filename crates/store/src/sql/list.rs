//! Lists, which a replica may answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::postgres::{Attempt, Fault, Postgres, Replicas};
use super::tx::Conn;
use super::{Backend, Location, Options, ReplicaStanding, Store, Tx, Work};
use crate::Error;

impl Store {
    /// As [`scan`](Self::scan), for what only shows a list: where there are replicas, one of them may answer, as of up to
    /// [`Options::replica_lag`] ago. What this store has written before is in it in any case.
    ///
    /// Nothing may be decided by it, and nothing looked up by it that the caller knows to be there. What is looked up
    /// afterwards for the rows of a list is asked of the primary: another replica may not know the rows yet.
    pub async fn list<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        let counters = &self.0.counters;
        if let Backend::Postgres(postgres) = &self.0.backend
            && let Some(replicas) = postgres.replicas()
            && let Some(answer) = self.ask_replica(replicas, &work).await
        {
            counters.lists_by_replica.fetch_add(1, Ordering::Relaxed);
            return Ok(answer);
        }
        counters.lists_by_primary.fetch_add(1, Ordering::Relaxed);
        self.scan(work).await
    }

    /// The answer of a replica, if one gives any. Who is refused there asks the primary: what is missing may be on its way.
    async fn ask_replica<T, E, F>(&self, replicas: &Arc<Replicas>, work: &F) -> Option<T>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        let (lent, failed) = replicas.lend().await?.into_parts();
        let mut tx = Tx::new(Conn::Postgres(lent));
        let answered = tokio::time::timeout(replicas.limit, work(&mut tx)).await;
        self.0.counters.statements.fetch_add(tx.statements, Ordering::Relaxed);
        let Ok(outcome) = answered else {
            failed(Fault::Canceled, &Error::unavailable("a list took too long"));
            return None;
        };
        let met = tx.met_fault();
        match (Postgres::end(tx, outcome).await.0, met) {
            (Attempt::Done(Ok(answer)), _) => return Some(answer),
            (Attempt::Failed(error, fault), _) => failed(fault, &error),
            (Attempt::Done(Err(_)), Some((fault, error))) => failed(fault, &error),
            (Attempt::Done(Err(_)), None) => {}
        }
        None
    }

    /// How the replicas in `options` of the database at `location` fare.
    ///
    /// # Errors
    /// The database has no replicas or a URL cannot be read (`Refused`), or it does not answer.
    pub async fn look_at_replicas(
        location: &Location,
        options: &Options,
    ) -> Result<Vec<ReplicaStanding>, Error> {
        let Location::Postgres(url) = location else { return Err(Self::no_replicas()) };
        // Nobody waits for a list here.
        let options = Options { replica_patience: options.connect_timeout, ..options.clone() };
        let postgres = Postgres::open(url, &options)?;
        let standings = postgres.standings().await;
        postgres.close();
        standings
    }

    pub(super) fn no_replicas() -> Error {
        Error::Refused("only a PostgreSQL database has replicas, and this one is SQLite".to_owned())
    }
}
