//! `users/me` and who administers one's organization.

use roster_model::{FeatureFlagState, Person, User, UserRef, UserUpdate};
use serde_json::{Map, Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, object, time},
    people::{groups, initials, simple},
    preferences,
    replies::done,
    times,
};

/// What may change in oneself.
pub(super) const PART: &[Field] =
    &[object("preferences", preferences::FIELDS), time("last_checked_announcements")];

pub(super) async fn get(call: &Call) -> Reply {
    show(call).await
}

pub(super) async fn patch(call: &Call) -> Reply {
    let update = UserUpdate {
        preferences: call.body.object("preferences").map(preferences::read).transpose()?,
        last_checked_announcements_at: call.body.time("last_checked_announcements"),
        ..UserUpdate::default()
    };
    if update != UserUpdate::default() {
        call.core().update_user(&call.actor, &UserRef::Me, &update, None).await?;
    }
    show(call).await
}

pub(super) async fn list_admins(call: &Call) -> Reply {
    let admins = call.core().list_organization_admins(&call.actor).await?;
    let shown = admins.iter().map(|admin| {
        let mut shown = simple(admin);
        shown["email"] = admin.email.clone().into();
        shown
    });
    done(&shown.collect::<Vec<_>>())
}

async fn show(call: &Call) -> Reply {
    let person = call.core().get_person(&call.actor, &UserRef::Me).await?;
    let user = call.core().get_user(&call.actor, &UserRef::Me).await?;
    let flags = call.core().list_feature_flags_of(&call.actor, &UserRef::Me).await?;
    done(&record(&person, &user, flags))
}

fn record(person: &Person, user: &User, flags: Vec<FeatureFlagState>) -> Value {
    let flags: Map<_, _> = flags.into_iter().map(|flag| (flag.name, flag.is_on.into())).collect();
    let checked_at = user.last_checked_announcements_at.unwrap_or(user.created_at);
    json!({
        "id": user.id,
        "name": user.name(),
        "email": user.email,
        "username": user.username,
        "initials": initials(user.profile.initials.as_deref(), &user.name()),
        "lastCheckedAnnouncements": times::written(checked_at),
        "featureFlags": flags,
        "roles": person.roles,
        "preferences": preferences::shown(&user.preferences),
        "customBranding": null,
        "primaryGroupId": user.primary_group_id,
        "groups": groups(&person.groups),
        "organizationName": person.organization.name,
        "organizationSlug": person.organization.slug,
        "organizationDefaultThemeId": person.organization.default_theme_id,
        "createdAt": times::written(user.created_at),
        "signInCount": user.sign_in_count,
        "assumingRole": false,
        "roleAssumer": {},
        "assumingAdmin": false,
        "assumingAdminExpiration": null,
        "superadminModeExpiration": null,
        "disableNonCompliantFedrampFeatures": false,
        "personaRole": null,
        "createdById": user.created_by,
        "lastUpdatedById": user.updated_by,
    })
}
