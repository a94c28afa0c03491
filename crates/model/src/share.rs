//! With whom groups are shared: who may see, use and manage them beside their members.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{GroupId, UserId, problem::words};

words! {
    /// What somebody may do with a user or a group, from least to most.
    PermissionLevel {
        /// See it.
        Read = "read",
        /// Change it: oneself, or the members of a group.
        Write = "write",
        /// Everything.
        Manage = "manage",
    }
}

impl PermissionLevel {
    /// How much it is beside others; larger is more.
    pub fn rank(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Write => 1,
            Self::Manage => 2,
        }
    }
}

/// A user, as it stands in a list of names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedUser {
    /// Its number.
    pub id: UserId,
    /// Given and family name as one text.
    pub name: String,
}

/// A group, as it stands in a list of names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedGroup {
    /// Its number.
    pub id: GroupId,
    /// Its name for people.
    pub name: String,
}

/// Those with whom a group is shared on one level.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Grantees {
    /// Users.
    pub users: Vec<NamedUser>,
    /// Groups: everybody who is in them.
    pub groups: Vec<NamedGroup>,
}

/// With whom a group is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupShares {
    /// Who may see it.
    pub readers: Grantees,
    /// Who may write.
    pub writers: Grantees,
    /// Who may manage it.
    pub managers: Grantees,
}

impl GroupShares {
    /// Those of one level.
    pub fn of_level(&mut self, level: PermissionLevel) -> &mut Grantees {
        match level {
            PermissionLevel::Read => &mut self.readers,
            PermissionLevel::Write => &mut self.writers,
            PermissionLevel::Manage => &mut self.managers,
        }
    }
}

/// The groups that are shared with a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChildGroups {
    /// Those that its members manage.
    pub manageable: Vec<NamedGroup>,
    /// Those in which its members write.
    pub writeable: Vec<NamedGroup>,
    /// Those that its members see.
    pub readable: Vec<NamedGroup>,
}

impl ChildGroups {
    /// Those of one level.
    pub fn of_level(&mut self, level: PermissionLevel) -> &mut Vec<NamedGroup> {
        match level {
            PermissionLevel::Read => &mut self.readable,
            PermissionLevel::Write => &mut self.writeable,
            PermissionLevel::Manage => &mut self.manageable,
        }
    }
}

/// Shares a group with users. A new level takes the place of an old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareWithUsers {
    /// With whom.
    pub user_ids: Vec<UserId>,
    /// What they may do.
    pub permission: PermissionLevel,
    /// Tell them by e-mail: those who may sign in, whoever shares aside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_email: bool,
    /// What the e-mail says besides, in the words of whoever shares; at most 10,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_text: Option<String>,
}

impl ShareWithUsers {
    /// A share that nobody is told of.
    pub fn new(user_ids: Vec<UserId>, permission: PermissionLevel) -> Self {
        Self { user_ids, permission, send_email: false, email_text: None }
    }
}

/// Shares a group with everybody in other groups. A new level takes the place of an old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShareWithGroups {
    /// With which.
    pub group_ids: Vec<GroupId>,
    /// What their members may do.
    pub permission: PermissionLevel,
    /// Tell their members by e-mail: those who may sign in, whoever shares aside; a thousand at most.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_email: bool,
    /// What the e-mail says besides, in the words of whoever shares; at most 10,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_text: Option<String>,
}

impl ShareWithGroups {
    /// A share that nobody is told of.
    pub fn new(group_ids: Vec<GroupId>, permission: PermissionLevel) -> Self {
        Self { group_ids, permission, send_email: false, email_text: None }
    }
}
