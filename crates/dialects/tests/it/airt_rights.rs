//! Who may do what at the airt door (threats T16, T22, T23, T24, T25).

use http::StatusCode;
use roster_model::User;
use roster_testing::{Roster, new_user};
use serde_json::{Value, json};

use crate::airt::{Guest, detail, on_both_databases};

fn somebody(name: &str) -> Value {
    json!({
        "username": name, "first_name": "Ann", "last_name": "Archer", "email": format!("{name}@example.com"),
        "subscription_type": "small", "password": "amber walrus 1618", "super_user": null,
        "phone_number": null, "otp": null,
    })
}

on_both_databases! {
    async fn t16_a_plain_user_raises_itself_by_no_field(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let before: Value = ann.get("/user/details").await.json();
        let user: User = roster.core.get_user(&roster.system(), &roster_model::UserRef::parse("ann")).await.unwrap();
        let Value::Object(fields) = serde_json::to_value(&user).unwrap() else { panic!() };
        let mut body = json!({"super_user": true, "disabled": false, "subscription_type": "large"});
        for (name, value) in fields {
            if !matches!(&*name, "username" | "email" | "first_name" | "last_name") {
                body[name] = value;
            }
        }
        body["role"] = json!("system_admin");
        body["status"] = json!("active");
        body["is_phone_number_verified"] = json!(true);
        assert_eq!(ann.post(&format!("/user/{}/update", ann.uuid), body).await.json(), before);
    }

    async fn t22_the_path_does_not_decide_who_asks(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        let eve = Guest::new(&roster, "eve").await;
        boss.post("/apikey", json!({"name": "k", "expiry": null, "otp": null})).await;
        for (method, path) in [
            ("DELETE", format!("/user/{}", boss.uuid)),
            ("DELETE", format!("/{}/apikey/k", boss.uuid)),
            ("GET", format!("/{}/apikey", boss.uuid)),
            ("GET", format!("/user/details?user_uuid_or_name={}", boss.uuid)),
        ] {
            let answer = crate::airt::call(&roster, method, &path, Some(&eve.token), None).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {path}");
        }
        assert_eq!(eve.get("/apikey/k").await.status(), StatusCode::BAD_REQUEST);
        assert!(boss.is_known().await);
    }

    async fn t23_a_key_is_found_below_its_owner_only(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        let ann = Guest::new(&roster, "ann").await;
        ann.post("/apikey", json!({"name": "k", "expiry": null, "otp": null})).await;
        let uuid = ann.get("/apikey/k").await.json()["uuid"].as_str().unwrap().to_owned();
        for key in ["k", &uuid] {
            let answer = boss.delete(&format!("/{}/apikey/{key}", boss.uuid)).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        }
        assert_eq!(ann.get("/apikey/k").await.json()["disabled"], json!(false));
        let answer = boss.delete(&format!("/{}/apikey/{uuid}", ann.uuid)).await;
        assert_eq!(answer.json()["disabled"], json!(true));
    }

    async fn t24_the_last_super_user_stays(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        assert_eq!(boss.delete(&format!("/user/{}", boss.uuid)).await.status(), StatusCode::BAD_REQUEST);
        assert!(boss.is_known().await);
    }

    async fn permission_comes_before_the_code_and_the_code_before_the_rest(roster: Roster) {
        let mut boss = Guest::super_user(&roster, "boss").await;
        let mut ann = Guest::new(&roster, "ann").await;
        roster.create(&new_user("taken")).await;
        boss.enrol().await;
        ann.enrol().await;
        let create = async |guest: &Guest, otp: Option<&str>| {
            let mut body = somebody("taken");
            body["otp"] = json!(otp);
            detail(&guest.post("/user/", body).await)
        };
        for otp in [None, Some("123456")] {
            assert!(!create(&ann, otp).await.contains("OTP"));
            assert!(!detail(&ann.delete("/user/taken").await).contains("OTP"));
        }
        assert_eq!(create(&boss, None).await, "OTP is required");
        assert_eq!(create(&boss, Some(&boss.wrong_code())).await, "Invalid OTP");
        assert_eq!(detail(&boss.delete("/user/nobody").await), "OTP is required");
        let code = boss.fresh_code();
        assert!(create(&boss, Some(&code)).await.contains("username"));
        assert_eq!(create(&boss, Some(&code)).await, "Invalid OTP", "used by the call that failed");
    }

    async fn a_code_without_mfa_is_refused_and_nothing_changes(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        roster.create(&new_user("ann")).await;
        for path in ["/user/ann?otp=123456", "/user/mfa/ann/disable?otp=123456"] {
            assert!(!detail(&boss.delete(path).await).contains("OTP is required"));
        }
        let mut body = somebody("bob");
        body["otp"] = json!("123456");
        detail(&boss.post("/user/", body).await);
        let ann = boss.get("/user/details?user_uuid_or_name=ann").await.json();
        assert_eq!(ann["disabled"], json!(false));
        detail(&boss.get("/user/details?user_uuid_or_name=bob").await);
    }

    async fn of_parallel_creations_one_wins(roster: Roster) {
        let boss = Guest::super_user(&roster, "boss").await;
        let tries: Vec<_> = (0..16)
            .map(|_| {
                let boss = boss.clone();
                tokio::spawn(async move { boss.post("/user/", somebody("ann")).await.status() })
            })
            .collect();
        let mut made = 0;
        for one in tries {
            made += usize::from(one.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(made, 1);
    }
}
