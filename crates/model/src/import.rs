//! Users and groups as rows of files: what `roster import` reads and `roster export` writes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Field, Group, OrganizationId, Role, Secret, Status, User};

/// A user as a flat row, so that a table can hold it. What is not given is left empty; what is exported can be
/// imported again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserRow {
    /// The name to sign in with.
    pub username: String,
    /// The address, taken as confirmed.
    pub email: String,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Phone number, unverified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether the user may use the account; `new` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What the user may do; `viewer` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The plan, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// When the plan ends; without it the plan's length counts from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_expires_at: Option<Timestamp>,
    /// Slugs or names of groups to be a member of, with `;` between; `:manager` or `:owner` after one who is more than
    /// that. Everybody is in `public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// Slug or name of the primary group; `public` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_group: Option<String>,
    /// The account admin it belongs to, by username or address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// IANA time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Initials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initials: Option<String>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Name at GitHub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_username: Option<String>,
    /// A program, not a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot: Option<bool>,
    /// May use the VPN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn_enabled: Option<bool>,
    /// Signs in with a password although the organization signs in at a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_disabled: Option<bool>,
    /// Must have multi-factor authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp_required_for_login: Option<bool>,
    /// Likes codes by SMS better than by app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefers_sms_otp: Option<bool>,
    /// Gets codes by SMS although the organization forbids them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt_from_org_sms_otp_disabled: Option<bool>,
    /// When it was made; now without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The hash of the password, in the PHC or crypt form of argon2, bcrypt, scrypt, PBKDF2 or SHA-crypt. Never leaves through
    /// the API: only the operator exports it, at the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
    /// When that password must be changed; as the policy says without it. Not exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_expires_at: Option<Timestamp>,
    /// When it was deleted: it is made in the bin, where its names are reserved. Not exported, as deleted users are
    /// not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl UserRow {
    /// The columns, in the order in which they are written; the last one only by the operator.
    pub const COLUMNS: &'static [&'static str] = &[
        "username",
        "email",
        "first_name",
        "last_name",
        "phone",
        "status",
        "role",
        "plan",
        "plan_expires_at",
        "groups",
        "primary_group",
        "parent",
        "city",
        "state",
        "time_zone",
        "initials",
        "department",
        "title",
        "github_username",
        "robot",
        "vpn_enabled",
        "sso_disabled",
        "otp_required_for_login",
        "prefers_sms_otp",
        "exempt_from_org_sms_otp_disabled",
        "created_at",
        "password_hash",
        "password_expires_at",
        "deleted_at",
    ];

    /// The columns of an export with hashes, which is the operator's alone: all but the last two, which only imports have.
    pub const EXPORTED_WITH_HASHES: &'static [&'static str] =
        Self::COLUMNS.split_at(Self::COLUMNS.len() - 2).0;

    /// The columns of an export.
    pub const EXPORTED: &'static [&'static str] = Self::COLUMNS.split_at(Self::COLUMNS.len() - 3).0;

    /// The row of a user, without what it refers to by name.
    pub fn of(user: User) -> Self {
        let given = |text: String| (!text.is_empty()).then_some(text);
        Self {
            username: user.username,
            email: user.email,
            first_name: given(user.first_name),
            last_name: given(user.last_name),
            phone: user.phone.map(|phone| phone.as_typed),
            status: Some(user.status),
            role: Some(user.role),
            plan: None,
            plan_expires_at: user.plan_expires_at,
            groups: None,
            primary_group: None,
            parent: None,
            city: user.profile.city,
            state: user.profile.state,
            time_zone: user.profile.time_zone,
            initials: user.profile.initials,
            department: user.profile.department,
            title: user.profile.title,
            github_username: user.profile.github_username,
            robot: Some(user.flags.robot),
            vpn_enabled: Some(user.flags.vpn_enabled),
            sso_disabled: Some(user.flags.sso_disabled),
            otp_required_for_login: Some(user.flags.otp_required_for_login),
            prefers_sms_otp: Some(user.flags.prefers_sms_otp),
            exempt_from_org_sms_otp_disabled: Some(user.flags.exempt_from_org_sms_otp_disabled),
            created_at: Some(user.created_at),
            password_hash: None,
            password_expires_at: None,
            deleted_at: None,
        }
    }
}

/// Users who are to be made together.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserImport {
    /// The organization; the caller's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Only say what would come of it.
    #[serde(default)]
    pub dry_run: bool,
    /// The users, at most a thousand.
    pub users: Vec<UserRow>,
}

/// A group as a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GroupRow {
    /// What people call it.
    pub name: String,
    /// The name in addresses; made of the name without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl GroupRow {
    /// The columns, in the order in which they are written.
    pub const COLUMNS: &'static [&'static str] = &["name", "slug", "description"];
}

impl From<Group> for GroupRow {
    fn from(group: Group) -> Self {
        let description = Some(group.description).filter(|text| !text.is_empty());
        Self { name: group.name, slug: Some(group.slug), description }
    }
}

/// Groups that are to be made together.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupImport {
    /// The organization; the caller's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Only say what would come of it.
    #[serde(default)]
    pub dry_run: bool,
    /// The groups, at most a thousand.
    pub groups: Vec<GroupRow>,
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// How many were made.
    pub created: u64,
    /// How many were there before: users with this username and this address, groups with this name and this slug.
    /// Nothing of them was changed, so an import that was broken off is simply made again.
    pub present: u64,
    /// Which rows were refused; they did not hold the others up.
    pub refused: Vec<RefusedRow>,
}

/// A row that nothing was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedRow {
    /// Which, counted from 0.
    pub row: u32,
    /// The field that is wrong.
    pub field: Option<Field>,
    /// What is wrong with it, for machines.
    pub reason: String,
    /// What is wrong, as a sentence.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_is_written_is_read() {
        for column in UserRow::COLUMNS {
            let is_text = matches!(*column, "username" | "email");
            let value = if is_text { serde_json::json!("a") } else { serde_json::Value::Null };
            let row = serde_json::json!({ *column: value });
            assert!(serde_json::from_value::<UserRow>(row).is_ok(), "{column}");
        }
        assert_eq!(UserRow::EXPORTED_WITH_HASHES.last(), Some(&"password_hash"));
        assert_eq!(UserRow::EXPORTED.last(), Some(&"created_at"));
        assert!(serde_json::from_str::<UserRow>(r#"{"is_admin": true}"#).is_err());
    }
}
