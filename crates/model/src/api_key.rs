//! API keys: tokens that a user makes for programs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{ApiKeyId, Secret, UserId, problem::words};

words! {
    /// How the path of a constraint is compared.
    ConstraintKind {
        /// The path is exactly this.
        Exact = "exact",
        /// The path begins with this text.
        Prefix = "prefix",
        /// The whole path matches this regular expression.
        Regex = "regex",
        /// Any path; only the methods count.
        Verb = "verb",
    }
}

/// A rule of what a key may reach. A key with constraints may reach only what one of them lets
/// through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// How the path is compared.
    pub kind: ConstraintKind,
    /// The path, its beginning or its pattern; empty for `verb`.
    #[serde(default)]
    pub path: String,
    /// HTTP methods in capitals.
    pub methods: Vec<String>,
}

/// An API key, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// Its number.
    pub id: ApiKeyId,
    /// Its UUID.
    pub uuid: Uuid,
    /// Its name, unique among its owner's live keys.
    pub name: String,
    /// Whose it is.
    pub user_id: UserId,
    /// The first characters of the token, to tell keys apart by.
    pub prefix: String,
    /// What it is for; empty: everything its owner may do.
    pub scopes: Vec<String>,
    /// What it may reach; empty: everything.
    pub constraints: Vec<Constraint>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none: never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// How often it was used.
    pub use_count: i64,
}

/// What a new API key is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// Its name, unique among its owner's live keys.
    pub name: String,
    /// When it ends. Without it the key ends after a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// What it is for; empty: everything its owner may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// What it may reach; empty: everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
}

/// What is to change in an API key. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeyUpdate {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it ends; `null`: never.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::user::given")]
    pub expires_at: Option<Option<Timestamp>>,
}

/// A new API key with its token, which is shown here and never again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IssuedApiKey {
    /// The token, for `Authorization: Bearer`.
    pub token: Secret,
    /// The key.
    pub api_key: ApiKey,
}
