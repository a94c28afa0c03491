//! OAuth of GitHub's kind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use roster_core::clock::{Clock, SystemClock};
use roster_core::sso::provider::{
    AuthorizationRequest, AuthorizationResponse, Identity, IdentityProviders, ProviderError,
};
use roster_server::sso::HttpProviders;
use serde_json::{Value, json};
use url::Url;

type Emails = Arc<Mutex<Value>>;

async fn exchange(headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    assert_eq!(headers["accept"], "application/json");
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("id", "hush"));
    assert_eq!(form["code_verifier"], "verifier");
    // GitHub says so with a 200.
    Json(match form["code"].as_str() {
        "good" => {
            json!({"access_token": "gho_x", "token_type": "bearer", "scope": "read:user,user:email"})
        }
        _ => {
            json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect."})
        }
    })
}

async fn user(headers: HeaderMap) -> Json<Value> {
    assert_eq!(headers["authorization"], "Bearer gho_x");
    assert!(headers.contains_key("user-agent"));
    Json(json!({"id": 583_231, "login": "ann", "name": "Ann", "email": "public@example.com"}))
}

async fn emails(State(emails): State<Emails>) -> Json<Value> {
    Json(emails.lock().unwrap().clone())
}

async fn start() -> (HttpProviders, String, Emails) {
    let listed: Emails = Arc::default();
    let router = Router::new()
        .route("/login/oauth/access_token", post(exchange))
        .route("/user", get(user))
        .route("/user/emails", get(emails))
        .with_state(Arc::clone(&listed));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = crate::settings(&[
        ("ROSTER_SSO_GITHUB_CLIENT_ID", "id"),
        ("ROSTER_SSO_GITHUB_CLIENT_SECRET", "hush"),
        ("ROSTER_SSO_GITHUB_BASE_URL", &base),
    ]);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    (HttpProviders::new(&settings.sso, &clock).unwrap(), base, listed)
}

fn response(code: &str) -> AuthorizationResponse {
    AuthorizationResponse {
        code: code.into(),
        issuer: None,
        pkce_verifier: "verifier".into(),
        nonce: "nonce".into(),
        redirect_uri: "https://roster.example.com/sso/github/callback".into(),
    }
}

#[tokio::test]
async fn the_identity_is_the_number_and_the_address_the_primary_verified_one() {
    let (providers, base, listed) = start().await;
    *listed.lock().unwrap() = json!([
        {"email": "old@example.com", "primary": false, "verified": true},
        {"email": "ann@example.com", "primary": true, "verified": true},
    ]);
    let identity = providers.identity("github", &response("good")).await.unwrap();
    let expected = Identity {
        issuer: base,
        subject: "583231".into(),
        email: Some("ann@example.com".into()),
        email_verified: true,
        name: Some("Ann".into()),
    };
    assert_eq!(identity, expected);
}

#[tokio::test]
async fn t19_neither_an_unverified_nor_a_public_nor_a_secondary_address_is_taken() {
    let (providers, _, listed) = start().await;
    for list in [
        json!([{"email": "victim@example.com", "primary": true, "verified": false}]),
        json!([{"email": "victim@example.com", "primary": true}]),
        json!([{"email": "victim@example.com", "primary": false, "verified": true}]),
        json!([]),
    ] {
        *listed.lock().unwrap() = list;
        let identity = providers.identity("github", &response("good")).await.unwrap();
        assert_eq!((identity.email, identity.email_verified), (None, false));
    }
}

#[tokio::test]
async fn t19_a_used_code_and_the_answer_of_another_provider_are_refused() {
    let (providers, base, listed) = start().await;
    *listed.lock().unwrap() = json!([]);
    let used = providers.identity("github", &response("used")).await;
    assert!(matches!(used, Err(ProviderError::Refused(_))), "{used:?}");
    let mixed =
        AuthorizationResponse { issuer: Some("https://evil.example".into()), ..response("good") };
    let mixed = providers.identity("github", &mixed).await;
    assert!(matches!(mixed, Err(ProviderError::Refused(_))), "{mixed:?}");
    let own =
        AuthorizationResponse { issuer: Some(format!("{base}/login/oauth")), ..response("good") };
    providers.identity("github", &own).await.unwrap();
}

#[tokio::test]
async fn the_sign_in_page_is_below_the_base_address() {
    let (providers, base, _) = start().await;
    let request = AuthorizationRequest {
        state: "s".into(),
        nonce: "n".into(),
        pkce_challenge: "c".into(),
        redirect_uri: "https://roster.example.com/sso/github/callback".into(),
    };
    let url = Url::parse(&providers.authorization_url("github", &request).await.unwrap()).unwrap();
    assert!(url.as_str().starts_with(&format!("{base}/login/oauth/authorize?")), "{url}");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!((query["state"].as_str(), query["code_challenge_method"].as_str()), ("s", "S256"));
    assert_eq!(query["scope"], "read:user user:email");
    assert!(!query.contains_key("nonce"), "a provider without identity tokens may refuse a nonce");
    assert_eq!(providers.providers()[0].label, "GitHub");
}
