//! Plans.

use roster_model::{Plan, PlanId, fold};

use crate::sql::Row;
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
        self.find(
            "INSERT INTO plans (name, name_key, display_name, description, plan_color, storage, \
             concurrent_tasks, daily_api_calls, monthly_api_calls, daily_traffic, \
             monthly_traffic, daily_process, monthly_process, number_of_days, created_at, \
             updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (name_key) DO NOTHING RETURNING id",
            &[
                &plan.name,
                &fold(&plan.name).as_str(),
                &plan.display_name,
                &plan.description,
                &plan.plan_color,
                &plan.storage,
                &plan.concurrent_tasks,
                &plan.daily_api_calls,
                &plan.monthly_api_calls,
                &plan.daily_traffic,
                &plan.monthly_traffic,
                &plan.daily_process,
                &plan.monthly_process,
                &plan.number_of_days,
                &plan.created_at,
                &plan.updated_at,
            ],
            |row| row.get(0),
        )
        .await
    }
}
