//! Providers for single sign-on, reached over HTTP.
//!
//! Two kinds: OpenID Connect, found by its discovery document, and the OAuth of GitHub's kind. `core` has the state
//! machine of a sign-in; here is only the talk with the provider and the question whether its answer can be believed.

mod client;
mod discovery;
mod github;
mod id_token;
mod keys;
mod oidc;

use std::collections::BTreeMap;
use std::sync::Arc;

use roster_core::clock::Clock;
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, Provider,
    ProviderError, ProviderFuture,
};
use url::Url;

use crate::config::SsoProvider;

use self::client::ProviderClient;
use self::github::GithubProvider;
use self::oidc::OidcProvider;

/// The issuer behind the name `google`.
const GOOGLE: &str = "https://accounts.google.com";

enum Kind {
    Oidc(Box<OidcProvider>),
    Github(GithubProvider),
}

struct Configured {
    label: String,
    kind: Kind,
}

/// The providers of the configuration.
pub struct HttpProviders(BTreeMap<String, Configured>);

impl HttpProviders {
    /// The providers in `settings`, by name; they are first talked to when somebody uses them.
    ///
    /// # Errors
    /// There is no TLS to reach them with, or one has neither an address nor a name that is known.
    pub fn new(
        settings: &BTreeMap<String, SsoProvider>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        // The client reads the machine's certificates, which is half of a start; most installations need none.
        if settings.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        let client = ProviderClient::new()?;
        let configured = settings.iter().map(|(name, provider)| {
            let login = client::Login {
                id: provider.client_id.clone(),
                secret: provider.client_secret.clone(),
            };
            let issuer = match name.as_str() {
                "google" => provider.issuer.clone().or_else(|| Url::parse(GOOGLE).ok()),
                _ => provider.issuer.clone(),
            };
            let kind = match (issuer, &provider.base_url) {
                (None, base) if base.is_some() || name == "github" => {
                    Kind::Github(GithubProvider::new(client.clone(), login, base.as_ref()))
                }
                (Some(issuer), None) => Kind::Oidc(Box::new(OidcProvider::new(
                    client.clone(),
                    login,
                    &issuer,
                    Arc::clone(clock),
                ))),
                // `google` behind an address of GitHub's kind: what was configured wins over the name.
                (Some(_), base @ Some(_)) if provider.issuer.is_none() => {
                    Kind::Github(GithubProvider::new(client.clone(), login, base.as_ref()))
                }
                _ => anyhow::bail!("the provider {name} has no issuer, or a base_url beside it"),
            };
            let label = provider.label.clone().unwrap_or_else(|| label_of(name));
            Ok((name.clone(), Configured { label, kind }))
        });
        Ok(Self(configured.collect::<anyhow::Result<_>>()?))
    }

    /// Whether `name` can be reached; where that needs somebody to sign in, only whether it is configured.
    ///
    /// # Errors
    /// Why not.
    pub async fn try_provider(&self, name: &str) -> Result<String, ProviderError> {
        match self.find(name)? {
            Kind::Oidc(oidc) => oidc.issuer().await,
            Kind::Github(github) => Ok(github.site().to_owned()),
        }
    }

    fn find(&self, name: &str) -> Result<&Kind, ProviderError> {
        self.0.get(name).map(|provider| &provider.kind).ok_or(ProviderError::Unknown)
    }
}

impl IdentityProviders for HttpProviders {
    fn providers(&self) -> Vec<Provider> {
        let provider = |(name, provider): (&String, &Configured)| Provider {
            name: name.clone(),
            label: provider.label.clone(),
        };
        self.0.iter().map(provider).collect()
    }

    fn authorization_url<'a>(
        &'a self,
        provider: &'a str,
        request: &'a AuthorizationRequest,
    ) -> ProviderFuture<'a, String> {
        Box::pin(async move {
            match self.find(provider)? {
                Kind::Oidc(oidc) => oidc.authorization_url(request).await,
                Kind::Github(github) => github.authorization_url(request),
            }
        })
    }

    fn identity<'a>(
        &'a self,
        provider: &'a str,
        response: &'a AuthorizationResponse,
    ) -> ProviderFuture<'a, Identity> {
        Box::pin(async move {
            match self.find(provider)? {
                Kind::Oidc(oidc) => oidc.identity(response).await,
                Kind::Github(github) => github.identity(response).await,
            }
        })
    }
}

fn label_of(name: &str) -> String {
    if name == "github" {
        return "GitHub".to_owned();
    }
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `endpoint` with the parameters that every authorization request has. A nonce is none of them: providers that give no
/// identity token may refuse it.
fn authorization_url(
    mut endpoint: Url,
    client_id: &str,
    scope: &str,
    request: &AuthorizationRequest,
) -> Url {
    endpoint.set_fragment(None);
    endpoint
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &request.redirect_uri)
        .append_pair("scope", scope)
        .append_pair("state", &request.state)
        .append_pair("code_challenge", &request.pkce_challenge)
        .append_pair("code_challenge_method", "S256");
    endpoint
}
