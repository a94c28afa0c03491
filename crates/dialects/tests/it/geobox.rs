//! The Geobox door of a test, and what Geobox's client would do at it.

use http::StatusCode;
use roster_dialects::geobox;
use roster_http_kit::Mount;
use roster_model::Role;
use roster_testing::{Answer, Builder, PASSWORD, Roster};
use serde_json::Value;

/// Runs each test on both databases, with the Geobox door beside the native one.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        roster_testing::postgres_fixture::on_both! {
            with (crate::geobox::on_sqlite, crate::geobox::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

fn builder() -> Builder {
    let builder = Builder::default().door(geobox::router, geobox::PREFIX, geobox::refuse);
    Builder {
        mounts: [geobox::PREFIX, geobox::BARE_PREFIX]
            .map(|prefix| Mount::new(prefix, geobox::refuse))
            .into(),
        ..builder
    }
}

pub(crate) async fn on_sqlite() -> Roster {
    builder().on_sqlite().await
}

pub(crate) async fn on_postgres() -> Roster {
    builder().on_postgres().await
}

/// A request to the door.
pub(crate) async fn call(
    roster: &Roster,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> Answer {
    checked(roster.call(method, &format!("/geobox/v1{path}"), token, body.as_ref()).await)
}

/// A form.
pub(crate) async fn form(roster: &Roster, path: &str, token: Option<&str>, form: &str) -> Answer {
    let bearer = format!("Bearer {}", token.unwrap_or_default());
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    if token.is_some() {
        headers.push(("authorization", &bearer));
    }
    let path = format!("/geobox/v1{path}");
    checked(roster.call_with("POST", &path, &headers, form.to_owned()).await)
}

/// Holds an answer to what the client needs of all of them: it takes every status but five for success.
pub(crate) fn checked(answer: Answer) -> Answer {
    let status = answer.status().as_u16();
    assert!([200, 204, 401, 403, 404, 422].contains(&status), "{}: {status}", answer.asked);
    assert_eq!(answer.header("set-cookie"), None);
    if status == 204 {
        assert!(answer.bytes.is_empty());
        return answer;
    }
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.asked);
    if status != 200 {
        let detail = &answer.json()["detail"];
        let is_list = detail.as_array().is_some_and(|list| {
            list.len() == 1 && list[0]["msg"].is_string() && list[0]["loc"].is_array()
        });
        assert!(detail.is_string() || is_list, "{}: {}", answer.asked, answer.text());
    }
    answer
}

/// `POST auth/token/`.
pub(crate) async fn token(roster: &Roster, login: &str, password: &str) -> Answer {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let fields = format!("username={}&password={}", escape(login), escape(password));
    form(roster, "/auth/token/", None, &fields).await
}

/// A password as the client hides it, ready for a form or JSON.
pub(crate) fn hidden(password: &str) -> String {
    let hidden: String =
        password.chars().filter_map(|c| char::from_u32(u32::from(c) ^ 42)).collect();
    data_encoding::BASE64.encode(hidden.as_bytes())
}

/// Somebody at this door, with a token.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) roster: Roster,
    pub(crate) id: i64,
    pub(crate) token: String,
}

impl Guest {
    pub(crate) async fn new(roster: &Roster, name: &str) -> Self {
        Self::of_role(roster, name, Role::Viewer).await
    }

    pub(crate) async fn of_role(roster: &Roster, name: &str, role: Role) -> Self {
        let mut new = roster_testing::new_user(name);
        new.role = Some(role);
        let id = roster.create(&new).await.id.0;
        let answer = token(roster, name, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        Self { roster: roster.clone(), id, token }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        call(&self.roster, method, path, Some(&self.token), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub(crate) async fn form(&self, path: &str, fields: &str) -> Answer {
        form(&self.roster, path, Some(&self.token), fields).await
    }

    /// Whether the token is still good.
    pub(crate) async fn is_known(&self) -> bool {
        self.get("/users/me").await.status() == StatusCode::OK
    }

    /// The numbers in a list.
    pub(crate) async fn ids(&self, path: &str) -> Vec<i64> {
        let list = self.get(path).await.json();
        list.as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect()
    }
}

/// The status, for tables.
pub(crate) fn status(answer: &Answer) -> u16 {
    answer.status().as_u16()
}
