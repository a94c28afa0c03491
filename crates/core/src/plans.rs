//! Plans: what people may subscribe to. Who has which, and until when, stands with the users.

use std::collections::HashMap;

use roster_model::{
    Field, ListFilter, NewPlan, PLAN_FIELDS, Page, PageRequest, Plan, PlanField, PlanId,
    PlanUpdate, Reason, User, fold,
};
use roster_store::{Mark, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result, Selected, Selection,
    audit::Entry,
    authz::Operation,
    filters,
    organizations::set,
    paging::Paging,
    selection::{ALL, ShortList},
    users::read_text,
};

/// The plans that some users have, for doors that show them with the users.
#[derive(Debug, Default)]
pub struct PlansOfUsers(HashMap<PlanId, Plan>);

impl PlansOfUsers {
    /// A user's plan.
    pub fn of(&self, user: &User) -> Option<&Plan> {
        self.0.get(&user.plan_id?)
    }
}

impl Core {
    /// The plans.
    ///
    /// # Errors
    /// `Invalid` for a filter, order or page that cannot be.
    pub async fn list_plans(
        &self,
        actor: &Actor,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<Plan>> {
        self.authorize(actor, Operation::ReadPlans).await?;
        let list = ShortList::read(filter, &PLAN_FIELDS, PlanField::SEARCHED)?;
        let paging = Paging::read(page, list.name("plans"))?;
        if !list.is_plain() {
            let plans = self.store().scan(async |tx: &mut Tx| tx.list_plans(&ALL).await).await?;
            return Ok(list.page(plans, &paging));
        }
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_plans(&paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_plans().await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |plan| Mark::id(plan.id.0)))
    }

    /// Plans that a door has a language of its own to ask for.
    ///
    /// # Errors
    /// `Invalid` for a filter that cannot be.
    pub async fn select_plans(
        &self,
        actor: &Actor,
        selection: &Selection<PlanField>,
    ) -> Result<Selected<Plan>> {
        self.authorize(actor, Operation::ReadPlans).await?;
        filters::check(&selection.filter)?;
        let plans = self.store().scan(async |tx: &mut Tx| tx.list_plans(&ALL).await).await?;
        Ok(selection.of(plans))
    }

    /// The plans that these users have. There are few plans, and one question serves a whole list of users.
    ///
    /// # Errors
    /// `Forbidden` from those who may not see plans, if anybody has one.
    pub async fn plans_of(&self, actor: &Actor, users: &[User]) -> Result<PlansOfUsers> {
        if users.iter().all(|user| user.plan_id.is_none()) {
            return Ok(PlansOfUsers::default());
        }
        self.authorize(actor, Operation::ReadPlans).await?;
        let plans = self.store().read(async |tx: &mut Tx| tx.list_plans(&ALL).await).await?;
        Ok(PlansOfUsers(plans.into_iter().map(|plan| (plan.id, plan)).collect()))
    }

    /// One plan, by number or name.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn get_plan(&self, actor: &Actor, plan: &str) -> Result<Plan> {
        self.authorize(actor, Operation::ReadPlans).await?;
        let found = self.store().point_read(async |tx: &mut Tx| find_plan(tx, plan).await).await?;
        found.ok_or(Error::NotFound(Kind::Plan))
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `Invalid` for what a field may not hold; `AlreadyExists` for a name that
    /// another plan has.
    pub async fn create_plan(&self, actor: &Actor, new: &NewPlan) -> Result<Plan> {
        let operation = Operation::WritePlans;
        self.create_once(actor, operation, self.make_plan(actor, new)).await
    }

    async fn make_plan(&self, actor: &Actor, new: &NewPlan) -> Result<Plan> {
        let operation = Operation::WritePlans;
        self.authorize(actor, operation).await?;
        let now = self.now();
        let plan = checked(Plan {
            id: PlanId(0),
            name: new.name.clone(),
            display_name: new.display_name.clone(),
            description: new.description.clone(),
            plan_color: new.plan_color.clone(),
            storage: new.storage,
            concurrent_tasks: new.concurrent_tasks,
            daily_api_calls: new.daily_api_calls,
            monthly_api_calls: new.monthly_api_calls,
            daily_traffic: new.daily_traffic,
            monthly_traffic: new.monthly_traffic,
            daily_process: new.daily_process,
            monthly_process: new.monthly_process,
            number_of_days: new.number_of_days,
            created_at: now,
            updated_at: now,
        })?;
        self.store()
            .write(async |tx: &mut Tx| {
                let id = tx.insert_plan(&plan).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::Name })?;
                Entry::done_to_nobody("plan.created")
                    .about(format!("plan:{id}"))
                    .with(json!({ "name": plan.name }))
                    .write(tx, actor, now)
                    .await?;
                let made = Plan { id, ..plan.clone() };
                self.keep_reply(tx, actor, operation, &made, now).await?;
                Ok(made)
            })
            .await
    }

    /// Changes a plan, named by number or name. Who has it keeps the period that has begun.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `NotFound`; `Invalid` for what a field may not hold; `AlreadyExists` for a
    /// name that another plan has.
    pub async fn update_plan(
        &self,
        actor: &Actor,
        plan: &str,
        update: &PlanUpdate,
    ) -> Result<Plan> {
        self.authorize(actor, Operation::WritePlans).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = find_plan(tx, plan).await?.ok_or(Error::NotFound(Kind::Plan))?;
                let mut plan = before.clone();
                let changes = [
                    (set(&mut plan.name, &update.name), "name"),
                    (set(&mut plan.display_name, &update.display_name), "display_name"),
                    (set(&mut plan.description, &update.description), "description"),
                    (set(&mut plan.plan_color, &update.plan_color), "plan_color"),
                    (set(&mut plan.storage, &update.storage), "storage"),
                    (set(&mut plan.concurrent_tasks, &update.concurrent_tasks), "concurrent_tasks"),
                    (set(&mut plan.daily_api_calls, &update.daily_api_calls), "daily_api_calls"),
                    (
                        set(&mut plan.monthly_api_calls, &update.monthly_api_calls),
                        "monthly_api_calls",
                    ),
                    (set(&mut plan.daily_traffic, &update.daily_traffic), "daily_traffic"),
                    (set(&mut plan.monthly_traffic, &update.monthly_traffic), "monthly_traffic"),
                    (set(&mut plan.daily_process, &update.daily_process), "daily_process"),
                    (set(&mut plan.monthly_process, &update.monthly_process), "monthly_process"),
                    (set(&mut plan.number_of_days, &update.number_of_days), "number_of_days"),
                ];
                let changed: Vec<_> =
                    changes.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                if changed.is_empty() {
                    return Ok(before);
                }
                let plan = checked(Plan { updated_at: now, ..plan })?;
                let named = tx.find_plan_by_name(&plan.name).await?;
                if named.is_some_and(|named| named.id != plan.id) {
                    return Err(Error::AlreadyExists { field: Field::Name });
                }
                tx.update_plan(&plan).await?;
                Entry::done_to_nobody("plan.updated")
                    .about(format!("plan:{}", plan.id))
                    .with(json!({ "fields": changed }))
                    .write(tx, actor, now)
                    .await?;
                Ok(plan)
            })
            .await
    }

    /// Removes a plan, named by number or name.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins; `NotFound`; `WrongState` for a plan that somebody has.
    pub async fn delete_plan(&self, actor: &Actor, plan: &str) -> Result<()> {
        self.authorize(actor, Operation::WritePlans).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let plan = find_plan(tx, plan).await?.ok_or(Error::NotFound(Kind::Plan))?;
                if tx.is_plan_in_use(plan.id).await? {
                    return Err(Error::WrongState("some users have this plan"));
                }
                tx.delete_plan(plan.id).await?;
                Entry::done_to_nobody("plan.deleted")
                    .about(format!("plan:{}", plan.id))
                    .with(json!({ "name": plan.name }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }
}

/// The plan of this number or name.
pub(crate) async fn find_plan(tx: &mut Tx, plan: &str) -> Result<Option<Plan>> {
    // No plan has such a name, and PostgreSQL does not take it even in a question.
    if plan.contains('\0') {
        return Ok(None);
    }
    Ok(match plan.parse::<PlanId>() {
        Ok(id) => tx.find_plan(id).await?,
        Err(_) => tx.find_plan_by_name(plan).await?,
    })
}

/// A plan whose fields hold what they may.
fn checked(plan: Plan) -> Result<Plan> {
    let name = read_text(Field::Name, &plan.name)?;
    if fold(&name).as_str().is_empty() {
        return Err(Error::invalid(Field::Name, Reason::Empty));
    }
    // It would be taken for a number wherever a plan is named.
    if name.parse::<i64>().is_ok() {
        return Err(Error::invalid(Field::Name, Reason::LooksLikeId));
    }
    let is_colour = plan.plan_color.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    if !is_colour {
        let sentence = "must be a colour of the form #RRGGBB".to_owned();
        return Err(Error::invalid(Field::PlanColor, Reason::Other(sentence)));
    }
    for (field, number) in [
        (Field::Storage, Some(plan.storage)),
        (Field::ConcurrentTasks, Some(plan.concurrent_tasks)),
        (Field::DailyApiCalls, Some(plan.daily_api_calls)),
        (Field::MonthlyApiCalls, Some(plan.monthly_api_calls)),
        (Field::DailyTraffic, Some(plan.daily_traffic)),
        (Field::MonthlyTraffic, Some(plan.monthly_traffic)),
        (Field::DailyProcess, Some(plan.daily_process)),
        (Field::MonthlyProcess, Some(plan.monthly_process)),
        (Field::NumberOfDays, plan.number_of_days),
    ] {
        if number.is_some_and(|number| number < 1) {
            let reason = Reason::OutOfRange { min: 1, max: i64::MAX };
            return Err(Error::invalid(field, reason));
        }
    }
    let text = |field, text: &Option<String>| {
        let text = text.as_deref().map(|text| read_text(field, text)).transpose()?;
        Ok::<_, Error>(text.filter(|text| !text.is_empty()))
    };
    Ok(Plan {
        display_name: text(Field::DisplayName, &plan.display_name)?,
        description: text(Field::Description, &plan.description)?,
        name,
        ..plan
    })
}
