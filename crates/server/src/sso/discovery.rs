//! The discovery document of an OpenID Connect provider.

use jiff::{SignedDuration, Timestamp};
use roster_core::clock::Clock;
use roster_core::sso::provider::ProviderError;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::client::{Authentication, ProviderClient};

/// How long a document is used before it is fetched again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How long one is used while the provider does not give another.
const STALE: SignedDuration = SignedDuration::from_hours(24);

/// What Roster needs of the document.
#[derive(Clone, Deserialize)]
pub(super) struct Metadata {
    /// The provider's name for itself.
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) userinfo_endpoint: Option<Url>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether answers carry `iss` (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// How the provider wants the client secret.
    pub(super) fn authentication(&self) -> Authentication {
        match &self.token_endpoint_auth_methods_supported {
            Some(methods) if !methods.iter().any(|method| method == "client_secret_basic") => {
                Authentication::Post
            }
            _ => Authentication::Basic,
        }
    }
}

/// The document of one issuer, fetched when it is needed and kept for a while.
pub(super) struct Discovery {
    issuer: Url,
    kept: Mutex<Option<(Metadata, Timestamp)>>,
}

impl Discovery {
    pub(super) fn new(issuer: &Url) -> Self {
        Self { issuer: issuer.clone(), kept: Mutex::new(None) }
    }

    /// The document.
    pub(super) async fn metadata(
        &self,
        client: &ProviderClient,
        clock: &dyn Clock,
    ) -> Result<Metadata, ProviderError> {
        // Held while fetching: those who come meanwhile wait for the one answer.
        let mut kept = self.kept.lock().await;
        let age = kept.as_ref().map(|(_, at)| clock.now().duration_since(*at));
        if let (Some((metadata, _)), Some(age)) = (&*kept, age)
            && age < FRESH
        {
            return Ok(metadata.clone());
        }
        match (self.fetch(client).await, &*kept, age) {
            (Ok(metadata), _, _) => {
                *kept = Some((metadata.clone(), clock.now()));
                Ok(metadata)
            }
            (Err(ProviderError::Unavailable(_)), Some((metadata, _)), Some(age)) if age < STALE => {
                Ok(metadata.clone())
            }
            (Err(error), _, _) => Err(error),
        }
    }

    async fn fetch(&self, client: &ProviderClient) -> Result<Metadata, ProviderError> {
        let issuer = self.issuer.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{issuer}/.well-known/openid-configuration"))
            .map_err(|error| ProviderError::Unavailable(error.to_string()))?;
        let metadata: Metadata = client.get(&url, None).await?;
        // Else a provider could speak in the name of another.
        if metadata.issuer.trim_end_matches('/') != issuer {
            return Err(ProviderError::Refused(
                "the discovery document is another issuer's".into(),
            ));
        }
        let endpoints =
            [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        for endpoint in endpoints.into_iter().chain(&metadata.userinfo_endpoint) {
            if endpoint.scheme() != "https" && endpoint.scheme() != self.issuer.scheme() {
                return Err(ProviderError::Refused(
                    "the discovery document names an endpoint without TLS".into(),
                ));
            }
        }
        Ok(metadata)
    }
}
