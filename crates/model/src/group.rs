//! Groups and who belongs to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    DirectoryEntry, GroupId, GroupRole, OrganizationId, PermissionLevel, UserId, problem::words,
};

words! {
    /// What a member of a group may do in it.
    MembershipRank {
        /// Belongs to it.
        Member = "member",
        /// Manages its members ("team admin").
        Manager = "manager",
    }
}

/// A group of users in one organization. Every user is in `public`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Its number.
    pub id: GroupId,
    /// Its name for people, unique in its organization.
    pub name: String,
    /// Its name in addresses, unique in its organization.
    pub slug: String,
    /// What it is for.
    pub description: String,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The user who owns it, if anybody does.
    pub owner_id: Option<UserId>,
    /// What it makes of its members.
    pub roles: Vec<GroupRole>,
    /// What those get whose primary group it is.
    #[serde(flatten)]
    pub defaults: GroupDefaults,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Option<UserId>,
}

impl Group {
    /// A plain group, without a number yet.
    pub fn plain(organization: OrganizationId, name: &str, slug: &str, now: Timestamp) -> Self {
        Self {
            id: GroupId(0),
            name: name.into(),
            slug: slug.into(),
            description: String::new(),
            organization_id: organization,
            owner_id: None,
            roles: Vec::new(),
            defaults: GroupDefaults::default(),
            created_at: now,
            created_by: None,
            updated_at: now,
            updated_by: None,
        }
    }

    /// What being in it lets one do, if anything.
    pub fn authority(&self) -> Option<GroupRole> {
        GroupRole::authority_of(&self.roles)
    }
}

/// What those get whose primary group a group is. The labels are words of the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupDefaults {
    /// IANA time zone of people who have chosen none.
    pub default_time_zone: Option<String>,
    /// Whether new users must have multi-factor authentication.
    pub default_otp_required_for_login: Option<bool>,
    /// Label of what runs its jobs.
    pub default_jobs_label: Option<String>,
    /// Label of what runs its notebooks.
    pub default_notebooks_label: Option<String>,
    /// Label of what runs its services.
    pub default_services_label: Option<String>,
}

/// A group as somebody sees it: with how many are in it, and what the caller may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupDetails {
    /// The group.
    #[serde(flatten)]
    pub group: Group,
    /// What its organization is called.
    pub organization_name: String,
    /// Members who are not switched off.
    pub active_member_count: u64,
    /// All members.
    pub member_count: u64,
    /// What the caller may do with it.
    pub permission: PermissionLevel,
}

/// A group as it stands beside those who are in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupEntry {
    /// Its number.
    pub id: GroupId,
    /// Its name for people.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// What that is called.
    pub organization_name: String,
    /// What it makes of its members.
    pub roles: Vec<GroupRole>,
}

/// What part of the groups is wanted; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct GroupFilter {
    /// A condition in the filter language (CQL2 text), for example `name LIKE 'A%' AND created_at > '2026-01-01'`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// A piece of the name, the slug or the description, letter case aside, or the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// A piece of the name alone, letter case aside, or the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// With which the caller may do at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<PermissionLevel>,
    /// In which any of these users is: numbers, divided by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<String>,
    /// Of this organization; without it of the caller's, of all for a system admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Fields of a record with commas between, each with `-` before it downwards; `id` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

/// A group with who owns it and how many are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// The group.
    pub group: Group,
    /// What its owner is called.
    pub owner_name: Option<String>,
    /// How many living users are in it.
    pub member_count: u64,
}

/// A group with everybody in it, for doors that show groups whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupWithPeople {
    /// The group.
    pub group: Group,
    /// Whose it is: its owner, or the first account of the organization, which is there even when it was deleted.
    pub creator: Option<(UserId, String)>,
    /// Its living members, by number.
    pub people: Vec<GroupPerson>,
}

/// A member of a group, as far as a list of names goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPerson {
    /// The number.
    pub id: UserId,
    /// The name it signs in with.
    pub username: String,
    /// Whether the person manages the group: by rank, as its creator, or in everybody's group as a system admin.
    pub is_manager: bool,
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupMember {
    /// The person.
    pub user: DirectoryEntry,
    /// The person's primary group.
    pub primary_group_id: GroupId,
    /// Whether the person is not switched off.
    pub is_active: bool,
    /// What the person may do in the group.
    pub rank: MembershipRank,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a new group is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Its name for people, unique in its organization.
    pub name: String,
    /// Its name in addresses; made from the name without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The organization; the caller's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The user who is to own it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// What it makes of its members; organization admins alone may say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<GroupRole>,
    /// What those get whose primary group it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defaults: Option<GroupDefaults>,
}

/// What is to change in a group; absent: nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GroupUpdate {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its name in addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The user who owns it; `null`: nobody.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub owner_id: Option<Option<UserId>>,
    /// What it makes of its members; organization admins alone may say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<GroupRole>>,
    /// IANA time zone of people who have chosen none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_time_zone: Option<Option<String>>,
    /// Whether new users must have multi-factor authentication.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_otp_required_for_login: Option<Option<bool>>,
    /// Label of what runs its jobs.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_jobs_label: Option<Option<String>>,
    /// Label of what runs its notebooks.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_notebooks_label: Option<Option<String>>,
    /// Label of what runs its services.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub default_services_label: Option<Option<String>>,
}

/// How somebody is to belong to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMembership {
    /// What the person may do in the group.
    #[serde(default = "member")]
    pub rank: MembershipRank,
}

fn member() -> MembershipRank {
    MembershipRank::Member
}
