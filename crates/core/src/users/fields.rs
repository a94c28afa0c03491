//! What a field of a user may hold, however it comes in.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};
use roster_model::{
    EmailAddress, Field, Group, GroupId, OrganizationId, Plan, Reason, Role, Status, Unit, User,
    UserId, UserRef, Username, is_invisible,
};
use roster_store::{Owner, Tx};
use serde_json::{Map, Value};

use crate::{Actor, Core, Error, Kind, Profile, Result, installation::PUBLIC, sessions::later};

/// The longest free text, in characters.
const MAX_TEXT: usize = 320;
/// The most that preferences may take, in bytes of JSON.
const MAX_PREFERENCES: usize = 64 * 1024;
/// How many groups somebody can be put into at once.
const MAX_GROUPS: usize = 1000;
/// How deep preferences may be nested.
const MAX_DEPTH: usize = 16;

impl Core {
    /// Reads a username.
    pub(super) fn read_username(text: &str) -> Result<Username> {
        Username::parse(text).map_err(|reason| Error::invalid(Field::Username, reason))
    }

    /// Reads an e-mail address as the door or the installation's profile has it.
    pub(crate) fn read_email(&self, actor: &Actor, text: &str) -> Result<EmailAddress> {
        let email = match self.settings().profile {
            _ if actor.habits().wants_dotted_addresses => EmailAddress::parse_dotted(text),
            Profile::Compat => EmailAddress::parse_any(text),
            Profile::Default | Profile::Strict => EmailAddress::parse(text),
        };
        email.map_err(|reason| Error::invalid(Field::Email, reason))
    }
}

/// Reads free text: trimmed, of one line, and nothing in it that cannot be seen.
pub(crate) fn read_text(field: Field, text: &str) -> Result<String> {
    let text = text.trim();
    let reason = if text.chars().nth(MAX_TEXT).is_some() {
        Reason::TooLong { max: MAX_TEXT, unit: Unit::Characters }
    } else if text.chars().any(char::is_control) {
        Reason::ControlCharacter
    } else if text.chars().any(is_invisible) {
        Reason::InvisibleCharacter
    } else {
        return Ok(text.to_owned());
    };
    Err(Error::invalid(field, reason))
}

/// Reads free text that may be empty altogether.
pub(crate) fn read_optional(field: Field, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(|text| read_text(field, text)).transpose()?;
    let text = text.filter(|text| !text.is_empty());
    match text {
        Some(name)
            if matches!(field, Field::TimeZone | Field::DefaultTimeZone)
                && !is_time_zone(&name) =>
        {
            let sentence = "must be a time zone of the IANA database, such as Europe/Vienna";
            Err(Error::invalid(field, Reason::Other(sentence.to_owned())))
        }
        text => Ok(text),
    }
}

fn is_time_zone(name: &str) -> bool {
    // A machine without the time zone database knows none: it must take people's word for it.
    TimeZone::get(name).is_ok() || jiff::tz::db().available().next().is_none()
}

/// Nobody grants more than it has.
pub(super) fn check_grant(actor: &Actor, role: Role) -> Result<()> {
    match actor.role() {
        Some(own) if role.rank() > own.rank() => Err(Error::Forbidden),
        _ => Ok(()),
    }
}

/// Preferences with changes merged into them (RFC 7396).
pub(super) fn merge_preferences(
    present: &Map<String, Value>,
    changes: &Map<String, Value>,
) -> Result<Map<String, Value>> {
    let refuse = |reason| Err(Error::invalid(Field::Preferences, reason));
    if !changes.values().all(|value| is_sound(value, MAX_DEPTH - 1))
        || changes.keys().any(|key| key.contains('\0'))
    {
        let sentence = format!("must nest at most {MAX_DEPTH} deep and hold no NUL characters");
        return refuse(Reason::Other(sentence));
    }
    let mut merged = Value::Object(present.clone());
    merge(&mut merged, &Value::Object(changes.clone()));
    let Value::Object(merged) = merged else { return refuse(Reason::Empty) };
    let length = serde_json::to_string(&merged).map_err(Error::internal)?.len();
    if length > MAX_PREFERENCES {
        return refuse(Reason::TooLong { max: MAX_PREFERENCES, unit: Unit::Bytes });
    }
    Ok(merged)
}

fn is_sound(value: &Value, depth: usize) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_sound(item, depth - 1)),
        Value::Object(members) => {
            depth > 0
                && members
                    .iter()
                    .all(|(key, value)| !key.contains('\0') && is_sound(value, depth - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, value) in patch {
            if value.is_null() {
                target.remove(key);
            } else {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

/// The plan that somebody is to have, by number or name.
pub(super) async fn find_plan(tx: &mut Tx, plan: &str) -> Result<Plan> {
    let found = crate::plans::find_plan(tx, plan).await?;
    found.ok_or_else(|| Error::invalid(Field::Plan, Reason::Unknown))
}

/// When a period of a plan ends that begins then.
pub(super) fn plan_end(plan: &Plan, begins: Timestamp) -> Option<Timestamp> {
    const DAY: u64 = 24 * 3600;
    let days = u64::try_from(plan.number_of_days?).ok()?;
    Some(later(begins, std::time::Duration::from_secs(days.saturating_mul(DAY))))
}

/// Whether somebody may sign in and use what was issued.
pub(crate) fn is_available(user: &User, now: Timestamp) -> bool {
    is_let_in(user.status, user.deleted_at, user.plan_expires_at, now)
}

/// The same of the owner of a credential.
pub(crate) fn is_owner_available(owner: &Owner, now: Timestamp) -> bool {
    is_let_in(owner.status, owner.deleted_at, owner.plan_expires_at, now)
}

/// The rule: let in, not deleted, and not at the end of its plan.
fn is_let_in(
    status: Status,
    deleted_at: Option<Timestamp>,
    plan_expires_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    status.may_sign_in() && deleted_at.is_none() && plan_expires_at.is_none_or(|end| now < end)
}

/// The primary group of somebody in `organization`: the wanted one, else the group of everybody; and the number of that.
pub(super) async fn find_home(
    tx: &mut Tx,
    organization: OrganizationId,
    wanted: Option<GroupId>,
) -> Result<(Group, GroupId)> {
    let public = tx.find_group_by_slug(organization, PUBLIC).await?;
    let public = public.ok_or(Error::NotFound(Kind::Organization))?;
    let everybody = public.id;
    let Some(wanted) = wanted.filter(|wanted| *wanted != everybody) else {
        return Ok((public, everybody));
    };
    let found = tx.find_group(wanted).await?;
    match found.filter(|group| group.organization_id == organization) {
        Some(group) => Ok((group, everybody)),
        None => Err(Error::invalid(Field::PrimaryGroupId, Reason::Unknown)),
    }
}

/// The groups of an organization with these numbers, each once.
pub(super) async fn find_groups(
    tx: &mut Tx,
    organization: OrganizationId,
    wanted: &[GroupId],
) -> Result<Vec<Group>> {
    if wanted.len() > MAX_GROUPS {
        return Err(Error::invalid(
            Field::GroupIds,
            Reason::TooLong { max: MAX_GROUPS, unit: Unit::Entries },
        ));
    }
    let wanted: BTreeSet<_> = wanted.iter().copied().collect();
    let mut groups = Vec::with_capacity(wanted.len());
    for group in wanted {
        let found = tx.find_group(group).await?;
        let found = found.filter(|group| group.organization_id == organization);
        groups.push(found.ok_or_else(|| Error::invalid(Field::GroupIds, Reason::Unknown))?);
    }
    Ok(groups)
}

/// Whom an administrator may make somebody's account admin: itself, when it makes the user; later only system admins
/// move users into accounts, and an account admin lets its own go.
pub(super) fn check_adoption(
    actor: &Actor,
    before: Option<&User>,
    parent: Option<UserId>,
) -> Result<()> {
    if actor.role().is_none_or(|role| role == Role::SystemAdmin) || parent.is_none() {
        return Ok(());
    }
    let may = match before {
        None => parent == actor.user_id(),
        Some(before) => parent == before.parent_id,
    };
    if may { Ok(()) } else { Err(Error::Forbidden) }
}

/// The account admin that somebody in `organization` is to belong to.
pub(super) async fn check_parent(
    tx: &mut Tx,
    organization: OrganizationId,
    parent: UserId,
    child: Option<UserId>,
) -> Result<()> {
    let found = tx.find_user(&UserRef::Id(parent)).await?;
    let is_fit = found.is_some_and(|found| {
        found.deleted_at.is_none()
            && found.organization_id == organization
            && found.role.is_administrator()
            && Some(found.id) != child
    });
    if is_fit { Ok(()) } else { Err(Error::invalid(Field::ParentId, Reason::NotAnAdministrator)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn preferences_are_merged_as_rfc_7396_says() {
        let present = object(json!({"a": "b", "c": {"d": "e", "f": "g"}}));
        let changes = object(json!({"a": "z", "c": {"f": null}}));
        let merged = merge_preferences(&present, &changes).unwrap();
        assert_eq!(Value::Object(merged), json!({"a": "z", "c": {"d": "e"}}));
    }

    #[test]
    fn preferences_are_bounded_in_length_and_depth() {
        let long = object(json!({"a": "x".repeat(70_000)}));
        assert!(merge_preferences(&Map::new(), &long).is_err());
        let mut deep = json!(1);
        for _ in 0..17 {
            deep = json!([deep]);
        }
        assert!(merge_preferences(&Map::new(), &object(json!({"a": deep}))).is_err());
        assert!(merge_preferences(&Map::new(), &object(json!({"a": "\u{0}"}))).is_err());
        assert!(merge_preferences(&Map::new(), &object(json!({"a": [[1]]}))).is_ok());
    }

    #[test]
    fn free_text_holds_nothing_that_cannot_be_seen() {
        assert_eq!(read_text(Field::City, "  Wien ").unwrap(), "Wien");
        for text in ["a\0b", "a\nb", "a\u{202E}b", &"x".repeat(321)] {
            assert!(read_text(Field::City, text).is_err(), "{text:?}");
        }
        assert_eq!(read_optional(Field::City, Some("")).unwrap(), None);
        assert!(read_optional(Field::TimeZone, Some("Mars/Olympus")).is_err());
        assert!(read_optional(Field::TimeZone, Some("Europe/Vienna")).is_ok());
    }
}
