//! Organizations, groups, their members, and plans.

use axum::Router;
use roster_api::{
    CreateGroup, CreatePlan, DeleteGroup, DeletePlan, GetGroup, GetOrganization, GetPlan,
    ImportGroups, ListGroups, ListMembers, ListOrganizations, ListPlans, RemoveMember, SetMember,
    UpdateGroup, UpdateOrganization, UpdatePlan,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Group, GroupMember, ImportReport, Organization, Page, Plan};

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

async fn list(call: Call<ListGroups>) -> Result<Page<Group>> {
    call.core.list_groups(&call.actor, &call.query.0, &call.query.1).await
}

async fn get(call: Call<GetGroup>) -> Result<Group> {
    call.core.get_group(&call.actor, call.path.group).await
}

async fn update(call: Call<UpdateGroup>) -> Result<Group> {
    call.core.update_group(&call.actor, call.path.group, &call.body).await
}

async fn delete(call: Call<DeleteGroup>) -> Result<()> {
    call.core.delete_group(&call.actor, call.path.group).await
}

async fn members(call: Call<ListMembers>) -> Result<Page<GroupMember>> {
    call.core.list_members(&call.actor, call.path.group, &call.query).await
}

async fn set_member(call: Call<SetMember>) -> Result<GroupMember> {
    let rank = call.body.rank;
    call.core.set_member(&call.actor, call.path.group, &call.path.user, rank).await
}

async fn remove_member(call: Call<RemoveMember>) -> Result<()> {
    call.core.remove_member(&call.actor, call.path.group, &call.path.user).await
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
