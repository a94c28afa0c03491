//! The Dioptra door of a test, and what Dioptra's client would do at it.

use http::StatusCode;
use roster_core::{Profile, Registration};
use roster_dialects::dioptra;
use roster_model::Role;
use roster_testing::{Answer, Builder, PASSWORD, Roster, new_user};
use serde_json::{Value, json};

/// Runs each test on both databases, with the Dioptra door beside the native one, in the profile `compat`.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        roster_testing::postgres_fixture::on_both! {
            with (crate::dioptra::on_sqlite, crate::dioptra::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

/// A Roster with this door; `url` is where people reach it.
pub(crate) fn builder(profile: Profile, registration: Registration, url: &str) -> Builder {
    let mut builder = Builder::default().door(dioptra::router, dioptra::PREFIX, dioptra::refuse);
    builder.settings.profile = profile;
    builder.settings.registration = registration;
    builder.settings.public_url = url.parse().unwrap();
    builder
}

fn compat() -> Builder {
    builder(Profile::Compat, Registration::Closed, "http://127.0.0.1:8750")
}

pub(crate) async fn on_sqlite() -> Roster {
    with_boss(compat().on_sqlite().await).await
}

pub(crate) async fn on_postgres() -> Roster {
    with_boss(compat().on_postgres().await).await
}

/// The first account, a system administrator.
pub(crate) async fn with_boss(roster: Roster) -> Roster {
    let mut boss = new_user("boss");
    boss.role = Some(Role::SystemAdmin);
    roster.create(&boss).await;
    roster
}

/// Dioptra's client: it keeps the cookie that it was given last.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) roster: Roster,
    pub(crate) cookie: Option<String>,
}

impl Client {
    pub(crate) fn new(roster: &Roster) -> Self {
        Self { roster: roster.clone(), cookie: None }
    }

    /// Somebody new, who has logged in.
    pub(crate) async fn registered(roster: &Roster, name: &str) -> Self {
        let mut client = Self::new(roster);
        client.create(name).await;
        client.log_in(name, PASSWORD).await;
        client
    }

    /// The first account, logged in.
    pub(crate) async fn boss(roster: &Roster) -> Self {
        let mut client = Self::new(roster);
        client.log_in("boss", PASSWORD).await;
        client
    }

    /// Makes a user with the harness's password; gives the answer's body.
    pub(crate) async fn create(&mut self, name: &str) -> Value {
        self.post(
            "/users",
            json!({
                "username": name, "email": format!("{name}@example.com"),
                "password": PASSWORD, "confirmPassword": PASSWORD,
            }),
        )
        .await
        .done(200)
    }

    /// Logs in, which must succeed.
    pub(crate) async fn log_in(&mut self, name: &str, password: &str) {
        let answer = self.try_log_in(name, password).await;
        assert_eq!(answer.json(), json!({"username": name, "status": "Login successful"}));
        assert_eq!(answer.status(), StatusCode::OK);
    }

    pub(crate) async fn try_log_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/auth/login", json!({"username": name, "password": password})).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub(crate) async fn log_out(&mut self, everywhere: &str) -> Answer {
        self.call("POST", &format!("/auth/logout?everywhere={everywhere}"), None).await
    }

    pub(crate) async fn is_signed_in(&mut self) -> bool {
        self.get("/users/current").await.status().is_success()
    }

    /// Any request, with the cookie; takes a new one over.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, &[], body).await
    }

    pub(crate) async fn call_with(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let mut all = headers.to_vec();
        let cookie = self.cookie.as_ref().map(|token| format!("roster_dioptra={token}"));
        if let Some(cookie) = &cookie {
            all.push(("cookie", cookie));
        }
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        let path = format!("/dioptra/api/v1{path}");
        let text = body.map(|body| body.to_string()).unwrap_or_default();
        let answer = checked(self.roster.call_with(method, &path, &all, text).await);
        if let Some(line) = answer.header("set-cookie") {
            let value = line.split(';').next().unwrap().split_once('=').unwrap().1;
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        answer
    }
}

/// Holds an answer to what the contract promises of all of them.
fn checked(answer: Answer) -> Answer {
    let status = answer.status().as_u16();
    assert!(status < 500, "{}: {status} {}", answer.asked, answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.asked);
    let body = answer.json();
    if status == 200 {
        return answer;
    }
    if let Some(error) = body.get("error") {
        assert_eq!(keys(&body), ["detail", "error", "message", "originating_path"], "{error}");
        let phrase = answer.status().canonical_reason().unwrap();
        assert!(body["message"].as_str().unwrap().starts_with(&format!("{phrase} - ")), "{body}");
        let path = body["originating_path"].as_str().unwrap();
        assert!(path.starts_with("/api/v1/") && path.contains('?'), "{path}");
    } else if status == 400 {
        assert!(body["errors"].is_object() || body["message"].is_string(), "{body}");
    } else {
        assert!(body["message"].is_string(), "{body}");
    }
    answer
}

/// The keys of an object, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// What is wrong with which fields.
#[track_caller]
pub(crate) fn fields(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status(), 400, "{}: {}", answer.asked, answer.text());
    keys(&answer.json()["errors"]).into_iter().map(str::to_owned).collect()
}

/// The name of the error of a refusal with this status.
#[track_caller]
pub(crate) fn error(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status().as_u16(), status, "{}: {}", answer.asked, answer.text());
    answer.json()["error"].as_str().unwrap_or_default().to_owned()
}
