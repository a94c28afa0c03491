//! Finding out who exists (threats T01, T02).

use http::StatusCode;
use roster_model::ErrorCode;
use roster_testing::{Answer, PASSWORD, Roster, on_both_databases};
use serde_json::{Value, json};

use crate::statements::asked;

/// What a stranger sees of an answer, ids and dates aside.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, Value) {
    let mut body: Value = serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null);
    if let Some(problem) = body.as_object_mut() {
        problem.remove("request_id");
    }
    let headers = answer.parts.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status(), headers.collect(), body)
}

/// Somebody of every kind about whom a stranger might want to know.
async fn people(roster: &Roster) {
    let admin = roster.admin().await;
    roster.person("active").await;
    let disabled = roster.person("disabled").await;
    let deleted = roster.person("deleted").await;
    roster
        .create(&roster_model::NewUser {
            password: None,
            ..roster_testing::new_user("no-password")
        })
        .await;
    let mut enrolled = roster.person("enrolled").await;
    enrolled.enrol().await;
    admin.ask(&disabled.path("/disable")).await.done::<Value>(200);
    admin.delete(&deleted.path("")).await.empty();
    roster.messages().await;
}

const LOGINS: [&str; 7] =
    ["active", "disabled", "deleted", "no-password", "enrolled", "active@example.com", "ACTIVE"];

on_both_databases! {
    async fn t01_a_wrong_password_tells_nothing(roster: Roster) {
        people(&roster).await;
        let try_in = async |login: &str| {
            let body = json!({"login": login, "password": "wrong horse battery"});
            roster.call("POST", "/api/v1/sessions", None, Some(&body)).await
        };
        let unknown = try_in("nobody").await;
        unknown.refused(401, ErrorCode::InvalidCredentials);
        for login in LOGINS {
            assert_eq!(seen(&try_in(login).await), seen(&unknown), "{login}");
        }
    }

    async fn t02_a_wrong_password_costs_the_same_for_everybody(roster: Roster) {
        people(&roster).await;
        for login in LOGINS.into_iter().chain(["nobody", "", "a\0b", "9"]) {
            let before = roster.core.figures().password_hashes;
            let body = json!({"login": login, "password": "wrong horse battery"});
            roster.call("POST", "/api/v1/sessions", None, Some(&body)).await;
            assert_eq!(roster.core.figures().password_hashes, before + 1, "{login}");
        }
    }

    async fn t02_known_and_unknown_names_cost_the_same_to_the_last_statement(roster: Roster) {
        people(&roster).await;
        let cost = async |login: &str| {
            let body = json!({"login": login, "password": "wrong horse battery"});
            let hashes = roster.core.figures().password_hashes;
            let call = roster.call("POST", "/api/v1/sessions", None, Some(&body));
            let (answer, statements) = asked(call).await;
            answer.refused(401, ErrorCode::InvalidCredentials);
            (roster.core.figures().password_hashes - hashes, statements)
        };
        // The first of each kind prepares what later ones find.
        cost("nobody").await;
        let unknown = cost("nobody").await;
        assert!(unknown.0 == 1 && !unknown.1.is_empty(), "{unknown:?}");
        for login in LOGINS.into_iter().chain(["someone", "nobody@example.com"]) {
            let known = cost(login).await;
            assert_eq!((known.0, known.1.len()), (unknown.0, unknown.1.len()), "{login}: {known:#?} {unknown:#?}");
            assert_eq!(known, unknown, "{login}");
        }
    }

    async fn t01_asking_for_a_code_tells_nothing(roster: Roster) {
        people(&roster).await;
        for (purpose, channel) in [
            ("reset_password", "sms"), ("reset_password", "email"), ("disable_mfa", "sms"), ("get_token", "sms"),
        ] {
            let ask = async |login: &str| {
                let body = json!({"login": login, "purpose": purpose, "channel": channel});
                roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await
            };
            let unknown = ask("nobody").await;
            assert_eq!(unknown.status(), 202);
            for login in LOGINS {
                assert_eq!(seen(&ask(login).await), seen(&unknown), "{login}");
            }
        }
    }

    async fn t01_resetting_with_a_wrong_code_tells_nothing(roster: Roster) {
        people(&roster).await;
        let reset = async |login: &str| {
            let body = json!({"login": login, "code": "000000", "new_password": "amber walrus 1618"});
            roster.call("POST", "/api/v1/password-resets", None, Some(&body)).await
        };
        let unknown = reset("nobody").await;
        unknown.refused(401, ErrorCode::OtpInvalid);
        for login in LOGINS {
            assert_eq!(seen(&reset(login).await), seen(&unknown), "{login}");
        }
        // One that asked for a code is not told apart either.
        let body = json!({"login": "active", "purpose": "reset_password", "channel": "email"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        assert_eq!(seen(&reset("active").await), seen(&unknown));
    }

    async fn t12_a_list_where_a_string_is_due_is_refused(roster: Roster) {
        people(&roster).await;
        for login in [json!(["active", "eve@evil.example"]), json!({"login": "active"})] {
            let body = json!({"login": login, "purpose": "reset_password", "channel": "email"});
            let answer = roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
            answer.refused(422, ErrorCode::FieldInvalid);
        }
        let body = json!({"login": "active", "email": "eve@evil.example", "purpose": "reset_password"});
        let answer = roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        answer.refused(422, ErrorCode::FieldInvalid);
        assert!(roster.messages().await.is_empty());
    }

    async fn t13_links_begin_with_the_configured_address_only(roster: Roster) {
        people(&roster).await;
        let body = json!({"login": "active", "purpose": "reset_password", "channel": "email"}).to_string();
        let headers = [
            ("content-type", "application/json"), ("host", "evil.example"), ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example"), ("origin", "https://evil.example"),
        ];
        roster.call_with("POST", "/api/v1/one-time-codes", &headers, body).await;
        let messages = roster.messages().await;
        assert_eq!(messages.len(), 1);
        assert!(!messages[0].text.expose().contains("evil.example"));
    }

    async fn t03_the_directory_shows_only_ones_own_organization(roster: Roster) {
        let other = roster.organization("other").await;
        let ann = roster.person("ann").await;
        roster.person_who("far", |new| new.organization_id = Some(other)).await;
        let text = ann.get("/api/v1/directory").await.text();
        assert!(text.contains("\"ann\"") && !text.contains("\"far\""), "{text}");
        assert!(!text.contains(PASSWORD));
        ann.get("/api/v1/users/far").await.refused(404, ErrorCode::NotFound);
    }
}
