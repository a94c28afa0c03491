//! Finding out at the airt door who exists (threats T01, T02, T03).

use http::StatusCode;
use roster_testing::{Answer, Roster};
use serde_json::json;

use crate::airt::{Guest, call, on_both_databases, reset, send_sms, token};

/// What a stranger sees of an answer, ids aside.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let headers = answer.parts.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status(), headers.collect(), answer.text())
}

/// Somebody of every kind about whom a stranger might want to know.
async fn people(roster: &Roster) {
    let boss = Guest::super_user(roster, "boss").await;
    Guest::new(roster, "active").await;
    Guest::new(roster, "phone").await.verify_phone("447700900123").await;
    Guest::new(roster, "enrolled").await.enrol().await;
    Guest::new(roster, "pending").await.generate("").await;
    Guest::new(roster, "disabled").await;
    boss.delete("/user/disabled").await;
    roster.messages().await;
}

const NAMES: [&str; 7] =
    ["active", "phone", "enrolled", "pending", "disabled", "ACTIVE", "active@example.com"];

on_both_databases! {
    async fn t01_a_wrong_password_tells_nothing(roster: Roster) {
        people(&roster).await;
        for otp in [None, Some("123456")] {
            let unknown = token(&roster, "nobody", "wrong", otp).await;
            assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
            assert!(!unknown.text().contains("OTP"));
            for name in NAMES {
                assert_eq!(seen(&token(&roster, name, "wrong", otp).await), seen(&unknown), "{name}");
            }
        }
    }

    async fn t02_a_wrong_password_costs_the_same_for_everybody(roster: Roster) {
        people(&roster).await;
        for name in NAMES.into_iter().chain(["nobody", "", "a\0b", "9", "me"]) {
            let before = roster.core.figures().password_hashes;
            token(&roster, name, "wrong", None).await;
            assert_eq!(roster.core.figures().password_hashes, before + 1, "{name}");
        }
    }

    async fn t01_a_wrong_password_at_the_providers_door_tells_nothing(roster: Roster) {
        people(&roster).await;
        let initiate = async |name: &str| {
            let body = json!({"username": name, "password": "wrong", "sso_provider": "google"});
            call(&roster, "POST", "/sso/initiate", None, Some(body)).await
        };
        let unknown = initiate("nobody").await;
        for name in NAMES {
            assert_eq!(seen(&initiate(name).await), seen(&unknown), "{name}");
        }
    }

    async fn t01_asking_for_a_code_tells_nothing(roster: Roster) {
        people(&roster).await;
        let unknown = send_sms(&roster, "nobody", "get_token").await;
        assert_eq!(unknown.status(), StatusCode::OK);
        assert!(unknown.json().is_string());
        for template in ["reset_password", "disable_mfa", "get_token", "register_phone_number", "x"] {
            for name in NAMES {
                let answer = send_sms(&roster, name, template).await;
                assert_eq!(seen(&answer), seen(&unknown), "{name} {template}");
            }
        }
        let sent = roster.messages().await;
        assert_eq!(sent.len(), 3, "to the verified number, for the three templates");
        assert!(sent.iter().all(|message| message.to == "+447700900123"));
    }

    async fn t01_a_refused_reset_tells_nothing(roster: Roster) {
        people(&roster).await;
        send_sms(&roster, "phone", "reset_password").await;
        let unknown = reset(&roster, "nobody", "123456").await;
        assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
        for name in NAMES {
            for otp in ["123456", "", "x"] {
                assert_eq!(seen(&reset(&roster, name, otp).await), seen(&unknown), "{name} {otp}");
            }
        }
    }

    async fn t02_a_refused_reset_costs_the_same_for_everybody(roster: Roster) {
        people(&roster).await;
        let cost = async |name: &str| {
            let before = roster.core.figures().password_hashes;
            reset(&roster, name, "123456").await;
            roster.core.figures().password_hashes - before
        };
        let unknown = cost("nobody").await;
        for name in NAMES {
            assert_eq!(cost(name).await, unknown, "{name}");
        }
    }

    async fn t03_a_plain_user_cannot_tell_who_exists(roster: Roster) {
        people(&roster).await;
        let other = roster.organization("other").await;
        let mut far = roster_testing::new_user("far");
        far.organization_id = Some(other);
        roster.create(&far).await;
        let eve = Guest::new(&roster, "eve").await;
        for (method, path, body) in [
            ("GET", "/user/details?user_uuid_or_name={}", None),
            ("POST", "/user/{}/update", Some(json!({"first_name": "x"}))),
            ("DELETE", "/user/{}", None),
            ("GET", "/user/{}/enable", None),
            ("DELETE", "/user/mfa/{}/disable", None),
            ("DELETE", "/user/sso/{}/disable/google", None),
            ("GET", "/{}/apikey", None),
            ("DELETE", "/{}/apikey/some", None),
        ] {
            let ask = async |name: &str| {
                let path = path.replace("{}", name);
                call(&roster, method, &path, Some(&eve.token), body.clone()).await
            };
            let unknown = ask("nobody").await;
            assert_eq!(unknown.status(), StatusCode::FORBIDDEN, "{method} {path}");
            for name in ["active", "disabled", "boss", "far", "1", "me", "99999999999999999999"] {
                assert_eq!(seen(&ask(name).await), seen(&unknown), "{method} {path} {name}");
            }
        }
    }
}
