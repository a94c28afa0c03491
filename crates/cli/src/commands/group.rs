//! `roster group`

mod share;

use anyhow::{Result, bail};
use clap::Subcommand;
use roster_client::{
    Client,
    model::{
        Group, GroupDefaults, GroupFilter, GroupId, GroupRole, GroupUpdate, ListFilter,
        MembershipRank, NewGroup, OrganizationId, PermissionLevel, SetMembership, UserId,
    },
};

use super::{Ls, NarrowedLs, Sure, Which, or_none};
use crate::{codes::Otp, connection::Connection, output::Show, ui::Ui};

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
    #[command(alias = "list")]
    Ls(LsGroups),
    #[command(alias = "show")]
    Details(Details),
    Create(Create),
    Update(Update),
    Delete(Delete),
    Members(Members),
    Add(Add),
    Remove(Remove),
    Share(share::Share),
    Unshare(share::Unshare),
    Shares(share::Shares),
    Children(share::Children),
}

impl GroupCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(command) => command.ls.run(roster.groups().filter(command.filter()), ui).await,
            Verb::Details(command) => {
                let id = find(&roster, &command.group).await?;
                ui.out.one(&roster.get_group(id).await?, &command.show)
            }
            Verb::Create(command) => command.run(&roster, ui).await,
            Verb::Update(command) => command.run(&roster, ui).await,
            Verb::Delete(command) => command.run(&roster, ui).await,
            Verb::Members(command) => {
                let id = find(&roster, &command.group).await?;
                command.narrowed.run(roster.members(id), ui).await
            }
            Verb::Add(command) => command.run(&roster, ui).await,
            Verb::Remove(command) => command.run(&roster, ui).await,
            Verb::Share(command) => command.run(&roster, ui).await,
            Verb::Unshare(command) => command.run(&roster, ui).await,
            Verb::Shares(command) => command.run(&roster, ui).await,
            Verb::Children(command) => command.run(&roster, ui).await,
        }
    }
}

/// The group that a person means: by id, slug or name. A slug goes before names.
pub(super) async fn find(roster: &Client, group: &str) -> Result<GroupId> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let quoted = group.replace('\'', "''");
    let condition = format!("slug = '{quoted}' OR name = '{quoted}'");
    let filter = GroupFilter { filter: Some(condition), ..GroupFilter::default() };
    let found = roster.groups().filter(filter).all().await?;
    let texts: [fn(&Group) -> &str; 2] = [|group| &group.slug, |group| &group.name];
    for text in texts {
        let mut named = found.iter().map(|one| &one.group).filter(|one| text(one) == group);
        match (named.next(), named.next()) {
            (Some(one), None) => return Ok(one.id),
            (Some(_), Some(_)) => bail!("there are several groups named {group}: use the id"),
            (None, _) => {}
        }
    }
    bail!("there is no group {group}")
}

/// List groups, with how many are in them and what you may do
#[derive(Debug, clap::Args)]
struct LsGroups {
    #[command(flatten)]
    which: Which,
    /// Those with this piece in their name, or with this id
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// With which you may do at least this: read, write or manage
    #[arg(long, value_name = "LEVEL")]
    permission: Option<PermissionLevel>,
    /// In which any of these users is: ids with commas between
    #[arg(long, value_name = "IDS")]
    users: Option<String>,
    /// Id of the organization
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    #[command(flatten)]
    ls: Ls,
}

impl LsGroups {
    fn filter(&self) -> GroupFilter {
        let ListFilter { filter, search, order_by } = self.which.filter();
        GroupFilter {
            filter,
            search,
            name: self.name.clone(),
            permission: self.permission,
            user_ids: self.users.clone(),
            organization_id: self.organization,
            order_by,
        }
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
    /// What it makes of its members, for example team_admin; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<GroupRole>,
    /// Time zone of members who have chosen none, for example Europe/Vienna
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Whether users who are made in it must have multi-factor authentication
    #[arg(long, value_name = "BOOL")]
    otp_required_for_login: Option<bool>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Create {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let defaults = GroupDefaults {
            default_time_zone: self.time_zone,
            default_otp_required_for_login: self.otp_required_for_login,
            ..GroupDefaults::default()
        };
        let new = NewGroup {
            name: self.name,
            slug: self.slug,
            description: self.description,
            organization_id: self.organization,
            owner_id: self.owner,
            roles: self.roles,
            defaults: Some(defaults),
        };
        let create = async |roster: &Client| roster.create_group(&new).await;
        ui.out.changed(&self.otp.call(roster, &ui.talk, create).await?, &self.show)
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
    /// All that it makes of its members: roles with commas between; none: an empty text
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
    /// Time zone of members who have chosen none; an empty text: none
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Whether users who are made in it must have multi-factor authentication
    #[arg(long, value_name = "BOOL")]
    otp_required_for_login: Option<bool>,
    #[command(flatten)]
    otp: Otp,
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
            roles: self.roles.as_deref().map(read_roles).transpose()?,
            default_time_zone: or_none(&self.time_zone),
            default_otp_required_for_login: self.otp_required_for_login.map(Some),
            ..GroupUpdate::default()
        };
        let change = async |roster: &Client| roster.update_group(id, &update).await;
        ui.out.changed(&self.otp.call(roster, &ui.talk, change).await?, &self.show)
    }
}

fn read_roles(words: &str) -> Result<Vec<GroupRole>> {
    let words = words.split(',').map(str::trim).filter(|word| !word.is_empty());
    let read =
        |word: &str| word.parse().map_err(|error| anyhow::anyhow!("--roles {word}: {error}"));
    words.map(read).collect()
}

/// Delete a group; its members stay users
#[derive(Debug, clap::Args)]
struct Delete {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    sure: Sure,
}

impl Delete {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let group = roster.get_group(find(roster, &self.group).await?).await?.group;
        self.sure.ask(&format!("Delete the group {}?", group.name), &ui.talk)?;
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
    narrowed: NarrowedLs,
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
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Add {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let rank = if self.manager { MembershipRank::Manager } else { MembershipRank::Member };
        let mut members = Vec::new();
        for user in &self.users {
            let add =
                async |roster: &Client| roster.set_member(id, user, &SetMembership { rank }).await;
            members.push(self.otp.call(roster, &ui.talk, add).await?);
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
    #[command(flatten)]
    otp: Otp,
}

impl Remove {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        for user in &self.users {
            let remove = async |roster: &Client| roster.remove_member(id, user).await;
            self.otp.call(roster, &ui.talk, remove).await?;
            ui.talk.say(&format!("{user} is no longer in {}.", self.group));
        }
        Ok(())
    }
}
