//! An OpenID Connect provider that can be told to misbehave.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jiff::Timestamp;
use roster_core::clock::{Clock, ManualClock};
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, ProviderError,
};
use roster_server::sso::HttpProviders;
use serde_json::{Value, json};
use url::Url;

use super::signing::Signer;

pub(super) const CLIENT_ID: &str = "roster";
pub(super) const CLIENT_SECRET: &str = "hush: & ü";
pub(super) const NONCE: &str = "nonce-of-this-sign-in";
const VERIFIER: &str = "verifier-verifier-verifier-verifier-verifier";
const REDIRECT: &str = "https://roster.example.com/sso/test/callback";

type Minting = Box<dyn Fn(&Signer, &Value) -> String + Send>;

/// What the provider does; each test changes what it is about.
pub(super) struct Behaviour {
    pub(super) metadata: Value,
    pub(super) keys: Vec<Value>,
    pub(super) signer: Signer,
    pub(super) claims: Value,
    pub(super) userinfo: Value,
    /// Makes the identity token; none is sent without it.
    pub(super) mint: Option<Minting>,
    /// Codes that were given out, with their challenge.
    codes: HashMap<String, String>,
}

pub(super) struct Hostile {
    pub(super) behaviour: Mutex<Behaviour>,
    pub(super) key_fetches: AtomicUsize,
    pub(super) issuer: String,
    pub(super) clock: Arc<ManualClock>,
}

/// A provider and a server that is configured for it.
pub(super) struct World {
    pub(super) hostile: Arc<Hostile>,
    pub(super) providers: HttpProviders,
}

pub(super) fn challenge() -> String {
    BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, VERIFIER.as_bytes()).as_ref())
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with_signer(Signer::ec("one")).await
    }

    pub(super) async fn with_signer(signer: Signer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(now));
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
        });
        let claims = json!({
            "iss": issuer, "sub": "subject-1", "aud": CLIENT_ID, "nonce": NONCE,
            "iat": now.as_second(), "exp": now.as_second() + 300,
            "email": "ann@example.com", "email_verified": true, "name": "Ann",
        });
        let behaviour = Behaviour {
            metadata,
            keys: vec![json!({"kty": "unheard of"}), signer.jwk()],
            signer,
            claims,
            userinfo: json!({"sub": "subject-1"}),
            mint: Some(Box::new(|signer, claims| signer.sign(claims))),
            codes: HashMap::new(),
        };
        let hostile = Arc::new(Hostile {
            behaviour: Mutex::new(behaviour),
            key_fetches: AtomicUsize::new(0),
            issuer: issuer.clone(),
            clock: Arc::clone(&clock),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata_document))
            .route("/jwks", get(key_set))
            .route("/token", post(exchange))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&hostile));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = crate::settings(&[
            ("ROSTER_SSO_TEST_CLIENT_ID", CLIENT_ID),
            ("ROSTER_SSO_TEST_CLIENT_SECRET", CLIENT_SECRET),
            ("ROSTER_SSO_TEST_ISSUER", &issuer),
        ]);
        let clock: Arc<dyn Clock> = clock;
        let providers = HttpProviders::new(&settings.sso, &clock).unwrap();
        Self { hostile, providers }
    }

    /// Changes what the provider does.
    pub(super) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.hostile.behaviour.lock().unwrap());
    }

    /// The address of the provider's sign-in page.
    pub(super) async fn authorization_url(&self) -> Result<Url, ProviderError> {
        let request = AuthorizationRequest {
            state: "state&=".into(),
            nonce: NONCE.into(),
            pkce_challenge: challenge(),
            redirect_uri: REDIRECT.into(),
        };
        self.providers
            .authorization_url("test", &request)
            .await
            .map(|url| Url::parse(&url).unwrap())
    }

    /// What comes back from the provider's sign-in page.
    pub(super) fn response(&self) -> AuthorizationResponse {
        let mut behaviour = self.hostile.behaviour.lock().unwrap();
        let code = format!("code-{}", behaviour.codes.len());
        behaviour.codes.insert(code.clone(), challenge());
        AuthorizationResponse {
            code,
            issuer: None,
            pkce_verifier: VERIFIER.into(),
            nonce: NONCE.into(),
            redirect_uri: REDIRECT.into(),
        }
    }

    pub(super) async fn identity(
        &self,
        response: &AuthorizationResponse,
    ) -> Result<Identity, ProviderError> {
        self.providers.identity("test", response).await
    }

    /// A whole sign-in.
    pub(super) async fn sign_in(&self) -> Result<Identity, ProviderError> {
        self.identity(&self.response()).await
    }

    /// A whole sign-in that must be refused, and why it was.
    pub(super) async fn refusal(&self) -> String {
        match self.sign_in().await {
            Err(ProviderError::Refused(why)) => why,
            other => panic!("refused, not {other:?}"),
        }
    }
}

async fn metadata_document(State(hostile): State<Arc<Hostile>>) -> Json<Value> {
    Json(hostile.behaviour.lock().unwrap().metadata.clone())
}

async fn key_set(State(hostile): State<Arc<Hostile>>) -> Json<Value> {
    hostile.key_fetches.fetch_add(1, Ordering::SeqCst);
    Json(json!({"keys": hostile.behaviour.lock().unwrap().keys}))
}

async fn userinfo(
    State(hostile): State<Arc<Hostile>>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    if headers.get("authorization").is_none_or(|value| value != "Bearer access") {
        return (StatusCode::UNAUTHORIZED, Json(json!({})));
    }
    (StatusCode::OK, Json(hostile.behaviour.lock().unwrap().userinfo.clone()))
}

async fn exchange(
    State(hostile): State<Arc<Hostile>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let login = format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET));
    let basic = format!("Basic {}", BASE64.encode(login.as_bytes()));
    let is_basic =
        headers.get("authorization").is_some_and(|value| value.as_bytes() == basic.as_bytes());
    let is_post = form.get("client_id").map(String::as_str) == Some(CLIENT_ID)
        && form.get("client_secret").map(String::as_str) == Some(CLIENT_SECRET);
    let mut behaviour = hostile.behaviour.lock().unwrap();
    let wants_post = behaviour.metadata["token_endpoint_auth_methods_supported"]
        == json!(["client_secret_post"]);
    if (is_basic, is_post) != (!wants_post, wants_post) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"error": "invalid_client"})));
    }
    let verifier = form.get("code_verifier").map(String::as_bytes).unwrap_or_default();
    let presented = BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, verifier).as_ref());
    let promised =
        form.get("code").and_then(|code| behaviour.codes.get_mut(code)).map(std::mem::take);
    if promised != Some(presented) || form.get("redirect_uri").map(String::as_str) != Some(REDIRECT)
    {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
    }
    let token = behaviour.mint.as_ref().map(|mint| mint(&behaviour.signer, &behaviour.claims));
    (
        StatusCode::OK,
        Json(json!({"access_token": "access", "token_type": "Bearer", "id_token": token})),
    )
}
