//! One process owns a database file, because what it keeps in memory must not be passed by.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::Error;

/// The right to use a database file; the kernel ends it with the process, however that ends.
pub(super) struct Ownership {
    lock: File,
}

impl Ownership {
    /// Takes the lock beside the database file at `path`, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self, Error> {
        let lock_path = path.with_added_extension("lock");
        let refused = |error: std::io::Error| {
            Error::Refused(format!("cannot lock the database ({}): {error}", lock_path.display()))
        };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // What is kept is nobody else's business on this machine.
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(refused)?;
        }
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let named = lock.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder =
                    if named { format!(" (process {})", holder.trim()) } else { String::new() };
                return Err(Error::Refused(format!(
                    "another server{holder} is using the database {}; stop it first, or choose another data directory",
                    path.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(refused(error)),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(refused)?;
        Ok(Self { lock })
    }
}

impl Drop for Ownership {
    /// Said aloud, since closing the file is not enough while a child process that is just being made still has it.
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(?error, "the lock of the database could not be given back");
        }
    }
}
