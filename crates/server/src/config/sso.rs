//! Providers for single sign-on.

use confique::Config;
use roster_model::Secret;
use serde::Deserialize;
use url::Url;

/// One provider. `google` and `github` are known by name and need no address.
#[derive(Clone, Config, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsoProvider {
    /// Client id that the provider gave this installation.
    pub client_id: String,

    /// Client secret that the provider gave with it.
    pub client_secret: Secret,

    /// OpenID Connect: the issuer, whose discovery document says the rest. `google` has its own.
    pub issuer: Option<Url>,

    /// OAuth of the GitHub kind: address of the site. `github` has its own.
    pub base_url: Option<Url>,

    /// Name on the sign-in button; the provider's name with a capital letter if left out.
    pub label: Option<String>,
}
