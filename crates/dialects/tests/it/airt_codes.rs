//! One-time codes at the airt door: how long they live, and what each is good for (threats T05, T06, T07, T14).

use std::time::Duration;

use http::StatusCode;
use roster_testing::{PASSWORD, Roster};
use serde_json::json;

use crate::airt::{Guest, detail, on_both_databases, other, reset, token};

const MINUTE: Duration = Duration::from_secs(60);

on_both_databases! {
    async fn the_code_of_a_registration_lives_fifteen_minutes(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let code = ann.register_phone("447700900123").await;
        roster.advance(15 * MINUTE - Duration::from_secs(1));
        let answer = ann.get(&format!("/user/validate_phone_number?otp={code}")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text());
        let late = ann.register_phone("447700900123").await;
        roster.advance(15 * MINUTE);
        let answer = ann.get(&format!("/user/validate_phone_number?otp={late}")).await;
        assert!(detail(&answer).contains("OTP entered is expired"), "{}", answer.text());
        let answer = ann.get(&format!("/user/validate_phone_number?otp={}", other(&late))).await;
        assert!(!detail(&answer).contains("expired"), "a wrong code is no old one");
    }

    async fn an_expired_code_is_an_invalid_one_where_no_phone_is_validated(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.verify_phone("447700900123").await;
        ann.enrol().await;
        let code = ann.sms("get_token").await;
        roster.advance(15 * MINUTE);
        assert_eq!(detail(&token(&roster, "ann", PASSWORD, Some(&code)).await), "Invalid OTP");
        let code = ann.sms("disable_mfa").await;
        roster.advance(15 * MINUTE);
        let answer = ann.delete(&format!("/user/mfa/{}/disable?otp={code}", ann.uuid)).await;
        assert_eq!(detail(&answer), "Invalid OTP");
        let code = ann.sms("reset_password").await;
        roster.advance(15 * MINUTE);
        let late = reset(&roster, "ann", &code).await;
        let wrong = reset(&roster, "ann", other(&code)).await;
        assert_eq!((late.status(), late.text()), (wrong.status(), wrong.text()));
    }

    async fn a_step_either_side_is_accepted_and_no_further_one(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.enrol().await;
        roster.advance(10 * MINUTE);
        for (steps, status) in [(-2, 401), (2, 401), (-1, 200), (0, 200), (1, 200), (1, 401)] {
            let answer = token(&roster, "ann", PASSWORD, Some(&ann.code_in(steps))).await;
            assert_eq!(answer.status().as_u16(), status, "{steps}: {}", answer.text());
        }
    }

    async fn the_code_of_a_list_dies_with_its_step(roster: Roster) {
        let mut boss = Guest::super_user(&roster, "boss").await;
        boss.enrol().await;
        for name in ["a", "b", "c"] {
            roster.create(&roster_testing::new_user(name)).await;
        }
        let code = boss.fresh_code();
        for name in ["a", "b"] {
            let answer = boss.delete(&format!("/user/{name}?otp={code}")).await;
            assert_eq!(answer.json()["disabled"], json!(true), "{}", answer.text());
        }
        roster.advance(2 * MINUTE);
        assert_eq!(detail(&boss.delete(&format!("/user/c?otp={code}")).await), "Invalid OTP");
    }

    async fn t07_a_new_authenticators_code_repeats_nothing_of_the_old_ones(roster: Roster) {
        let mut boss = Guest::super_user(&roster, "boss").await;
        boss.enrol().await;
        for name in ["a", "b"] {
            roster.create(&roster_testing::new_user(name)).await;
        }
        let code = boss.fresh_code();
        boss.delete(&format!("/user/a?otp={code}")).await;
        let generate = format!("?otp={}", boss.code_in(1));
        assert_eq!(boss.generate(&generate).await.status(), StatusCode::OK);
        let first = boss.code();
        let answer = boss.post("/user/mfa/activate", json!({"user_otp": first})).await;
        assert_eq!(answer.status(), StatusCode::OK, "the step was the old secret's: {}", answer.text());
        assert_eq!(detail(&boss.delete(&format!("/user/b?otp={first}")).await), "Invalid OTP");
    }

    async fn t06_an_enrolment_that_waits_neither_lets_in_nor_shuts_out(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.generate("").await;
        assert_eq!(token(&roster, "ann", PASSWORD, None).await.status(), StatusCode::OK);
        assert_ne!(token(&roster, "ann", PASSWORD, Some(&ann.code())).await.status(), StatusCode::OK);
        assert_ne!(reset(&roster, "ann", &ann.code()).await.status(), StatusCode::OK);
        let answer = ann.delete(&format!("/user/mfa/{}/disable", ann.uuid)).await;
        assert_ne!(answer.status(), StatusCode::OK);
    }

    async fn three_wrong_first_codes_use_the_enrolment_up(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        let activate = async |ann: &Guest, code: &str| {
            detail(&ann.post("/user/mfa/activate", json!({"user_otp": code})).await)
        };
        assert!(!activate(&ann, "123456").await.contains("OTP is required"));
        ann.generate("").await;
        for code in [ann.wrong_code(), ann.wrong_code(), ann.wrong_code(), ann.code()] {
            assert!(activate(&ann, &code).await.contains("Invalid OTP"));
        }
        ann.enrol().await;
    }

    async fn t07_a_code_is_for_one_purpose_one_account_and_once(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        let mut bob = Guest::new(&roster, "bob").await;
        ann.verify_phone("447700900123").await;
        bob.verify_phone("447700900124").await;
        ann.enrol().await;
        bob.enrol().await;
        for template in ["disable_mfa", "reset_password"] {
            let code = ann.sms(template).await;
            assert_eq!(detail(&token(&roster, "ann", PASSWORD, Some(&code)).await), "Invalid OTP");
        }
        let foreign = bob.sms("get_token").await;
        assert_eq!(detail(&token(&roster, "ann", PASSWORD, Some(&foreign)).await), "Invalid OTP");
        let code = ann.sms("get_token").await;
        let disable = format!("/user/mfa/{}/disable?otp={code}", ann.uuid);
        assert_eq!(detail(&ann.delete(&disable).await), "Invalid OTP");
        assert_eq!(token(&roster, "ann", PASSWORD, Some(&code)).await.status(), StatusCode::OK);
        assert_eq!(detail(&token(&roster, "ann", PASSWORD, Some(&code)).await), "Invalid OTP");
    }

    async fn t07_ten_wrong_codes_end_a_registration_until_the_next(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let code = ann.register_phone("447700900123").await;
        let validate = async |code: &str| {
            ann.get(&format!("/user/validate_phone_number?otp={code}")).await
        };
        for _ in 0..9 {
            assert!(!detail(&validate(other(&code)).await).contains("Too many failed attempts"));
        }
        validate(other(&code)).await;
        for again in [other(&code), &code] {
            assert!(detail(&validate(again).await).contains("Too many failed attempts"));
        }
        let code = ann.register_phone("447700900123").await;
        assert_eq!(validate(&code).await.status(), StatusCode::OK);
    }

    async fn t05_parallel_guesses_of_a_code_cost_a_try_each(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let code = ann.register_phone("447700900123").await;
        let guesses: Vec<_> = (0..200)
            .map(|_| {
                let (ann, wrong) = (ann.clone(), other(&code));
                tokio::spawn(async move {
                    ann.get(&format!("/user/validate_phone_number?otp={wrong}")).await
                })
            })
            .collect();
        let mut tried = 0;
        for guess in guesses {
            tried += usize::from(!detail(&guess.await.unwrap()).contains("Too many failed attempts"));
        }
        assert!(tried <= 10, "{tried} guesses were tried");
        let answer = ann.get(&format!("/user/validate_phone_number?otp={code}")).await;
        assert!(detail(&answer).contains("Too many failed attempts"));
    }

    async fn t05_one_code_in_a_parallel_burst_is_accepted_once(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.enrol().await;
        let code = ann.fresh_code();
        let tries: Vec<_> = (0..50)
            .map(|number| {
                let (ann, code) = (ann.clone(), code.clone());
                let body = json!({"name": format!("k{number}"), "expiry": null, "otp": code});
                tokio::spawn(async move { ann.post("/apikey", body).await.status() })
            })
            .collect();
        let mut accepted = 0;
        for one in tries {
            accepted += usize::from(one.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(accepted, 1);
    }

    async fn t14_a_reset_ends_outstanding_codes_and_sessions(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.verify_phone("447700900123").await;
        ann.enrol().await;
        let before = ann.sms("get_token").await;
        let code = ann.sms("reset_password").await;
        assert_eq!(reset(&roster, "ann", &code).await.status(), StatusCode::OK);
        roster.messages().await;
        assert!(!ann.is_known().await);
        let answer = token(&roster, "ann", "amber walrus 1618", Some(&before)).await;
        assert_eq!(detail(&answer), "Invalid OTP");
        assert_ne!(reset(&roster, "ann", &code).await.status(), StatusCode::OK);
    }

    async fn a_code_may_be_a_number_that_lost_its_zeros(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.generate("").await;
        while !ann.code().starts_with('0') {
            roster.advance(Duration::from_secs(30));
        }
        let number: u32 = ann.code().parse().unwrap();
        let answer = ann.post("/user/mfa/activate", json!({"user_otp": number})).await;
        assert_eq!(answer.json()["is_mfa_active"], json!(true), "{}", answer.text());
    }
}
