//! Coming and going by oneself: registration, and deleting one's own account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{NewUser, Secret};

/// An account that somebody makes for oneself. What only administrators decide has no place in it (threat T16).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name to sign in with.
    pub username: String,
    /// The address.
    pub email: String,
    /// The password.
    pub password: Secret,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
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
