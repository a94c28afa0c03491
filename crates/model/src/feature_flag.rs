//! Features of the platform that are switched on for some and not for others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{FeatureFlagId, GroupId, OrganizationId, problem::words};

/// A feature of the platform, and for how many it is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeatureFlag {
    /// Its number.
    pub id: FeatureFlagId,
    /// Its name, as programs write it.
    pub name: String,
    /// Whether it is switched on for everybody.
    pub is_on_for_everybody: bool,
    /// For how many organizations it is switched on.
    pub organization_count: u64,
    /// For how many groups it is switched on.
    pub group_count: u64,
    /// For how many single users it is switched on.
    pub user_count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last switched.
    pub updated_at: Timestamp,
}

/// What makes a feature flag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFeatureFlag {
    /// Its name: a letter, then letters, digits, `_`, `-` and `.`, all in lower case; at most 64.
    #[schema(example = "new_editor")]
    pub name: String,
    /// Whether it is switched on for everybody; for nobody without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_on_for_everybody: bool,
}

/// For whom a feature flag is to be switched, at most a thousand at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchFeatureFlag {
    /// On or off. What is switched off for somebody stays on where another switch has it on: that of a group, an
    /// organization, or everybody.
    pub is_on: bool,
    /// For everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
    /// For all people of these organizations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub organization_ids: Vec<OrganizationId>,
    /// For the members of these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<GroupId>,
    /// For these users: ids, UUIDs, usernames or e-mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
}

words! {
    /// For whom a feature flag is switched on.
    FeatureFlagScope {
        /// For everybody.
        Everybody = "everybody",
        /// For all people of an organization.
        Organization = "organization",
        /// For the members of a group.
        Group = "group",
        /// For one user.
        User = "user",
    }
}

/// That a feature flag is switched on for an organization, a group or a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeatureFlagSwitch {
    /// For what.
    pub scope: FeatureFlagScope,
    /// The number of the organization, the group or the user.
    pub id: i64,
    /// Its name; of a user the username.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Whether somebody has a feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeatureFlagState {
    /// The feature flag's name.
    pub name: String,
    /// Whether it is on.
    pub is_on: bool,
    /// By what switches it is on.
    pub through: Vec<FeatureFlagScope>,
}
