//! What must be allowed for an update.

use roster_model::{Role, UserUpdate};

use crate::{Actor, authz::Operation, users::status::StatusChange};

/// The lines of the table that must agree to an update; the first asks for the second factor.
pub(super) fn operations(actor: &Actor, update: &UserUpdate) -> Vec<Operation> {
    // Every field is named, so that a new one has to be given its place here (threat T16).
    let UserUpdate {
        username,
        email,
        first_name: _,
        last_name: _,
        phone,
        // Of these three asks `StatusChange`.
        status: _,
        active: _,
        account_state: _,
        is_email_confirmed: _,
        role,
        organization_id,
        primary_group_id,
        group_ids,
        parent_id,
        plan,
        plan_expires_at,
        city: _,
        state: _,
        time_zone: _,
        initials: _,
        department: _,
        title: _,
        github_username: _,
        robot,
        vpn_enabled,
        sso_disabled,
        otp_required_for_login,
        prefers_sms_otp,
        exempt_from_org_sms_otp_disabled,
        last_checked_announcements_at,
        preferences,
    } = update;
    let administers = role.is_some()
        || organization_id.is_some()
        || parent_id.is_some()
        || plan.is_some()
        || plan_expires_at.is_some();
    let sets_flags = robot.is_some()
        || vpn_enabled.is_some()
        || sso_disabled.is_some()
        || otp_required_for_login.is_some()
        || exempt_from_org_sms_otp_disabled.is_some();
    let moves = primary_group_id.is_some() || group_ids.is_some();
    let mut needed = Vec::new();
    for (is_needed, operation) in [
        (administers, Operation::AdministerUser),
        (sets_flags, Operation::SetFlags),
        (moves, Operation::MoveUser),
        (true, Operation::UpdateProfile),
    ] {
        if is_needed {
            needed.push(operation);
        }
    }
    if username.is_some() || email.is_some() {
        needed.push(Operation::ChangeIdentifiers);
    }
    if username.is_some() && actor.habits().keeps_to_account {
        needed.push(Operation::Rename);
    }
    if phone.is_some() {
        needed.push(Operation::ChangePhone);
    }
    needed.extend(StatusChange::asked(update).map(StatusChange::operation));
    if preferences.is_some() || prefers_sms_otp.is_some() || last_checked_announcements_at.is_some()
    {
        needed.push(Operation::ChangePreferences);
    }
    if role.is_some_and(Role::is_administrator) {
        needed.push(Operation::GrantAdministration);
    }
    needed
}
