//! Plans.

use roster_model::{Plan, PlanId, fold};

use crate::sql::written::{insert_into, key, update, written};
use crate::sql::{Param, Row, params};
use crate::{Error, Tx, Window};

macro_rules! select_plan {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, display_name, description, plan_color, storage, concurrent_tasks, \
             daily_api_calls, monthly_api_calls, daily_traffic, monthly_traffic, daily_process, \
             monthly_process, number_of_days, created_at, updated_at FROM plans ",
            $rest
        )
    };
}

written! { plan: Plan;
    name = plan.name.value();
    name_key = key(&plan.name);
    display_name = plan.display_name.value();
    description = plan.description.value();
    plan_color = plan.plan_color.value();
    storage = plan.storage.value();
    concurrent_tasks = plan.concurrent_tasks.value();
    daily_api_calls = plan.daily_api_calls.value();
    monthly_api_calls = plan.monthly_api_calls.value();
    daily_traffic = plan.daily_traffic.value();
    monthly_traffic = plan.monthly_traffic.value();
    daily_process = plan.daily_process.value();
    monthly_process = plan.monthly_process.value();
    number_of_days = plan.number_of_days.value();
    updated_at = plan.updated_at.value();
}

fn plan(row: &Row<'_>) -> Result<Plan, Error> {
    let mut columns = row.columns();
    Ok(Plan {
        id: columns.take()?,
        name: columns.take()?,
        display_name: columns.take()?,
        description: columns.take()?,
        plan_color: columns.take()?,
        storage: columns.take()?,
        concurrent_tasks: columns.take()?,
        daily_api_calls: columns.take()?,
        monthly_api_calls: columns.take()?,
        daily_traffic: columns.take()?,
        monthly_traffic: columns.take()?,
        daily_process: columns.take()?,
        monthly_process: columns.take()?,
        number_of_days: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

impl Tx {
    /// The plan with this number.
    pub async fn find_plan(&mut self, id: PlanId) -> Result<Option<Plan>, Error> {
        self.find(select_plan!("WHERE id = $1"), &[&id], plan).await
    }

    /// The plan with this name, whatever its letter case.
    pub async fn find_plan_by_name(&mut self, name: &str) -> Result<Option<Plan>, Error> {
        let key = fold(name);
        self.find(select_plan!("WHERE name_key = $1"), &[&key.as_str()], plan).await
    }

    /// Plans by number, from the first on.
    pub async fn list_plans(&mut self, window: &Window) -> Result<Vec<Plan>, Error> {
        self.list(
            select_plan!("WHERE id > $1 ORDER BY id LIMIT $2 OFFSET $3"),
            &[&window.after_id(), &window.limit, &window.offset],
            plan,
        )
        .await
    }

    /// How many plans there are.
    pub async fn count_plans(&mut self) -> Result<u64, Error> {
        self.one("SELECT COUNT(*) FROM plans", &[], |row| row.get(0)).await
    }

    /// Adds a plan, whose `id` is ignored; nothing if one has its name.
    pub async fn insert_plan(&mut self, plan: &Plan) -> Result<Option<PlanId>, Error> {
        let mut values = values(plan);
        values.push(plan.created_at.value());
        let sql = insert_into("plans", COLUMNS, &["created_at"], &[], "").text(1);
        let sql = format!("{sql} ON CONFLICT (name_key) DO NOTHING RETURNING id");
        self.find(&sql, &params(&values), |row| row.get(0)).await
    }

    /// Writes everything that can change in a plan. Its name must have been looked up in the same transaction.
    pub async fn update_plan(&mut self, plan: &Plan) -> Result<(), Error> {
        let mut values = values(plan);
        values.insert(0, plan.id.value());
        self.execute(&update("plans", COLUMNS, ""), &params(&values)).await?;
        Ok(())
    }

    /// Whether a living user has this plan.
    pub async fn is_plan_in_use(&mut self, plan: PlanId) -> Result<bool, Error> {
        let sql = "SELECT id FROM users WHERE plan_id = $1 AND deleted_at IS NULL LIMIT 1";
        self.find(sql, &[&plan], |_| Ok(())).await.map(|any| any.is_some())
    }

    /// Removes a plan that no living user has; those in the bin lose it.
    pub async fn delete_plan(&mut self, plan: PlanId) -> Result<(), Error> {
        self.execute("UPDATE users SET plan_id = NULL WHERE plan_id = $1", &[&plan]).await?;
        self.execute("DELETE FROM plans WHERE id = $1", &[&plan]).await?;
        Ok(())
    }
}
