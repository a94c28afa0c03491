//! People as colleagues see each other: a user with its groups, its organization and what the caller may do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    AccountState, GroupEntry, GroupId, GroupRole, LoginType, OrganizationId, PermissionLevel,
    ThemeId, User, problem::words,
};

/// A user as somebody sees it who may not know everything: without the preferences, and, for those who neither are it
/// nor manage it, without telephone, waiting address, plan and what concerns its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The groups it was put into, by number.
    pub groups: Vec<GroupEntry>,
    /// What its groups and its role make of it.
    pub roles: Vec<GroupRole>,
    /// Its organization.
    pub organization: PersonOrganization,
    /// How the account stands.
    pub account_state: AccountState,
    /// Its time zone: its own, else that of its primary group, else the server's.
    pub effective_time_zone: String,
    /// When its latest session began that has not ended.
    pub session_began_at: Option<Timestamp>,
    /// Whether it may get codes as text messages.
    pub is_sms_otp_allowed: bool,
    /// What the caller may do with it.
    pub permission: PermissionLevel,
}

/// What of an organization concerns each of its people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonOrganization {
    /// Its name for people.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// How its people sign in.
    pub login_type: LoginType,
    /// Whether single people may be exempt from sign-in at a provider.
    pub sso_disable_capable: bool,
    /// Whether codes by SMS are forbidden.
    pub sms_otp_disabled: bool,
    /// The theme of its people.
    pub default_theme_id: Option<ThemeId>,
}

words! {
    /// Which accounts are wanted.
    AccountFilter {
        /// Those that are switched on; suspended ones are.
        Active = "active",
        /// Those that are deactivated.
        Inactive = "inactive",
        /// All.
        All = "all",
    }
}

/// Which people are wanted; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PeopleFilter {
    /// `active`, `inactive` or `all`; `active` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub account: Option<AccountFilter>,
    /// A piece of the name, the username or the address, letter case aside, or the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Members of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// Members of any of these groups: numbers, divided by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_ids: Option<String>,
    /// Those who have this feature flag on; nobody, if there is none of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_flag: Option<String>,
    /// People of this organization; without it of the caller's, of all for a system admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Leave out what groups they are in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude_groups: Option<bool>,
    /// `name` or `username`, with `-` before it downwards; `name` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}
