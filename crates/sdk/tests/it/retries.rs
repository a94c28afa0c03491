//! What is tried again, and what is not.

use std::time::{Duration, Instant};

use roster_client::model::{ErrorCode, NewGroup, SignIn};
use wiremock::ResponseTemplate;

use crate::support::{client, group, plan, refusal, server, success};

fn crew() -> NewGroup {
    let name = "Crew".into();
    NewGroup { name, ..NewGroup::default() }
}

#[tokio::test]
async fn a_read_is_tried_again_while_the_server_is_unavailable() {
    let server = server([
        refusal(503, "unavailable"),
        ResponseTemplate::new(502).set_body_string("<html>bad gateway</html>"),
        success(&plan("small")),
    ])
    .await;
    let plan = client(&server).build().unwrap().get_plan("small").await.unwrap();
    assert_eq!(plan.name, "small");
}

#[tokio::test]
async fn a_read_is_given_up_after_the_last_try() {
    let server = server((0..3).map(|_| refusal(503, "unavailable"))).await;
    let error = client(&server).retries(2).build().unwrap().whoami().await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::Unavailable));
}

#[tokio::test]
async fn a_refusal_that_will_not_change_is_not_tried_again() {
    for code in ["forbidden", "not_found", "unauthenticated", "internal"] {
        let server = server([refusal(403, code)]).await;
        let error = client(&server).build().unwrap().whoami().await.unwrap_err();
        assert_eq!(error.code().unwrap().as_str(), code);
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again() {
    let server = server([refusal(503, "unavailable")]).await;
    let sign_in = SignIn { login: "ann".into(), password: "secret".into(), code: None };
    let error = client(&server).build().unwrap().sign_in(&sign_in).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::Unavailable));
}

#[tokio::test]
async fn a_creation_is_tried_again_under_the_same_key_and_the_next_has_another() {
    let server = server([refusal(503, "unavailable"), success(&group()), success(&group())]).await;
    let client = client(&server).build().unwrap();
    client.create_group(&crew()).await.unwrap();
    client.create_group(&crew()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let key = |n: usize| requests[n].headers["idempotency-key"].clone();
    assert_eq!(key(0), key(1));
    assert_ne!(key(1), key(2));
}

#[tokio::test]
async fn a_one_time_code_is_sent_once() {
    let server = server([refusal(503, "unavailable")]).await;
    let client = client(&server).build().unwrap().with_code("123456");
    let error = client.create_group(&crew()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::Unavailable));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["roster-otp"], "123456");
}

#[tokio::test]
async fn the_wait_that_the_server_asks_for_is_kept() {
    let busy = refusal(503, "unavailable").insert_header("Retry-After", "1");
    let server = server([busy, success(&plan("small"))]).await;
    let begin = Instant::now();
    client(&server).build().unwrap().get_plan("small").await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_too_long_to_sit_out_is_left_to_the_caller() {
    let limited = refusal(429, "rate_limited").insert_header("Retry-After", "900");
    let server = server([limited]).await;
    let error = client(&server).build().unwrap().whoami().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(900)));
}
