//! Guessing passwords and codes (threats T04, T05, T08, T10).

use std::time::Duration;

use roster_model::{ErrorCode, SignedIn};
use roster_testing::{Answer, PASSWORD, Roster, on_both_databases};
use serde_json::json;

async fn sign_in(roster: &Roster, login: &str, password: &str, code: Option<&str>) -> Answer {
    let mut body = json!({"login": login, "password": password});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    roster.call("POST", "/api/v1/sessions", None, Some(&body)).await
}

on_both_databases! {
    async fn t08_every_spelling_of_a_login_counts_for_the_same_user(roster: Roster) {
        let ann = roster.person("ann").await;
        let spellings = ["ann", "ANN", "Ann@Example.com", "ａｎｎ", "ann@example.com"];
        for i in 0..11 {
            let answer = sign_in(&roster, spellings[i % spellings.len()], "wrong", None).await;
            answer.refused(401, ErrorCode::InvalidCredentials);
        }
        let answer = sign_in(&roster, "ann", PASSWORD, None).await;
        let problem = answer.refused(429, ErrorCode::RateLimited);
        let wait = problem.retry_after.unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
        assert!(ann.is_signed_in().await, "t10: a session that is there goes on");
        roster.advance(Duration::from_secs(wait));
        sign_in(&roster, "ann", PASSWORD, None).await.done::<SignedIn>(201);
    }

    async fn t10_the_wait_grows_but_has_a_bound(roster: Roster) {
        roster.person("ann").await;
        let mut waits = Vec::new();
        for _ in 0..25 {
            let answer = sign_in(&roster, "ann", "wrong", None).await;
            if let Some(wait) = answer.problem().retry_after {
                waits.push(wait);
                roster.advance(Duration::from_secs(wait));
            }
        }
        assert!(waits.iter().all(|wait| *wait <= 15 * 60), "{waits:?}");
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        roster.advance(Duration::from_secs(15 * 60));
        sign_in(&roster, "ann", PASSWORD, None).await.done::<SignedIn>(201);
    }

    async fn t05_a_burst_of_guesses_costs_a_try_each(roster: Roster) {
        roster.person("ann").await;
        let guesses: Vec<_> = (0..200)
            .map(|i| {
                let roster = roster.clone();
                tokio::spawn(async move { sign_in(&roster, "ann", &format!("guess {i}"), None).await })
            })
            .collect();
        let mut tried = 0;
        for guess in guesses {
            match guess.await.unwrap().problem().code {
                ErrorCode::InvalidCredentials => tried += 1,
                ErrorCode::RateLimited | ErrorCode::Unavailable => {}
                code => panic!("{code}"),
            }
        }
        assert!(tried <= 11, "{tried} guesses were tried");
    }

    async fn t05_one_code_is_accepted_once(roster: Roster) {
        let mut ann = roster.person("ann").await;
        ann.enrol().await;
        let code = ann.fresh_code();
        let tries: Vec<_> = (0..50)
            .map(|_| {
                let (roster, code) = (roster.clone(), code.clone());
                tokio::spawn(async move { sign_in(&roster, "ann", PASSWORD, Some(&code)).await })
            })
            .collect();
        let mut accepted = 0;
        for one in tries {
            accepted += usize::from(one.await.unwrap().status() == 201);
        }
        assert_eq!(accepted, 1);
    }

    async fn t04_the_tries_of_a_code_are_the_same_through_every_endpoint(roster: Roster) {
        roster.person("ann").await;
        let ask = json!({"login": "ann", "purpose": "reset_password", "channel": "email"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
        let code = roster.only_code().await;
        let wrong = if code.expose() == "000000" { "000001" } else { "000000" };
        let reset = async |code: &str| {
            let body = json!({"login": "ann", "code": code, "new_password": "amber walrus 1618"});
            roster.call("POST", "/api/v1/password-resets", None, Some(&body)).await
        };
        for _ in 0..10 {
            let problem = reset(wrong).await.problem();
            assert!(matches!(problem.status, 401 | 429), "{problem:?}");
            roster.advance(Duration::from_secs(20));
        }
        let problem = reset(code.expose()).await.problem();
        assert!(matches!(problem.status, 401 | 429), "the code is dead: {problem:?}");
    }
}
