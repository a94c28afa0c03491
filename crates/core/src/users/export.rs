//! Users as rows of files (`roster export`), which [`Core::import_users`] reads again.

use std::collections::HashMap;

use roster_model::{MembershipRank, Page, PageRequest, Secret, User, UserFilter, UserId, UserRow};
use roster_store::{Membership, Tx, Window};

use crate::{Actor, Core, Error, Result, authz::Operation, installation::PUBLIC};

/// How many plans are known by name.
const PLANS: i64 = 1000;

impl Core {
    /// Users as [`list_users`](Self::list_users) gives them, with what they refer to by name; without the hashes of
    /// their passwords.
    ///
    /// # Errors
    /// As [`list_users`](Self::list_users).
    pub async fn export_users(
        &self,
        actor: &Actor,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<UserRow>> {
        self.authorize(actor, Operation::ExportUsers).await?;
        let Page { items, next, total } = self.list_users(actor, filter, page).await?;
        Ok(Page { items: self.rows(items, false).await?, next, total })
    }

    /// The same with the hashes, for the operator at the machine.
    ///
    /// # Errors
    /// `Forbidden` for whoever comes through a door; else as [`list_users`](Self::list_users).
    pub async fn export_users_with_hashes(
        &self,
        actor: &Actor,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<UserRow>> {
        self.authorize(actor, Operation::ExportHashes).await?;
        let Page { items, next, total } = self.list_users(actor, filter, page).await?;
        Ok(Page { items: self.rows(items, true).await?, next, total })
    }

    /// Rows of users, in as many statements as for one.
    async fn rows(&self, users: Vec<User>, with_hashes: bool) -> Result<Vec<UserRow>> {
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let mut parents: Vec<UserId> = users.iter().filter_map(|user| user.parent_id).collect();
        parents.sort_unstable();
        parents.dedup();
        let all_plans = Window { after: None, offset: 0, limit: PLANS };
        let (plans, memberships, parents, hashes) = self
            .store()
            .scan(async |tx: &mut Tx| {
                let hashes = match with_hashes {
                    true => tx.list_password_hashes(&ids).await?,
                    false => Vec::new(),
                };
                Ok::<_, Error>((
                    tx.list_plans(&all_plans).await?,
                    tx.list_memberships_of(&ids).await?,
                    tx.list_usernames(&parents).await?,
                    hashes,
                ))
            })
            .await?;
        let parents: HashMap<_, _> = parents.into_iter().collect();
        let mut hashes: HashMap<_, _> = hashes.into_iter().collect();
        let rows = users.into_iter().map(|user| {
            let own = memberships.partition_point(|one| one.user < user.id);
            let own: Vec<_> =
                memberships[own..].iter().take_while(|one| one.user == user.id).collect();
            let home = own.iter().find(|one| one.group == user.primary_group_id);
            let plan = plans.iter().find(|plan| Some(plan.id) == user.plan_id);
            UserRow {
                plan: plan.map(|plan| plan.name.clone()),
                groups: groups(&own),
                primary_group: home.map(|one| one.slug.clone()).filter(|slug| slug != PUBLIC),
                parent: user.parent_id.and_then(|parent| parents.get(&parent).cloned()),
                password_hash: hashes.remove(&user.id).map(Secret::new),
                ..UserRow::of(user)
            }
        });
        Ok(rows.collect())
    }
}

/// Groups as a row has them. That everybody is in `public` goes without saying.
fn groups(memberships: &[&Membership]) -> Option<String> {
    let words = memberships.iter().filter_map(|one| match (one.is_owner, one.rank) {
        (true, _) => Some(format!("{}:owner", one.slug)),
        (_, MembershipRank::Manager) => Some(format!("{}:manager", one.slug)),
        _ => (one.slug != PUBLIC).then(|| one.slug.clone()),
    });
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| words.join(";"))
}
