//! `roster group share`, `unshare`, `shares` and `children`

use anyhow::{Result, bail};
use roster_client::{
    Client,
    model::{
        ChildGroups, Grantees, GroupId, GroupShares, PermissionLevel, ShareWithGroups,
        ShareWithUsers, UserId,
    },
};
use serde::Serialize;

use super::find;
use crate::{output::Show, record::Record, ui::Ui};

/// With whom.
#[derive(Debug, clap::Args)]
struct With {
    /// Usernames, ids or e-mail addresses of people
    #[arg(long = "user", value_name = "USER")]
    users: Vec<String>,
    /// Ids, slugs or names of groups, for everybody in them
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

impl With {
    async fn find(&self, roster: &Client) -> Result<(Vec<UserId>, Vec<GroupId>)> {
        if self.users.is_empty() && self.groups.is_empty() {
            bail!("say with whom: --user or --group");
        }
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for user in &self.users {
            users.push(match user.parse() {
                Ok(id) => id,
                Err(_) => roster.get_user(user).await?.id,
            });
        }
        for group in &self.groups {
            groups.push(find(roster, group).await?);
        }
        Ok((users, groups))
    }
}

/// Let users and groups see, write or manage a group
#[derive(Debug, clap::Args)]
pub(super) struct Share {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    with: With,
    /// What they may do: read, write or manage
    #[arg(long, value_name = "LEVEL")]
    permission: PermissionLevel,
    /// Tell them by e-mail
    #[arg(long)]
    send_email: bool,
    /// What the e-mail says besides, in your words
    #[arg(long, value_name = "TEXT", requires = "send_email")]
    email_text: Option<String>,
    #[command(flatten)]
    show: Show,
}

impl Share {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let (user_ids, group_ids) = self.with.find(roster).await?;
        let Self { permission, send_email, email_text, .. } = self;
        let mut shares = GroupShares::default();
        if !user_ids.is_empty() {
            let email_text = email_text.clone();
            let share = ShareWithUsers { user_ids, permission, send_email, email_text };
            shares = roster.share_group_with_users(id, &share).await?;
        }
        if !group_ids.is_empty() {
            let share = ShareWithGroups { group_ids, permission, send_email, email_text };
            shares = roster.share_group_with_groups(id, &share).await?;
        }
        ui.out.list(&rows(shares), &self.show)
    }
}

/// Take from users and groups what they may do with a group
#[derive(Debug, clap::Args)]
pub(super) struct Unshare {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    with: With,
}

impl Unshare {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let (users, groups) = self.with.find(roster).await?;
        for user in users {
            roster.unshare_group_with_user(id, user).await?;
        }
        for group in groups {
            roster.unshare_group_with_group(id, group).await?;
        }
        ui.talk.say(&format!("{} is shared with them no more.", self.group));
        Ok(())
    }
}

/// Show with whom a group is shared
#[derive(Debug, clap::Args)]
pub(super) struct Shares {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    show: Show,
}

impl Shares {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        ui.out.list(&rows(roster.get_group_shares(id).await?), &self.show)
    }
}

/// Show the groups that are shared with a group
#[derive(Debug, clap::Args)]
pub(super) struct Children {
    /// Id, slug or name of the group
    group: String,
    #[command(flatten)]
    show: Show,
}

impl Children {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let id = find(roster, &self.group).await?;
        let ChildGroups { manageable, writeable, readable } = roster.list_child_groups(id).await?;
        let levels = [("manage", manageable), ("write", writeable), ("read", readable)];
        let rows: Vec<_> = levels
            .into_iter()
            .flat_map(|(permission, groups)| groups.into_iter().map(move |one| (permission, one)))
            .map(|(permission, one)| ShareRow {
                permission,
                kind: "group",
                id: one.id.0,
                name: one.name,
            })
            .collect();
        ui.out.list(&rows, &self.show)
    }
}

/// One line of who may do what.
#[derive(Serialize)]
struct ShareRow {
    permission: &'static str,
    kind: &'static str,
    id: i64,
    name: String,
}

impl Record for ShareRow {
    const COLUMNS: &'static [&'static str] = &["permission", "kind", "id", "name"];

    fn id(&self) -> String {
        self.id.to_string()
    }
}

fn rows(shares: GroupShares) -> Vec<ShareRow> {
    let mut rows = Vec::new();
    for (permission, Grantees { users, groups }) in
        [("manage", shares.managers), ("write", shares.writers), ("read", shares.readers)]
    {
        rows.extend(users.into_iter().map(|user| ShareRow {
            permission,
            kind: "user",
            id: user.id.0,
            name: user.name,
        }));
        rows.extend(groups.into_iter().map(|group| ShareRow {
            permission,
            kind: "group",
            id: group.id.0,
            name: group.name,
        }));
    }
    rows
}
