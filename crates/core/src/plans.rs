//! Plans: seeing them.

use roster_model::{Page, PageRequest, Plan, PlanId};
use roster_store::{Mark, Tx};

use crate::{Actor, Core, Error, Kind, Result, authz::Operation, paging::Paging};

impl Core {
    /// The plans.
    ///
    /// # Errors
    /// `Invalid` for a page that cannot be.
    pub async fn list_plans(&self, actor: &Actor, page: &PageRequest) -> Result<Page<Plan>> {
        self.authorize(actor, Operation::ReadPlans).await?;
        let paging = Paging::read(page, "plans")?;
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

    /// One plan, by number or name.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn get_plan(&self, actor: &Actor, plan: &str) -> Result<Plan> {
        self.authorize(actor, Operation::ReadPlans).await?;
        let absent = Error::NotFound(Kind::Plan);
        // No plan has such a name, and PostgreSQL does not take it even in a question.
        if plan.contains('\0') {
            return Err(absent);
        }
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| match plan.parse::<PlanId>() {
                Ok(id) => tx.find_plan(id).await,
                Err(_) => tx.find_plan_by_name(plan).await,
            })
            .await?;
        found.ok_or(absent)
    }
}
