//! A sign-in provider that says what the test wants.

use std::sync::{Mutex, PoisonError};

use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, Provider,
    ProviderError, ProviderFuture,
};
use url::Url;

/// The provider `google`, at which everybody signs in as the identity that was set last.
#[derive(Debug, Default)]
pub struct FakeProvider {
    identity: Mutex<Option<Identity>>,
}

impl FakeProvider {
    /// Whoever comes back from now on is this person.
    pub fn will_say(&self, subject: &str, email: &str, email_verified: bool) {
        let identity = Identity {
            issuer: "https://accounts.example.com".into(),
            subject: subject.into(),
            email: Some(email.into()),
            email_verified,
            name: None,
        };
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity);
    }

    /// The state in the address that a sign-in begins with.
    pub fn state(authorization_url: &str) -> String {
        let url = Url::parse(authorization_url).unwrap();
        let found = url.query_pairs().find(|(name, _)| name == "state");
        found.unwrap().1.into_owned()
    }
}

impl IdentityProviders for FakeProvider {
    fn providers(&self) -> Vec<Provider> {
        vec![Provider { name: "google".into(), label: "Google".into() }]
    }

    fn authorization_url<'a>(
        &'a self,
        provider: &'a str,
        request: &'a AuthorizationRequest,
    ) -> ProviderFuture<'a, String> {
        Box::pin(async move {
            if provider != "google" {
                return Err(ProviderError::Unknown);
            }
            let mut url = Url::parse("https://accounts.example.com/authorize").unwrap();
            url.query_pairs_mut()
                .append_pair("state", &request.state)
                .append_pair("nonce", &request.nonce)
                .append_pair("code_challenge", &request.pkce_challenge)
                .append_pair("redirect_uri", &request.redirect_uri);
            Ok(url.into())
        })
    }

    fn identity<'a>(
        &'a self,
        _: &'a str,
        _: &'a AuthorizationResponse,
    ) -> ProviderFuture<'a, Identity> {
        Box::pin(async {
            let identity = self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
            identity.ok_or_else(|| ProviderError::Refused("nobody signed in".into()))
        })
    }
}
