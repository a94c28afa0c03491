//! Coming and going by oneself: registration, and deleting one's own account.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{InvitationId, NewUser, OrganizationId, Role, Secret, UserId};

/// The wish for an account, where anybody may have one. The address comes first: a name and a password are chosen once
/// it is shown to be the person's own.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegistration {
    /// The address that a link is mailed to, with which the account is made.
    pub email: String,
    /// The name that the page behind the link proposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// An account that somebody makes for oneself. What only administrators decide has no place in it (threat T16).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name to sign in with.
    pub username: String,
    /// The address. It may be left out, for it is the one that the token was mailed to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// The password.
    pub password: Secret,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The token that was mailed: that of an invitation, or of a registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Secret>,
}

/// An invitation of somebody who has no account yet.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// The address it is mailed to, and bound to.
    pub email: String,
    /// What whoever accepts it may do; `viewer` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Where whoever accepts it belongs; the caller's organization without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
}

/// An invitation that was mailed and not accepted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its number.
    pub id: InvitationId,
    /// The address it was mailed to, and is bound to.
    pub email: String,
    /// What whoever accepts it may do.
    pub role: Role,
    /// Where whoever accepts it belongs.
    pub organization_id: OrganizationId,
    /// Who has sent it last; none: the operator.
    pub invited_by: Option<UserId>,
    /// When it was sent first.
    pub created_at: Timestamp,
    /// When its link ends. Sending it again makes another link.
    pub expires_at: Timestamp,
}

impl From<&NewAccount> for NewUser {
    fn from(new: &NewAccount) -> Self {
        Self {
            username: new.username.clone(),
            email: new.email.clone(),
            first_name: new.first_name.clone(),
            last_name: new.last_name.clone(),
            password: Some(new.password.clone()),
            ..Self::default()
        }
    }
}

/// The end of one's own account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccount {
    /// The present password.
    pub password: Secret,
}
