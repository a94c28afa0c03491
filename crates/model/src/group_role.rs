//! What groups make of their members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Role, problem::words};

words! {
    /// A role that a group gives its members. Only the last two let anybody do anything in Roster; the others are
    /// words of the platform.
    GroupRole {
        /// Everybody.
        StandardUser = "standard_user",
        /// Reads reports.
        ReportViewer = "rv",
        /// Makes users.
        UserCreator = "uc",
        /// Makes groups.
        GroupCreator = "gc",
        /// Looks after users.
        UserMaintenance = "um",
        /// Makes groups; makes and manages users whose primary group is one that it manages.
        TeamAdmin = "team_admin",
        /// Administers its organization, like an account admin.
        OrganizationAdmin = "org_admin",
    }
}

impl GroupRole {
    /// Its number, which stays.
    pub fn id(self) -> i64 {
        self as i64 + 1
    }

    /// The one with this number.
    pub fn of_id(id: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.id() == id)
    }

    /// The role that lets one do the most, of those that let one do anything.
    pub fn authority_of(roles: &[Self]) -> Option<Self> {
        [Self::OrganizationAdmin, Self::TeamAdmin].into_iter().find(|role| roles.contains(role))
    }

    /// The role of a user that it comes up to.
    pub fn as_role(self) -> Option<Role> {
        (self == Self::OrganizationAdmin).then_some(Role::AccountAdmin)
    }

    /// How lists show it.
    pub fn entry(self) -> RoleEntry {
        let (name, description) = match self {
            Self::StandardUser => ("Standard User", None),
            Self::ReportViewer => ("Report Viewer", None),
            Self::UserCreator => ("User Creator", None),
            Self::GroupCreator => ("Group Creator", None),
            Self::UserMaintenance => ("User Maintenance", None),
            Self::TeamAdmin => (
                "Team Admin",
                Some("Makes groups; makes and manages users whose primary group it manages"),
            ),
            Self::OrganizationAdmin => {
                ("Organization Admin", Some("Manages all users and groups of its organization"))
            }
        };
        RoleEntry {
            id: self.id(),
            name: name.into(),
            slug: self,
            description: description.map(Into::into),
        }
    }
}

/// A role, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleEntry {
    /// Its number.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// Its word.
    pub slug: GroupRole,
    /// What it is for.
    pub description: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_roles_stay_and_lead_back() {
        let numbers: Vec<_> = GroupRole::ALL.iter().map(|role| role.id()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
        for role in GroupRole::ALL {
            assert_eq!(GroupRole::of_id(role.id()), Some(*role));
        }
        assert_eq!((GroupRole::of_id(0), GroupRole::of_id(8)), (None, None));
    }

    #[test]
    fn the_strongest_of_several_roles_counts() {
        let roles =
            [GroupRole::UserMaintenance, GroupRole::TeamAdmin, GroupRole::OrganizationAdmin];
        assert_eq!(GroupRole::authority_of(&roles), Some(GroupRole::OrganizationAdmin));
        assert_eq!(GroupRole::authority_of(&roles[..2]), Some(GroupRole::TeamAdmin));
        assert_eq!(GroupRole::authority_of(&roles[..1]), None);
    }
}
