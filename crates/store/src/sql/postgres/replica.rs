//! One replica: whether it can be used, and a connection to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};

use super::fault::{self, Fault};
use super::lease::Lease;
use super::position::{self, Lineage, Position};
use super::{Lent, READ, connect};
use crate::Error;
use crate::sql::Options;

/// How long lists go past a replica that had not caught up yet.
const MOMENT: Duration = Duration::from_millis(20);

/// A replica.
pub(super) struct Replica {
    /// Its host and port.
    pub(super) name: String,
    pool: Pool,
    /// How long it may take to say how far it is.
    patience: Duration,
    /// How far behind it may be, after which it is said and not asked for a while.
    lag: Duration,
    /// How long it is left alone after it could not be used.
    pause: Duration,
    state: Mutex<State>,
}

struct State {
    /// Why it is not used.
    trouble: Option<Trouble>,
    /// Nobody asks it before.
    rests_until: Instant,
    /// Whether somebody finds out just now if it can be used again.
    is_tried: bool,
    /// A position that it had not reached, and since when that has been known.
    owes: Option<(i64, Instant)>,
    /// Which database it holds, as far as connections are concerned that were looked at.
    lineage: Option<Lineage>,
}

/// What a replica can be asked for.
pub(super) enum Readiness {
    /// A list.
    Lists,
    /// To show whether it can be used, which nobody should wait for.
    Trial,
    /// Nothing.
    Nothing,
}

/// Why a replica is not used.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Trouble {
    #[error("nobody has asked it yet")]
    Untried,
    #[error("it cannot answer: {0}")]
    Failing(String),
    #[error("how far it must be cannot be told: {0}")]
    Unmeasured(String),
    #[error("it is no replica of this database but holds another one")]
    Foreign,
    #[error("the user in its URL may not read the tables")]
    Closed,
    #[error("it follows no primary any more but takes changes itself")]
    Promoted,
    #[error("it does not follow the server that is the primary now, as far as it has written down")]
    Strayed,
    #[error("it is more than {} seconds behind", .0.as_secs())]
    Late(Duration),
}

/// Why a replica was not used this time.
pub(super) enum Miss {
    /// All its connections are in use.
    Busy,
    /// It has not applied all that is needed: `bytes` are missing, and its last change is `age` seconds old.
    Behind { log: i64, bytes: i64, age: i64 },
    /// It can't be used.
    Trouble(Trouble),
}

impl Replica {
    /// Prepares a pool; nothing connects yet.
    pub(super) fn open(url: &str, options: &Options) -> Result<Self, Error> {
        let patience = options.replica_patience;
        let hurried = Options { wait: patience, connect_timeout: patience, ..options.clone() };
        let state = State {
            trouble: Some(Trouble::Untried),
            rests_until: Instant::now(),
            is_tried: false,
            owes: None,
            lineage: None,
        };
        Ok(Self {
            name: connect::name(url)?,
            pool: connect::pool(url, &hurried, options.connections)?,
            patience,
            lag: options.replica_lag,
            pause: options.replica_pause,
            state: Mutex::new(state),
        })
    }

    /// What it can be asked for. Who is told of a trial must make it.
    pub(super) fn readiness(&self) -> Readiness {
        let mut state = self.state();
        if state.is_tried || Instant::now() < state.rests_until {
            return Readiness::Nothing;
        }
        if state.trouble.is_none() {
            return Readiness::Lists;
        }
        state.is_tried = true;
        Readiness::Trial
    }

    /// A connection, with the beginning of a reading transaction that sees all that `primary` is behind.
    pub(super) async fn lend(&self, primary: &Position) -> Option<Lent> {
        let looked = self.look(primary).await;
        self.settle(looked.as_ref().err(), primary);
        looked.ok()
    }

    /// The same, without drawing conclusions.
    pub(super) async fn look(&self, primary: &Position) -> Result<Lent, Miss> {
        let silent = || Miss::Trouble(Trouble::Failing("it takes too long".to_owned()));
        tokio::time::timeout(self.patience, self.examine(primary))
            .await
            .unwrap_or_else(|_| Err(silent()))
    }

    async fn examine(&self, primary: &Position) -> Result<Lent, Miss> {
        let object = self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Miss::Busy,
            error => Miss::of(&fault::of_pool(error).0),
        })?;
        // Whatever answers at the address now may be something else than before.
        let is_new = Object::metrics(&object).recycle_count == 0;
        // As if open until all is well: where this is given up, the connection is closed.
        let lease = Some(Lease::Alone(object));
        let mut lent = Lent { lease, begin: None, open: true, fault: None };
        let followed = position::of_replica(&mut lent).await.map_err(|error| Miss::of(&error))?;
        if is_new || self.state().lineage.as_ref() != Some(&primary.lineage) {
            let looked = position::lineage(&mut lent).await.map_err(|error| Miss::of(&error))?;
            let (lineage, may_read) = looked;
            if !lineage.is_of_the_same_database(&primary.lineage) {
                return Err(Miss::Trouble(Trouble::Foreign));
            }
            if followed.follows && lineage != primary.lineage {
                return Err(Miss::Trouble(Trouble::Strayed));
            }
            if !may_read {
                return Err(Miss::Trouble(Trouble::Closed));
            }
        }
        if !followed.follows {
            return Err(Miss::Trouble(Trouble::Promoted));
        }
        lent.open = false;
        if followed.log < primary.log {
            let (log, bytes) = (followed.log, primary.log - followed.log);
            return Err(Miss::Behind { log, bytes, age: followed.age });
        }
        lent.begin = Some(READ);
        Ok(lent)
    }

    /// Draws the conclusions of having looked at it.
    pub(super) fn settle(&self, miss: Option<&Miss>, primary: &Position) {
        let mut state = self.state();
        state.is_tried = false;
        match miss {
            None => {
                state.owes = None;
                state.lineage = Some(primary.lineage.clone());
                if state.trouble.take().is_some() {
                    tracing::info!(replica = self.name, "lists are answered by this replica");
                }
            }
            Some(Miss::Busy) => {}
            Some(Miss::Behind { log, .. }) => {
                let now = Instant::now();
                state.owes = state.owes.filter(|(owed, _)| log < owed);
                let (_, since) = *state.owes.get_or_insert((primary.log, now));
                state.rests_until = now + MOMENT;
                if since.elapsed() >= self.lag {
                    self.rest(&mut state, Trouble::Late(self.lag));
                }
            }
            Some(Miss::Trouble(trouble)) => self.rest(&mut state, trouble.clone()),
        }
    }

    /// The primary does not say how far it must be.
    pub(super) fn unmeasured(&self, error: &Error) {
        let mut state = self.state();
        state.is_tried = false;
        self.rest(&mut state, Trouble::Unmeasured(why(error)));
    }

    /// A list failed there.
    pub(super) fn failed(&self, fault: Fault, error: &Error) {
        if matches!(fault, Fault::Race | Fault::Canceled) {
            // The list was in the way of what the replica had to apply, or too long for it; others may not be.
            return tracing::debug!(replica = self.name, why = why(error), "a list was broken off");
        }
        self.rest(&mut self.state(), Trouble::Failing(why(error)));
    }

    /// Leaves it alone for a while, and says so if that is news.
    fn rest(&self, state: &mut State, trouble: Trouble) {
        state.rests_until = Instant::now() + self.pause;
        let same = |old: &Trouble| std::mem::discriminant(old) == std::mem::discriminant(&trouble);
        if !state.trouble.as_ref().is_some_and(same) {
            tracing::warn!(
                replica = self.name,
                why = %trouble,
                "this replica cannot be used: the primary answers its lists"
            );
        }
        state.trouble = Some(trouble);
    }

    /// Closes all idle connections and refuses new ones.
    pub(super) fn close(&self) {
        self.pool.close();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Miss {
    fn of(error: &Error) -> Self {
        Self::Trouble(Trouble::Failing(why(error)))
    }
}

/// What an error says, with what the driver said.
fn why(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
