//! `roster sso`, which is `roster user sso` as well

use anyhow::Result;
use clap::Subcommand;
use roster_client::{Client, model::EnableSso};

use crate::{codes::Otp, connection::Connection, output::Show, ui::Ui};

/// Sign in at providers such as Google and GitHub
#[derive(Debug, clap::Args)]
pub(crate) struct SsoCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: SsoVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SsoVerb {
    Enable(Enable),
    Disable(Disable),
    #[command(alias = "list")]
    Ls(Ls),
    Providers(Providers),
}

impl SsoCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        self.verb.run(&self.connection.client()?, ui).await
    }
}

impl SsoVerb {
    pub(crate) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        match self {
            Self::Enable(command) => command.run(roster, ui).await,
            Self::Disable(command) => command.run(roster, ui).await,
            Self::Ls(command) => {
                let links = roster.list_sso_links(&command.user).await?.items;
                ui.out.list(&links, &command.show)
            }
            Self::Providers(command) => {
                ui.out.list(&roster.list_sso_providers().await?.items, &command.show)
            }
        }
    }
}

/// Let yourself sign in at a provider
#[derive(Debug, clap::Args)]
pub(crate) struct Enable {
    /// Name of the provider, for example google
    provider: String,
    /// Your address there [default: your own address]
    #[arg(short, long)]
    email: Option<String>,
    /// Whose account: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
}

impl Enable {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let link = EnableSso { email: self.email };
        let (user, provider) = (&self.user, &self.provider);
        let call = self
            .otp
            .call(roster, &ui.talk, async |roster| roster.enable_sso(user, provider, &link).await);
        let link = call.await?;
        ui.talk.say(&format!("Sign-in at {} is on for {}.", link.provider, link.email));
        Ok(())
    }
}

/// Let yourself no longer sign in at a provider
#[derive(Debug, clap::Args)]
pub(crate) struct Disable {
    /// Name of the provider, for example google
    provider: String,
    /// Whose account: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    otp: Otp,
}

impl Disable {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let (user, provider) = (&self.user, &self.provider);
        let call = self
            .otp
            .call(roster, &ui.talk, async |roster| roster.disable_sso(user, provider).await);
        ui.talk.say(&format!("Sign-in at {} is off.", call.await?.provider));
        Ok(())
    }
}

/// List the providers that a user is linked to
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// Whose: id, UUID, username or e-mail address
    #[arg(short, long, default_value = "me")]
    user: String,
    #[command(flatten)]
    show: Show,
}

/// List the providers that the server knows
#[derive(Debug, clap::Args)]
pub(crate) struct Providers {
    #[command(flatten)]
    show: Show,
}
