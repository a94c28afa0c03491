//! `roster export`

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use anyhow::{Context, Result};
use futures_util::TryStreamExt;
use roster_client::model::{OrganizationId, UserFilter, UserRow};

use crate::{
    connection::Connection,
    ui::Ui,
    user_rows::{FileForm, RowWriter},
};

/// Users in one request.
const PAGE: u32 = 1000;
/// How often the progress is shown anew, in users.
const STEP: u64 = 1000;

/// Write users into a file that `roster import` reads
///
/// The hashes of passwords are not in it: they never leave the server. For everything, use `roster backup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The new file; - for standard output
    file: PathBuf,
    /// Its form [default: what its name ends in]
    #[arg(long, value_name = "FORM")]
    format: Option<FileForm>,
    /// Those of the organization with this id
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Those of whom this is true, such as "status = 'active'"
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

impl Export {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let form = FileForm::choose(self.format, &self.file)?;
        if self.file.as_os_str() == "-" {
            let count = self.write(ui, RowWriter::new(form, io::stdout())?).await?;
            ui.talk.say(&format!("Users written: {count}."));
            return Ok(());
        }
        // Who is in it is nobody else's business on this machine.
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.file);
        let file = opened.with_context(|| format!("cannot make {}", self.file.display()))?;
        match self.write(ui, RowWriter::new(form, file)?).await {
            Ok(count) => {
                ui.talk.say(&format!("Users written into {}: {count}.", self.file.display()));
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
        let roster = self.connection.client()?;
        let plans = roster.plans().all().await?;
        let filter = UserFilter {
            organization_id: self.organization,
            filter: self.filter.clone(),
            ..UserFilter::default()
        };
        let progress = ui.talk.progress("Exporting", None);
        let mut users = std::pin::pin!(roster.users().filter(filter).page_size(PAGE).stream());
        let mut count: u64 = 0;
        while let Some(user) = users.try_next().await? {
            let plan = plans.iter().find(|plan| Some(plan.id) == user.plan_id);
            file.write(&UserRow::of(user, plan.map(|plan| plan.name.clone())))?;
            count += 1;
            if count.is_multiple_of(STEP) {
                progress.set_message(format!("Exporting… {count}"));
                progress.tick();
            }
        }
        file.finish()?;
        progress.finish_and_clear();
        Ok(count)
    }
}
