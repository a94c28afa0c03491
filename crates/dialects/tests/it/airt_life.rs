//! How long tokens and API keys of the airt door live, and what ends them (threats T09, T18, T30).

use std::time::Duration;

use http::StatusCode;
use roster_testing::{PASSWORD, Roster};
use serde_json::{Value, json};

use crate::airt::{Guest, on_both_databases, token};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The same person with an API key in place of the token.
async fn with_key(guest: &Guest, expiry: Value) -> Guest {
    let body = json!({"name": format!("key {expiry}"), "expiry": expiry, "otp": null});
    let answer = guest.post("/apikey", body).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    Guest { token, ..guest.clone() }
}

on_both_databases! {
    async fn a_token_lives_thirty_days(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        roster.advance(30 * DAY - Duration::from_secs(1));
        assert!(ann.is_known().await);
        roster.advance(Duration::from_secs(1));
        assert!(!ann.is_known().await);
    }

    async fn t18_a_key_ends_with_its_minute_and_one_without_never(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let end = roster.now() + 90 * DAY;
        let end = end.strftime("%Y-%m-%dT%H:%M").to_string();
        let (dated, endless) = (with_key(&ann, json!(end)).await, with_key(&ann, Value::Null).await);
        assert!(dated.is_known().await && endless.is_known().await);
        let keys = endless.get(&format!("/{}/apikey", ann.uuid)).await.json();
        assert_eq!(keys[0]["expiry"], json!(format!("{end}:00")));
        assert_eq!(keys[1]["expiry"], json!(""));
        roster.advance(90 * DAY);
        assert!(!dated.is_known().await);
        roster.advance(5000 * DAY);
        assert!(endless.is_known().await);
    }

    async fn a_key_with_an_end_that_is_over_is_refused(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let past = (roster.now() - DAY).strftime("%Y-%m-%dT%H:%M").to_string();
        let answer = ann.post("/apikey", json!({"name": "k", "expiry": past, "otp": null})).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(answer.text().contains("expiry"), "{}", answer.text());
    }

    async fn t30_disabling_ends_everything_and_keys_for_good(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        let ann = Guest::new(&roster, "ann").await;
        let key = with_key(&ann, Value::Null).await;
        boss.delete("/user/ann").await;
        for _ in 0..500 {
            assert!(!ann.is_known().await && !key.is_known().await);
        }
        assert_eq!(token(&roster, "ann", PASSWORD, None).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(boss.get("/user/ann/enable").await.json()["disabled"], json!(false));
        assert!(!ann.is_known().await && !key.is_known().await);
        assert_eq!(token(&roster, "ann", PASSWORD, None).await.status(), StatusCode::OK);
    }

    async fn t30_a_revoked_key_is_refused_at_once(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let key = with_key(&ann, Value::Null).await;
        assert!(key.is_known().await);
        let uuid = ann.get(&format!("/{}/apikey", ann.uuid)).await.json()[0]["uuid"].clone();
        let path = format!("/{}/apikey/{}", ann.uuid, uuid.as_str().unwrap());
        assert_eq!(ann.delete(&path).await.json()["disabled"], json!(true));
        for _ in 0..500 {
            assert!(!key.is_known().await);
        }
        assert_eq!(ann.delete(&path).await.status(), StatusCode::BAD_REQUEST);
    }

    async fn tokens_outlive_mfa_on_and_off_and_a_new_name(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.enrol().await;
        let path = format!("/user/mfa/{}/disable?otp={}", ann.uuid, ann.fresh_code());
        assert_eq!(ann.delete(&path).await.json()["is_mfa_active"], json!(false));
        let path = format!("/user/{}/update", ann.uuid);
        assert_eq!(ann.post(&path, json!({"username": "eva"})).await.json()["username"], json!("eva"));
        assert!(ann.is_known().await);
    }
}
