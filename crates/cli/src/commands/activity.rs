//! `roster activity`

use anyhow::Result;
use roster_client::model::{ActivityFilter, ActivityOrder, RunState};

use crate::{connection::Connection, output::Show, ui::Ui};

/// See what happened to what you own, and what you did
#[derive(Debug, clap::Args)]
pub(crate) struct ActivityCommand {
    #[command(flatten)]
    connection: Connection,
    /// Only what stands so: succeeded, failed or running
    #[arg(long)]
    state: Option<RunState>,
    /// Only what is of these users: their numbers, with commas between
    #[arg(long, value_name = "IDS")]
    author: Option<String>,
    /// newest, or name (from Z to A)
    #[arg(long)]
    order: Option<ActivityOrder>,
    #[command(flatten)]
    show: Show,
}

impl ActivityCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        let filter = ActivityFilter { state: self.state, author: self.author, order: self.order };
        ui.out.list(&roster.list_activity(&filter).await?.items, &self.show)
    }
}
