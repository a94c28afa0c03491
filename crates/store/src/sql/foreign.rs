//! Databases of other programs: they are only ever read.

use std::sync::Arc;

use super::postgres::{Attempt, Begin, Postgres};
use super::sqlite::{self, Readers};
use super::{Location, Options, Tx, Work};
use crate::Error;

/// A database that is not Roster's.
pub(crate) struct ForeignDatabase(Foreign);

enum Foreign {
    /// A SQLite file, which another program may have open.
    Sqlite(Arc<Readers>),
    /// A PostgreSQL database; boxed, for it is much the larger.
    Postgres(Box<Postgres>),
}

impl ForeignDatabase {
    /// Opens a database without making or changing anything.
    pub(crate) fn open(location: &Location) -> Result<Self, Error> {
        match location {
            Location::Memory => Err(Error::Refused("a database in memory is nobody else's".into())),
            Location::File(path) if !path.is_file() => {
                Err(Error::Refused(format!("there is no database {}", path.display())))
            }
            Location::File(path) => {
                Ok(Self(Foreign::Sqlite(Arc::new(sqlite::open_foreign(path)?))))
            }
            Location::Postgres(url) => {
                let options = Options { connections: 1, ..Options::default() };
                Ok(Self(Foreign::Postgres(Box::new(Postgres::open(url, &options)?))))
            }
        }
    }

    /// Runs `work` on a snapshot. It can't write.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Error>
            + for<'t> Work<&'t mut Tx, Result<T, Error>, Fut: Send>
            + Send
            + Sync,
    {
        match &self.0 {
            Foreign::Sqlite(readers) => {
                work(&mut sqlite::begin_foreign(readers.clone()).await?).await
            }
            Foreign::Postgres(postgres) => {
                let mut tx = postgres.begin(Begin::Read).await.map_err(|(error, _)| error)?;
                let outcome = work(&mut tx).await;
                match Postgres::end(tx, outcome).await {
                    (Attempt::Done(outcome), _) => outcome,
                    (Attempt::Failed(error, _), _) => Err(error),
                }
            }
        }
    }
}
