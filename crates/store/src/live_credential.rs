//! What a session or API key stands for: all that checking one needs, read at once.

use jiff::Timestamp;
use roster_model::{AuthenticationMethod, Constraint, CredentialKind, TokenHash, User, UserId};
use uuid::Uuid;

/// A session or API key with its owner, as of the last commit that changed either.
#[derive(Clone, Debug)]
pub struct LiveCredential {
    /// What it is.
    pub kind: CredentialKind,
    /// Its number among its kind.
    pub id: i64,
    /// Its UUID.
    pub uuid: Uuid,
    /// What the database keeps of its token.
    pub token_hash: TokenHash,
    /// Whose it is.
    pub user: User,
    /// Through which door a session was opened; the word of `roster_core::Door`.
    pub door: String,
    /// How a session was opened.
    pub method: AuthenticationMethod,
    /// When a second factor was last shown in a session.
    pub mfa_at: Option<Timestamp>,
    /// The administrator who acts in the owner's name.
    pub impersonator_id: Option<UserId>,
    /// What an API key is for; empty: everything.
    pub scopes: Vec<String>,
    /// What an API key may reach; empty: everything.
    pub constraints: Vec<Constraint>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, as far as the database knows; what is pending in memory is later.
    pub last_used_at: Option<Timestamp>,
    /// When it ends if it is not used again, as far as the database knows; none: never.
    pub expires_at: Option<Timestamp>,
    /// When a session ends however much it is used; none: never.
    pub ends_at: Option<Timestamp>,
}
