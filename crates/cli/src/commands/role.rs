//! `roster role`

use anyhow::Result;
use clap::Subcommand;

use crate::{connection::Connection, output::Show, ui::Ui};

/// See the roles that groups can give their members
#[derive(Debug, clap::Args)]
pub(crate) struct RoleCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(Ls),
}

impl RoleCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => {
                let roles = roster.list_roles().await?.items;
                ui.out.list(&roles, &ls.show)
            }
        }
    }
}

/// List roles
#[derive(Debug, clap::Args)]
struct Ls {
    #[command(flatten)]
    show: Show,
}
