//! `plans/`.

use roster_core::{Error, Kind};

use super::{
    Reply,
    call::Call,
    lists::{self, Listing},
    query,
    replies::{CountReply, PlanReply, done, nothing},
    requests,
    translate::Refusal,
};

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
fn numbered(plan: &str) -> Result<&str, Refusal> {
    query::id(plan).map(|_| plan).ok_or_else(|| Error::NotFound(Kind::Plan).into())
}
