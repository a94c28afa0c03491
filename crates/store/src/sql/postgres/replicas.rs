//! The replicas of a database, of which any may answer a list.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::ahead::Ahead;
use super::fault::Fault;
use super::lease::Shared;
use super::replica::{Miss, Readiness, Replica};
use super::{Begin, Lent};
use crate::Error;
use crate::sql::{Location, Options};

/// The replicas.
pub(in crate::sql) struct Replicas {
    primary: Arc<Shared>,
    all: Vec<Replica>,
    next: AtomicUsize,
    ahead: Ahead,
    /// The longest that a list may take there.
    pub(in crate::sql) limit: Duration,
}

/// A connection to a replica, for one list.
pub(in crate::sql) struct OfReplica<'r> {
    pub(in crate::sql) lent: Lent,
    replica: &'r Replica,
}

/// How a replica fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaStanding {
    /// Its host and port.
    pub name: String,
    /// How far it is behind, or why it is not used.
    pub found: Result<Lag, String>,
}

/// How far a replica is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// How much of the primary's log is missing, in bytes.
    pub bytes: u64,
    /// How long ago its last change was made; of no interest while nothing is missing.
    pub age: Duration,
}

impl Replicas {
    /// Prepares the pools; nothing connects yet.
    pub(super) fn open(primary: &Arc<Shared>, options: &Options) -> Result<Self, Error> {
        let mut all = Vec::new();
        for (number, location) in (1..).zip(&options.replicas) {
            let refused = |why: &str| Error::Refused(format!("replica {number}: {why}"));
            let Location::Postgres(url) = location else {
                return Err(refused("the URL must begin with postgres://"));
            };
            let opened = Replica::open(url, options);
            all.push(opened.map_err(|error| refused(&error.to_string()))?);
        }
        Ok(Self {
            primary: primary.clone(),
            all,
            next: AtomicUsize::new(0),
            ahead: Ahead::new(options.replica_lag),
            limit: options.statement_timeout,
        })
    }

    /// A transaction has committed, or may have; called before anybody hears of it.
    pub(super) fn wrote(&self, begin: Begin) {
        self.ahead.wrote(begin);
    }

    /// Finds out which can be used, in the background.
    pub(in crate::sql) fn try_all(self: &Arc<Self>) {
        for (index, replica) in self.all.iter().enumerate() {
            if let Readiness::Trial = replica.readiness() {
                self.try_one(index);
            }
        }
    }

    /// A connection to one that can be used now: in turn, but past those that have not caught up.
    pub(in crate::sql) async fn lend(self: &Arc<Self>) -> Option<OfReplica<'_>> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for step in 0..self.all.len() {
            let index = first.wrapping_add(step) % self.all.len();
            match self.all[index].readiness() {
                Readiness::Nothing => {}
                Readiness::Trial => self.try_one(index),
                Readiness::Lists => {
                    if let Some(lent) = self.lend_one(index).await {
                        return Some(OfReplica { lent, replica: &self.all[index] });
                    }
                }
            }
        }
        None
    }

    /// How each of them fares.
    ///
    /// # Errors
    /// The primary does not say where it is.
    pub(super) async fn standings(&self) -> Result<Vec<ReplicaStanding>, Error> {
        let primary = self.ahead.position(&self.primary).await?;
        let mut standings = Vec::new();
        for replica in &self.all {
            let found = match replica.look(&primary).await {
                Ok(_) => Ok(Lag { bytes: 0, age: Duration::ZERO }),
                Err(Miss::Behind { bytes, age, .. }) => Ok(Lag {
                    bytes: bytes.unsigned_abs(),
                    age: Duration::from_secs(age.unsigned_abs()),
                }),
                Err(Miss::Busy) => Err("all its connections are in use".to_owned()),
                Err(Miss::Trouble(trouble)) => Err(trouble.to_string()),
            };
            standings.push(ReplicaStanding { name: replica.name.clone(), found });
        }
        Ok(standings)
    }

    /// Closes all idle connections and refuses new ones.
    pub(super) fn close(&self) {
        self.all.iter().for_each(Replica::close);
    }

    fn try_one(self: &Arc<Self>, index: usize) {
        let this = self.clone();
        tokio::spawn(async move { this.lend_one(index).await });
    }

    async fn lend_one(&self, index: usize) -> Option<Lent> {
        let replica = &self.all[index];
        match self.ahead.position(&self.primary).await {
            Ok(primary) => replica.lend(&primary).await,
            Err(error) => {
                replica.unmeasured(&error);
                None
            }
        }
    }
}

impl<'r> OfReplica<'r> {
    /// Parts what may fail from what is to be told of it.
    pub(in crate::sql) fn into_parts(self) -> (Lent, impl FnOnce(Fault, &Error) + Send + 'r) {
        let Self { lent, replica } = self;
        (lent, move |fault, error: &Error| replica.failed(fault, error))
    }
}
