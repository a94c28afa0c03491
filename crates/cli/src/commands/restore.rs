//! `roster restore`

use std::path::PathBuf;

use anyhow::{Context, Result};
use roster_server::operator;

use super::{Sure, config::Settings};
use crate::ui::Ui;

/// Put a backup in the place of the SQLite database; stop the server first
///
/// The file is checked before anything is changed, and the database that was there is kept beside the new one. What was
/// revoked after the backup was made is good again, but for sessions: all of them end.
#[derive(Debug, clap::Args)]
pub(crate) struct Restore {
    /// What `roster backup` wrote
    file: PathBuf,
    #[command(flatten)]
    sure: Sure,
    #[command(flatten)]
    settings: Settings,
}

impl Restore {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let settings = self.settings.load()?;
        operator::check_restore(&settings)?;
        let found = std::fs::metadata(&self.file);
        found.with_context(|| format!("{} cannot be read", self.file.display()))?;
        let question = format!(
            "Put {} in the place of the database in {}?",
            self.file.display(),
            settings.data_dir.display()
        );
        self.sure.ask(&question, &ui.talk)?;
        let waiting = ui.talk.wait("Checking and copying the backup…");
        let restored = operator::restore(&settings, &self.file).await;
        waiting.finish_and_clear();
        let restored = restored?;
        ui.talk.say(&format!("The database is that of {}.", self.file.display()));
        if let Some(kept) = restored.kept {
            ui.talk.say(&format!("The one that was there is kept as {}.", kept.display()));
        }
        if restored.sessions_ended > 0 {
            ui.talk.say(&format!(
                "Sessions that were open in it have ended: {}.",
                restored.sessions_ended
            ));
        }
        Ok(())
    }
}
