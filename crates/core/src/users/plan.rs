//! Periods of plans: beginning another one. Setting a plan begins the first (`update`).

use roster_model::{User, UserRef};
use roster_store::Tx;
use serde_json::json;

use super::fields::plan_end;
use crate::{
    Actor, Core, Error, Result, audit::Entry, authorize::get_authorized, authz::Operation,
};

impl Core {
    /// Begins another period of a user's plan: at the end of the present one, or now if that is over. A plan without an
    /// end takes the end away.
    ///
    /// # Errors
    /// Those of step-up; `WrongState` for a user without a plan.
    pub async fn renew_plan(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let operation = Operation::RenewPlan;
        let target = self.authorize_on(actor, operation, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let mut user = get_authorized(tx, actor, &[operation], &target).await?;
                let none = || Error::WrongState("this user has no plan to renew");
                let plan = tx.find_plan(user.plan_id.ok_or_else(none)?).await?.ok_or_else(none)?;
                let begins = user.plan_expires_at.map_or(now, |end| end.max(now));
                user.plan_expires_at = plan_end(&plan, begins);
                user.updated_at = now;
                user.updated_by = actor.user_id();
                tx.update_user(&mut user).await?;
                Entry::done("plan.renewed", user.id)
                    .about(format!("plan:{}", plan.id))
                    .with(json!({ "plan_expires_at": user.plan_expires_at }))
                    .write(tx, actor, now)
                    .await?;
                Ok(user)
            })
            .await
    }
}
