//! Signing in at GitHub, or at something of its kind: OAuth without identity tokens.

use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, ProviderError,
};
use serde::Deserialize;
use url::Url;

use super::client::{Authentication, Login, ProviderClient};

/// One provider.
pub(super) struct GithubProvider {
    client: ProviderClient,
    login: Login,
    /// Address of the site; its own name for itself, too.
    site: String,
    /// Address of the API.
    api: String,
}

#[derive(Deserialize)]
struct User {
    /// Never given to somebody else, unlike the login name.
    id: u64,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    email: String,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    verified: bool,
}

impl GithubProvider {
    /// The provider at `base`, whose API is below the same address; without one, the public GitHub.
    pub(super) fn new(client: ProviderClient, login: Login, base: Option<&Url>) -> Self {
        let (site, api) = match base.map(|base| base.as_str().trim_end_matches('/')) {
            Some(base) => (base.to_owned(), base.to_owned()),
            None => ("https://github.com".to_owned(), "https://api.github.com".to_owned()),
        };
        Self { client, login, site, api }
    }

    /// Address of the site.
    pub(super) fn site(&self) -> &str {
        &self.site
    }

    pub(super) fn authorization_url(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<String, ProviderError> {
        let endpoint = url(&self.site, "/login/oauth/authorize")?;
        let scope = "read:user user:email";
        Ok(super::authorization_url(endpoint, &self.login.id, scope, request).into())
    }

    pub(super) async fn identity(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<Identity, ProviderError> {
        if let Some(issuer) = &response.issuer
            && origin(issuer).is_none_or(|issuer| Some(issuer) != origin(&self.site))
        {
            return Err(ProviderError::Refused("the answer is another provider's".into()));
        }
        let endpoint = url(&self.site, "/login/oauth/access_token")?;
        let tokens =
            self.client.exchange(&endpoint, &self.login, Authentication::Post, response).await?;
        let token = Some(&tokens.access_token);
        let user: User = self.client.get(&url(&self.api, "/user")?, token).await?;
        let emails: Vec<Email> = self.client.get(&url(&self.api, "/user/emails")?, token).await?;
        // The profile shows an address that anybody may write there; only the list says what was verified.
        let email = emails
            .into_iter()
            .find(|email| email.primary && email.verified)
            .map(|email| email.email);
        Ok(Identity {
            issuer: self.site.clone(),
            subject: user.id.to_string(),
            email_verified: email.is_some(),
            email,
            name: user.name,
        })
    }
}

fn url(base: &str, path: &str) -> Result<Url, ProviderError> {
    Url::parse(&format!("{base}{path}"))
        .map_err(|error| ProviderError::Unavailable(error.to_string()))
}

fn origin(url: &str) -> Option<url::Origin> {
    Url::parse(url).ok().map(|url| url.origin())
}
