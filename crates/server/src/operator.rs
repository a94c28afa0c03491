//! What the operator does at the terminal, directly on the database and without anybody's password.

use std::path::Path;

use anyhow::Context;
use roster_core::Actor;
use roster_model::{NewUser, Role, User};
use roster_store::Store;

use crate::{config::Settings, start::open_core};

/// Copies the SQLite database into a new file, whether a server uses it or not.
///
/// # Errors
/// The file is there already or cannot be written, or the database is not SQLite.
pub async fn backup(settings: &Settings, to: &Path) -> anyhow::Result<()> {
    let location = settings.location().context("database_url")?;
    Ok(Store::backup_of(&location, to).await?)
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
