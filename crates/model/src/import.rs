//! Users as rows of files: what `roster import` reads and `roster export` writes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Field, OrganizationId, Role, Secret, Status, User};

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
    /// Names or slugs of groups to be a member of, with `;` between. Everybody is in `public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
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
    /// The hash of the password, in the PHC or crypt form of argon2, bcrypt, scrypt, PBKDF2 or SHA-crypt. Never exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
}

impl UserRow {
    /// The columns that are written, in their order.
    pub const EXPORTED: &'static [&'static str] = &[
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
    ];

    /// The row of a user who has the plan of this name.
    pub fn of(user: User, plan: Option<String>) -> Self {
        let given = |text: String| (!text.is_empty()).then_some(text);
        Self {
            username: user.username,
            email: user.email,
            first_name: given(user.first_name),
            last_name: given(user.last_name),
            phone: user.phone.map(|phone| phone.as_typed),
            status: Some(user.status),
            role: Some(user.role),
            plan,
            plan_expires_at: user.plan_expires_at,
            groups: None,
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

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// How many users were made.
    pub created: u64,
    /// How many were there before, with this username and this address; nothing of them was changed. So an import that
    /// was broken off is simply made again.
    pub present: u64,
    /// Which rows were refused; they did not hold the others up.
    pub refused: Vec<RefusedRow>,
}

/// A row that no user was made of.
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
        for column in UserRow::EXPORTED {
            let is_text = matches!(*column, "username" | "email");
            let value = if is_text { serde_json::json!("a") } else { serde_json::Value::Null };
            let row = serde_json::json!({ *column: value });
            assert!(serde_json::from_value::<UserRow>(row).is_ok(), "{column}");
        }
        assert!(!UserRow::EXPORTED.contains(&"password_hash"));
        assert!(serde_json::from_str::<UserRow>(r#"{"is_admin": true}"#).is_err());
    }
}
