//! `roster audit`

use anyhow::Result;
use clap::Subcommand;
use roster_client::model::{AuditFilter, ListFilter};

use super::{Ls, Which};
use crate::{connection::Connection, ui::Ui};

/// See what was done, by whom, to whom
#[derive(Debug, clap::Args)]
pub(crate) struct AuditCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Ls(LsEvents),
}

impl AuditCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => {
                let ListFilter { filter, search, order_by } = ls.which.filter();
                let filter =
                    AuditFilter { user: ls.user, action: ls.action, filter, search, order_by };
                ls.ls.run(roster.audit_events().filter(filter), ui).await
            }
        }
    }
}

/// List events, the newest first
#[derive(Debug, clap::Args)]
struct LsEvents {
    /// Only what this user did or what was done to it
    #[arg(short, long)]
    user: Option<String>,
    /// Only this action, for example user.created
    #[arg(long)]
    action: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    ls: Ls,
}
