//! Which columns the rulebook writes of a group, and with what.

use std::borrow::Cow;
use std::sync::LazyLock;

use roster_model::{Group, GroupRole};

use crate::sql::written::{insert_into, key, update, written};
use crate::sql::{Param, Value};

written! { group: Group;
    name = group.name.value();
    name_key = key(&group.name);
    slug = group.slug.value();
    description = group.description.value();
    owner_id = group.owner_id.value();
    roles = Value::Text(Cow::Owned(json(&group.roles)));
    authority = word(group.authority());
    default_time_zone = group.defaults.default_time_zone.value();
    default_otp_required_for_login = group.defaults.default_otp_required_for_login.value();
    default_jobs_label = group.defaults.default_jobs_label.value();
    default_notebooks_label = group.defaults.default_notebooks_label.value();
    default_services_label = group.defaults.default_services_label.value();
    updated_at = group.updated_at.value();
    updated_by = group.updated_by.value();
}

fn word(authority: Option<GroupRole>) -> Value<'static> {
    authority.map_or(Value::Null, |role| Value::Text(Cow::Borrowed(role.as_str())))
}

fn json(roles: &[GroupRole]) -> String {
    let words: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    serde_json::Value::from(words).to_string()
}

/// Adds a group whose values are `COLUMNS`, and then those that are written but once; nothing if its name is taken.
pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let once = &["organization_id", "created_at", "created_by"];
    let insert = insert_into("groups", COLUMNS, once, &[], "").text(1);
    format!("{insert} ON CONFLICT DO NOTHING RETURNING id")
});

/// Changes the group `$1`; the values of `COLUMNS` follow.
pub(super) static UPDATE: LazyLock<String> = LazyLock::new(|| update("groups", COLUMNS, ""));

/// The values for [`INSERT`].
pub(super) fn for_insert(group: &Group) -> Vec<Value<'_>> {
    let mut all = values(group);
    all.extend([group.organization_id.value(), group.created_at.value(), group.created_by.value()]);
    all
}

/// The values for [`UPDATE`].
pub(super) fn for_update(group: &Group) -> Vec<Value<'_>> {
    let mut all = values(group);
    all.insert(0, group.id.value());
    all
}
