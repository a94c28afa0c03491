//! Users: making, reading, changing, shutting out, deleting, bringing back.

use axum::Router;
use roster_api::{
    CreateUser, DeleteOwnAccount, DeleteUser, DisableUser, EnableUser, ExportUsers,
    GetDirectoryEntry, GetPerson, GetUser, ImportUsers, InviteUser, ListDirectory,
    ListOrganizationAdmins, ListPeople, ListUsers, RenewPlan, RestoreUser, SuspendUser,
    UnsuspendUser, UpdateUser,
};
use roster_core::Result;
use roster_http_kit::{Call, Kit, endpoint};
use roster_model::{Accepted, DirectoryEntry, ImportReport, Page, Person, User, UserRow};

pub(crate) fn routes() -> Router<Kit> {
    Router::new()
        .merge(endpoint(create))
        .merge(endpoint(list))
        .merge(endpoint(import))
        .merge(endpoint(export))
        .merge(endpoint(get))
        .merge(endpoint(update))
        .merge(endpoint(delete))
        .merge(endpoint(delete_own))
        .merge(endpoint(restore))
        .merge(endpoint(enable))
        .merge(endpoint(disable))
        .merge(endpoint(renew_plan))
        .merge(endpoint(suspend))
        .merge(endpoint(unsuspend))
        .merge(endpoint(invite))
        .merge(endpoint(people))
        .merge(endpoint(person))
        .merge(endpoint(organization_admins))
        .merge(endpoint(directory))
        .merge(endpoint(directory_entry))
}

async fn create(call: Call<CreateUser>) -> Result<User> {
    call.core.create_user(&call.actor, &call.body).await
}

async fn list(call: Call<ListUsers>) -> Result<Page<User>> {
    call.core.list_users(&call.actor, &call.query.0, &call.query.1).await
}

async fn import(call: Call<ImportUsers>) -> Result<ImportReport> {
    call.core.import_users(&call.actor, call.body).await
}

async fn export(call: Call<ExportUsers>) -> Result<Page<UserRow>> {
    call.core.export_users(&call.actor, &call.query.0, &call.query.1).await
}

async fn get(call: Call<GetUser>) -> Result<User> {
    call.core.get_user(&call.actor, &call.path.user).await
}

async fn update(call: Call<UpdateUser>) -> Result<User> {
    call.core.update_user(&call.actor, &call.path.user, &call.body, call.expected_version).await
}

async fn delete(call: Call<DeleteUser>) -> Result<()> {
    call.core.delete_user(&call.actor, &call.path.user).await
}

async fn delete_own(call: Call<DeleteOwnAccount>) -> Result<()> {
    call.core.delete_own_account(&call.actor, &call.path.user, &call.body).await
}

async fn directory_entry(call: Call<GetDirectoryEntry>) -> Result<DirectoryEntry> {
    call.core.get_directory_entry(&call.actor, &call.path.user).await
}

async fn restore(call: Call<RestoreUser>) -> Result<User> {
    call.core.restore_user(&call.actor, &call.path.user).await
}

async fn enable(call: Call<EnableUser>) -> Result<User> {
    call.core.enable_user(&call.actor, &call.path.user).await
}

async fn renew_plan(call: Call<RenewPlan>) -> Result<User> {
    call.core.renew_plan(&call.actor, &call.path.user).await
}

async fn disable(call: Call<DisableUser>) -> Result<User> {
    call.core.disable_user(&call.actor, &call.path.user).await
}

async fn suspend(call: Call<SuspendUser>) -> Result<User> {
    call.core.suspend_user(&call.actor, &call.path.user).await
}

async fn unsuspend(call: Call<UnsuspendUser>) -> Result<User> {
    call.core.unsuspend_user(&call.actor, &call.path.user).await
}

async fn people(call: Call<ListPeople>) -> Result<Page<Person>> {
    call.core.list_people(&call.actor, &call.query.0, &call.query.1).await
}

async fn person(call: Call<GetPerson>) -> Result<Person> {
    call.core.get_person(&call.actor, &call.path.user).await
}

async fn organization_admins(call: Call<ListOrganizationAdmins>) -> Result<Page<DirectoryEntry>> {
    let items = call.core.list_organization_admins(&call.actor).await?;
    Ok(Page { items, next: None, total: None })
}

async fn invite(call: Call<InviteUser>) -> Result<Accepted> {
    call.core.invite_user(&call.actor, &call.path.user).await
}

async fn directory(call: Call<ListDirectory>) -> Result<Page<DirectoryEntry>> {
    call.core.list_directory(&call.actor, &call.query.0, &call.query.1).await
}
