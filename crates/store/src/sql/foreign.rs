//! Databases that others have, another program or a server of Roster's: they are only ever read.

use std::path::Path;
use std::sync::Arc;

use super::postgres::{Attempt, Begin, Postgres};
use super::sqlite::{self, Readers};
use super::{Location, MIGRATIONS, Options, Store, Tx, Work, migrate};
use crate::Error;

/// A database that is somebody else's.
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
        Self::open_by(location, sqlite::open_foreign)
    }

    /// As `open`; what opens a file is given.
    fn open_by(
        location: &Location,
        file: impl FnOnce(&Path) -> Result<Readers, Error>,
    ) -> Result<Self, Error> {
        match location {
            Location::Memory => Err(Error::Refused("a database in memory is nobody else's".into())),
            Location::File(path) if !path.is_file() => {
                Err(Error::Refused(format!("there is no database {}", path.display())))
            }
            Location::File(path) => Ok(Self(Foreign::Sqlite(Arc::new(file(path)?)))),
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

impl Store {
    /// Reads what `work` asks of a database that a server may be using; nothing is made, changed or left beside it. None
    /// where there is no database yet, or one without Roster's tables.
    ///
    /// # Errors
    /// `Refused` for what is no database, and for one of a newer Roster; `Unavailable` while it cannot be read.
    pub async fn look_into<T, F>(location: &Location, work: F) -> Result<Option<T>, Error>
    where
        F: AsyncFn(&mut Tx) -> Result<T, Error>
            + for<'t> Work<&'t mut Tx, Result<T, Error>, Fut: Send>
            + Send
            + Sync,
    {
        match location {
            Location::Memory => return Ok(None),
            Location::File(path) if !path.exists() => return Ok(None),
            Location::File(_) | Location::Postgres(_) => {}
        }
        let database = ForeignDatabase::open_by(location, sqlite::open_to_look)?;
        let steps = database.read(async |tx: &mut Tx| migrate::find_applied(tx).await).await?;
        let Some(steps) = steps else { return Ok(None) };
        migrate::judge(&steps, MIGRATIONS)?;
        database.read(work).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{user, write};

    async fn count(location: &Location) -> Result<Option<i64>, Error> {
        let sql = "SELECT COUNT(*) FROM users";
        Store::look_into(location, async |tx: &mut Tx| tx.one(sql, &[], |row| row.get(0)).await)
            .await
    }

    #[tokio::test]
    async fn a_look_sees_what_is_committed_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("100% of #1?.db");
        let location = Location::File(path.clone());
        assert_eq!(count(&location).await.unwrap(), None);
        std::fs::write(&path, "").unwrap();
        assert_eq!(count(&location).await.unwrap(), None, "no tables");
        let store = Store::open(&location, &Options::default()).await.unwrap();
        write(&store, async |tx: &mut Tx| user(tx, "ann").await.map(drop)).await;
        assert_eq!(count(&location).await.unwrap(), Some(1), "beside the one who has it open");
        store.close().await.unwrap();
        drop(store);
        let names = || std::fs::read_dir(folder.path()).unwrap().count();
        let before = names();
        assert_eq!(count(&location).await.unwrap(), Some(1));
        assert_eq!(names(), before);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_roster_is_refused_a_look() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("roster.db"));
        let store = Store::open(&location, &Options::default()).await.unwrap();
        write(&store, async |tx: &mut Tx| {
            tx.batch("UPDATE schema_migrations SET version = 1000 WHERE version = 1").await
        })
        .await;
        let refused = count(&location).await.unwrap_err();
        assert!(refused.to_string().contains("a newer Roster"), "{refused}");
    }
}
