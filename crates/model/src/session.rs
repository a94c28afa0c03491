//! Signing in, sessions, and what a token stands for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Role, Secret, SessionId, User, UserId, problem::words};

words! {
    /// How a session was opened (values of RFC 8176 where there is one).
    AuthenticationMethod {
        /// With a password.
        Password = "pwd",
        /// With a password and a second factor.
        Otp = "otp",
        /// At an outside provider.
        Sso = "sso",
        /// By an administrator in the name of the user.
        Impersonation = "impersonation",
    }
}

words! {
    /// What kind of credential a token is.
    CredentialKind {
        /// A session.
        Session = "session",
        /// An API key.
        ApiKey = "api_key",
    }
}

/// A name, a password, and a second factor if the account has one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Username or e-mail address.
    pub login: String,
    /// The password.
    pub password: Secret,
    /// A code of the authenticator app, a recovery code, or one sent by SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// A successful sign-in. The token is shown here and never again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// The session's token, for `Authorization: Bearer`.
    pub token: Secret,
    /// The session.
    pub session: Session,
    /// Who signed in.
    pub user: User,
}

/// A session of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Its name.
    pub uuid: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the second or so.
    pub last_used_at: Timestamp,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
    /// From where it was opened.
    pub address: Option<String>,
    /// With what program it was opened.
    pub user_agent: Option<String>,
    /// How it was opened.
    pub method: AuthenticationMethod,
    /// When a second factor was last shown in it.
    pub mfa_at: Option<Timestamp>,
    /// The administrator who acts in the user's name, if one does.
    pub impersonator_id: Option<UserId>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// Who the caller is, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Whoami {
    /// The user.
    pub user: User,
    /// What kind of credential came.
    pub credential: CredentialKind,
    /// When the credential ends.
    pub expires_at: Option<Timestamp>,
    /// The scopes of an API key.
    pub scopes: Vec<String>,
    /// The administrator who acts in the user's name, if one does.
    pub impersonator_id: Option<UserId>,
}

/// A service asks about the token of a caller (RFC 7662, section 2.1).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IntrospectionRequest {
    /// The token or API key.
    pub token: Secret,
    /// The method of the request that the token came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path of that request, to be held against the key's constraints; what stands after a `?` does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What there is to say about a token (RFC 7662, section 2.2). Inactive tokens have no other field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Introspection {
    /// Whether it is good, here and now, for the method and path that were asked for.
    pub active: bool,
    /// The user's UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<Uuid>,
    /// The user's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The user's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What kind of credential it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<CredentialKind>,
    /// Scopes, divided by blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
}

/// The answer to requests that say the same to everybody, whatever happened behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// A sentence for people.
    pub detail: String,
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndedSessions {
    /// So many.
    pub count: u64,
}
