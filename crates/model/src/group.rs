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
