//! `plans/`, and the plans that users are shown with.

use roster_core::{Actor, Error, Kind, Result};
use roster_model::{ListFilter, PageRequest, Plan, User};

use super::{
    Reply,
    call::Call,
    lists::{self, Listing},
    query,
    replies::{CountReply, PlanReply, done, nothing},
    requests,
    translate::Refusal,
};

/// All plans. There are few, and one question serves a whole list of users.
pub(super) struct Plans(Vec<Plan>);

impl Plans {
    /// The plans that `users` have.
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

    /// A user's plan.
    pub(super) fn of(&self, user: &User) -> Option<&Plan> {
        self.0.iter().find(|plan| Some(plan.id) == user.plan_id)
    }
}

pub(super) async fn list(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let listing = Listing::read(&call.query, &lists::PLANS)?;
    lists::check_viewer(call, &actor, &listing).await?;
    let found = call.core().select_plans(&actor, &listing.selection()).await?;
    if listing.wants_count {
        return done(&CountReply { count: found.total });
    }
    done(&found.items.iter().map(PlanReply::from).collect::<Vec<_>>())
}

pub(super) async fn create(call: &Call) -> Reply {
    let actor = call.caller().await?;
    let new = requests::json::<requests::CreatePlan>(&call.body)?.into();
    done(&PlanReply::from(&call.core().create_plan(&actor, &new).await?))
}

pub(super) async fn get(call: &Call, plan: &str) -> Reply {
    let actor = call.caller().await?;
    done(&PlanReply::from(&call.core().get_plan(&actor, numbered(plan)?).await?))
}

pub(super) async fn update(call: &Call, plan: &str) -> Reply {
    let actor = call.caller().await?;
    let update = requests::json::<requests::UpdatePlan>(&call.body)?.into();
    done(&PlanReply::from(&call.core().update_plan(&actor, numbered(plan)?, &update).await?))
}

pub(super) async fn delete(call: &Call, plan: &str) -> Reply {
    let actor = call.caller().await?;
    call.core().delete_plan(&actor, numbered(plan)?).await?;
    nothing()
}

/// Geobox names plans by number only.
fn numbered(plan: &str) -> std::result::Result<&str, Refusal> {
    query::id(plan).map(|_| plan).ok_or_else(|| Error::NotFound(Kind::Plan).into())
}
