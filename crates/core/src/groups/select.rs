//! Groups with who owns them and how many are in them, for doors that ask in a language of their own.

use roster_model::{GroupField, GroupId, GroupSummary, OrganizationId};
use roster_store::Tx;

use crate::{
    Actor, Core, Error, Kind, Result, Selected, Selection, authz::Operation, filters,
    users::organization_of,
};

impl Core {
    /// Groups of the caller's organization, or of one that it may see; all for a system admin.
    ///
    /// # Errors
    /// `Invalid` for a filter that cannot be.
    pub async fn select_groups(
        &self,
        actor: &Actor,
        organization: Option<OrganizationId>,
        selection: &Selection<GroupField>,
    ) -> Result<Selected<GroupSummary>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        filters::check(&selection.filter)?;
        let place = organization_of(actor).or(organization);
        let groups =
            self.store().list(async |tx: &mut Tx| tx.summarize_groups(place, None).await).await?;
        Ok(selection.of(groups))
    }

    /// Groups that the caller owns or is in.
    ///
    /// # Errors
    /// `Invalid` for a filter that cannot be.
    pub async fn select_own_groups(
        &self,
        actor: &Actor,
        selection: &Selection<GroupField>,
    ) -> Result<Selected<GroupSummary>> {
        self.authorize(actor, Operation::ReadGroups).await?;
        filters::check(&selection.filter)?;
        let caller = actor.user_id().ok_or(Error::Unauthenticated)?;
        let groups =
            self.store().list(async |tx: &mut Tx| tx.summarize_groups_of(caller).await).await?;
        Ok(selection.of(groups))
    }

    /// One group with who owns it and how many are in it.
    ///
    /// # Errors
    /// `NotFound` for none, and for one of another organization.
    pub async fn summarize_group(&self, actor: &Actor, group: GroupId) -> Result<GroupSummary> {
        let id = self.get_group(actor, group).await?.group.id;
        let found = self
            .store()
            .scan(async |tx: &mut Tx| tx.summarize_groups(None, Some(id)).await)
            .await?;
        found.into_iter().next().ok_or(Error::NotFound(Kind::Group))
    }
}
