//! People as Civis shows them.

use roster_model::{
    AccountState, DirectoryEntry, GroupEntry, LoginType, Person, User, initials_of,
};
use serde_json::{Value, json};

use super::times;

/// Given, or the first letters of the words of the name.
pub(super) fn initials(given: Option<&str>, name: &str) -> Option<String> {
    given.map(str::to_owned).or_else(|| initials_of(name))
}

/// A user by itself.
pub(super) fn detail(person: &Person) -> Value {
    let Person { user, organization, .. } = person;
    let User { profile, flags, .. } = user;
    let state = match person.account_state {
        AccountState::Active => "Active",
        AccountState::Deactivated => "Deactivated",
        AccountState::Suspended => "Suspended",
        AccountState::Unsuspended => "Unsuspended",
    };
    // Nobody needs an exemption where a password will do.
    let is_by_provider = organization.login_type == LoginType::Sso;
    let mut record = common(person);
    let rest = json!({
        "city": profile.city,
        "state": profile.state,
        "timeZone": person.effective_time_zone,
        "initials": initials(profile.initials.as_deref(), &user.name()),
        "department": profile.department,
        "title": profile.title,
        "githubUsername": profile.github_username,
        "prefersSmsOtp": flags.prefers_sms_otp,
        "vpnEnabled": flags.vpn_enabled,
        "ssoDisabled": flags.sso_disabled,
        "otpRequiredForLogin": flags.otp_required_for_login,
        "exemptFromOrgSmsOtpDisabled": flags.exempt_from_org_sms_otp_disabled,
        "smsOtpAllowed": person.is_sms_otp_allowed,
        "robot": flags.robot,
        "phone": user.phone.as_ref().map(|phone| &phone.as_typed),
        "organizationSlug": organization.slug,
        "organizationSSODisableCapable": is_by_provider && organization.sso_disable_capable,
        "organizationLoginType": if is_by_provider { "sso" } else { "password" },
        "organizationSmsOtpDisabled": organization.sms_otp_disabled,
        "myPermissionLevel": person.permission,
        "unconfirmedEmail": user.unconfirmed_email,
        "accountStatus": state,
    });
    if let (Value::Object(record), Value::Object(rest)) = (&mut record, rest) {
        record.extend(rest);
    }
    record
}

/// A user in a list.
pub(super) fn summary(person: &Person) -> Value {
    let mut row = common(person);
    row["currentSignInAt"] = person.session_began_at.map(times::written).into();
    row
}

fn common(person: &Person) -> Value {
    let user = &person.user;
    json!({
        "id": user.id,
        "user": user.username,
        "name": user.name(),
        "email": user.email,
        "active": user.status.is_on(),
        "primaryGroupId": user.primary_group_id,
        "groups": groups(&person.groups),
        "createdAt": times::written(user.created_at),
        "updatedAt": times::written(user.updated_at),
        "lastSeenAt": user.last_seen_at.map(times::written),
        "suspended": person.account_state == AccountState::Suspended,
        "createdById": user.created_by,
        "lastUpdatedById": user.updated_by,
    })
}

/// The groups that somebody is in.
pub(super) fn groups(groups: &[GroupEntry]) -> Vec<Value> {
    let shown = |group: &GroupEntry| {
        json!({
            "id": group.id,
            "name": group.name,
            "slug": group.slug,
            "organizationId": group.organization_id,
            "organizationName": group.organization_name,
        })
    };
    groups.iter().map(shown).collect()
}

/// A person, as lists of other things show it.
pub(super) fn simple(user: &DirectoryEntry) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "initials": initials(user.initials.as_deref(), &user.name),
        "online": null,
    })
}
