//! Typed ids, and the ways in which a person can be named in a path or on a command line.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{IdentityKey, fold};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

id! {
    /// A user, for ever: numbers grow and are never used again.
    UserId,
    /// An organization (tenant).
    OrganizationId,
    /// A group of users in one organization.
    GroupId,
    /// A plan that users subscribe to.
    PlanId,
    /// A session, as the database counts them; outside, a session is named by its UUID.
    SessionId,
    /// An API key.
    ApiKeyId,
    /// An outgoing message in the outbox.
    MessageId,
    /// An entry of the audit log.
    AuditEventId,
    /// An entry of somebody's favorites.
    FavoriteId,
    /// A theme.
    ThemeId,
    /// An image that is the logo of themes.
    LogoId,
    /// An invitation of somebody who has no account yet.
    InvitationId,
    /// An object of the platform, among those of its kind; the platform gives the numbers.
    ObjectId,
    /// A feature flag.
    FeatureFlagId,
}

/// How a person is named in a path or on a command line: `me`, a number, a UUID, a username or
/// an e-mail address (design section 2). The forms cannot collide, because no username is `me`,
/// all digits or a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserRef {
    /// The caller.
    Me,
    /// By number.
    Id(UserId),
    /// By UUID.
    Uuid(Uuid),
    /// By username or e-mail address, folded.
    Name(IdentityKey),
}

impl UserRef {
    /// Reads any of the five forms. Every text names *something*; whether it exists is the
    /// rulebook's to say.
    pub fn parse(text: &str) -> Self {
        if text == "me" {
            return Self::Me;
        }
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            // A number beyond 64 bits names nobody, as id 0 does.
            return Self::Id(UserId(text.parse().unwrap_or(0)));
        }
        match Uuid::try_parse(text) {
            Ok(uuid) => Self::Uuid(uuid),
            Err(_) => Self::Name(fold(text)),
        }
    }
}

impl From<UserId> for UserRef {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl From<Uuid> for UserRef {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid)
    }
}

impl FromStr for UserRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_named_in_five_ways() {
        assert_eq!(UserRef::parse("me"), UserRef::Me);
        assert_eq!(UserRef::parse("42"), UserRef::Id(UserId(42)));
        let uuid = "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c";
        assert_eq!(UserRef::parse(uuid), UserRef::Uuid(uuid.parse().unwrap()));
        assert_eq!(UserRef::parse("Ann"), UserRef::Name(fold("ann")));
        assert_eq!(UserRef::parse("Ann@Example.com"), UserRef::Name(fold("ann@example.com")));
    }

    #[test]
    fn a_number_beyond_64_bits_names_nobody() {
        assert_eq!(UserRef::parse("99999999999999999999999"), UserRef::Id(UserId(0)));
    }
}
