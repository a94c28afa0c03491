//! The way back from a provider.

use std::sync::Arc;

use roster_model::{ErrorCode, SsoTicket};
use roster_testing::{FakeProvider, Roster};
use serde_json::json;

use crate::{encoded, hidden, open, send, with_pages};

async fn begin(roster: &Roster) -> (SsoTicket, String) {
    let provider = json!({ "provider": "google" });
    let begun = roster.call("POST", "/api/v1/sso/sign-ins", None, Some(&provider)).await;
    let ticket: SsoTicket = begun.done(201);
    let state = FakeProvider::state(ticket.authorization_url.expose());
    (ticket, format!("/sso/google/callback?code=good&state={state}"))
}

async fn finish(roster: &Roster, ticket: &SsoTicket) -> u16 {
    let ticket = json!({ "ticket": ticket.ticket.expose() });
    let finished = roster.call("POST", "/api/v1/sso/sign-ins/session", None, Some(&ticket)).await;
    finished.status().as_u16()
}

#[tokio::test]
async fn whoever_comes_back_says_whether_the_sign_in_is_its_own() {
    let provider = Arc::new(FakeProvider::default());
    let roster = with_pages(provider.clone()).on_sqlite().await;
    let ann = roster.person("ann").await;
    ann.put(&ann.path("/sso/google"), json!({})).await;
    provider.will_say("7", "ann@example.com", true);
    for (answer, status) in [("no", 409), ("", 409), ("yes", 201)] {
        let (ticket, callback) = begin(&roster).await;
        let page = open(&roster, &callback).await;
        assert_eq!(page.status(), 200);
        assert!(page.text().contains("<strong>ann</strong>"), "{}", page.text());
        let token = hidden(&page, "token");
        let answered = send(&roster, "/sso/answer", &[("token", &token), ("answer", answer)]).await;
        assert_eq!(answered.status(), 200);
        let finished = finish(&roster, &ticket).await;
        assert_eq!(finished == 201, status == 201, "{answer}: {finished}");
        let again = open(&roster, &callback).await;
        assert!(again.status().is_client_error(), "a state is good once");
    }
}

#[tokio::test]
async fn what_did_not_work_is_said_without_the_providers_words() {
    let roster = with_pages(Arc::default()).on_sqlite().await;
    let (_, callback) = begin(&roster).await;
    let state = callback.split_once("state=").unwrap().1;
    for uri in [
        "/sso/google/callback",
        "/sso/google/callback?state=x&code=y",
        "/sso/nowhere/callback?state=x&code=y",
        "/sso/google/callback?state=a&state=b",
        &format!("/sso/google/callback?state={state}&error=%3Cb%3Edenied&error_description=x"),
    ] {
        let page = open(&roster, uri).await;
        assert!(page.status().is_client_error(), "{uri}");
        assert!(!page.text().contains("denied"), "{uri}");
    }
}

#[tokio::test]
async fn t21_nobody_is_sent_anywhere_but_where_the_configuration_says() {
    let provider = Arc::new(FakeProvider::default());
    let roster = with_pages(provider.clone()).on_sqlite().await;
    let ann = roster.person("ann").await;
    ann.put(&ann.path("/sso/google"), json!({})).await;
    provider.will_say("7", "ann@example.com", true);
    let evil = [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://roster.example.com.evil.example/",
    ];
    for evil in evil {
        for field in ["redirect_uri", "next", "return_to"] {
            let body = json!({ "provider": "google", field: evil });
            let answer = roster.call("POST", "/api/v1/sso/sign-ins", None, Some(&body)).await;
            answer.refused(422, ErrorCode::FieldInvalid);
        }
        let (_, callback) = begin(&roster).await;
        let more = encoded(&[("next", evil), ("redirect_uri", evil), ("return_to", evil)]);
        let page = open(&roster, &format!("{callback}&{more}")).await;
        assert!(page.header("location").is_none() && page.header("refresh").is_none(), "{evil}");
        assert!(!page.text().contains(evil), "{evil}");
    }
    let headers = [
        ("content-type", "application/json"),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ];
    let body = json!({ "provider": "google" }).to_string();
    let begun = roster.call_with("POST", "/api/v1/sso/sign-ins", &headers, body).await;
    let ticket: SsoTicket = begun.done(201);
    let back = encoded(&[("redirect_uri", "https://roster.example.com/sso/google/callback")]);
    assert!(ticket.authorization_url.expose().ends_with(&back), "the configured address");
}
