//! `groups` and who is in them.

use roster_core::{Error, Kind};
use roster_model::{
    Field as Part, GroupDefaults, GroupDetails, GroupFilter, GroupId, GroupMember, GroupRole,
    GroupUpdate, NewGroup, OrganizationId, PermissionLevel, Reason, UserId, UserRef,
};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, boolean, id, ids, long_text, text},
    people,
    replies::{self, created, done, nothing},
    times,
    translate::Refusal,
};

/// Which groups are wanted.
pub(super) const WANTED: &[Field] = &[
    text("query"),
    text("permission"),
    boolean("include_members"),
    id("organization_id"),
    ids("user_ids"),
];

/// What a new group is to be, and what one is put as.
pub(super) const WHOLE: &[Field] = &[
    text("name").required(),
    long_text("description").nullable(),
    text("slug").nullable(),
    id("organization_id").nullable(),
    boolean("default_otp_required_for_login").nullable(),
    ids("role_ids").nullable(),
    text("default_time_zone").nullable(),
    text("default_jobs_label").nullable(),
    text("default_notebooks_label").nullable(),
    text("default_services_label").nullable(),
];

/// What is to change in a group.
pub(super) const PART: &[Field] = &[
    text("name"),
    long_text("description").nullable(),
    text("slug"),
    id("organization_id"),
    boolean("default_otp_required_for_login").nullable(),
    ids("role_ids"),
    text("default_time_zone").nullable(),
    text("default_jobs_label").nullable(),
    text("default_notebooks_label").nullable(),
    text("default_services_label").nullable(),
];

pub(super) async fn list(call: &Call) -> Reply {
    let page = call.page()?;
    let permission = call.query.text("permission").map(level).transpose()?;
    let user_ids = call.query.ids("user_ids").map(|ids| {
        let words: Vec<_> = ids.iter().map(i64::to_string).collect();
        words.join(",")
    });
    let filter = GroupFilter {
        filter: None,
        search: None,
        name: call.query.text("query").map(str::to_owned),
        permission,
        user_ids,
        organization_id: call.query.integer("organization_id").map(OrganizationId),
        order_by: Some(page.order_by()),
    };
    let found = call.core().list_groups(&call.actor, &filter, &page.request()).await?;
    let mut rows: Vec<_> = found.items.iter().map(summary).collect();
    if call.query.boolean("include_members").unwrap_or(false) {
        let ids: Vec<_> = found.items.iter().map(|details| details.group.id).collect();
        let mut members = call.core().list_members_of(&call.actor, &ids).await?;
        for (row, id) in rows.iter_mut().zip(ids) {
            let people = members.remove(&id).unwrap_or_default();
            row["members"] = people.iter().map(|member| people::simple(&member.user)).collect();
        }
    }
    replies::page(&page, found.total.unwrap_or_default(), &rows)
}

pub(super) async fn get(call: &Call) -> Reply {
    done(&detail(call, group(call)?).await?)
}

pub(super) async fn create(call: &Call) -> Reply {
    let body = &call.body;
    let text = |name: &str| body.text(name).map(str::to_owned);
    let new = NewGroup {
        name: text("name").unwrap_or_default(),
        slug: text("slug"),
        description: text("description"),
        organization_id: body.integer("organization_id").map(OrganizationId),
        owner_id: None,
        roles: roles(body.ids("role_ids").unwrap_or_default())?,
        defaults: Some(GroupDefaults {
            default_time_zone: text("default_time_zone"),
            default_otp_required_for_login: body.boolean("default_otp_required_for_login"),
            default_jobs_label: text("default_jobs_label"),
            default_notebooks_label: text("default_notebooks_label"),
            default_services_label: text("default_services_label"),
        }),
    };
    let made = call.core().create_group(&call.actor, &new).await?;
    created(&detail(call, made.id).await?)
}

/// Everything but slug and organization is reset that is not given.
pub(super) async fn put(call: &Call) -> Reply {
    let body = &call.body;
    let text = |name: &str| body.text(name).map(str::to_owned);
    let update = GroupUpdate {
        name: text("name"),
        slug: text("slug"),
        description: Some(text("description").unwrap_or_default()),
        owner_id: None,
        roles: Some(roles(body.ids("role_ids").unwrap_or_default())?),
        default_time_zone: Some(text("default_time_zone")),
        default_otp_required_for_login: Some(body.boolean("default_otp_required_for_login")),
        default_jobs_label: Some(text("default_jobs_label")),
        default_notebooks_label: Some(text("default_notebooks_label")),
        default_services_label: Some(text("default_services_label")),
    };
    change(call, &update).await
}

pub(super) async fn patch(call: &Call) -> Reply {
    let body = &call.body;
    let text = |name: &str| body.text(name).map(str::to_owned);
    let update = GroupUpdate {
        name: text("name"),
        slug: text("slug"),
        description: body.cleared_text("description").map(Option::unwrap_or_default),
        owner_id: None,
        roles: body.ids("role_ids").map(roles).transpose()?,
        default_time_zone: body.cleared_text("default_time_zone"),
        default_otp_required_for_login: body.cleared_boolean("default_otp_required_for_login"),
        default_jobs_label: body.cleared_text("default_jobs_label"),
        default_notebooks_label: body.cleared_text("default_notebooks_label"),
        default_services_label: body.cleared_text("default_services_label"),
    };
    change(call, &update).await
}

async fn change(call: &Call, update: &GroupUpdate) -> Reply {
    let id = group(call)?;
    if let Some(organization) = call.body.integer("organization_id") {
        let found = call.core().get_group(&call.actor, id).await?;
        if found.group.organization_id.0 != organization {
            return Err(Refusal::invalid("organizationId cannot be changed"));
        }
    }
    let changed = call.core().update_group(&call.actor, id, update).await?;
    done(&detail(call, changed.id).await?)
}

pub(super) async fn delete(call: &Call) -> Reply {
    let deleted = call.core().delete_group(&call.actor, group(call)?).await;
    deleted.map_err(Refusal::conflict)?;
    nothing()
}

/// A member keeps the rank that it has.
pub(super) async fn add_member(call: &Call) -> Reply {
    let (group, user) = (group(call)?, UserId(call.id(1, Kind::User)?));
    call.core().add_member(&call.actor, group, &UserRef::Id(user)).await?;
    done(&detail(call, group).await?)
}

pub(super) async fn remove_member(call: &Call) -> Reply {
    let (group, user) = (group(call)?, UserId(call.id(1, Kind::User)?));
    call.core().remove_member(&call.actor, group, &UserRef::Id(user)).await?;
    nothing()
}

/// The group that the path names.
pub(super) fn group(call: &Call) -> Result<GroupId, Refusal> {
    Ok(GroupId(call.id(0, Kind::Group)?))
}

/// A level of permission.
pub(super) fn level(word: &str) -> Result<PermissionLevel, Refusal> {
    let level = PermissionLevel::from_word(word);
    level.ok_or_else(|| Refusal::invalid("the permission level must be read, write or manage"))
}

fn roles(ids: Vec<i64>) -> Result<Vec<GroupRole>, Refusal> {
    let unknown = || Refusal::from(Error::invalid(Part::Roles, Reason::Unknown));
    ids.into_iter().map(|id| GroupRole::of_id(id).ok_or_else(unknown)).collect()
}

/// A group in a list.
fn summary(details: &GroupDetails) -> Value {
    let GroupDetails { group, organization_name, active_member_count, member_count, .. } = details;
    let description = (!group.description.is_empty()).then_some(&group.description);
    json!({
        "id": group.id,
        "name": group.name,
        "createdAt": times::written(group.created_at),
        "updatedAt": times::written(group.updated_at),
        "description": description,
        "slug": group.slug,
        "organizationId": group.organization_id,
        "organizationName": organization_name,
        "memberCount": active_member_count,
        "totalMemberCount": member_count,
        "lastUpdatedById": group.updated_by,
        "createdById": group.created_by,
        "members": [],
    })
}

/// A group by itself, with everybody in it.
async fn detail(call: &Call, id: GroupId) -> Result<Value, Refusal> {
    let details = call.core().get_group(&call.actor, id).await?;
    let mut members = call.core().list_members_of(&call.actor, &[id]).await?;
    let members = members.remove(&id).unwrap_or_default();
    let mut record = summary(&details);
    let defaults = &details.group.defaults;
    record["defaultOtpRequiredForLogin"] = defaults.default_otp_required_for_login.into();
    record["roleIds"] = details.group.roles.iter().map(|role| role.id()).collect();
    record["defaultTimeZone"] = defaults.default_time_zone.clone().into();
    record["defaultJobsLabel"] = defaults.default_jobs_label.clone().into();
    record["defaultNotebooksLabel"] = defaults.default_notebooks_label.clone().into();
    record["defaultServicesLabel"] = defaults.default_services_label.clone().into();
    record["members"] = members.iter().map(member).collect();
    Ok(record)
}

fn member(member: &GroupMember) -> Value {
    let mut shown = people::simple(&member.user);
    shown["email"] = member.user.email.clone().into();
    shown["primaryGroupId"] = member.primary_group_id.0.into();
    shown["active"] = member.is_active.into();
    shown
}

/// The roles that groups give; the list is fixed.
pub(super) async fn list_roles(call: &Call) -> Reply {
    let page = call.page()?;
    let roles = call.core().list_roles(&call.actor).await?;
    let total = roles.len() as u64;
    replies::page(&page, total, &page.of(roles))
}
