//! `roster user people` and `person`

use anyhow::Result;
use roster_client::{
    Client,
    model::{AccountFilter, GroupId, OrganizationId, PeopleFilter, Person as PersonRecord},
};
use serde_json::Value;

use crate::{commands::Ls, output::Show, record::Record, ui::Ui};

/// List the people of your organization with their groups, and what you may do with them
#[derive(Debug, clap::Args)]
pub(crate) struct People {
    /// Those with this piece in their name, username or e-mail address, or with this id
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// active, inactive or all
    #[arg(long, default_value = "active", value_name = "WHICH")]
    account: AccountFilter,
    /// Members of the group with this id
    #[arg(long, value_name = "ID", conflicts_with = "groups")]
    group: Option<GroupId>,
    /// Members of any of the groups with these ids, with commas between
    #[arg(long, value_name = "IDS")]
    groups: Option<String>,
    /// Those who have the feature flag of this name
    #[arg(long, value_name = "NAME")]
    feature_flag: Option<String>,
    /// Those of the organization with this id
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// name or username, with `-` before it downwards
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    order_by: Option<String>,
    #[command(flatten)]
    ls: Ls,
}

impl People {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let filter = PeopleFilter {
            account: Some(self.account),
            search: self.search,
            group_id: self.group,
            group_ids: self.groups,
            feature_flag: self.feature_flag,
            organization_id: self.organization,
            exclude_groups: None,
            order_by: self.order_by,
        };
        self.ls.run(roster.people().filter(filter), ui).await
    }
}

/// Show one of the people of your organization
#[derive(Debug, clap::Args)]
pub(crate) struct Person {
    /// Id, UUID, username or e-mail address
    user: String,
    #[command(flatten)]
    show: Show,
}

impl Person {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        ui.out.one(&roster.get_person(&self.user).await?, &self.show)
    }
}

impl Record for PersonRecord {
    const COLUMNS: &'static [&'static str] =
        &["id", "username", "name", "email", "account_state", "group_names", "permission"];

    fn id(&self) -> String {
        self.user.uuid.to_string()
    }

    fn computed(&self, column: &str) -> Option<Value> {
        match column {
            "name" => Some(self.user.name().into()),
            "group_names" => {
                let names = self.groups.iter().map(|group| Value::from(group.name.clone()));
                Some(Value::Array(names.collect()))
            }
            _ => None,
        }
    }
}
