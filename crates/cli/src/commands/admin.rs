//! `roster admin`

use anyhow::Result;
use clap::Subcommand;
use roster_client::model::NewUser;
use roster_server::operator;

use super::config::Settings;
use crate::ui::Ui;

/// Make an administrator directly in the database, without any login
///
/// For the operator of the server: at the first set-up, and when all administrators are lost.
#[derive(Debug, clap::Args)]
pub(crate) struct AdminCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Create),
}

impl AdminCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        match self.verb {
            Verb::Create(command) => command.run(ui).await,
        }
    }
}

/// Create a system administrator; on SQLite, stop the server first
#[derive(Debug, clap::Args)]
struct Create {
    /// Username; without it you are asked [-un]
    #[arg(short, long, alias = "un")]
    username: Option<String>,
    /// E-mail address; without it you are asked
    #[arg(short, long)]
    email: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl Create {
    async fn run(self, ui: &mut Ui) -> Result<()> {
        let settings = self.settings.load()?;
        let ask = |given: Option<String>, what| match given {
            Some(given) => Ok(given),
            None => ui.talk.ask(what),
        };
        let username = ask(self.username, "Username")?;
        let email = ask(self.email, "E-mail address")?;
        let password = Some(ui.talk.ask_new_password("Password")?);
        let new = NewUser { username, email, password, ..NewUser::default() };
        let user = operator::create_administrator(&settings, &new).await?;
        ui.talk.say(&format!(
            "{} is an administrator. When the server runs: roster login --username {}",
            user.username, user.username
        ));
        Ok(())
    }
}
