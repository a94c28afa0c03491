//! `roster backup`

use std::path::PathBuf;

use anyhow::Result;
use roster_server::operator;

use super::config::Settings;
use crate::ui::Ui;

/// Copy the SQLite database into a new file, while the server runs
///
/// The secret key is not in it: keep a copy of that as well, in another place.
#[derive(Debug, clap::Args)]
pub(crate) struct Backup {
    /// The new file
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

impl Backup {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let settings = self.settings.load()?;
        let waiting = ui.talk.wait("Copying the database…");
        let copied = operator::backup(&settings, &self.file).await;
        waiting.finish_and_clear();
        copied?;
        ui.talk.say(&format!("The database is copied into {}.", self.file.display()));
        Ok(())
    }
}
