//! `roster whoami`

use anyhow::Result;
use roster_client::model;
use serde_json::Value;

use crate::{connection::Connection, output::Show, record::Record, ui::Ui};

/// Show as whom commands run
#[derive(Debug, clap::Args)]
pub(crate) struct Whoami {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    show: Show,
}

impl Whoami {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        ui.out.changed(&roster.whoami().await?, &self.show)
    }
}

impl Record for model::Whoami {
    const COLUMNS: &'static [&'static str] =
        &["username", "email", "name", "role", "credential", "expires_at"];

    fn id(&self) -> String {
        self.user.uuid.to_string()
    }

    fn computed(&self, column: &str) -> Option<Value> {
        match column {
            "name" => Some(self.user.name().into()),
            _ => serde_json::to_value(&self.user).ok()?.get(column).cloned(),
        }
    }
}
