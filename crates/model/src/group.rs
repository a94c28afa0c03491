//! Groups and who belongs to them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DirectoryEntry, GroupId, OrganizationId, UserId, problem::words};

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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
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
    /// What the person may do in the group.
    pub rank: MembershipRank,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a new group is to be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
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
