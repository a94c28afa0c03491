//! `roster user`: takes everything that `airt user` takes, and Roster's own verbs.

mod create;
mod password;
mod phone;
mod read;
mod row;
mod status;
mod update;

use anyhow::Result;
use clap::Subcommand;

use super::{mfa::MfaVerb, sso::SsoVerb};
use crate::{connection::Connection, ui::Ui};

/// Create, see and manage users
#[derive(Debug, clap::Args)]
pub(crate) struct UserCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Box<create::Create>),
    #[command(alias = "show")]
    Details(read::Details),
    #[command(alias = "list")]
    Ls(read::Ls),
    Directory(read::Directory),
    Update(Box<update::Update>),
    Disable(status::Disable),
    Enable(status::Enable),
    Suspend(status::Suspend),
    Delete(status::Delete),
    Restore(status::Restore),
    Invite(password::Invite),
    SetPassword(password::SetPassword),
    ResetPassword(password::ResetPassword),
    RegisterPhoneNumber(phone::Register),
    RemovePhoneNumber(phone::Remove),
    Impersonate(status::Impersonate),
    /// Turn multi-factor authentication on and off
    #[command(subcommand)]
    Mfa(MfaVerb),
    /// Sign in at providers such as Google and GitHub
    #[command(subcommand)]
    Sso(SsoVerb),
}

impl UserCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        // Whoever has forgotten the password cannot be logged in.
        if let Verb::ResetPassword(command) = self.verb {
            let roster = self.connection.nobody(&self.connection.server()?)?;
            return command.run(&roster, ui).await;
        }
        let roster = &self.connection.client()?;
        match self.verb {
            Verb::Create(command) => command.run(roster, ui).await,
            Verb::Details(command) => command.run(roster, ui).await,
            Verb::Ls(command) => command.run(roster, ui).await,
            Verb::Directory(command) => command.run(roster, ui).await,
            Verb::Update(command) => command.run(roster, ui).await,
            Verb::Disable(command) => command.run(roster, ui).await,
            Verb::Enable(command) => command.run(roster, ui).await,
            Verb::Suspend(command) => command.run(roster, ui).await,
            Verb::Delete(command) => command.run(roster, ui).await,
            Verb::Restore(command) => command.run(roster, ui).await,
            Verb::Invite(command) => command.run(roster, ui).await,
            Verb::SetPassword(command) => command.run(roster, ui).await,
            Verb::ResetPassword(command) => command.run(roster, ui).await,
            Verb::RegisterPhoneNumber(command) => command.run(roster, ui).await,
            Verb::RemovePhoneNumber(command) => command.run(roster, ui).await,
            Verb::Impersonate(command) => command.run(roster, ui).await,
            Verb::Mfa(verb) => verb.run(roster, ui).await,
            Verb::Sso(verb) => verb.run(roster, ui).await,
        }
    }
}
