//! What a caller learns when a call fails.

use std::time::Duration;

use roster_client::{Client, Error, TransportFailure, model::ErrorCode};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{client, plan, refusal, server, success};

#[tokio::test]
async fn a_refusal_is_read_into_its_parts() {
    let server = server([refusal(401, "otp_required")]).await;
    let error = client(&server).build().unwrap().enable_user("bob").await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::OtpRequired));
    assert!(error.wants_code());
    assert_eq!(error.to_string(), "refused: otp_required");
}

#[tokio::test]
async fn another_program_at_the_address_is_told_apart() {
    for answer in [
        ResponseTemplate::new(404).set_body_string("<html>nginx</html>"),
        ResponseTemplate::new(200).set_body_string("<html>hello</html>"),
        ResponseTemplate::new(302).insert_header("Location", "http://example.com/"),
    ] {
        let server = server([answer]).await;
        let error = client(&server).build().unwrap().whoami().await.unwrap_err();
        assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
        assert!(error.to_string().contains("does not answer as a Roster server does"), "{error}");
    }
}

#[tokio::test]
async fn t37_what_is_no_image_is_not_taken_for_a_logo() {
    for kind in ["text/html", "image/svg+xml", "application/json"] {
        let answer = ResponseTemplate::new(200).set_body_raw("<html>hello</html>", kind);
        let server = server([answer]).await;
        let error = client(&server).build().unwrap().get_theme_logo("0123").await.unwrap_err();
        assert!(matches!(error, Error::Unexpected { .. }), "{kind}: {error:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_a_failure_to_connect() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = Client::builder(&format!("http://{address}"))
        .first_wait(Duration::from_millis(1))
        .build()
        .unwrap();
    let error = client.get_user("ann@example.com").await.unwrap_err();
    let Error::Transport(failure) = &error else { panic!("{error:?}") };
    assert_eq!(failure.failure(), TransportFailure::Connect);
    assert!(error.to_string().starts_with(&format!("cannot reach http://{address}: ")), "{error}");
}

#[tokio::test]
async fn t26_no_error_shows_the_token_the_code_or_the_person() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(5));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let client = client(&server).timeout(Duration::from_millis(50)).retries(0).build().unwrap();
    let client = client.with_code("123456");
    let error = client.get_user("ann@example.com").await.unwrap_err();
    let text = format!("{error} {error:?} {client:?}");
    for secret in ["ros_s_secret", "123456", "ann@", "ann%40"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let Error::Transport(failure) = &error else { panic!("{error:?}") };
    assert_eq!(failure.failure(), TransportFailure::Timeout);
}

#[tokio::test]
async fn t33_a_name_that_no_path_can_hold_is_refused_before_anything_is_sent() {
    let server = server([]).await;
    let client = client(&server).build().unwrap();
    for name in ["", ".", "..", "a/b", "../users"] {
        let error = client.delete_user(name).await.unwrap_err();
        assert!(matches!(error, Error::Setup(_)), "{name:?}: {error:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_token_goes_into_its_header_and_nowhere_else() {
    let server = server([success(&plan("small")), success(&plan("small"))]).await;
    let client = client(&server).build().unwrap();
    client.get_plan("small").await.unwrap();
    client.without_token().get_plan("small").await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["authorization"], "Bearer ros_s_secret");
    assert!(requests[0].url.query().is_none());
    assert!(!requests[1].headers.contains_key("authorization"));
}
