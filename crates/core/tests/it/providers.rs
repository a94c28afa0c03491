//! Two providers, `google` and `github`, that say whatever a test wants, to whoever comes with what was asked for.

use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};

use data_encoding::BASE64URL_NOPAD;
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, Provider,
    ProviderError, ProviderFuture,
};
use sha2::{Digest, Sha256};

/// The code that is good at both.
pub(crate) const CODE: &str = "good";

/// Who somebody is to a provider, with a verified address.
pub(crate) fn identity(subject: &str, email: &str) -> Identity {
    Identity {
        issuer: "https://accounts.example".to_owned(),
        subject: subject.to_owned(),
        email: Some(email.to_owned()),
        email_verified: true,
        name: None,
    }
}

#[derive(Default)]
pub(crate) struct FakeProviders {
    answer: Mutex<Option<Identity>>,
    requests: Mutex<Vec<AuthorizationRequest>>,
    is_out_of_reach: AtomicBool,
}

impl FakeProviders {
    /// Who signs in from now on; nobody: the provider is down.
    pub(crate) fn set(&self, identity: Option<Identity>) {
        *lock(&self.answer) = identity;
    }

    /// Nobody learns where to sign in, as when the network is away.
    pub(crate) fn lose(&self) {
        self.is_out_of_reach.store(true, Ordering::Relaxed);
    }

    /// What was asked for last.
    pub(crate) fn last(&self) -> AuthorizationRequest {
        lock(&self.requests).last().unwrap().clone()
    }
}

impl IdentityProviders for FakeProviders {
    fn providers(&self) -> Vec<Provider> {
        let provider = |name: &str| Provider { name: name.to_owned(), label: name.to_uppercase() };
        ["github", "google"].map(provider).into()
    }

    fn authorization_url<'a>(
        &'a self,
        provider: &'a str,
        request: &'a AuthorizationRequest,
    ) -> ProviderFuture<'a, String> {
        if self.is_out_of_reach.load(Ordering::Relaxed) {
            return Box::pin(async { Err(ProviderError::Unavailable("no route".to_owned())) });
        }
        lock(&self.requests).push(request.clone());
        let url = format!("https://{provider}.example/sign-in?client_id=1&state={}", request.state);
        Box::pin(async { Ok(url) })
    }

    fn identity<'a>(
        &'a self,
        _: &'a str,
        response: &'a AuthorizationResponse,
    ) -> ProviderFuture<'a, Identity> {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(&response.pkce_verifier));
        let is_asked_for = lock(&self.requests).iter().any(|request| {
            request.pkce_challenge == challenge
                && request.nonce == response.nonce
                && request.redirect_uri == response.redirect_uri
        });
        let answer = lock(&self.answer).clone();
        let answer = match answer {
            _ if !is_asked_for || response.code != CODE => {
                Err(ProviderError::Refused("this was not asked for".to_owned()))
            }
            Some(identity) => Ok(identity),
            None => Err(ProviderError::Unavailable("it is down".to_owned())),
        };
        Box::pin(async { answer })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
