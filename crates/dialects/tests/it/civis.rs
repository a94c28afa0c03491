//! The Civis door of a test, and what Civis' client would do at it.

use data_encoding::BASE64;
use http::StatusCode;
use roster_core::Actor;
use roster_dialects::civis;
use roster_model::{NewApiKey, Role, UserId, UserRef};
use roster_testing::{Answer, Builder, Roster};
use serde_json::{Value, json};

/// Runs each test on both databases, with the Civis door beside the native one.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        roster_testing::postgres_fixture::on_both! {
            with (crate::civis::on_sqlite, crate::civis::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

pub(crate) fn builder() -> Builder {
    let mut builder = Builder::default();
    builder.routers.push(civis::router);
    builder.mounts.push(civis::mount());
    builder
}

pub(crate) async fn on_sqlite() -> Roster {
    builder().on_sqlite().await
}

pub(crate) async fn on_postgres() -> Roster {
    builder().on_postgres().await
}

/// A key as the client sends it.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

/// A request to the door.
pub(crate) async fn call(
    roster: &Roster,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(authorization.map(|text| ("authorization", text)));
    // The client sends a body with everything.
    let text = body.map_or_else(|| "{}".to_owned(), Value::to_string);
    checked(roster.call_with(method, &format!("/civis/{path}"), &headers, text).await)
}

/// Holds an answer to what the client needs of all of them.
pub(crate) fn checked(answer: Answer) -> Answer {
    let status = answer.status();
    assert!(!status.is_redirection() && !status.is_server_error(), "{}: {status}", answer.asked);
    assert_eq!(answer.header("cache-control"), Some("private, no-store"), "{}", answer.asked);
    assert_eq!(answer.header("set-cookie"), None);
    if !answer.bytes.is_empty() {
        let kind = Some("application/json; charset=utf-8");
        assert_eq!(answer.header("content-type"), kind, "{}", answer.asked);
    }
    if status == StatusCode::UNAUTHORIZED {
        assert!(!answer.header("www-authenticate").unwrap().is_empty());
    }
    if !status.is_success() && !answer.bytes.is_empty() {
        let body = answer.json();
        assert_eq!(body["code"], status.as_u16());
        assert!(body["error"].is_string() && body["errorDescription"].is_string());
    }
    answer
}

/// The status, for tables.
pub(crate) fn status(answer: &Answer) -> u16 {
    answer.status().as_u16()
}

/// What a refusal says; nothing if it is none.
pub(crate) fn says(answer: &Answer) -> Value {
    if answer.bytes.is_empty() { Value::Null } else { answer.json()["errorDescription"].clone() }
}

/// Somebody at this door, with a key.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) roster: Roster,
    pub(crate) id: i64,
    pub(crate) key: String,
}

impl Guest {
    pub(crate) async fn new(roster: &Roster, name: &str) -> Self {
        Self::of_role(roster, name, Role::Viewer).await
    }

    pub(crate) async fn of_role(roster: &Roster, name: &str, role: Role) -> Self {
        let mut new = roster_testing::new_user(name);
        new.role = Some(role);
        let id = roster.create(&new).await.id;
        let key = Self::key_of(roster, id).await;
        Self { roster: roster.clone(), id: id.0, key }
    }

    async fn key_of(roster: &Roster, user: UserId) -> String {
        let new = NewApiKey { name: "key".to_owned(), ..NewApiKey::default() };
        let system = Actor::system("tests");
        let issued = roster.core.create_api_key(&system, &UserRef::Id(user), &new).await.unwrap();
        issued.token.expose().to_owned()
    }

    /// The same person with a key that has these constraints.
    pub(crate) async fn limited(&self, constraints: Value) -> Self {
        let new = json!({"name": "limited", "expires_in": 3600, "constraints": constraints});
        let answer = self.post("users/me/api_keys", new).await;
        assert_eq!(status(&answer), 200, "{}", answer.text());
        Self { key: answer.json()["token"].as_str().unwrap().to_owned(), ..self.clone() }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        call(&self.roster, method, path, Some(&basic(&self.key, "")), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(&body)).await
    }
}
