//! The HTTP client for providers: short times, small answers, no redirects.

use roster_model::Secret;
use std::time::Duration;

use http::{StatusCode, header};
use roster_core::sso::provider::{AuthorizationResponse, ProviderError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

/// How long a provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Discovery documents and key sets are a few kilobytes; nothing that a provider sends is larger than this.
const ANSWER_BYTES: usize = 256 * 1024;

/// The client, shared by all providers.
#[derive(Clone)]
pub(super) struct ProviderClient(reqwest::Client);

/// What this installation is to a provider.
pub(super) struct Login {
    pub(super) id: String,
    pub(super) secret: Secret,
}

/// How the client secret is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    /// In the `Authorization` header.
    Basic,
    /// In the form.
    Post,
}

/// What the token endpoint gives.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: Secret,
    pub(super) id_token: Option<Secret>,
}

/// GitHub reports errors with a 200, everybody else with a 400.
#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl ProviderClient {
    pub(super) fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("roster/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Fetches JSON, with the access token where one is needed.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        url: &Url,
        access_token: Option<&Secret>,
    ) -> Result<T, ProviderError> {
        let mut request = self.0.get(url.clone()).header(header::ACCEPT, "application/json");
        if let Some(token) = access_token {
            request = request.bearer_auth(token.expose());
        }
        let (status, body) = read(request).await?;
        if !status.is_success() {
            return Err(ProviderError::Unavailable(format!("{} answered {status}", shown(url))));
        }
        serde_json::from_slice(&body).map_err(|error| {
            ProviderError::Unavailable(format!("{} sent no usable JSON: {error}", shown(url)))
        })
    }

    /// Exchanges the code that came back.
    pub(super) async fn exchange(
        &self,
        endpoint: &Url,
        login: &Login,
        authentication: Authentication,
        response: &AuthorizationResponse,
    ) -> Result<Tokens, ProviderError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &response.code),
            ("redirect_uri", &response.redirect_uri),
            ("code_verifier", &response.pkce_verifier),
        ];
        let mut request = self.0.post(endpoint.clone()).header(header::ACCEPT, "application/json");
        match authentication {
            // RFC 6749 has both parts form-encoded before they are put together.
            Authentication::Basic => {
                request = request
                    .basic_auth(form_encoded(&login.id), Some(form_encoded(login.secret.expose())));
            }
            Authentication::Post => {
                form.extend([
                    ("client_id", login.id.as_str()),
                    ("client_secret", login.secret.expose()),
                ]);
            }
        }
        let (status, body) = read(request.form(&form)).await?;
        if let Ok(TokenError { error }) = serde_json::from_slice(&body) {
            return Err(match error.as_str() {
                "invalid_grant" | "bad_verification_code" | "access_denied" => {
                    ProviderError::Refused("the provider does not take the code".into())
                }
                error => ProviderError::Unavailable(format!(
                    "the token endpoint answered {status} {}",
                    short(error)
                )),
            });
        }
        if !status.is_success() {
            return Err(ProviderError::Unavailable(format!(
                "the token endpoint answered {status}"
            )));
        }
        // What serde says about a wrong type may quote the token, so it is left out.
        serde_json::from_slice(&body).map_err(|_| {
            ProviderError::Unavailable("the token endpoint sent no usable JSON".into())
        })
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), ProviderError> {
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(ProviderError::Unavailable("the answer is too large".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

fn unreachable(error: reqwest::Error) -> ProviderError {
    let error = error.without_url();
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    let mut cause = String::new();
    while let Some(error) = source {
        cause = error.to_string();
        source = error.source();
    }
    ProviderError::Unavailable(cause)
}

/// An address without its query, for the log.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// A word of the provider, for the log.
fn short(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}

fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
