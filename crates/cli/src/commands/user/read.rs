//! `roster user details`, `ls` and `directory`

use anyhow::Result;
use roster_client::{
    Client,
    model::{DirectoryFilter, GroupId, OrganizationId, Role, UserFilter},
};

use super::row::{rows, show_all};
use crate::{
    commands::{self, Part},
    output::Show,
    ui::Ui,
};

/// Show a user
#[derive(Debug, clap::Args)]
pub(crate) struct Details {
    /// Whom: id, UUID, username or e-mail address [default: yourself]
    #[arg(value_name = "USER")]
    who: Option<String>,
    /// The same, as an option
    #[arg(short, long, conflicts_with = "who")]
    user: Option<String>,
    #[command(flatten)]
    show: Show,
}

impl Details {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let user = self.user.or(self.who).unwrap_or_else(|| "me".into());
        let user = roster.get_user(user).await?;
        for row in rows(roster, vec![user], &self.show).await? {
            ui.out.one(&row, &self.show)?;
        }
        Ok(())
    }
}

/// List users: those who may sign in, in the order of their creation
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    /// Those who may not sign in, instead
    #[arg(long, conflicts_with_all = ["status", "deleted"])]
    disabled: bool,
    /// Those of these statuses, with commas between (new, pending, active, suspended, disabled),
    /// or any
    #[arg(long)]
    status: Option<String>,
    /// Deleted users, who can be restored
    #[arg(long)]
    deleted: bool,
    /// Those with this role
    #[arg(long)]
    role: Option<Role>,
    /// Those of the organization with this id
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Members of the group with this id
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// Those of whom this is true, such as "email LIKE '%@example.com' AND created_at > '2026-01-01'"
    /// (see the filter language in the documentation)
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Those with this piece in their username, name, e-mail address or phone number
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Fields to order by, with commas between; with - before it downwards
    #[arg(long, value_name = "FIELDS", allow_hyphen_values = true)]
    order_by: Option<String>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    show: Show,
}

impl Ls {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let status = match self.status {
            Some(any) if any == "any" => None,
            Some(status) => Some(status),
            None if self.disabled => Some("pending,suspended,disabled".into()),
            None if self.deleted => None,
            None => Some("new,active".into()),
        };
        let filter = UserFilter {
            status,
            role: self.role,
            organization_id: self.organization,
            group_id: self.group,
            deleted: self.deleted.then_some(true),
            filter: self.filter,
            search: self.search,
            order_by: self.order_by,
        };
        let users = self.part.of(roster.users().filter(filter), &ui.talk).await?;
        show_all(roster, users, &self.show, ui).await
    }
}

/// List what everybody may know about the people of your organization
#[derive(Debug, clap::Args)]
pub(crate) struct Directory {
    /// Those with this piece in their username, name or e-mail address
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Members of the group with this id
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    #[command(flatten)]
    ls: commands::Ls,
}

impl Directory {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let filter = DirectoryFilter { search: self.search, group_id: self.group };
        self.ls.run(roster.directory().filter(filter), ui).await
    }
}
