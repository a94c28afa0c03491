//! What the rulebook asks of the providers for single sign-on; how they are reached is the server's business.

use std::future::Future;
use std::pin::Pin;

/// A future of a provider, boxed because `Core` holds providers behind a trait object.
pub type ProviderFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// A provider that people may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in addresses.
    pub name: String,
    /// Its name on a button.
    pub label: String,
}

/// What the address of the provider's sign-in page is built from.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// Comes back with the answer; ties it to the browser that asked.
    pub state: String,
    /// Comes back inside the identity token; ties it to this sign-in.
    pub nonce: String,
    /// SHA-256 of the verifier, in base64url.
    pub pkce_challenge: String,
    /// Where the provider sends the browser afterwards.
    pub redirect_uri: String,
}

/// What came back to the redirect address, and what was kept from the request.
#[derive(Clone)]
pub struct AuthorizationResponse {
    /// The code to exchange.
    pub code: String,
    /// The `iss` parameter of RFC 9207, where the provider sends one.
    pub issuer: Option<String>,
    /// The verifier whose challenge was in the request.
    pub pkce_verifier: String,
    /// The nonce of the request.
    pub nonce: String,
    /// The redirect address of the request.
    pub redirect_uri: String,
}

/// Who somebody is to a provider. `(issuer, subject)` is the identity; the rest is what the provider says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider, by its own name for itself.
    pub issuer: String,
    /// The person, by the provider's permanent id.
    pub subject: String,
    /// Address.
    pub email: Option<String>,
    /// Whether the provider has verified that address; `false` whenever it does not say so plainly.
    pub email_verified: bool,
    /// Name.
    pub name: Option<String>,
}

/// Why a provider did not tell who somebody is. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No provider of this name is configured.
    #[error("no such provider")]
    Unknown,
    /// The provider does not answer, or answers with a failure of its own.
    #[error("the provider is unavailable: {0}")]
    Unavailable(String),
    /// The answer must not be believed, or the provider refuses the code.
    #[error("the sign-in is refused: {0}")]
    Refused(String),
}

/// The configured providers.
pub trait IdentityProviders: Send + Sync {
    /// Those that people may choose, by name.
    fn providers(&self) -> Vec<Provider>;

    /// The address of the sign-in page of `provider`.
    fn authorization_url<'a>(
        &'a self,
        provider: &'a str,
        request: &'a AuthorizationRequest,
    ) -> ProviderFuture<'a, String>;

    /// Who signed in at `provider`, by exchanging the code that came back.
    fn identity<'a>(
        &'a self,
        provider: &'a str,
        response: &'a AuthorizationResponse,
    ) -> ProviderFuture<'a, Identity>;
}

/// No providers: single sign-on is off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProviders;

impl IdentityProviders for NoProviders {
    fn providers(&self) -> Vec<Provider> {
        Vec::new()
    }

    fn authorization_url<'a>(
        &'a self,
        _: &'a str,
        _: &'a AuthorizationRequest,
    ) -> ProviderFuture<'a, String> {
        Box::pin(async { Err(ProviderError::Unknown) })
    }

    fn identity<'a>(
        &'a self,
        _: &'a str,
        _: &'a AuthorizationResponse,
    ) -> ProviderFuture<'a, Identity> {
        Box::pin(async { Err(ProviderError::Unknown) })
    }
}
