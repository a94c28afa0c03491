//! `roster plan`

use anyhow::Result;
use clap::Subcommand;

use super::Part;
use crate::{connection::Connection, output::Show, ui::Ui};

/// See the plans that users can have
#[derive(Debug, clap::Args)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(alias = "list")]
    Ls(Ls),
    #[command(alias = "show")]
    Details(Details),
}

impl PlanCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => {
                let plans = ls.part.of(roster.plans(), &ui.talk).await?;
                ui.out.list(&plans, &ls.show)
            }
            Verb::Details(details) => {
                ui.out.one(&roster.get_plan(&details.plan).await?, &details.show)
            }
        }
    }
}

/// List plans
#[derive(Debug, clap::Args)]
struct Ls {
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    show: Show,
}

/// Show a plan
#[derive(Debug, clap::Args)]
struct Details {
    /// Name or id of the plan
    plan: String,
    #[command(flatten)]
    show: Show,
}
