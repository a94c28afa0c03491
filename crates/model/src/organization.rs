//! Organizations: tenants, each with its own users, groups and settings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{OrganizationId, ThemeId, problem::words};

words! {
    /// How the people of an organization sign in.
    LoginType {
        /// By password, or by a provider where linked.
        Any = "any",
        /// By password only.
        Password = "password",
        /// By a provider only, except those whose `sso_disabled` is set.
        Sso = "sso",
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// Its number.
    pub id: OrganizationId,
    /// Its UUID.
    pub uuid: uuid::Uuid,
    /// Its name for people.
    pub name: String,
    /// Its name in addresses, unique.
    pub slug: String,
    /// What its administrators have set.
    pub settings: OrganizationSettings,
    /// The theme of its people.
    pub default_theme_id: Option<ThemeId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What the administrators of an organization decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrganizationSettings {
    /// How people sign in.
    pub login_type: LoginType,
    /// Whether single people may be exempt from provider sign-in.
    pub sso_disable_capable: bool,
    /// Whether codes by SMS are forbidden.
    pub sms_otp_disabled: bool,
    /// Days without use after which a user is suspended; none: never.
    pub inactivity_suspension_days: Option<u32>,
    /// Days after which a password must be changed; none: as the profile says.
    pub password_expiry_days: Option<u32>,
    /// The shortest password in bytes, if longer than the profile's.
    pub password_min_length: Option<u32>,
}

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self {
            login_type: LoginType::Any,
            sso_disable_capable: true,
            sms_otp_disabled: false,
            inactivity_suspension_days: None,
            password_expiry_days: None,
            password_min_length: None,
        }
    }
}

/// What is to change in an organization; absent: nothing. Where a setting can be empty, `null`
/// empties it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationUpdate {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How people sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_type: Option<LoginType>,
    /// Whether single people may be exempt from provider sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_disable_capable: Option<bool>,
    /// Whether codes by SMS are forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_otp_disabled: Option<bool>,
    /// Days without use after which a user is suspended.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub inactivity_suspension_days: Option<Option<u32>>,
    /// Days after which a password must be changed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub password_expiry_days: Option<Option<u32>>,
    /// The shortest password in bytes, if longer than the profile's.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub password_min_length: Option<Option<u32>>,
    /// The theme of its people, one that is for it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_theme_id: Option<Option<ThemeId>>,
}
