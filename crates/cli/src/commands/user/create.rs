//! `roster user create`

use anyhow::Result;
use roster_client::{
    Client,
    model::{GroupId, NewUser, OrganizationId, Role, Secret, Status, UserId},
};

use super::row::show_changed;
use crate::{codes::Otp, output::Show, ui::Ui};

/// Create a user
///
/// What is needed and not given is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// Name to sign in with [-un]
    #[arg(long, alias = "un")]
    username: Option<String>,
    /// E-mail address
    #[arg(short, long)]
    email: Option<String>,
    /// Given name [-fn]
    #[arg(long, aliases = ["fn", "first_name"])]
    first_name: Option<String>,
    /// Family name [-ln]
    #[arg(long, aliases = ["ln", "last_name"])]
    last_name: Option<String>,
    /// Password; without it you are asked
    #[arg(short, long, allow_hyphen_values = true)]
    password: Option<Secret>,
    /// Make a user without a password
    #[arg(long, conflicts_with = "password")]
    no_password: bool,
    /// Mail the user a link to set a password with
    #[arg(long, conflicts_with = "password")]
    invite: bool,
    /// Phone number, with country code [-ph]
    #[arg(long, aliases = ["ph", "phone_number", "phone-number"], allow_hyphen_values = true)]
    phone: Option<String>,
    /// Plan: small, medium, large or another of the server's [-st, --subscription_type]
    #[arg(long, aliases = ["st", "subscription_type", "subscription-type"])]
    plan: Option<String>,
    /// Make a system administrator [-su]
    #[arg(long, aliases = ["su", "super_user"], num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, hide_possible_values = true, value_name = "BOOL")]
    super_user: bool,
    /// What the user may do: system_admin, account_admin, publisher, editor or viewer
    #[arg(long, conflicts_with = "super_user")]
    role: Option<Role>,
    /// new, pending or active
    #[arg(long)]
    status: Option<Status>,
    /// Id of the account admin the user is to belong to
    #[arg(long, value_name = "ID")]
    parent: Option<UserId>,
    /// Id of the organization [default: your own]
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Id of the primary group
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// Ids of the other groups, with commas between
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    groups: Option<Vec<GroupId>>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Create {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let talk = &ui.talk;
        let ask = |given: &Option<String>, what| match given {
            Some(given) => Ok(given.clone()),
            None => talk.ask(what),
        };
        let username = ask(&self.username, "Username")?;
        let email = ask(&self.email, "E-mail address")?;
        let password = match &self.password {
            Some(password) => {
                talk.warn_about_option("--password");
                Some(password.clone())
            }
            None if self.no_password || self.invite => None,
            None => Some(talk.ask_new_password("Password")?),
        };
        let new = NewUser {
            username,
            email,
            password,
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            phone: self.phone.clone(),
            role: if self.super_user { Some(Role::SystemAdmin) } else { self.role },
            status: self.status,
            organization_id: self.organization,
            primary_group_id: self.group,
            group_ids: self.groups.clone(),
            plan: self.plan.clone(),
            parent_id: self.parent,
            send_invitation: self.invite,
            ..NewUser::default()
        };
        let create = async |roster: &Client| roster.create_user(&new).await;
        let user = self.otp.call(roster, talk, create).await?;
        show_changed(roster, user, &self.show, ui).await
    }
}
