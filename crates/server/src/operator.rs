//! What the operator does at the terminal, directly on the database and without anybody's password.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use roster_core::Actor;
use roster_model::{NewUser, PageRequest, Role, Secret, User, UserFilter, UserRow};
use roster_store::{Location, Progress, Store};

use crate::{config::Settings, start::open_core};

/// Copies the SQLite database into a new file, whether a server uses it or not.
///
/// # Errors
/// The file is there already or cannot be written, or the database is not SQLite.
pub async fn backup(settings: &Settings, to: &Path) -> anyhow::Result<()> {
    let location = settings.location().context("database_url")?;
    Ok(Store::backup_of(&location, to).await?)
}

/// Reads all users with the hashes of their passwords, whether a server uses the database or not, and hands them on in
/// pages. Of SQLite a copy is read, which is gone afterwards: the file itself belongs to the server's process.
///
/// # Errors
/// The filter cannot be read, the database is not there, or `each` fails.
pub async fn export_users(
    mut settings: Settings,
    filter: &UserFilter,
    mut each: impl FnMut(Vec<UserRow>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let location = settings.location().context("database_url")?;
    if let Location::File(path) = &location
        && !path.exists()
    {
        let path = path.display();
        bail!("there is no database {path}: name the directory of the server's with --data-dir");
    }
    let copy = match &location {
        Location::Postgres(_) => None,
        _ => Some(tempfile::Builder::new().prefix("export-").tempdir_in(&settings.data_dir)?),
    };
    if let Some(copy) = &copy {
        let file = copy.path().join("roster.sqlite");
        Store::backup_of(&location, &file).await?;
        settings.database_url = Some(Secret::new(format!("sqlite:{}", file.display())));
    }
    let core = open_core(&settings).await?;
    let actor = Actor::system("users exported at the terminal");
    let mut page = PageRequest { limit: Some(1000), ..PageRequest::default() };
    let outcome = loop {
        match core.export_users_with_hashes(&actor, filter, &page).await {
            Ok(rows) => {
                if let Err(error) = each(rows.items) {
                    break Err(error);
                }
                page.cursor = rows.next;
                if page.cursor.is_none() {
                    break Ok(());
                }
            }
            Err(error) => break Err(error.into()),
        }
    };
    core.close().await.context("the database cannot be closed in order")?;
    outcome
}

/// What putting a backup in place has changed.
pub struct Restored {
    /// Where the database is now that was there before.
    pub kept: Option<PathBuf>,
    /// How many sessions ended that were open when the backup was made.
    pub sessions_ended: u64,
}

/// Says whether a backup could take the place of the database, before anybody is asked about it.
///
/// # Errors
/// The database is not SQLite.
pub fn check_restore(settings: &Settings) -> anyhow::Result<()> {
    Store::check_restore(&settings.location().context("database_url")?)?;
    Ok(())
}

/// Puts a backup in the place of the SQLite database.
///
/// # Errors
/// A server has the database open; the file is damaged, of something else, or of a newer Roster; the secret key is
/// missing; the database is not SQLite. Then nothing is changed.
pub async fn restore(settings: &Settings, from: &Path) -> anyhow::Result<Restored> {
    let location = settings.location().context("database_url")?;
    let key = settings.secret_key_path();
    // A new key would be made otherwise, and be in the way of the right one.
    if settings.secret_key.is_none() && matches!(location, Location::File(_)) && !key.exists() {
        bail!(
            "the secret key is missing, without which second factors and waiting messages in a backup cannot be read: \
             put the copy of it at {} first",
            key.display()
        );
    }
    let kept = Store::restore(&location, from).await?;
    let core = open_core(settings).await?;
    let settled = core.settle_restored(&Actor::system("restored from a backup")).await;
    core.close().await.context("the database cannot be closed in order")?;
    Ok(Restored { kept, sessions_ended: settled? })
}

/// Moves everything from the SQLite database to the empty PostgreSQL database at `to`, and says how many rows there are.
///
/// # Errors
/// A server has the SQLite database open; `to` is no address of a PostgreSQL database, cannot be reached, or is in use.
/// Then nothing is changed.
pub async fn migrate_database(
    settings: &Settings,
    to: &Secret,
    progress: Progress<'_>,
) -> anyhow::Result<u64> {
    let from = settings.location().context("database_url")?;
    let to = to.expose().parse()?;
    Ok(Store::relocate(&from, &to, progress).await?)
}

/// Makes a system administrator: the first one, or one more after all others were lost.
///
/// # Errors
/// A server has the SQLite database open; the rules refuse the name, address or password.
pub async fn create_administrator(settings: &Settings, new: &NewUser) -> anyhow::Result<User> {
    let core = open_core(settings).await?;
    let actor = Actor::system("administrator made at the terminal");
    core.prepare(&actor).await.context("the first organization, group and plans")?;
    let new = NewUser { role: Some(Role::SystemAdmin), ..new.clone() };
    let made = core.create_user(&actor, &new).await;
    core.close().await.context("the database cannot be closed in order")?;
    Ok(made?)
}
