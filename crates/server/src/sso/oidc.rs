//! Signing in at an OpenID Connect provider.

use std::sync::Arc;

use roster_core::clock::Clock;
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, ProviderError,
};
use serde::Deserialize;
use url::Url;

use super::client::{Login, ProviderClient, Tokens};
use super::discovery::{Discovery, Metadata};
use super::id_token::{self, Expected, Profile};
use super::keys::Keys;

/// One provider.
pub(super) struct OidcProvider {
    client: ProviderClient,
    login: Login,
    discovery: Discovery,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    profile: Profile,
}

impl OidcProvider {
    pub(super) fn new(
        client: ProviderClient,
        login: Login,
        issuer: &Url,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { client, login, discovery: Discovery::new(issuer), keys: Keys::default(), clock }
    }

    pub(super) async fn authorization_url(
        &self,
        request: &AuthorizationRequest,
    ) -> Result<String, ProviderError> {
        let metadata = self.metadata().await?;
        let scope = "openid email profile";
        let endpoint = metadata.authorization_endpoint;
        let mut url = super::authorization_url(endpoint, &self.login.id, scope, request);
        url.query_pairs_mut().append_pair("nonce", &request.nonce);
        Ok(url.into())
    }

    pub(super) async fn identity(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<Identity, ProviderError> {
        let metadata = self.metadata().await?;
        // RFC 9207: the code of one provider must not be taken to another.
        match &response.issuer {
            Some(issuer) if *issuer != metadata.issuer => {
                return Err(ProviderError::Refused("the answer is another provider's".into()));
            }
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(ProviderError::Refused("the answer does not say whose it is".into()));
            }
            _ => {}
        }
        let authentication = metadata.authentication();
        let tokens = self
            .client
            .exchange(&metadata.token_endpoint, &self.login, authentication, response)
            .await?;
        let (subject, mut profile) = self.verified(&metadata, &tokens, &response.nonce).await?;
        if profile.email.is_none()
            && let Some(endpoint) = &metadata.userinfo_endpoint
        {
            let info: UserInfo = self.client.get(endpoint, Some(&tokens.access_token)).await?;
            if info.sub != subject {
                return Err(ProviderError::Refused(
                    "the userinfo endpoint tells of somebody else".into(),
                ));
            }
            let name = profile.name.take();
            profile = info.profile;
            profile.name = profile.name.or(name);
        }
        Ok(Identity {
            issuer: metadata.issuer,
            subject,
            email_verified: profile.email.is_some() && profile.is_email_verified(),
            email: profile.email,
            name: profile.name,
        })
    }

    /// The provider's name for itself, asked of it.
    pub(super) async fn issuer(&self) -> Result<String, ProviderError> {
        self.metadata().await.map(|metadata| metadata.issuer)
    }

    async fn metadata(&self) -> Result<Metadata, ProviderError> {
        self.discovery.metadata(&self.client, &*self.clock).await
    }

    /// Subject and profile of the identity token.
    async fn verified(
        &self,
        metadata: &Metadata,
        tokens: &Tokens,
        nonce: &str,
    ) -> Result<(String, Profile), ProviderError> {
        let token = tokens.id_token.as_ref();
        let token = token
            .ok_or_else(|| ProviderError::Refused("the provider sent no identity token".into()))?
            .expose();
        let (algorithm, id) = id_token::header(token)?;
        let wanted = (id.as_deref(), algorithm);
        let key = self.keys.find(&self.client, &metadata.jwks_uri, &*self.clock, wanted).await?;
        let expected = Expected {
            issuer: &metadata.issuer,
            client_id: &self.login.id,
            nonce,
            now: self.clock.now(),
        };
        id_token::verify(token, &key, algorithm, &expected)
    }
}
