//! What the commands show: records as rows of named columns.

use jiff::Timestamp;
use roster_client::model::{
    Activity, ApiKey, AuditEvent, Favorite, FeatureFlag, FeatureFlagState, FeatureFlagSwitch,
    Group, GroupDetails, GroupMember, Invitation, Message, MfaStatus, Organization, Plan,
    RegisteredObject, RoleEntry, Session, SsoLink, SsoProvider, Theme,
};
use serde::Serialize;
use serde_json::Value;

use crate::ago::ago;

/// Something that can be shown as a row. Its columns are the fields of its JSON form, and those
/// that it computes.
pub(crate) trait Record: Serialize {
    /// What people see when they ask for no columns.
    const COLUMNS: &'static [&'static str];

    /// By what it is named in other commands.
    fn id(&self) -> String;

    /// A column that is no field of the JSON form.
    fn computed(&self, _column: &str) -> Option<Value> {
        None
    }
}

/// A record taken apart.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) json: Value,
    cells: Vec<(String, Value)>,
}

impl Row {
    /// Takes apart what is needed for `columns`.
    pub(crate) fn of<R: Record>(record: &R, columns: &[String]) -> serde_json::Result<Self> {
        let json = serde_json::to_value(record)?;
        let cell = |column: &String| {
            let value = record.computed(column).or_else(|| json.get(column).cloned());
            value.map(|value| (column.clone(), value))
        };
        let cells = columns.iter().filter_map(cell).collect();
        Ok(Self { id: record.id(), cells, json })
    }

    /// The value in a column; none: there is no such column.
    pub(crate) fn get(&self, column: &str) -> Option<&Value> {
        self.cells.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

/// A value as programs read it in a CSV file.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.iter().map(text).collect::<Vec<_>>().join(",")
        }
        // A phone number is shown as it is dialled.
        Value::Object(fields) if fields.contains_key("e164") => text(&fields["e164"]),
        other => other.to_string(),
    }
}

/// A value as people read it in a table.
pub(crate) fn text_for_people(column: &str, value: &Value, now: Timestamp) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(at) if is_instant(column) => {
            at.parse().map_or_else(|_| at.clone(), |at| ago(at, now))
        }
        other => text(other),
    }
}

fn is_instant(column: &str) -> bool {
    column.ends_with("_at") || matches!(column, "at" | "created")
}

macro_rules! records {
    ($($type:ty: $id:ident $columns:expr;)+) => {$(
        impl Record for $type {
            const COLUMNS: &'static [&'static str] = &$columns;

            fn id(&self) -> String {
                self.$id.to_string()
            }
        }
    )+};
}

records! {
    Session: uuid ["uuid", "method", "address", "user_agent", "created_at", "last_used_at",
        "expires_at", "is_current"];
    Group: id ["id", "name", "slug", "description", "organization_id", "owner_id"];
    RoleEntry: slug ["id", "slug", "name", "description"];
    Organization: id ["id", "name", "slug", "default_theme_id", "created_at"];
    Plan: id ["id", "name", "display_name", "storage", "concurrent_tasks", "daily_api_calls",
        "number_of_days"];
    Invitation: id ["id", "email", "role", "organization_id", "invited_by", "created_at",
        "expires_at"];
    Message: id ["id", "channel", "to", "template", "state", "attempts", "created_at",
        "last_error"];
    AuditEvent: id ["id", "at", "action", "outcome", "actor_id", "user_id", "subject", "door",
        "address"];
    Favorite: id ["id", "position", "object_type", "object_id", "object_name", "created_at"];
    RegisteredObject: object_id ["object_type", "object_id", "name", "author_id", "state",
        "last_run_at", "next_run_at", "updated_at"];
    Activity: id ["id", "name", "kind", "state", "category", "updated_at", "next_run_at"];
    FeatureFlag: name ["id", "name", "is_on_for_everybody", "organization_count", "group_count",
        "user_count", "updated_at"];
    FeatureFlagSwitch: id ["scope", "id", "name", "created_at"];
    FeatureFlagState: name ["name", "is_on", "through"];
    SsoProvider: name ["name"];
    SsoLink: provider ["provider", "email", "is_disabled", "is_confirmed", "last_sign_in_at"];
}

impl Record for ApiKey {
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "prefix", "created_at", "expires_at", "last_used_at", "revoked_at"];

    fn id(&self) -> String {
        self.uuid.to_string()
    }

    /// The names that the `airt` command has for columns.
    fn computed(&self, column: &str) -> Option<Value> {
        match column {
            "created" => serde_json::to_value(self.created_at).ok(),
            "expiry" => serde_json::to_value(self.expires_at).ok(),
            "disabled" => Some(self.revoked_at.is_some().into()),
            // As `--allow` takes them.
            "allow" => {
                let lines: Vec<_> = self.constraints.iter().map(ToString::to_string).collect();
                Some(lines.into())
            }
            _ => None,
        }
    }
}

impl Record for GroupDetails {
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "slug", "active_member_count", "roles", "permission", "description"];

    fn id(&self) -> String {
        self.group.id.to_string()
    }
}

impl Record for GroupMember {
    const COLUMNS: &'static [&'static str] = &["id", "username", "name", "email", "rank"];

    fn id(&self) -> String {
        self.user.uuid.to_string()
    }

    fn computed(&self, column: &str) -> Option<Value> {
        serde_json::to_value(&self.user).ok()?.get(column).cloned()
    }
}

impl Record for Theme {
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "organization_ids", "logo_type", "created_at", "updated_at"];

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn computed(&self, column: &str) -> Option<Value> {
        let logo = self.logo.as_ref();
        match column {
            "logo_id" => serde_json::to_value(logo.map(|logo| logo.id)).ok(),
            "logo_name" => serde_json::to_value(logo.map(|logo| &logo.name)).ok(),
            "logo_type" => serde_json::to_value(logo.map(|logo| logo.media_type)).ok(),
            _ => None,
        }
    }
}

impl Record for MfaStatus {
    const COLUMNS: &'static [&'static str] =
        &["is_active", "is_pending", "activated_at", "recovery_codes_left"];

    fn id(&self) -> String {
        (if self.is_active { "active" } else { "inactive" }).into()
    }
}
