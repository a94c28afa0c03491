//! What ends a credential ends it for the very next request (threats T06, T18, T30).

use std::time::Duration;

use roster_model::{ErrorCode, Role, SignedIn};
use roster_testing::{PASSWORD, Person, Roster, on_both_databases};
use serde_json::{Value, json};

/// A person with every kind of credential.
async fn armed(roster: &Roster, name: &str) -> (Person, Vec<Person>) {
    let ann = roster.person(name).await;
    let key = ann.api_key("ci").await;
    let other = roster.sign_in(ann.user.clone()).await;
    let with_key = ann.with_token(key);
    (ann.clone(), vec![ann, other, with_key])
}

/// How many of a thousand requests with these credentials still pass.
async fn passes(all: &[Person]) -> usize {
    let mut count = 0;
    for _ in 0..1000_usize.div_ceil(all.len()) {
        for one in all {
            count += usize::from(one.is_signed_in().await);
        }
    }
    count
}

on_both_databases! {
    async fn t30_shutting_somebody_out_ends_everything_at_once(roster: Roster) {
        let admin = roster.admin().await;
        for (method, rest) in [("POST", "/disable"), ("POST", "/suspend"), ("DELETE", "")] {
            let name = format!("ann-{}", if rest.is_empty() { "delete" } else { &rest[1..] });
            let (ann, all) = armed(&roster, &name).await;
            for one in &all {
                assert!(one.is_signed_in().await);
            }
            let answer = admin.call(method, &ann.path(rest), None).await;
            assert!(answer.status().is_success(), "{}", answer.text());
            assert_eq!(passes(&all).await, 0, "{rest}");
        }
    }

    async fn t30_a_new_password_ends_the_other_sessions(roster: Roster) {
        let (ann, all) = armed(&roster, "ann").await;
        let body = json!({"password": PASSWORD, "new_password": "amber walrus 1618"});
        ann.post("/api/v1/users/me/password", body).await.empty();
        assert!(ann.is_signed_in().await, "the session that asked goes on");
        assert_eq!(passes(&all[1..2]).await, 0);
    }

    async fn t30_less_rights_count_from_the_next_request(roster: Roster) {
        let admin = roster.admin().await;
        let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
        boss.get("/api/v1/users").await.done::<Value>(200);
        admin.patch(&boss.path(""), json!({"role": "viewer"})).await.done::<Value>(200);
        for _ in 0..100 {
            let problem = boss.get("/api/v1/users").await.problem();
            assert!(matches!(problem.code, ErrorCode::Forbidden | ErrorCode::Unauthenticated));
        }
    }

    async fn t18_a_session_ends_by_the_clock_and_not_by_a_cleaner(roster: Roster) {
        let ann = roster.person("ann").await;
        for _ in 0..29 {
            roster.advance(Duration::from_secs(23 * 3600));
            assert!(ann.is_signed_in().await, "it slides by use");
        }
        roster.advance(Duration::from_secs(25 * 3600));
        assert!(!ann.is_signed_in().await, "a day without use");
        let ben = roster.person("ben").await;
        let mut hours = 0;
        while ben.is_signed_in().await {
            roster.advance(Duration::from_secs(12 * 3600));
            hours += 12;
            assert!(hours <= 30 * 24, "thirty days are the end");
        }
        assert!(hours >= 30 * 24 - 12, "{hours}");
    }

    async fn t06_an_enrolment_that_is_not_activated_changes_nothing(roster: Roster) {
        let ann = roster.person("ann").await;
        ann.ask("/api/v1/users/me/mfa/totp").await.done::<Value>(201);
        let body = json!({"login": "ann", "password": PASSWORD});
        let answer = roster.call("POST", "/api/v1/sessions", None, Some(&body)).await;
        answer.done::<SignedIn>(201);
        let wrong = json!({"code": "000000"});
        let answer = ann.post("/api/v1/users/me/mfa/totp/activation", wrong).await;
        answer.refused(401, ErrorCode::OtpInvalid);
    }

    async fn a_sensitive_operation_asks_for_a_fresh_code(roster: Roster) {
        let mut admin = roster.admin().await;
        admin.enrol().await;
        let new = |name: &str| json!({"username": name, "email": format!("{name}@example.com")});
        admin.post("/api/v1/users", new("fresh")).await.done::<Value>(201);
        admin.let_mfa_age();
        admin.post("/api/v1/users", new("stale")).await.refused(401, ErrorCode::OtpRequired);
        let body = new("wrong");
        let wrong = admin.call_with("POST", "/api/v1/users", &[("roster-otp", "000000")], Some(&body)).await;
        let problem = wrong.refused(401, ErrorCode::OtpInvalid);
        assert!(wrong.header("www-authenticate").unwrap().contains("insufficient_user_authentication"));
        assert!(!problem.detail.contains("000000"));
        let code = admin.fresh_code();
        let body = new("right");
        let right = admin.call_with("POST", "/api/v1/users", &[("roster-otp", &code)], Some(&body)).await;
        right.done::<Value>(201);
    }
}
