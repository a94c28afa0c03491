//! SQLite: one writer that groups waiting transactions into one commit, and readers beside it.

mod batch;
mod checkpoint;
mod connection;
mod ownership;
mod readers;
mod restore;
mod statement;
mod waiting;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::backup::{Backup, StepResult};

pub(super) use readers::{Reader, Readers};
pub(super) use restore::restore;
pub(super) use statement::{batch, execute, find, insert_each, list};
pub(super) use writer::{Member, Unsynced};

use super::tx::Conn;
use super::{Counters, Options, Tx};
use crate::{Change, Error, Follow};
use checkpoint::{Bounds, Checkpoints};
use connection::error;
use ownership::Ownership;
use writer::Writer;

/// An open SQLite database.
pub(super) struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    path: PathBuf,
    /// Removed with the store, when the database was only asked for in memory.
    _scratch: Option<tempfile::TempDir>,
}

impl Sqlite {
    /// Opens or creates the database at `path`; without a path, one that is gone with the store.
    pub(super) fn open(
        path: Option<&Path>,
        options: &Options,
        counters: &Arc<Counters>,
        follower: &Arc<dyn Follow>,
    ) -> Result<Self, Error> {
        let scratch = if path.is_none() { Some(connection::scratch()?) } else { None };
        let path = match (path, &scratch) {
            (Some(path), _) => path.to_owned(),
            (None, Some(scratch)) => scratch.path().join("roster.db"),
            (None, None) => return Err(Error::internal("a database in memory without a place")),
        };
        let ownership = Ownership::take(&path)?;
        let durable = scratch.is_none();
        let mut writer = connection::writer(&path, durable)?;
        let checkpoints = Checkpoints::of(&mut writer, path.clone(), durable, Bounds::USUAL)?;
        let readers = Readers::open(&path, options.readers)?;
        let writer = Writer::new(
            (writer, checkpoints),
            ownership,
            options.batch,
            counters.clone(),
            follower.clone(),
        );
        Ok(Self { writer, readers: Arc::new(readers), path, _scratch: scratch })
    }

    /// A transaction in the writer's current batch. `is_awaited` says whether its end will be waited for.
    pub(super) async fn begin_write(&self, is_awaited: bool) -> Result<Tx, Error> {
        Ok(Tx::new(Conn::Writer(self.writer.join(is_awaited).await?)))
    }

    /// Ends what `begin_write` began, and waits until the disk has it.
    pub(super) async fn end_write<T, E: From<Error>>(
        tx: Tx,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        let (member, changes, value) = end(tx, outcome).await?;
        let (receipt, duty) = member.keep(changes)?;
        if let Some(duty) = duty {
            duty.fulfil().await;
        }
        receipt.wait().await?;
        Ok(value)
    }

    /// Ends what `begin_write` began, and leaves the disk to others.
    pub(super) async fn end_write_unsynced<T, E: From<Error>>(
        tx: Tx,
        outcome: Result<T, E>,
    ) -> Result<(T, Unsynced), E> {
        let (member, changes, value) = end(tx, outcome).await?;
        Ok((value, member.keep_unsynced(changes)?))
    }

    /// A snapshot of what is committed now.
    pub(super) async fn begin_read(&self) -> Result<Tx, Error> {
        Ok(Tx::new(Conn::Reader(self.readers.clone().take(true).await?)))
    }

    /// A reader without a snapshot, for one statement.
    pub(super) async fn point(&self) -> Result<Tx, Error> {
        Ok(Tx::new(Conn::Reader(self.readers.clone().take(false).await?)))
    }

    /// The file of the database.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Commits what is open and refuses everything after.
    pub(super) async fn close(&self) -> Result<(), Error> {
        self.readers.close();
        self.writer.close().await
    }
}

/// What a transaction is to be kept with; undoes one that failed.
async fn end<T, E: From<Error>>(
    tx: Tx,
    outcome: Result<T, E>,
) -> Result<(Member, Vec<Change>, T), E> {
    let (Conn::Writer(member), changes, failed) = tx.into_parts() else {
        return Err(Error::internal("not a write transaction").into());
    };
    let error = match (outcome, failed) {
        (Ok(value), None) => return Ok((member, changes, value)),
        (Ok(_), Some(error)) => error.into(),
        (Err(refusal), _) => refusal,
    };
    let (receipt, duty) = member.give_up();
    if let Some(duty) = duty {
        duty.fulfil().await;
    }
    receipt.wait().await?;
    Err(error)
}

/// The file of another program, for reading.
pub(super) fn open_foreign(path: &Path) -> Result<Readers, Error> {
    connection::check_kind(path)?;
    Readers::open(path, 1)
}

/// A file that a server may have open, for one look.
pub(super) fn open_to_look(path: &Path) -> Result<Readers, Error> {
    connection::check_kind(path)?;
    Ok(Readers::beginning_with(connection::onlooker(path)?, path, 1))
}

/// A snapshot of what another program has committed by now.
pub(super) async fn begin_foreign(readers: Arc<Readers>) -> Result<Tx, Error> {
    Ok(Tx::new(Conn::Reader(readers.take(true).await?)))
}

/// Copies the database file `from`, which may be in use, into the new file `to`.
pub(super) async fn backup(from: &Path, to: &Path) -> Result<(), Error> {
    let (from, to) = (from.to_owned(), to.to_owned());
    tokio::task::spawn_blocking(move || copy(&from, &to))
        .await
        .map_err(|error| Error::outage("the copy was broken off", error))?
}

/// Copies a database file that may be in use, through SQLite's own backup interface.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Refused(format!("{} is there already", to.display())));
    }
    if !from.exists() {
        return Err(Error::Refused(format!("there is no database {}", from.display())));
    }
    let source = connection::reader(from)?;
    let part = to.with_added_extension("part");
    connection::make_private(&part)
        .map_err(|error| Error::Refused(format!("cannot write {}: {error}", part.display())))?;
    let mut target = rusqlite::Connection::open(&part).map_err(error)?;
    // All pages in one step: a step-by-step copy would start again at each commit made beside it.
    let copied = Backup::new(&source, &mut target).and_then(|backup| backup.step(-1));
    let copied = match copied.map_err(error) {
        Ok(StepResult::Done) => target.pragma_update(None, "journal_mode", "DELETE").map_err(error),
        Ok(_) => Err(Error::unavailable("another program holds the database file")),
        Err(error) => Err(error),
    };
    drop(target);
    let kept = copied.and_then(|()| {
        std::fs::File::open(&part)
            .and_then(|file| file.sync_all())
            .and_then(|()| std::fs::rename(&part, to))
            .map_err(|error| Error::Refused(format!("cannot write {}: {error}", to.display())))
    });
    if kept.is_err() {
        // What is half copied is no backup; that it cannot be removed adds nothing to the first error.
        drop(std::fs::remove_file(&part));
    }
    kept
}
