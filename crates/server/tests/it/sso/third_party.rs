//! Signing in at somebody else's provider program: `oidc-provider`, in the directory that `ROSTER_TEST_OIDC` names.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use reqwest::redirect::Policy;
use roster_core::clock::{Clock, SystemClock};
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, ProviderError,
};
use roster_server::sso::HttpProviders;
use url::Url;

const REDIRECT: &str = "https://roster.example.com/sso/test/callback";
const VERIFIER: &str = "verifier-verifier-verifier-verifier-verifier-verifier";
const NONCE: &str = "nonce-of-this-sign-in";

struct ThirdParty {
    process: Child,
    /// Read from no more, but a program dies that prints into a closed pipe.
    _lines: Lines<BufReader<ChildStdout>>,
    issuer: String,
    providers: HttpProviders,
}

impl ThirdParty {
    fn start() -> Self {
        let directory = std::env::var_os("ROSTER_TEST_OIDC").expect(
            "ROSTER_TEST_OIDC must name a directory that has the npm package oidc-provider: \
             npm install --prefix DIR oidc-provider, then ROSTER_TEST_OIDC=DIR",
        );
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sso/third_party.mjs");
        let mut process = Command::new("node")
            .args([script.as_ref(), directory.as_os_str(), REDIRECT.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node must be installed");
        // It prints warnings about being for development as well.
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("http://"));
        let issuer = issuer.expect("oidc-provider did not start: is it installed there?");
        let settings = crate::settings(&[
            ("ROSTER_SSO_TEST_CLIENT_ID", "roster"),
            ("ROSTER_SSO_TEST_CLIENT_SECRET", "hush: &%+"),
            ("ROSTER_SSO_TEST_ISSUER", &issuer),
        ]);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let providers = HttpProviders::new(&settings.sso, &clock).unwrap();
        Self { process, _lines: lines, issuer, providers }
    }

    /// What a browser brings back in which `login` has signed in and agreed.
    async fn signed_in(&self, login: &str) -> AuthorizationResponse {
        let hash = digest::digest(&digest::SHA256, VERIFIER.as_bytes());
        let request = AuthorizationRequest {
            state: "state".into(),
            nonce: NONCE.into(),
            pkce_challenge: BASE64URL_NOPAD.encode(hash.as_ref()),
            redirect_uri: REDIRECT.into(),
        };
        let url = self.providers.authorization_url("test", &request).await.unwrap();
        let back = browse(url.parse().unwrap(), login).await;
        let query: BTreeMap<String, String> = back.query_pairs().into_owned().collect();
        assert_eq!(query.get("state").map(String::as_str), Some("state"), "{back}");
        AuthorizationResponse {
            code: query["code"].clone(),
            issuer: query.get("iss").cloned(),
            pkce_verifier: VERIFIER.into(),
            nonce: NONCE.into(),
            redirect_uri: REDIRECT.into(),
        }
    }
}

impl Drop for ThirdParty {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Follows the provider's pages like a person with a browser, until they lead back to Roster.
async fn browse(mut url: Url, login: &str) -> Url {
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let mut cookies: BTreeMap<String, String> = BTreeMap::new();
    let mut form: Option<Vec<(&str, &str)>> = None;
    for _ in 0..20 {
        let request = match &form {
            Some(fields) => client.post(url.clone()).form(fields),
            None => client.get(url.clone()),
        };
        let sent: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", sent.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        form = None;
        match response.headers().get("location") {
            Some(location) => {
                url = url.join(location.to_str().unwrap()).unwrap();
                if url.as_str().starts_with(REDIRECT) {
                    return url;
                }
            }
            None => {
                let page = response.text().await.unwrap();
                form = Some(if page.contains("value=\"login\"") {
                    vec![("prompt", "login"), ("login", login), ("password", "x")]
                } else {
                    assert!(page.contains("value=\"consent\""), "{url}: {page}");
                    vec![("prompt", "consent")]
                });
            }
        }
    }
    panic!("the provider's pages lead nowhere");
}

#[tokio::test]
async fn a_real_provider_signs_people_in() {
    let provider = ThirdParty::start();
    let response = provider.signed_in("ann").await;
    assert_eq!(response.issuer.as_deref(), Some(provider.issuer.as_str()), "it speaks RFC 9207");
    let identity = provider.providers.identity("test", &response).await.unwrap();
    let expected = Identity {
        issuer: provider.issuer.clone(),
        subject: "ann".into(),
        email: Some("ann@example.com".into()),
        email_verified: true,
        name: Some("Dr. ann".into()),
    };
    assert_eq!(identity, expected);
    let again = provider.providers.identity("test", &response).await;
    assert!(matches!(again, Err(ProviderError::Refused(_))), "the code was used: {again:?}");
    let eve = provider.signed_in("eve").await;
    assert!(!provider.providers.identity("test", &eve).await.unwrap().email_verified);
}

#[tokio::test]
async fn t19_a_real_provider_notices_a_stolen_code() {
    let provider = ThirdParty::start();
    let stolen =
        AuthorizationResponse { pkce_verifier: "x".repeat(43), ..provider.signed_in("ann").await };
    let refused = provider.providers.identity("test", &stolen).await;
    assert!(matches!(refused, Err(ProviderError::Refused(_))), "{refused:?}");
    let other =
        AuthorizationResponse { nonce: "another".into(), ..provider.signed_in("ann").await };
    let refused = provider.providers.identity("test", &other).await;
    assert!(matches!(refused, Err(ProviderError::Refused(_))), "{refused:?}");
}
