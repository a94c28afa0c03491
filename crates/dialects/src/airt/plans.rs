//! The names of plans, which airt shows with each user as its type of subscription.

use roster_core::{Actor, Result};
use roster_model::{ListFilter, PageRequest, Plan, User};

use super::call::Call;

/// All plans. There are few, and one question serves a whole list of users.
pub(super) struct PlanNames(Vec<Plan>);

impl PlanNames {
    /// The names of the plans that `users` have.
    pub(super) async fn of_users(call: &Call, actor: &Actor, users: &[User]) -> Result<Self> {
        if users.iter().all(|user| user.plan_id.is_none()) {
            return Ok(Self(Vec::new()));
        }
        let mut plans = Vec::new();
        let mut page = PageRequest { limit: Some(1000), ..PageRequest::default() };
        loop {
            let read = call.core().list_plans(actor, &ListFilter::default(), &page).await?;
            plans.extend(read.items);
            match read.next {
                Some(next) => page.cursor = Some(next),
                None => return Ok(Self(plans)),
            }
        }
    }

    /// The name of a user's plan.
    pub(super) fn name(&self, user: &User) -> Option<&str> {
        let plan = self.0.iter().find(|plan| Some(plan.id) == user.plan_id)?;
        Some(&plan.name)
    }
}
