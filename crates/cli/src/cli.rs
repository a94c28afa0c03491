//! The command line: `roster <noun> <verb>`.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{commands::*, ui::Ui};

/// Roster: who may use the platform
///
/// Runs the server (`roster serve`) and is its command line. Begin with `roster login`.
#[derive(Debug, Parser)]
#[command(name = "roster", version, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Setup(setup::Setup),
    Login(login::Login),
    Logout(logout::Logout),
    Whoami(whoami::Whoami),
    User(user::UserCommand),
    #[command(alias = "invitations")]
    Invitation(invitation::InvitationCommand),
    Mfa(mfa::MfaCommand),
    Sso(sso::SsoCommand),
    Session(session::SessionCommand),
    #[command(alias = "apikey")]
    ApiKey(api_key::ApiKeyCommand),
    #[command(alias = "groups")]
    Group(group::GroupCommand),
    #[command(alias = "roles")]
    Role(role::RoleCommand),
    #[command(alias = "organization")]
    Org(org::OrgCommand),
    #[command(alias = "themes")]
    Theme(theme::ThemeCommand),
    #[command(alias = "plans")]
    Plan(plan::PlanCommand),
    #[command(alias = "favorites")]
    Favorite(favorite::FavoriteCommand),
    #[command(alias = "objects")]
    Object(object::ObjectCommand),
    Activity(activity::ActivityCommand),
    #[command(alias = "flags")]
    Flag(flag::FlagCommand),
    #[command(alias = "messages")]
    Message(message::MessageCommand),
    Audit(audit::AuditCommand),
    Config(config::ConfigCommand),
    Doctor(doctor::Doctor),
    Admin(admin::AdminCommand),
    Backup(backup::Backup),
    Restore(restore::Restore),
    MigrateDb(migrate_db::MigrateDb),
    Import(import::Import),
    Export(export::Export),
    Completions(completions::Completions),
}

impl Cli {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        match self.command {
            Command::Serve(command) => return command.run(ui).await,
            Command::Setup(command) => command.run(ui).await?,
            Command::Login(command) => command.run(ui).await?,
            Command::Logout(command) => command.run(ui).await?,
            Command::Whoami(command) => command.run(ui).await?,
            Command::User(command) => command.run(ui).await?,
            Command::Invitation(command) => command.run(ui).await?,
            Command::Mfa(command) => command.run(ui).await?,
            Command::Sso(command) => command.run(ui).await?,
            Command::Session(command) => command.run(ui).await?,
            Command::ApiKey(command) => command.run(ui).await?,
            Command::Group(command) => command.run(ui).await?,
            Command::Role(command) => command.run(ui).await?,
            Command::Org(command) => command.run(ui).await?,
            Command::Theme(command) => command.run(ui).await?,
            Command::Plan(command) => command.run(ui).await?,
            Command::Favorite(command) => command.run(ui).await?,
            Command::Object(command) => command.run(ui).await?,
            Command::Activity(command) => command.run(ui).await?,
            Command::Flag(command) => command.run(ui).await?,
            Command::Message(command) => command.run(ui).await?,
            Command::Audit(command) => command.run(ui).await?,
            Command::Config(command) => return command.run(ui),
            Command::Doctor(command) => return command.run(ui).await,
            Command::Admin(command) => command.run(ui).await?,
            Command::Backup(command) => command.run(ui).await?,
            Command::Restore(command) => command.run(ui).await?,
            Command::MigrateDb(command) => command.run(ui).await?,
            Command::Import(command) => command.run(ui).await?,
            Command::Export(command) => command.run(ui).await?,
            Command::Completions(command) => command.run(ui)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
