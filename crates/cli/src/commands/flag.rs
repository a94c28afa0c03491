//! `roster flag`

use anyhow::{Result, bail};
use clap::Subcommand;
use roster_client::{
    Client,
    model::{NewFeatureFlag, OrganizationId, SwitchFeatureFlag},
};

use super::{Ls, Sure, group};
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and switch features of the platform, and see who has them
#[derive(Debug, clap::Args)]
pub(crate) struct FlagCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List feature flags, with for how many each is on
    #[command(alias = "list")]
    Ls(Ls),
    #[command(alias = "show")]
    Details(Details),
    Create(Create),
    #[command(alias = "delete")]
    Rm(Rm),
    /// Switch a feature flag on for everybody, organizations, groups or users
    On(Switch),
    /// Switch a feature flag off for everybody, organizations, groups or users
    Off(Switch),
    Switches(Switches),
    Of(Of),
}

impl FlagCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.feature_flags(), ui).await,
            Verb::Details(details) => {
                ui.out.one(&roster.get_feature_flag(&details.flag).await?, &details.show)
            }
            Verb::Create(create) => create.run(&roster, ui).await,
            Verb::Rm(rm) => rm.run(&roster, ui).await,
            Verb::On(switch) => switch.to(true, &roster, ui).await,
            Verb::Off(switch) => switch.to(false, &roster, ui).await,
            Verb::Switches(switches) => {
                switches.ls.run(roster.feature_flag_switches(&switches.flag), ui).await
            }
            Verb::Of(of) => {
                let flags = roster.list_feature_flags_of_user(&of.user).await?.items;
                ui.out.list(&flags, &of.show)
            }
        }
    }
}

/// Show a feature flag
#[derive(Debug, clap::Args)]
struct Details {
    /// Name or id of the feature flag
    flag: String,
    #[command(flatten)]
    show: Show,
}

/// Create a feature flag, which is on for nobody
#[derive(Debug, clap::Args)]
struct Create {
    /// Its name, as programs write it: a-z, 0-9, _, - and .
    name: String,
    /// Switch it on for everybody at once
    #[arg(long)]
    everybody: bool,
    #[command(flatten)]
    show: Show,
}

impl Create {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let new = NewFeatureFlag { name: self.name, is_on_for_everybody: self.everybody };
        ui.out.changed(&roster.create_feature_flag(&new).await?, &self.show)
    }
}

/// Remove a feature flag; nobody has it any more
#[derive(Debug, clap::Args)]
struct Rm {
    /// Name or id of the feature flag
    flag: String,
    #[command(flatten)]
    sure: Sure,
}

impl Rm {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let flag = roster.get_feature_flag(&self.flag).await?;
        self.sure.ask(&format!("Remove the feature flag {}?", flag.name), &ui.talk)?;
        roster.delete_feature_flag(flag.id).await?;
        ui.talk.say(&format!("The feature flag {} is removed.", flag.name));
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
struct Switch {
    /// Name or id of the feature flag
    flag: String,
    /// For everybody
    #[arg(long)]
    everybody: bool,
    /// Ids, UUIDs, usernames or e-mail addresses of people
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// Ids, slugs or names of groups, for everybody in them
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Ids of organizations, for everybody in them
    #[arg(long = "org", value_name = "ID")]
    organizations: Vec<OrganizationId>,
    #[command(flatten)]
    show: Show,
}

impl Switch {
    async fn to(self, is_on: bool, roster: &Client, ui: &mut Ui) -> Result<()> {
        let named = self.users.len() + self.groups.len() + self.organizations.len();
        if named == 0 && !self.everybody {
            bail!("say for whom: --everybody, --user, --group or --org");
        }
        let mut group_ids = Vec::new();
        for group in &self.groups {
            group_ids.push(group::find(roster, group).await?);
        }
        let switch = SwitchFeatureFlag {
            is_on,
            everybody: self.everybody,
            organization_ids: self.organizations,
            group_ids,
            users: self.users,
        };
        ui.out.changed(&roster.switch_feature_flag(&self.flag, &switch).await?, &self.show)
    }
}

/// List for whom a feature flag is on, everybody aside
#[derive(Debug, clap::Args)]
struct Switches {
    /// Name or id of the feature flag
    flag: String,
    #[command(flatten)]
    ls: Ls,
}

/// List which features somebody has
#[derive(Debug, clap::Args)]
struct Of {
    /// Id, UUID, username or e-mail address; me for yourself
    #[arg(default_value = "me")]
    user: String,
    #[command(flatten)]
    show: Show,
}
