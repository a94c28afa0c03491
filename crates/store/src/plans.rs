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

    /// Writes everything that can change in a plan. Its name must have been looked up in the same transaction.
    pub async fn update_plan(&mut self, plan: &Plan) -> Result<(), Error> {
        self.execute(
            "UPDATE plans SET name = $2, name_key = $3, display_name = $4, description = $5, \
             plan_color = $6, storage = $7, concurrent_tasks = $8, daily_api_calls = $9, \
             monthly_api_calls = $10, daily_traffic = $11, monthly_traffic = $12, \
             daily_process = $13, monthly_process = $14, number_of_days = $15, updated_at = $16 \
             WHERE id = $1",
            &[
                &plan.id,
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
                &plan.updated_at,
            ],
        )
        .await?;
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
