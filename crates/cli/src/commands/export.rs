//! `roster export`

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use roster_client::model::{GroupRow, OrganizationId, UserFilter, UserRow};
use roster_server::operator;

use super::config::Settings;
use crate::{
    connection::Connection,
    rows::{FileForm, RowWriter},
    ui::Ui,
};

/// Records in one request.
const PAGE: u32 = 1000;
/// How often the progress is shown anew, in records.
const STEP: u64 = 1000;

/// Write users, or groups, into a file that `roster import` reads
///
/// The hashes of passwords are in it only with --hashes, which reads the database itself, at the machine where it is: by
/// no other way do they leave the server.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The new file; - for standard output
    file: PathBuf,
    /// Its form [default: what its name ends in]
    #[arg(long, value_name = "FORM")]
    format: Option<FileForm>,
    /// Groups instead of users; who is in them stands with the users
    #[arg(long, conflicts_with_all = ["filter", "hashes", "organization"])]
    groups: bool,
    /// Those of the organization with this id
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Those of whom this is true, such as "status = 'active'"
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// With the hashes of their passwords, out of the server's database, whether it runs or not
    #[arg(long)]
    hashes: bool,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    connection: Connection,
}

impl Export {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let form = FileForm::choose(self.format, &self.file)?;
        let columns = match (self.groups, self.hashes) {
            (true, _) => GroupRow::COLUMNS,
            (false, true) => UserRow::EXPORTED_WITH_HASHES,
            (false, false) => UserRow::EXPORTED,
        };
        let what = if self.groups { "Groups" } else { "Users" };
        if self.file.as_os_str() == "-" {
            let count = self.write(ui, RowWriter::new(form, io::stdout(), columns)?).await?;
            ui.talk.say(&format!("{what} written: {count}."));
            return Ok(());
        }
        // Who is in it is nobody else's business on this machine.
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file);
        let file = opened.with_context(|| format!("cannot make {}", self.file.display()))?;
        match self.write(ui, RowWriter::new(form, file, columns)?).await {
            Ok(count) => {
                ui.talk.say(&format!("{what} written into {}: {count}.", self.file.display()));
                Ok(())
            }
            Err(error) => {
                // Half a file looks like a whole one. That it cannot be removed adds nothing to the error.
                drop(fs::remove_file(&self.file));
                Err(error)
            }
        }
    }

    async fn write(&self, ui: &Ui, mut file: RowWriter<impl Write>) -> Result<u64> {
        let filter = UserFilter {
            organization_id: self.organization,
            filter: self.filter.clone(),
            ..UserFilter::default()
        };
        let progress = ui.talk.progress("Exporting", None);
        let mut count: u64 = 0;
        let mut told = |more: u64| {
            count += more;
            if more > 1 || count.is_multiple_of(STEP) {
                progress.set_message(format!("Exporting… {count}"));
                progress.tick();
            }
        };
        if self.hashes {
            let settings = self.settings.load()?;
            operator::export_users(settings, &filter, |rows| {
                rows.iter().try_for_each(|row| file.write(row))?;
                told(rows.len() as u64);
                Ok(())
            })
            .await?;
        } else if self.groups {
            let roster = self.connection.client()?;
            let mut groups = std::pin::pin!(roster.groups().page_size(PAGE).stream());
            while let Some(group) = groups.try_next().await? {
                file.write(&GroupRow::from(group.group))?;
                told(1);
            }
        } else {
            let roster = self.connection.client()?;
            let rows = roster.user_rows().filter(filter).page_size(PAGE).stream();
            let mut rows = std::pin::pin!(rows);
            while let Some(row) = rows.try_next().await? {
                file.write(&row)?;
                told(1);
            }
        }
        file.finish()?;
        progress.finish_and_clear();
        Ok(count)
    }
}
