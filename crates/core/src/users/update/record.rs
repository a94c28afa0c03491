//! What an update makes of the record, but for names, groups and status.

use jiff::Timestamp;
use roster_model::{Field, PhoneNumber, Reason, User, UserUpdate, initials_of};
use roster_store::Tx;

use crate::{
    Error, Kind, Result,
    clock::whole_microseconds,
    users::fields::{
        check_parent, find_home, find_plan, merge_preferences, plan_end, read_optional, read_text,
    },
};

/// Sets what users may set themselves, but for the names they sign in with.
pub(super) fn set_profile(user: &mut User, update: &UserUpdate) -> Result<()> {
    let name = user.name();
    if let Some(name) = &update.first_name {
        user.first_name = read_text(Field::FirstName, name)?;
    }
    if let Some(name) = &update.last_name {
        user.last_name = read_text(Field::LastName, name)?;
    }
    if user.name() != name {
        user.profile.initials = initials_of(&user.name());
    }
    if let Some(phone) = &update.phone {
        let phone = phone.as_deref().map(PhoneNumber::parse).transpose();
        let phone = phone.map_err(|reason| Error::invalid(Field::Phone, reason))?;
        if phone != user.phone {
            user.phone = phone;
            user.phone_verified_at = None;
        }
    }
    let profile = &mut user.profile;
    for (field, place, value) in [
        (Field::City, &mut profile.city, &update.city),
        (Field::State, &mut profile.state, &update.state),
        (Field::TimeZone, &mut profile.time_zone, &update.time_zone),
        (Field::Initials, &mut profile.initials, &update.initials),
        (Field::Department, &mut profile.department, &update.department),
        (Field::Title, &mut profile.title, &update.title),
        (Field::GithubUsername, &mut profile.github_username, &update.github_username),
    ] {
        if let Some(value) = value {
            *place = read_optional(field, value.as_deref())?;
        }
    }
    if let Some(prefers) = update.prefers_sms_otp {
        user.flags.prefers_sms_otp = prefers;
    }
    if let Some(at) = update.last_checked_announcements_at {
        user.last_checked_announcements_at = Some(whole_microseconds(at));
    }
    if let Some(changes) = &update.preferences {
        user.preferences = merge_preferences(&user.preferences, changes)?;
    }
    Ok(())
}

/// Sets what only administrators may.
pub(super) async fn set_administered(
    tx: &mut Tx,
    user: &mut User,
    update: &UserUpdate,
    now: Timestamp,
) -> Result<()> {
    if let Some(organization) = update.organization_id
        && organization != user.organization_id
    {
        let home = find_home(tx, organization, update.primary_group_id).await;
        let (home, public) = home.map_err(|error| match error {
            Error::NotFound(Kind::Organization) => {
                Error::invalid(Field::OrganizationId, Reason::Unknown)
            }
            other => other,
        })?;
        user.organization_id = organization;
        user.primary_group_id = home.id;
        user.parent_id = None;
        tx.ensure_membership(home.id, user.id, now).await?;
        tx.join_everybody(public, user.id, now).await?;
    } else if let Some(group) = update.primary_group_id {
        let (home, _) = find_home(tx, user.organization_id, Some(group)).await?;
        user.primary_group_id = home.id;
    }
    if let Some(parent) = update.parent_id {
        if let Some(parent) = parent {
            check_parent(tx, user.organization_id, parent, Some(user.id)).await?;
        }
        user.parent_id = parent;
    }
    match &update.plan {
        None => {}
        Some(None) => user.plan_id = None,
        Some(Some(name)) => {
            let plan = find_plan(tx, name).await?;
            user.plan_id = Some(plan.id);
            user.plan_expires_at = plan_end(&plan, now);
        }
    }
    if let Some(end) = update.plan_expires_at {
        user.plan_expires_at = end.map(whole_microseconds);
    }
    if let Some(role) = update.role {
        user.role = role;
    }
    let flags = &mut user.flags;
    for (flag, value) in [
        (&mut flags.robot, update.robot),
        (&mut flags.vpn_enabled, update.vpn_enabled),
        (&mut flags.sso_disabled, update.sso_disabled),
        (&mut flags.otp_required_for_login, update.otp_required_for_login),
        (&mut flags.exempt_from_org_sms_otp_disabled, update.exempt_from_org_sms_otp_disabled),
    ] {
        *flag = value.unwrap_or(*flag);
    }
    Ok(())
}

/// The names of the fields in which two records of a user differ.
pub(super) fn changed_fields(before: &User, after: &User) -> Vec<String> {
    let members = |user: &User| match serde_json::to_value(user) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (members(before), members(after));
    after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
}
