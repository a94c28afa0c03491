//! `roster plan`

use anyhow::Result;
use clap::Subcommand;
use roster_client::{
    Client,
    model::{NewPlan, PlanUpdate, User, UserUpdate},
};

use super::{NarrowedLs, Sure, or_none};
use crate::{codes::Otp, connection::Connection, output::Show, ui::Ui};

/// See and manage plans, and who has which
#[derive(Debug, clap::Args)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List plans
    #[command(alias = "list")]
    Ls(NarrowedLs),
    #[command(alias = "show")]
    Details(Details),
    Create(Create),
    Update(Update),
    Delete(Delete),
    Assign(Assign),
    Renew(Renew),
}

impl PlanCommand {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<()> {
        let roster = self.connection.client()?;
        match self.verb {
            Verb::Ls(ls) => ls.run(roster.plans(), ui).await,
            Verb::Details(details) => {
                ui.out.one(&roster.get_plan(&details.plan).await?, &details.show)
            }
            Verb::Create(create) => create.run(&roster, ui).await,
            Verb::Update(update) => update.run(&roster, ui).await,
            Verb::Delete(delete) => delete.run(&roster, ui).await,
            Verb::Assign(assign) => assign.run(&roster, ui).await,
            Verb::Renew(renew) => renew.run(&roster, ui).await,
        }
    }
}

/// Show a plan
#[derive(Debug, clap::Args)]
struct Details {
    /// Name or id of the plan
    plan: String,
    #[command(flatten)]
    show: Show,
}

/// Create a plan
#[derive(Debug, clap::Args)]
struct Create {
    /// Its name
    name: String,
    /// Its name for people
    #[arg(long)]
    display_name: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// The colour it is shown in, #RRGGBB
    #[arg(long, default_value = "#808080")]
    color: String,
    /// Bytes of storage
    #[arg(long, value_name = "BYTES")]
    storage: i64,
    /// Tasks that may run at once
    #[arg(long, value_name = "NUMBER")]
    concurrent_tasks: i64,
    /// API calls a day
    #[arg(long, value_name = "NUMBER")]
    daily_api_calls: i64,
    /// API calls a month
    #[arg(long, value_name = "NUMBER")]
    monthly_api_calls: i64,
    /// Bytes transferred a day
    #[arg(long, value_name = "BYTES")]
    daily_traffic: i64,
    /// Bytes transferred a month
    #[arg(long, value_name = "BYTES")]
    monthly_traffic: i64,
    /// Minutes of processing a day
    #[arg(long, value_name = "MINUTES")]
    daily_process: i64,
    /// Minutes of processing a month
    #[arg(long, value_name = "MINUTES")]
    monthly_process: i64,
    /// How many days a period lasts [default: it does not end]
    #[arg(long, value_name = "DAYS")]
    days: Option<i64>,
    #[command(flatten)]
    show: Show,
}

impl Create {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let new = NewPlan {
            name: self.name,
            display_name: self.display_name,
            description: self.description,
            plan_color: self.color,
            storage: self.storage,
            concurrent_tasks: self.concurrent_tasks,
            daily_api_calls: self.daily_api_calls,
            monthly_api_calls: self.monthly_api_calls,
            daily_traffic: self.daily_traffic,
            monthly_traffic: self.monthly_traffic,
            daily_process: self.daily_process,
            monthly_process: self.monthly_process,
            number_of_days: self.days,
        };
        ui.out.changed(&roster.create_plan(&new).await?, &self.show)
    }
}

/// Change a plan; users who have it keep the period that has begun
#[derive(Debug, clap::Args)]
struct Update {
    /// Name or id of the plan
    plan: String,
    /// Its name
    #[arg(long)]
    name: Option<String>,
    /// Its name for people; an empty text takes it away
    #[arg(long)]
    display_name: Option<String>,
    /// What it is for; an empty text takes it away
    #[arg(long)]
    description: Option<String>,
    /// The colour it is shown in, #RRGGBB
    #[arg(long)]
    color: Option<String>,
    /// Bytes of storage
    #[arg(long, value_name = "BYTES")]
    storage: Option<i64>,
    /// Tasks that may run at once
    #[arg(long, value_name = "NUMBER")]
    concurrent_tasks: Option<i64>,
    /// API calls a day
    #[arg(long, value_name = "NUMBER")]
    daily_api_calls: Option<i64>,
    /// API calls a month
    #[arg(long, value_name = "NUMBER")]
    monthly_api_calls: Option<i64>,
    /// Bytes transferred a day
    #[arg(long, value_name = "BYTES")]
    daily_traffic: Option<i64>,
    /// Bytes transferred a month
    #[arg(long, value_name = "BYTES")]
    monthly_traffic: Option<i64>,
    /// Minutes of processing a day
    #[arg(long, value_name = "MINUTES")]
    daily_process: Option<i64>,
    /// Minutes of processing a month
    #[arg(long, value_name = "MINUTES")]
    monthly_process: Option<i64>,
    /// How many days a period lasts; 0: it does not end
    #[arg(long, value_name = "DAYS")]
    days: Option<i64>,
    #[command(flatten)]
    show: Show,
}

impl Update {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let update = PlanUpdate {
            name: self.name,
            display_name: or_none(&self.display_name),
            description: or_none(&self.description),
            plan_color: self.color,
            storage: self.storage,
            concurrent_tasks: self.concurrent_tasks,
            daily_api_calls: self.daily_api_calls,
            monthly_api_calls: self.monthly_api_calls,
            daily_traffic: self.daily_traffic,
            monthly_traffic: self.monthly_traffic,
            daily_process: self.daily_process,
            monthly_process: self.monthly_process,
            number_of_days: self.days.map(|days| (days != 0).then_some(days)),
        };
        ui.out.changed(&roster.update_plan(&self.plan, &update).await?, &self.show)
    }
}

/// Delete a plan that nobody has
#[derive(Debug, clap::Args)]
struct Delete {
    /// Name or id of the plan
    plan: String,
    #[command(flatten)]
    sure: Sure,
}

impl Delete {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let plan = roster.get_plan(&self.plan).await?;
        self.sure.ask(&format!("Delete the plan {}?", plan.name), &ui.talk)?;
        roster.delete_plan(plan.id).await?;
        ui.talk.say(&format!("The plan {} is deleted.", plan.name));
        Ok(())
    }
}

/// Give users a plan; its first period begins now
#[derive(Debug, clap::Args)]
struct Assign {
    /// Name or id of the plan
    plan: String,
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
    #[command(flatten)]
    otp: Otp,
}

impl Assign {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        let update = UserUpdate { plan: Some(Some(self.plan)), ..UserUpdate::default() };
        for name in &self.users {
            let give = async |roster: &Client| roster.update_user(name, &update).await;
            say_end(&self.otp.call(roster, &ui.talk, give).await?, ui);
        }
        Ok(())
    }
}

/// Begin another period of the plans of users
#[derive(Debug, clap::Args)]
struct Renew {
    /// Ids, UUIDs, usernames or e-mail addresses
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
    #[command(flatten)]
    otp: Otp,
}

impl Renew {
    async fn run(self, roster: &Client, ui: &mut Ui) -> Result<()> {
        for name in &self.users {
            let renew = async |roster: &Client| roster.renew_plan(name).await;
            say_end(&self.otp.call(roster, &ui.talk, renew).await?, ui);
        }
        Ok(())
    }
}

fn say_end(user: &User, ui: &Ui) {
    let name = &user.username;
    ui.talk.say(&match user.plan_expires_at {
        Some(end) => format!("The plan of {name} ends at {end}."),
        None => format!("The plan of {name} does not end."),
    });
}
