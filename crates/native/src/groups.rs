//! Organizations, groups, their members, and plans.

use axum::Router;
use roster_api::{
    CreateGroup, CreatePlan, DeleteGroup, DeletePlan, GetGroup, GetGroupShares, GetOrganization,
    GetPlan, ImportGroups, ListChildGroups, ListGroups, ListMembers, ListOrganizations, ListPlans,
    ListRoles, RemoveMember, SetMember, ShareGroupWithGroups, ShareGroupWithUsers,
    UnshareGroupWithGroup, UnshareGroupWithUser, UpdateGroup, UpdateOrganization, UpdatePlan,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{
    ChildGroups, Group, GroupDetails, GroupMember, GroupShares, ImportReport, Organization, Page,
    Plan, RoleEntry,
};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(list_organizations))
        .merge(endpoint(get_organization))
        .merge(endpoint(update_organization))
        .merge(endpoint(create))
        .merge(endpoint(import))
        .merge(endpoint(list))
        .merge(endpoint(get))
        .merge(endpoint(update))
        .merge(endpoint(delete))
        .merge(endpoint(members))
        .merge(endpoint(set_member))
        .merge(endpoint(remove_member))
        .merge(endpoint(shares))
        .merge(endpoint(share_with_users))
        .merge(endpoint(share_with_groups))
        .merge(endpoint(unshare_with_user))
        .merge(endpoint(unshare_with_group))
        .merge(endpoint(child_groups))
        .merge(endpoint(roles))
        .merge(endpoint(list_plans))
        .merge(endpoint(get_plan))
        .merge(endpoint(create_plan))
        .merge(endpoint(update_plan))
        .merge(endpoint(delete_plan))
}

async fn list_organizations(call: Call<ListOrganizations>) -> Result<Page<Organization>> {
    call.core.list_organizations(&call.actor, &call.query).await
}

async fn get_organization(call: Call<GetOrganization>) -> Result<Organization> {
    call.core.get_organization(&call.actor, call.path.organization).await
}

async fn update_organization(call: Call<UpdateOrganization>) -> Result<Organization> {
    call.core.update_organization(&call.actor, call.path.organization, &call.body).await
}

async fn create(call: Call<CreateGroup>) -> Result<Group> {
    call.core.create_group(&call.actor, &call.body).await
}

async fn import(call: Call<ImportGroups>) -> Result<ImportReport> {
    call.core.import_groups(&call.actor, &call.body).await
}

async fn list(call: Call<ListGroups>) -> Result<Page<GroupDetails>> {
    call.core.list_groups(&call.actor, &call.query.0, &call.query.1).await
}

async fn get(call: Call<GetGroup>) -> Result<GroupDetails> {
    call.core.get_group(&call.actor, call.path.group).await
}

async fn update(call: Call<UpdateGroup>) -> Result<Group> {
    call.core.update_group(&call.actor, call.path.group, &call.body).await
}

async fn delete(call: Call<DeleteGroup>) -> Result<()> {
    call.core.delete_group(&call.actor, call.path.group).await
}

async fn members(call: Call<ListMembers>) -> Result<Page<GroupMember>> {
    call.core.list_members(&call.actor, call.path.group, &call.query.0, &call.query.1).await
}

async fn set_member(call: Call<SetMember>) -> Result<GroupMember> {
    let rank = call.body.rank;
    call.core.set_member(&call.actor, call.path.group, &call.path.user, rank).await
}

async fn remove_member(call: Call<RemoveMember>) -> Result<()> {
    call.core.remove_member(&call.actor, call.path.group, &call.path.user).await
}

async fn shares(call: Call<GetGroupShares>) -> Result<GroupShares> {
    call.core.get_group_shares(&call.actor, call.path.group).await
}

async fn share_with_users(call: Call<ShareGroupWithUsers>) -> Result<GroupShares> {
    call.core.share_group_with_users(&call.actor, call.path.group, &call.body).await
}

async fn share_with_groups(call: Call<ShareGroupWithGroups>) -> Result<GroupShares> {
    call.core.share_group_with_groups(&call.actor, call.path.group, &call.body).await
}

async fn unshare_with_user(call: Call<UnshareGroupWithUser>) -> Result<()> {
    call.core.unshare_group_with_user(&call.actor, call.path.group, call.path.user).await
}

async fn unshare_with_group(call: Call<UnshareGroupWithGroup>) -> Result<()> {
    call.core.unshare_group_with_group(&call.actor, call.path.group, call.path.grantee).await
}

async fn child_groups(call: Call<ListChildGroups>) -> Result<ChildGroups> {
    call.core.list_child_groups(&call.actor, call.path.group).await
}

async fn roles(call: Call<ListRoles>) -> Result<Page<RoleEntry>> {
    let items = call.core.list_roles(&call.actor).await?;
    Ok(Page { items, next: None, total: None })
}

async fn list_plans(call: Call<ListPlans>) -> Result<Page<Plan>> {
    call.core.list_plans(&call.actor, &call.query.0, &call.query.1).await
}

async fn create_plan(call: Call<CreatePlan>) -> Result<Plan> {
    call.core.create_plan(&call.actor, &call.body).await
}

async fn update_plan(call: Call<UpdatePlan>) -> Result<Plan> {
    call.core.update_plan(&call.actor, &call.path.plan, &call.body).await
}

async fn delete_plan(call: Call<DeletePlan>) -> Result<()> {
    call.core.delete_plan(&call.actor, &call.path.plan).await
}

async fn get_plan(call: Call<GetPlan>) -> Result<Plan> {
    call.core.get_plan(&call.actor, &call.path.plan).await
}
