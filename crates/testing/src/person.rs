//! Somebody signed in.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use roster_core::credentials::totp::{self, TotpSecret};
use roster_model::{NewApiKey, RecoveryCodes, TotpEnrolment, User};
use serde_json::{Value, json};

use crate::{Answer, Roster};

/// Somebody signed in, with the token of the session and, once enrolled, an authenticator.
#[derive(Clone)]
pub struct Person {
    /// Where.
    pub roster: Roster,
    /// Who, as of the sign-in.
    pub user: User,
    /// The token of the session.
    pub token: String,
    secret: Option<String>,
}

impl Person {
    pub(crate) fn new(roster: Roster, user: User, token: String) -> Self {
        Self { roster, user, token, secret: None }
    }

    /// The same person with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Reads.
    pub async fn get(&self, uri: &str) -> Answer {
        self.call("GET", uri, None).await
    }

    /// Posts JSON.
    pub async fn post(&self, uri: &str, body: Value) -> Answer {
        self.call("POST", uri, Some(&body)).await
    }

    /// Posts nothing.
    pub async fn ask(&self, uri: &str) -> Answer {
        self.call("POST", uri, None).await
    }

    /// Puts JSON.
    pub async fn put(&self, uri: &str, body: Value) -> Answer {
        self.call("PUT", uri, Some(&body)).await
    }

    /// Changes with JSON.
    pub async fn patch(&self, uri: &str, body: Value) -> Answer {
        self.call("PATCH", uri, Some(&body)).await
    }

    /// Deletes.
    pub async fn delete(&self, uri: &str) -> Answer {
        self.call("DELETE", uri, None).await
    }

    /// Any request with the session's token.
    pub async fn call(&self, method: &str, uri: &str, body: Option<&Value>) -> Answer {
        self.roster.call(method, uri, Some(&self.token), body).await
    }

    /// Any request with the session's token and headers of the test's own. A body is JSON.
    pub async fn call_with(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", &*bearer)];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend_from_slice(headers);
        let text = body.map(Value::to_string).unwrap_or_default();
        self.roster.call_with(method, uri, &all, text).await
    }

    /// Whether the session is still good.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/api/v1/whoami").await.status().is_success()
    }

    /// Enrols an authenticator and activates it; gives the recovery codes.
    pub async fn enrol(&mut self) -> RecoveryCodes {
        let begun: TotpEnrolment = self.ask("/api/v1/users/me/mfa/totp").await.done(201);
        self.has_authenticator(&begun);
        let code = self.fresh_code();
        let codes = self.post("/api/v1/users/me/mfa/totp/activation", json!({"code": code})).await;
        codes.done(200)
    }

    /// Takes an enrolment into the authenticator.
    pub fn has_authenticator(&mut self, enrolment: &TotpEnrolment) {
        self.secret = Some(enrolment.secret.expose().to_owned());
    }

    /// A code of the authenticator that was not good before: moves the clock on by a step.
    pub fn fresh_code(&self) -> String {
        self.roster.advance(Duration::from_secs(30));
        self.code()
    }

    /// The code that the authenticator shows.
    pub fn code(&self) -> String {
        let secret = self.secret.as_deref().expect("enrolled");
        let bytes = BASE32_NOPAD.decode(secret.trim_end_matches('=').as_bytes()).unwrap();
        let secret = TotpSecret::from_bytes(&bytes).unwrap();
        secret.code(totp::step_at(self.roster.now())).expose().to_owned()
    }

    /// Lets ten minutes pass, so that the second factor of the session is no longer fresh.
    pub fn let_mfa_age(&self) {
        self.roster.advance(Duration::from_secs(11 * 60));
    }

    /// A new API key of this person; its token.
    pub async fn api_key(&self, name: &str) -> String {
        let new = NewApiKey {
            name: name.into(),
            expires_at: None,
            scopes: Vec::new(),
            constraints: Vec::new(),
        };
        let body = serde_json::to_value(new).unwrap();
        let issued = self.post("/api/v1/users/me/api-keys", body).await;
        issued.done::<roster_model::IssuedApiKey>(201).token.expose().to_owned()
    }

    /// The path of this person below the API, with `rest` behind it.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/users/{}{rest}", self.user.id)
    }
}
