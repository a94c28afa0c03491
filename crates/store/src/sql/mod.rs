//! The only place that knows which database is there.

mod counters;
mod foreign;
mod ids;
mod line;
mod list;
mod location;
mod migrate;
mod postgres;
mod relocate;
mod row;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;
mod tx;
mod unique;
mod unsynced;
mod value;
mod words;
pub(crate) mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use counters::Statistics;
pub(crate) use foreign::ForeignDatabase;
use line::Line;
pub use line::Place;
pub use location::Location;
pub(crate) use migrate::{MIGRATIONS, Migration};
pub use postgres::{Lag, ReplicaStanding};
pub use relocate::Progress;
pub(crate) use row::{Cell, Column, Columns, Misread, Row, column_as};
pub(crate) use rows::InsertRows;
pub use tx::Tx;
pub use unique::Unique;
pub use unsynced::Unsynced;
pub(crate) use value::{Param, Value, params};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::live::Live;
use crate::{Error, Follow, LiveCredential};
use counters::Counters;
use postgres::{Attempt, Begin, Fault, Postgres};
use sqlite::Sqlite;

/// What Roster keeps, on SQLite or PostgreSQL. Clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    backend: Backend,
    counters: Arc<Counters>,
    line: Line,
    follower: Arc<dyn Follow>,
    /// Only asked on SQLite: see [`LiveCredential`].
    live: Arc<Live<LiveCredential>>,
}

const POSTGRES_BACKUP: &str = "the database is a PostgreSQL server: use pg_dump or its own backups";
const POSTGRES_RESTORE: &str =
    "the database is a PostgreSQL server: use pg_restore or its own backups, while no Roster runs";

/// What is written to see whether the database takes changes, and how many bytes: more than most operations change.
const PROBE_FACT: &str = "write_probe";
const PROBE: usize = 256 * 1024;

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Which database is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite, in this process.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// How the store uses its database.
#[derive(Debug, Clone)]
pub struct Options {
    /// SQLite: the most connections that read at one time.
    pub readers: usize,
    /// SQLite: the most transactions in one commit.
    pub batch: usize,
    /// SQLite: about how many credentials stand in memory.
    pub live_credentials: usize,
    /// PostgreSQL: the most transactions at one time, each with a connection of its own.
    pub connections: usize,
    /// PostgreSQL: how often a transaction is tried that lost a race or its connection.
    pub attempts: u32,
    /// PostgreSQL: the longest wait for a free connection.
    pub wait: Duration,
    /// PostgreSQL: the longest wait for a new connection.
    pub connect_timeout: Duration,
    /// PostgreSQL: the longest that one statement may take.
    pub statement_timeout: Duration,
    /// PostgreSQL: replicas of the database, which may answer lists.
    pub replicas: Vec<Location>,
    /// PostgreSQL: how far behind a replica may be that answers.
    pub replica_lag: Duration,
    /// PostgreSQL: how long a replica may take to say how far it is, a new connection included; lists wait for that.
    pub replica_patience: Duration,
    /// PostgreSQL: how long a replica is left alone that could not be used.
    pub replica_pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 16,
            batch: 256,
            live_credentials: 200_000,
            connections: 16,
            attempts: 10,
            wait: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            replicas: Vec::new(),
            replica_lag: Duration::from_secs(30),
            replica_patience: Duration::from_secs(1),
            replica_pause: Duration::from_secs(5),
        }
    }
}

/// A function that returns a future that can be named, and so be required to be `Send`.
///
/// Plain `AsyncFn` bounds can't say that; with this one a transaction may run again and still live inside a spawned task.
pub trait Work<A, O>: Fn(A) -> Self::Fut {
    /// The future.
    type Fut: Future<Output = O>;
}

impl<A, O, F: Fn(A) -> Fut, Fut: Future<Output = O>> Work<A, O> for F {
    type Fut = Fut;
}

impl Store {
    /// Opens the database, creates it if it is a new file, and brings its tables up to date.
    pub async fn open(location: &Location, options: &Options) -> Result<Self, Error> {
        let live = Arc::new(Live::new(options.live_credentials));
        let follower = live.clone();
        Self::assemble(location, options, live, follower, MIGRATIONS).await
    }

    /// As `open`, with other migrations, and with something else that follows the commits.
    #[cfg(test)]
    pub(crate) async fn open_with(
        location: &Location,
        options: &Options,
        follower: Arc<dyn Follow>,
        migrations: &[Migration],
    ) -> Result<Self, Error> {
        let live = Arc::new(Live::new(options.live_credentials));
        Self::assemble(location, options, live, follower, migrations).await
    }

    async fn assemble(
        location: &Location,
        options: &Options,
        live: Arc<Live<LiveCredential>>,
        follower: Arc<dyn Follow>,
        migrations: &[Migration],
    ) -> Result<Self, Error> {
        let counters = Arc::new(Counters::default());
        if !matches!(location, Location::Postgres(_)) && !options.replicas.is_empty() {
            return Err(Self::no_replicas());
        }
        let backend = match location {
            Location::Memory => Backend::Sqlite(Sqlite::open(None, options, &counters, &follower)?),
            Location::File(path) => {
                Backend::Sqlite(Sqlite::open(Some(path), options, &counters, &follower)?)
            }
            Location::Postgres(url) => Backend::Postgres(Postgres::open(url, options)?),
        };
        let store =
            Self(Arc::new(Inner { backend, counters, line: Line::default(), follower, live }));
        match migrate::run(&store, migrations).await {
            Ok(()) => {
                if let Backend::Postgres(postgres) = &store.0.backend
                    && let Some(replicas) = postgres.replicas()
                {
                    replicas.try_all();
                }
                Ok(store)
            }
            Err(error) => {
                // So that the next attempt finds the file free; the first error is the one to tell.
                drop(store.close().await);
                Err(error)
            }
        }
    }

    /// The credentials that were checked lately.
    pub(crate) fn live(&self) -> &Live<LiveCredential> {
        &self.0.live
    }

    /// Which database is there.
    pub fn engine(&self) -> Engine {
        match self.0.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs `work` in a transaction that acts as if nobody else wrote meanwhile.
    ///
    /// Commits when it returns `Ok`, and returns only when that is durable; rolls back when it returns `Err` or is
    /// dropped. It may run more than once, so nothing but `tx` may be changed inside.
    ///
    /// Who has much to write stands in line for it: [`Store::stand_in_line`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => {
                let mut tx = sqlite.begin_write(true).await?;
                let outcome = work(&mut tx).await;
                self.0.counters.note(&tx);
                Sqlite::end_write(tx, outcome).await
            }
            Backend::Postgres(postgres) => {
                Box::pin(self.repeat(postgres, Begin::Write, work)).await
            }
        }
    }

    /// A place for who has much to write, such as hundreds of rows, and holds it while it calls [`Store::write`].
    ///
    /// What can be done later makes way for those in line. On PostgreSQL those of this process write one after the other:
    /// whoever is added stands behind the last one, on the same page of an index on which everybody else's references are
    /// looked up. PostgreSQL takes that for a conflict of serializable transactions, and of several long ones at once
    /// all but one would be for nothing. SQLite has one writer in any case, and commits for several at once.
    pub async fn stand_in_line(&self) -> Place<'_> {
        self.0.line.join(self.engine() == Engine::Postgres).await
    }

    /// Whether anybody in this process stands in line.
    pub fn has_line(&self) -> bool {
        !self.0.line.is_empty()
    }

    /// As `write`, but does not wait for the disk. Every later transaction sees the change, and it is durable before
    /// anything is that is written later: for what must count at once, and may be forgotten if the power fails before
    /// anything came of it.
    ///
    /// Saves a commit where a `write` follows soon; until then keep what is returned beside the result.
    pub async fn write_unsynced<T, E, F>(&self, work: F) -> Result<(T, Unsynced), E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => {
                let mut tx = sqlite.begin_write(false).await?;
                let outcome = work(&mut tx).await;
                self.0.counters.note(&tx);
                let (value, unsynced) = Sqlite::end_write_unsynced(tx, outcome).await?;
                Ok((value, Unsynced::in_batch(unsynced)))
            }
            Backend::Postgres(postgres) => {
                let value = Box::pin(self.repeat(postgres, Begin::Unsynced, work)).await?;
                Ok((value, Unsynced::in_log()))
            }
        }
    }

    /// Runs `work` on a snapshot: all that it reads is of one moment. It can't write.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => self.look(sqlite.begin_read().await?, work).await,
            Backend::Postgres(postgres) => Box::pin(self.repeat(postgres, Begin::Read, work)).await,
        }
    }

    /// Runs `work`, which reads, on SQLite.
    async fn look<T, E, F>(&self, mut tx: Tx, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        let outcome = work(&mut tx).await;
        self.0.counters.note(&tx);
        outcome
    }

    /// As `read`, for what may take longer than a few hundred microseconds. What only shows a list uses [`Store::list`].
    ///
    /// SQLite answers on the thread that asks; here the other tasks of that thread are moved elsewhere first.
    pub async fn scan<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        let runtime = Handle::current();
        match &self.0.backend {
            Backend::Sqlite(sqlite) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => {
                let tx = sqlite.begin_read().await?;
                tokio::task::block_in_place(|| runtime.block_on(self.look(tx, work)))
            }
            _ => self.read(work).await,
        }
    }

    /// Runs `work`, which reads with a single statement: the cheapest way, without a snapshot for several.
    pub async fn point_read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => self.look(sqlite.point().await?, work).await,
            Backend::Postgres(postgres) => {
                Box::pin(self.repeat(postgres, Begin::Point, work)).await
            }
        }
    }

    /// Runs `work` on PostgreSQL, again if need be. In a box: on SQLite every future that uses the store would carry this
    /// along for nothing, and here a transaction costs a thousand times what a box does.
    async fn repeat<T, E, F>(&self, postgres: &Postgres, begin: Begin, work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: AsyncFn(&mut Tx) -> Result<T, E>
            + for<'t> Work<&'t mut Tx, Result<T, E>, Fut: Send>
            + Send
            + Sync,
    {
        let mut attempt = 1;
        loop {
            let turn = match begin {
                Begin::Write | Begin::Unsynced => Some(postgres.turn(attempt).await),
                Begin::Read | Begin::Point => None,
            };
            let (error, fault) = match postgres.begin(begin).await {
                Ok(mut tx) => {
                    let outcome = work(&mut tx).await;
                    self.0.counters.note(&tx);
                    let ended = Postgres::end(tx, outcome).await;
                    if !matches!(ended.0, Attempt::Done(Err(_))) {
                        postgres.wrote(begin);
                    }
                    match ended {
                        (Attempt::Done(outcome), changes) => {
                            if outcome.is_ok() && matches!(begin, Begin::Write | Begin::Unsynced) {
                                self.0.follower.follow(&changes);
                                self.0.counters.committed(1);
                            }
                            return outcome;
                        }
                        (Attempt::Failed(error, fault), _) => (error, fault),
                    }
                }
                Err(failed) => failed,
            };
            drop(turn);
            if !postgres.may_try_again(attempt, fault) {
                if fault != Fault::Race && matches!(error, Error::Unavailable { .. }) {
                    self.0.counters.failed();
                }
                return Err(error.into());
            }
            postgres::pause(attempt).await;
            attempt += 1;
            self.0.counters.repeats.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Asks the database for a sign of life; if it has failed at something since it was asked last, whether it keeps a
    /// change. As long as all is well that writes nothing, however often it is asked.
    ///
    /// Only a probe that was kept ends the doubt: on a disk that is nearly full what is small goes on.
    pub async fn ready(&self) -> Result<(), Error> {
        let counters = &self.0.counters;
        let failures = counters.failures.load(Ordering::Relaxed);
        if counters.overcome.load(Ordering::Relaxed) == failures {
            let sign = async |tx: &mut Tx| tx.one("SELECT 1", &[], |_| Ok(())).await;
            return self.point_read(sign).await;
        }
        let probe = "x".repeat(PROBE);
        self.write(async |tx: &mut Tx| tx.set_fact(PROBE_FACT, &probe).await).await?;
        self.write(async |tx: &mut Tx| tx.delete_fact(PROBE_FACT).await).await?;
        counters.overcome.store(failures, Ordering::Relaxed);
        Ok(())
    }

    /// Copies the database into a new file while it is in use; only for SQLite, PostgreSQL has its own tools.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite::backup(sqlite.path(), to).await,
            Backend::Postgres(_) => Err(Error::Refused(POSTGRES_BACKUP.to_owned())),
        }
    }

    /// Copies a database that another process may have open into a new file; only for SQLite files.
    pub async fn backup_of(location: &Location, to: &Path) -> Result<(), Error> {
        match location {
            Location::File(path) => sqlite::backup(path, to).await,
            Location::Memory => Err(Error::Refused(
                "the database is in the memory of its server: nothing of it is kept".to_owned(),
            )),
            Location::Postgres(_) => Err(Error::Refused(POSTGRES_BACKUP.to_owned())),
        }
    }

    /// Puts a copy in the place of a database that no server uses; only for SQLite files. Says where the database that
    /// was there is kept.
    pub async fn restore(location: &Location, from: &Path) -> Result<Option<PathBuf>, Error> {
        sqlite::restore(Self::check_restore(location)?, from, MIGRATIONS).await
    }

    /// The file in whose place a copy can be put; there is none where the database is no file of this machine.
    pub fn check_restore(location: &Location) -> Result<&Path, Error> {
        match location {
            Location::File(path) => Ok(path),
            Location::Memory => Err(Error::Refused(
                "the database is in the memory of its server: nothing can be put in its place"
                    .to_owned(),
            )),
            Location::Postgres(_) => Err(Error::Refused(POSTGRES_RESTORE.to_owned())),
        }
    }

    /// Waits for what is being committed and closes the database; whatever is asked afterwards is refused.
    pub async fn close(&self) -> Result<(), Error> {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => {
                postgres.close();
                Ok(())
            }
        }
    }

    /// What the store has done so far.
    pub fn statistics(&self) -> Statistics {
        self.0.counters.so_far()
    }
}
