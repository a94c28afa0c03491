//! `roster user update`

use anyhow::{Context, Result};
use roster_client::{
    Client,
    model::{AccountState, GroupId, OrganizationId, Role, UserId, UserUpdate},
};

use super::row::show_changed;
use crate::{codes::Otp, commands::or_none, output::Show, ui::Ui};

/// Change a user
///
/// Where a field can be empty, an empty text empties it (`--city ""`).
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// Whom: id, UUID, username or e-mail address [default: yourself]
    #[arg(value_name = "USER")]
    who: Option<String>,
    /// The same, as an option
    #[arg(short, long, conflicts_with = "who")]
    user: Option<String>,
    /// Name to sign in with [-un]
    #[arg(long, alias = "un")]
    username: Option<String>,
    /// E-mail address; your own counts once you have confirmed it
    #[arg(short, long)]
    email: Option<String>,
    /// Given name [-fn]
    #[arg(long, aliases = ["fn", "first_name"])]
    first_name: Option<String>,
    /// Family name [-ln]
    #[arg(long, aliases = ["ln", "last_name"])]
    last_name: Option<String>,
    /// What the user may do: system_admin, account_admin, publisher, editor or viewer
    #[arg(long)]
    role: Option<Role>,
    /// Plan, by name; setting one starts its period anew
    #[arg(long)]
    plan: Option<String>,
    /// When the plan ends, such as 2027-01-31T00:00:00Z; an empty text takes the end away
    #[arg(long, value_name = "TIME")]
    plan_expires_at: Option<String>,
    /// Id of the account admin the user is to belong to; 0: to nobody
    #[arg(long, value_name = "ID")]
    parent: Option<UserId>,
    /// Id of the organization
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Id of the primary group
    #[arg(long, value_name = "ID")]
    group: Option<GroupId>,
    /// Ids of all groups the user is to be in, with commas between; the primary group stays
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    groups: Option<Vec<GroupId>>,
    /// How the account is to stand: active, deactivated, suspended or unsuspended
    #[arg(long, value_name = "STATE")]
    account_state: Option<AccountState>,
    /// City
    #[arg(long)]
    city: Option<String>,
    /// State or province
    #[arg(long)]
    state: Option<String>,
    /// Time zone, for example Europe/Vienna
    #[arg(long)]
    time_zone: Option<String>,
    /// Initials
    #[arg(long)]
    initials: Option<String>,
    /// Department
    #[arg(long)]
    department: Option<String>,
    /// Job title
    #[arg(long)]
    title: Option<String>,
    /// Name at GitHub
    #[arg(long)]
    github_username: Option<String>,
    /// Whether the user must have multi-factor authentication
    #[arg(long, value_name = "BOOL")]
    otp_required_for_login: Option<bool>,
    /// Whether codes by SMS are liked better than by app
    #[arg(long, value_name = "BOOL")]
    prefers_sms_otp: Option<bool>,
    #[command(flatten)]
    otp: Otp,
    #[command(flatten)]
    show: Show,
}

impl Update {
    pub(super) async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let update = self.change()?;
        let user = self.user.or(self.who).unwrap_or_else(|| "me".into());
        let call = self
            .otp
            .call(roster, &ui.talk, async |roster| roster.update_user(&user, &update).await);
        let changed = call.await?;
        if let Some(waiting) = changed.unconfirmed_email.as_ref().filter(|_| update.email.is_some())
        {
            ui.talk.say(&format!(
                "{waiting} waits for the link that was mailed to it; until then {} stays.",
                changed.email
            ));
        }
        show_changed(roster, changed, &self.show, ui).await
    }

    fn change(&self) -> Result<UserUpdate> {
        let end = or_none(&self.plan_expires_at);
        let end = end.map(|end| end.map(|end| end.parse()).transpose()).transpose();
        Ok(UserUpdate {
            parent_id: self.parent.map(|parent| (parent != UserId(0)).then_some(parent)),
            plan_expires_at: end.context("--plan-expires-at")?,
            username: self.username.clone(),
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            role: self.role,
            organization_id: self.organization,
            primary_group_id: self.group,
            group_ids: self.groups.clone(),
            account_state: self.account_state,
            plan: or_none(&self.plan),
            city: or_none(&self.city),
            state: or_none(&self.state),
            time_zone: or_none(&self.time_zone),
            initials: or_none(&self.initials),
            department: or_none(&self.department),
            title: or_none(&self.title),
            github_username: or_none(&self.github_username),
            otp_required_for_login: self.otp_required_for_login,
            prefers_sms_otp: self.prefers_sms_otp,
            ..UserUpdate::default()
        })
    }
}
