//! `roster user`: takes everything that `airt user` takes, and Roster's own verbs.

mod create;
mod invite;
mod password;
mod people;
mod phone;
mod read;
mod register;
mod row;
mod status;
mod update;

use anyhow::Result;
use clap::Subcommand;
use roster_client::Client;

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
    Register(register::Register),
    #[command(alias = "show")]
    Details(read::Details),
    #[command(alias = "list")]
    Ls(read::Ls),
    Directory(read::Directory),
    People(people::People),
    Person(people::Person),
    Update(Box<update::Update>),
    Disable(status::Disable),
    Enable(status::Enable),
    Suspend(status::Suspend),
    Unsuspend(status::Unsuspend),
    EndSessions(status::EndSessions),
    Delete(status::Delete),
    Restore(status::Restore),
    Invite(invite::Invite),
    AccessEmail(password::AccessEmail),
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
        // Whoever has forgotten the password, or has no account yet, cannot be logged in.
        if matches!(self.verb, Verb::ResetPassword(_) | Verb::Register(_)) {
            let roster = &self.connection.nobody(&self.connection.server()?)?;
            return self.verb.run(roster, ui).await;
        }
        self.verb.run(&self.connection.client()?, ui).await
    }
}

impl Verb {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        match self {
            Self::Create(command) => command.run(roster, ui).await,
            Self::Register(command) => command.run(roster, ui).await,
            Self::Details(command) => command.run(roster, ui).await,
            Self::Ls(command) => command.run(roster, ui).await,
            Self::Directory(command) => command.run(roster, ui).await,
            Self::People(command) => command.run(roster, ui).await,
            Self::Person(command) => command.run(roster, ui).await,
            Self::Update(command) => command.run(roster, ui).await,
            Self::Disable(command) => command.run(roster, ui).await,
            Self::Enable(command) => command.run(roster, ui).await,
            Self::Suspend(command) => command.run(roster, ui).await,
            Self::Unsuspend(command) => command.run(roster, ui).await,
            Self::EndSessions(command) => command.run(roster, ui).await,
            Self::Delete(command) => command.run(roster, ui).await,
            Self::Restore(command) => command.run(roster, ui).await,
            Self::Invite(command) => command.run(roster, ui).await,
            Self::AccessEmail(command) => command.run(roster, ui).await,
            Self::SetPassword(command) => command.run(roster, ui).await,
            Self::ResetPassword(command) => command.run(roster, ui).await,
            Self::RegisterPhoneNumber(command) => command.run(roster, ui).await,
            Self::RemovePhoneNumber(command) => command.run(roster, ui).await,
            Self::Impersonate(command) => command.run(roster, ui).await,
            Self::Mfa(verb) => verb.run(roster, ui).await,
            Self::Sso(verb) => verb.run(roster, ui).await,
        }
    }
}
