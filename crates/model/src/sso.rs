//! Sign-in at outside providers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Secret, SignIn};

/// A provider at which people can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SsoProvider {
    /// Its name in the configuration, for example `google`.
    pub name: String,
}

/// A user's link to a provider: by an address that the provider must confirm at the first sign-in,
/// and by the provider's own subject from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SsoLink {
    /// The provider's name.
    pub provider: String,
    /// The address at the provider.
    pub email: String,
    /// Whether it is switched off.
    pub is_disabled: bool,
    /// Whether a sign-in has fixed the provider's subject.
    pub is_confirmed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last signed in with.
    pub last_sign_in_at: Option<Timestamp>,
}

/// The start of a sign-in at a provider.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SsoSignIn {
    /// The provider's name.
    pub provider: String,
    /// The account that is to sign in, with its password. Needed the first time where the address at the provider is
    /// not the account's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<SignIn>,
}

/// A sign-in at a provider under way: the address to open, and the ticket to fetch the session
/// with afterwards.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SsoTicket {
    /// To be opened in a browser.
    pub authorization_url: Secret,
    /// To be exchanged for a session, once, within ten minutes.
    pub ticket: Secret,
    /// When the ticket ends.
    pub expires_at: Timestamp,
}

/// The ticket of a sign-in at a provider, to be exchanged for a session.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemSsoTicket {
    /// The ticket.
    pub ticket: Secret,
}

/// A link to a provider that is to be made or switched on again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnableSso {
    /// The address at the provider; the user's own without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
