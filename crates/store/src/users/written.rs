//! Which columns the rulebook writes of a user, and with what.

use std::borrow::Cow;
use std::sync::LazyLock;

use roster_model::User;

use super::folded::FoldedTexts;
use crate::sql::written::{insert_into, update, written};
use crate::sql::{InsertRows, Param, Value};

written! { user: User, folded: FoldedTexts;
    username = user.username.value();
    username_key = folded.username_key.value();
    email = user.email.value();
    email_key = folded.email_key.value();
    unconfirmed_email = user.unconfirmed_email.value();
    first_name = user.first_name.value();
    first_name_key = folded.more.first_name_key.value();
    last_name = user.last_name.value();
    last_name_key = folded.more.last_name_key.value();
    name_key = folded.name_key.value();
    phone_e164 = user.phone.as_ref().map_or(Value::Null, |phone| phone.e164.value());
    phone_typed = user.phone.as_ref().map_or(Value::Null, |phone| phone.as_typed.value());
    phone_key = folded.more.phone_key.value();
    phone_verified_at = user.phone_verified_at.value();
    text_keys = folded.more.text_keys.value();
    status = user.status.value();
    role = user.role.value();
    organization_id = user.organization_id.value();
    primary_group_id = user.primary_group_id.value();
    parent_id = user.parent_id.value();
    plan_id = user.plan_id.value();
    plan_expires_at = user.plan_expires_at.value();
    city = user.profile.city.value();
    state = user.profile.state.value();
    time_zone = user.profile.time_zone.value();
    initials = user.profile.initials.value();
    department = user.profile.department.value();
    title = user.profile.title.value();
    github_username = user.profile.github_username.value();
    robot = user.flags.robot.value();
    vpn_enabled = user.flags.vpn_enabled.value();
    sso_disabled = user.flags.sso_disabled.value();
    otp_required_for_login = user.flags.otp_required_for_login.value();
    prefers_sms_otp = user.flags.prefers_sms_otp.value();
    exempt_from_org_sms_otp_disabled = user.flags.exempt_from_org_sms_otp_disabled.value();
    preferences = json(&user.preferences);
    password_changed_at = user.password_changed_at.value();
    password_expires_at = user.password_expires_at.value();
    last_checked_announcements_at = user.last_checked_announcements_at.value();
    unlocked_at = user.unlocked_at.value();
    updated_at = user.updated_at.value();
    updated_by = user.updated_by.value();
    deleted_at = user.deleted_at.value();
}

fn json(object: &serde_json::Map<String, serde_json::Value>) -> Value<'static> {
    Value::Text(match object.is_empty() {
        true => Cow::Borrowed("{}"),
        false => Cow::Owned(serde_json::Value::Object(object.clone()).to_string()),
    })
}

/// Adds a user whose values are `COLUMNS`, and then those that are written but once.
pub(super) static INSERT: LazyLock<String> = LazyLock::new(|| insert("").text(1));

/// Adds many, and says for each UUID what number it has.
pub(super) static INSERT_MANY: LazyLock<InsertRows> =
    LazyLock::new(|| insert("RETURNING uuid, id"));

fn insert(after: &str) -> InsertRows {
    let once = &["uuid", "created_at", "created_by"];
    insert_into("users", COLUMNS, once, &[("sign_in_count", "0"), ("version", "1")], after)
}

/// Changes the user `$1`; the values of `COLUMNS` follow.
pub(super) static UPDATE: LazyLock<String> = LazyLock::new(|| {
    format!("{} RETURNING version", update("users", COLUMNS, ", version = version + 1"))
});

/// The values for [`INSERT`].
pub(super) fn for_insert<'u>(user: &'u User, folded: &'u FoldedTexts) -> Vec<Value<'u>> {
    let mut all = values(user, folded);
    all.extend([user.uuid.value(), user.created_at.value(), user.created_by.value()]);
    all
}

/// The values for [`UPDATE`].
pub(super) fn for_update<'u>(user: &'u User, folded: &'u FoldedTexts) -> Vec<Value<'u>> {
    let mut all = values(user, folded);
    all.insert(0, user.id.value());
    all
}
