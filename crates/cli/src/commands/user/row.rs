//! A user as a row, with the names that the `airt` command has for its columns.

use anyhow::Result;
use roster_client::{
    Client,
    model::{DirectoryEntry, Plan, PlanId, Role, User},
};
use serde::Serialize;
use serde_json::Value;

use crate::{output::Show, record::Record, ui::Ui};

/// A user, and the name of its plan if that was asked for.
#[derive(Serialize)]
pub(super) struct UserRow {
    #[serde(flatten)]
    user: User,
    #[serde(skip)]
    plan: Option<String>,
}

/// The columns that need the plans' names.
const OF_PLANS: [&str; 2] = ["plan", "subscription_type"];

/// Makes rows of users, fetching the plans' names where a column shows them.
pub(super) async fn rows(roster: &Client, users: Vec<User>, show: &Show) -> Result<Vec<UserRow>> {
    let plans = if show.wants(&OF_PLANS) { roster.plans().all().await? } else { Vec::new() };
    let name = |id: Option<PlanId>| {
        let plan = |plan: &&Plan| Some(plan.id) == id;
        plans.iter().find(plan).map(|plan| plan.name.clone())
    };
    Ok(users.into_iter().map(|user| UserRow { plan: name(user.plan_id), user }).collect())
}

/// Shows users that a command has made or changed, or found.
pub(super) async fn show_all(
    roster: &Client,
    users: Vec<User>,
    show: &Show,
    ui: &mut Ui,
) -> Result<()> {
    ui.out.list(&rows(roster, users, show).await?, show)
}

/// Shows the one user that a command has made or changed.
pub(super) async fn show_changed(
    roster: &Client,
    user: User,
    show: &Show,
    ui: &mut Ui,
) -> Result<()> {
    for row in rows(roster, vec![user], show).await? {
        ui.out.changed(&row, show)?;
    }
    Ok(())
}

impl Record for UserRow {
    const COLUMNS: &'static [&'static str] =
        &["id", "username", "email", "name", "role", "status", "is_mfa_active", "created_at"];

    fn id(&self) -> String {
        self.user.uuid.to_string()
    }

    fn computed(&self, column: &str) -> Option<Value> {
        let user = &self.user;
        Some(match column {
            "name" => user.name().into(),
            "plan" | "subscription_type" => self.plan.clone().into(),
            "super_user" => (user.role == Role::SystemAdmin).into(),
            "disabled" => (!user.status.may_sign_in()).into(),
            "created" => user.created_at.to_string().into(),
            "phone_number" => {
                let digits = user.phone.as_ref().map(|phone| phone.e164.trim_start_matches('+'));
                digits.into()
            }
            "is_phone_number_verified" => user.phone_verified_at.is_some().into(),
            _ => return None,
        })
    }
}

impl Record for DirectoryEntry {
    const COLUMNS: &'static [&'static str] = &["id", "username", "name", "email"];

    fn id(&self) -> String {
        self.uuid.to_string()
    }
}
