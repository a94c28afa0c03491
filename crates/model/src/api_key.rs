//! API keys: tokens that a user makes for programs.

use std::{fmt, str::FromStr};

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

/// As a line of text: `GET,HEAD prefix users/`, or `GET verb`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.methods.join(","), self.kind.as_str())?;
        if self.kind == ConstraintKind::Verb { Ok(()) } else { write!(f, " {}", self.path) }
    }
}

/// Reads what is written as text; the error is a sentence. What stands after the kind is the path, blanks and all.
impl FromStr for Constraint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "is not of the form `GET,HEAD prefix users/` or `GET verb`";
        let mut words = text.splitn(3, ' ');
        let (Some(methods), Some(kind)) = (words.next(), words.next()) else {
            return Err(format!("`{text}` {form}"));
        };
        let kind = ConstraintKind::from_word(kind).ok_or_else(|| {
            format!("`{text}` {form}: the second word is one of exact, prefix, regex and verb")
        })?;
        let path = words.next().unwrap_or_default();
        if path.is_empty() != (kind == ConstraintKind::Verb) {
            let what = if path.is_empty() { "a path is missing" } else { "verb takes no path" };
            return Err(format!("`{text}` {form}: {what}"));
        }
        let methods = methods.split(',').map(str::to_ascii_uppercase).collect();
        Ok(Self { kind, path: path.to_owned(), methods })
    }
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
    /// What it is for; empty: everything its owner may do. Roster's own words stand in the description of `bearer`.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_constraint_is_written_as_methods_kind_and_path() {
        let read: Constraint = "get,HEAD prefix users/".parse().unwrap();
        assert_eq!(read.kind, ConstraintKind::Prefix);
        assert_eq!(
            (read.path.as_str(), read.methods.as_slice()),
            ("users/", &["GET".to_owned(), "HEAD".to_owned()][..])
        );
        let read: Constraint = "PATCH verb".parse().unwrap();
        assert_eq!((read.kind, read.path.as_str()), (ConstraintKind::Verb, ""));
        assert_eq!("GET regex a b|c".parse::<Constraint>().unwrap().path, "a b|c");
        for wrong in
            ["", "GET", "GET prefix", "GET prefix ", "GET verb x", "GET Prefix x", "prefix users/"]
        {
            let refused = wrong.parse::<Constraint>().unwrap_err();
            assert!(refused.contains("GET,HEAD prefix users/"), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            kind in prop_oneof![Just(ConstraintKind::Exact), Just(ConstraintKind::Prefix), Just(ConstraintKind::Regex)],
            path in "\\PC{1,20}",
            methods in proptest::sample::subsequence(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], 1..=6),
        ) {
            let methods = methods.into_iter().map(str::to_owned).collect();
            let constraint = Constraint { kind, path, methods };
            prop_assert_eq!(constraint.to_string().parse(), Ok(constraint));
        }
    }
}
