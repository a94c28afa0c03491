//! `roster org`

use anyhow::Result;
use clap::Subcommand;
use roster_client::{
    Client,
    model::{LoginType, OrganizationId, OrganizationUpdate},
};

use super::{Ls, theme};
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and set up organizations
#[derive(Debug, clap::Args)]
pub(crate) struct OrgCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List organizations
    #[command(alias = "list")]
    Ls(Ls),
    #[command(alias = "show")]
    Details(Details),
    #[command(alias = "edit")]
    Update(Update),
}

impl OrgCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.organizations(), ui).await,
            Verb::Details(details) => {
                let organization = roster.get_organization(details.organization).await?;
                ui.out.one(&organization, &details.show)
            }
            Verb::Update(update) => {
                let change = update.change(&roster).await?;
                let organization = roster.update_organization(update.organization, &change).await?;
                ui.out.one(&organization, &update.show)
            }
        }
    }
}

/// Show an organization with its settings
#[derive(Debug, clap::Args)]
struct Details {
    /// Id of the organization
    organization: OrganizationId,
    #[command(flatten)]
    show: Show,
}

/// Change an organization and its settings
#[derive(Debug, clap::Args)]
struct Update {
    /// Id of the organization
    organization: OrganizationId,
    /// Its name for people
    #[arg(long)]
    name: Option<String>,
    /// How people sign in: any, password or sso
    #[arg(long)]
    login_type: Option<LoginType>,
    /// Whether single people may be exempt from sign-in at a provider
    #[arg(long, value_name = "BOOL")]
    sso_disable_capable: Option<bool>,
    /// Whether codes by SMS are forbidden
    #[arg(long, value_name = "BOOL")]
    sms_otp_disabled: Option<bool>,
    /// Days without use after which a user is suspended; 0: never
    #[arg(long, value_name = "DAYS")]
    inactivity_suspension_days: Option<u32>,
    /// Days after which a password must be changed; 0: as the server is set up
    #[arg(long, value_name = "DAYS")]
    password_expiry_days: Option<u32>,
    /// The shortest password in bytes; 0: as the server is set up
    #[arg(long, value_name = "BYTES")]
    password_min_length: Option<u32>,
    /// Id or name of the theme of its people; an empty text: none
    #[arg(long, value_name = "THEME")]
    default_theme: Option<String>,
    #[command(flatten)]
    show: Show,
}

impl Update {
    async fn change(&self, roster: &Client) -> Result<OrganizationUpdate> {
        let or_none = |number: Option<u32>| number.map(|number| (number != 0).then_some(number));
        let default_theme_id = match self.default_theme.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(theme) => Some(Some(theme::find(roster, theme).await?)),
        };
        Ok(OrganizationUpdate {
            name: self.name.clone(),
            login_type: self.login_type,
            sso_disable_capable: self.sso_disable_capable,
            sms_otp_disabled: self.sms_otp_disabled,
            inactivity_suspension_days: or_none(self.inactivity_suspension_days),
            password_expiry_days: or_none(self.password_expiry_days),
            password_min_length: or_none(self.password_min_length),
            default_theme_id,
        })
    }
}
