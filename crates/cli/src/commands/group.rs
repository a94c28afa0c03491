//! `roster group`

use anyhow::{Result, bail};
use clap::Subcommand;
use futures_util::TryStreamExt;
use roster_client::{
    Client,
    model::{
        GroupId, GroupUpdate, MembershipRank, NewGroup, OrganizationId, SetMembership, UserId,
    },
};

use super::{NarrowedLs, Part};
use crate::{connection::Connection, output::Show, ui::Ui};

/// See and manage groups and who belongs to them
#[derive(Debug, clap::Args)]
pub(crate) struct GroupCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List groups
    #[command(alias = "list")]
    Ls(NarrowedLs),
    #[command(alias = "show")]
    Details(Details),
    Create(Create),
    Update(Update),
    Delete(Delete),
    Members(Members),
    Add(Add),
    Remove(Remove),
}

impl GroupCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.groups(), ui).await,
            Verb::Details(command) => {
                let id = find(&roster, &command.group).await?;
                ui.out.one(&roster.get_group(id).await?, &command.show)
            }
            Verb::Create(command) => command.run(&roster, ui).await,
            Verb::Update(command) => command.run(&roster, ui).await,
            Verb::Delete(command) => command.run(&roster, ui).await,
            Verb::Members(command) => {
                let id = find(&roster, &command.group).await?;
                let members = command.part.of(roster.members(id), &ui.talk).await?;
                ui.out.list(&members, &command.show)
            }
            Verb::Add(command) => command.run(&roster, ui).await,
            Verb::Remove(command) => {
                let id = find(&roster, &command.group).await?;
                for user in &command.users {
                    roster.remove_member(id, user).await?;
                    ui.talk.say(&format!("{user} is no longer in {}.", command.group));
                }
                Ok(())
            }
        }
    }
}

/// The group that a person means: by id, slug or name.
async fn find(roster: &Client, group: &str) -> Result<GroupId> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let mut groups = std::pin::pin!(roster.groups().page_size(1000).stream());
    let mut by_name = None;
    while let Some(one) = groups.try_next().await? {
        if one.slug == group {
            return Ok(one.id);
        }
        if one.name == group {
            if by_name.is_some() {
                bail!("there are several groups named {group}: use the id");
            }
            by_name = Some(one.id);
        }
    }
    match by_name {
        Some(id) => Ok(id),
        None => bail!("there is no group {group}"),
    }
}

/// Show a group
#[derive(Debug, clap::Args)]
struct Details {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    show: Show,
}

/// Create a group
#[derive(Debug, clap::Args)]
struct Create {
    /// Its name for people
    name: String,
    /// Its name in addresses [default: made from the name]
    #[arg(long)]
    slug: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// Id of its organization [default: your own]
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Id of the user who is to own it
    #[arg(long, value_name = "ID")]
    owner: Option<UserId>,
    #[command(flatten)]
    show: Show,
}

impl Create {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let new = NewGroup {
            name: self.name,
            slug: self.slug,
            description: self.description,
            organization_id: self.organization,
            owner_id: self.owner,
        };
        ui.out.changed(&roster.create_group(&new).await?, &self.show)
    }
}

/// Change a group
#[derive(Debug, clap::Args)]
struct Update {
    /// Id, slug or name of the group
    group: String,
    /// Its name for people
    #[arg(long)]
    name: Option<String>,
    /// Its name in addresses
    #[arg(long)]
    slug: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// Id of the user who is to own it; 0: nobody
    #[arg(long, value_name = "ID")]
    owner: Option<UserId>,
    #[command(flatten)]
    show: Show,
}

impl Update {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let update = GroupUpdate {
            name: self.name,
            slug: self.slug,
            description: self.description,
            owner_id: self.owner.map(|owner| (owner != UserId(0)).then_some(owner)),
        };
        ui.out.changed(&roster.update_group(id, &update).await?, &self.show)
    }
}

/// Delete a group; its members stay users
#[derive(Debug, clap::Args)]
struct Delete {
    /// Id, slug or name of the group
    group: String,
    /// Do not ask whether you are sure
    #[arg(short, long)]
    yes: bool,
}

impl Delete {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let group = roster.get_group(find(roster, &self.group).await?).await?;
        super::be_sure(self.yes, &format!("Delete the group {}?", group.name), &ui.talk)?;
        roster.delete_group(group.id).await?;
        ui.talk.say(&format!("The group {} is deleted.", group.name));
        Ok(())
    }
}

/// List the members of a group
#[derive(Debug, clap::Args)]
struct Members {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    show: Show,
}

/// Make users members of a group, or change the rank of those who are
#[derive(Debug, clap::Args)]
struct Add {
    /// Id, slug or name of the group
    group: String,
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
    /// May manage the others
    #[arg(long)]
    manager: bool,
    #[command(flatten)]
    show: Show,
}

impl Add {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let rank = if self.manager { MembershipRank::Manager } else { MembershipRank::Member };
        let mut members = Vec::new();
        for user in &self.users {
            members.push(roster.set_member(id, user, &SetMembership { rank }).await?);
        }
        ui.out.list(&members, &self.show)
    }
}

/// Take users out of a group
#[derive(Debug, clap::Args)]
struct Remove {
    /// Id, slug or name of the group
    group: String,
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}
