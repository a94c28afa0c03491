//! Guessing at the airt door (threats T04, T05, T08, T10).

use std::time::Duration;

use http::StatusCode;
use roster_testing::{PASSWORD, Roster};
use serde_json::json;

use crate::airt::{Guest, call, on_both_databases, reset, token};

/// One wrong guess through each way in, in turn.
async fn guess(roster: &Roster, turn: usize) -> StatusCode {
    match turn % 3 {
        0 => token(roster, "ann", "wrong", None).await.status(),
        1 => {
            let body = json!({"username": "ann", "password": "wrong", "sso_provider": "google"});
            call(roster, "POST", "/sso/initiate", None, Some(body)).await.status()
        }
        _ => {
            let body = json!({"login": "ann", "password": "wrong"});
            roster.call("POST", "/api/v1/sessions", None, Some(&body)).await.status()
        }
    }
}

on_both_databases! {
    async fn t04_the_tries_are_one_count_behind_all_doors(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        for turn in 0..11 {
            assert_eq!(guess(&roster, turn).await, StatusCode::UNAUTHORIZED, "{turn}");
        }
        for turn in 0..3 {
            assert_eq!(guess(&roster, turn).await, StatusCode::TOO_MANY_REQUESTS, "{turn}");
        }
        assert!(ann.is_known().await, "t10: a token that is there goes on");
        let answer = token(&roster, "ann", PASSWORD, None).await;
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
        roster.advance(Duration::from_secs(wait));
        assert_eq!(token(&roster, "ann", PASSWORD, None).await.status(), StatusCode::OK);
    }

    async fn t08_every_spelling_counts_for_the_same_user(roster: Roster) {
        Guest::new(&roster, "ann").await;
        let spellings = ["ann", "ANN", "Ann@Example.com", "ａｎｎ", "ann@example.com"];
        for name in spellings.into_iter().cycle().take(11) {
            assert_eq!(token(&roster, name, "wrong", None).await.status(), StatusCode::UNAUTHORIZED);
        }
        let answer = token(&roster, "ann", PASSWORD, None).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    }

    async fn t05_a_burst_of_guesses_costs_a_try_each(roster: Roster) {
        Guest::new(&roster, "ann").await;
        let guesses: Vec<_> = (0..200)
            .map(|number| {
                let roster = roster.clone();
                tokio::spawn(async move {
                    token(&roster, "ann", &format!("guess {number}"), None).await.status()
                })
            })
            .collect();
        let mut tried = 0;
        for guess in guesses {
            tried += usize::from(guess.await.unwrap() == StatusCode::UNAUTHORIZED);
        }
        assert!(tried <= 11, "{tried} guesses were tried");
    }

    async fn t04_wrong_codes_count_wherever_they_are_tried(roster: Roster) {
        let mut ann = Guest::new(&roster, "ann").await;
        ann.enrol().await;
        let wrong = ann.wrong_code();
        let mut statuses = Vec::new();
        for turn in 0..15 {
            statuses.push(match turn % 3 {
                0 => token(&roster, "ann", PASSWORD, Some(&wrong)).await.status(),
                1 => ann.get(&format!("/user/mfa/generate?otp={wrong}")).await.status(),
                _ => ann.post("/apikey", json!({"name": "k", "otp": wrong})).await.status(),
            });
        }
        assert_eq!(statuses[..11], [StatusCode::UNAUTHORIZED; 11]);
        assert_eq!(statuses[11..], [StatusCode::TOO_MANY_REQUESTS; 4]);
    }

    async fn t10_wrong_resets_do_not_keep_the_owner_out(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        ann.verify_phone("447700900123").await;
        let first = reset(&roster, "ann", "123456").await;
        for _ in 0..20 {
            let again = reset(&roster, "ann", "123456").await;
            assert_eq!((again.status(), again.text()), (first.status(), first.text()));
        }
        assert_eq!(token(&roster, "ann", PASSWORD, None).await.status(), StatusCode::OK);
    }
}
