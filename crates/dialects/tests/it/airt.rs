//! The airt door of a test, and what airt's client would do at it.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use roster_core::credentials::totp::{self, TotpSecret};
use roster_dialects::airt;
use roster_model::Role;
use roster_testing::{Answer, Builder, FakeProvider, PASSWORD, Roster};
use serde_json::{Value, json};

/// Runs each test on both databases, with the airt door beside the native one.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        roster_testing::postgres_fixture::on_both! {
            with (crate::airt::on_sqlite, crate::airt::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

fn builder() -> Builder {
    let builder = Builder { providers: Arc::new(FakeProvider::default()), ..Builder::default() };
    builder.door(airt::router, airt::PREFIX, airt::refuse)
}

pub(crate) async fn on_sqlite() -> Roster {
    builder().on_sqlite().await
}

pub(crate) async fn on_postgres() -> Roster {
    builder().on_postgres().await
}

/// A request to the door; whatever comes back is JSON and says so in exactly these words.
pub(crate) async fn call(
    roster: &Roster,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> Answer {
    checked(roster.call(method, &format!("/airt{path}"), token, body.as_ref()).await)
}

/// Holds an answer to what the client needs of all of them.
pub(crate) fn checked(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.asked);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.asked);
    if answer.status() != StatusCode::OK {
        assert!(answer.status().is_client_error(), "{}: {}", answer.asked, answer.text());
        assert!(answer.json()["detail"].is_string(), "{}: {}", answer.asked, answer.text());
    }
    answer
}

/// Why a request was refused.
#[track_caller]
pub(crate) fn detail(answer: &Answer) -> String {
    assert_ne!(answer.status(), StatusCode::OK, "{}: {}", answer.asked, answer.text());
    answer.json()["detail"].as_str().unwrap().to_owned()
}

/// `POST /token`, with a code in the client's envelope if there is one.
pub(crate) async fn token(
    roster: &Roster,
    login: &str,
    password: &str,
    otp: Option<&str>,
) -> Answer {
    let password = match otp {
        Some(otp) => json!({"password": password, "user_otp": otp}).to_string(),
        None => password.to_owned(),
    };
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let form = format!("username={}&password={}", escape(login), escape(&password));
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    checked(roster.call_with("POST", "/airt/token", &headers, form).await)
}

/// Somebody at this door, with a token and perhaps an authenticator.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) roster: Roster,
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) token: String,
    pub(crate) secret: Option<Vec<u8>>,
}

impl Guest {
    /// A plain user with a token.
    pub(crate) async fn new(roster: &Roster, name: &str) -> Self {
        Self::of_role(roster, name, Role::Viewer).await
    }

    /// A super user with a token.
    pub(crate) async fn super_user(roster: &Roster, name: &str) -> Self {
        Self::of_role(roster, name, Role::SystemAdmin).await
    }

    async fn of_role(roster: &Roster, name: &str, role: Role) -> Self {
        let mut new = roster_testing::new_user(name);
        new.role = Some(role);
        let user = roster.create(&new).await;
        let answer = token(roster, name, PASSWORD, None).await;
        Self {
            roster: roster.clone(),
            name: name.into(),
            uuid: user.uuid.to_string(),
            token: answer.json()["access_token"].as_str().unwrap().to_owned(),
            secret: None,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        call(&self.roster, "GET", path, Some(&self.token), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        call(&self.roster, "POST", path, Some(&self.token), Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        call(&self.roster, "DELETE", path, Some(&self.token), None).await
    }

    /// Whether the token is still good.
    pub(crate) async fn is_known(&self) -> bool {
        self.get("/user/details").await.status() == StatusCode::OK
    }

    /// Begins an enrolment, whose codes are shown from here on.
    pub(crate) async fn generate(&mut self, query: &str) -> Answer {
        let answer = self.get(&format!("/user/mfa/generate{query}")).await;
        if answer.status() == StatusCode::OK {
            let url = answer.json()["mfa_url"].as_str().unwrap().to_owned();
            let secret = url.split("secret=").nth(1).unwrap().split('&').next().unwrap();
            self.secret = Some(data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap());
        }
        answer
    }

    /// Turns MFA on.
    pub(crate) async fn enrol(&mut self) {
        self.generate("").await;
        let answer = self.post("/user/mfa/activate", json!({"user_otp": self.code()})).await;
        assert_eq!(answer.json()["is_mfa_active"], json!(true));
    }

    /// The code that the authenticator shows `steps` from now.
    pub(crate) fn code_in(&self, steps: i64) -> String {
        let secret = TotpSecret::from_bytes(self.secret.as_deref().unwrap()).unwrap();
        secret.code(totp::step_at(self.roster.now()) + steps).expose().to_owned()
    }

    /// The code that the authenticator shows.
    pub(crate) fn code(&self) -> String {
        self.code_in(0)
    }

    /// A code that was not shown before: lets a step pass.
    pub(crate) fn fresh_code(&self) -> String {
        self.roster.advance(Duration::from_secs(30));
        self.code()
    }

    /// Six digits that no step near now has.
    pub(crate) fn wrong_code(&self) -> String {
        let near: Vec<_> = (-3..=3).map(|steps| self.code_in(steps)).collect();
        (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }

    /// Registers a phone number; the code that was sent to it.
    pub(crate) async fn register_phone(&self, number: &str) -> String {
        let body = json!({"phone_number": number, "otp": null});
        let answer = self.post("/user/register_phone_number", body).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
        self.roster.only_code().await.expose().to_owned()
    }

    /// Registers a phone number and proves it.
    pub(crate) async fn verify_phone(&self, number: &str) {
        let code = self.register_phone(number).await;
        let answer = self.get(&format!("/user/validate_phone_number?otp={code}")).await;
        assert_eq!(answer.json()["is_phone_number_verified"], json!(true));
    }

    /// Asks for a code by SMS; the code that was sent.
    pub(crate) async fn sms(&self, template: &str) -> String {
        send_sms(&self.roster, &self.name, template).await;
        self.roster.only_code().await.expose().to_owned()
    }
}

/// `GET /user/send_sms_otp`.
pub(crate) async fn send_sms(roster: &Roster, name: &str, template: &str) -> Answer {
    let path = format!("/user/send_sms_otp?username={name}&message_template_name={template}");
    call(roster, "GET", &path, None, None).await
}

/// `POST /user/reset_password`.
pub(crate) async fn reset(roster: &Roster, name: &str, otp: &str) -> Answer {
    let body = json!({"username": name, "new_password": "amber walrus 1618", "otp": otp});
    call(roster, "POST", "/user/reset_password", None, Some(body)).await
}

/// Another code than this.
pub(crate) fn other(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}
