//! Requests as spans, at a collector of the test's own.

use roster_client::Client;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::served::{PASSWORD, Served};

/// The trace that the client says its request is a part of.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request with headers that no client of ours sends.
async fn look_up(server: &Client, token: &str) {
    let port = server.base_url().port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "GET /api/v1/users/nobody-of-this-name HTTP/1.1\r\nhost: roster\r\nconnection: close\r\n\
         authorization: Bearer {token}\r\nx-request-id: followed-7\r\n\
         traceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

/// What a server with these settings has sent to the collector when it has stopped.
async fn sent(more: &[(&str, &str)]) -> Vec<u8> {
    let collector = MockServer::start().await;
    let to_traces = Mock::given(method("POST")).and(path("/v1/traces"));
    let with_headers = to_traces
        .and(header("content-type", "application/x-protobuf"))
        .and(header("x-tenant", "platform"));
    with_headers.respond_with(ResponseTemplate::new(200)).mount(&collector).await;
    let url = collector.uri();
    let mut settings = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=platform"),
    ];
    settings.extend(more);
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &settings);
    let token = server.root_token().await;
    look_up(&server.client(), token.expose()).await;
    tokio::task::block_in_place(|| server.stop());
    let mut sent = Vec::new();
    for request in collector.received_requests().await.unwrap() {
        assert_eq!(request.url.path(), "/v1/traces");
        sent.extend(request.body);
    }
    for secret in [token.expose(), PASSWORD, "nobody-of-this-name"] {
        assert!(!holds(&sent, secret.as_bytes()), "t26: {secret}");
    }
    sent
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_followed_where_a_collector_is_named() {
    let sent = sent(&[]).await;
    for part in [
        "POST /api/v1/sessions",
        "GET /api/v1/users/{user}",
        "followed-7",
        "service.name",
        "roster",
        "client.address",
        "127.0.0.1",
    ] {
        assert!(holds(&sent, part.as_bytes()), "{part}");
    }
    let trace = u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes();
    assert!(holds(&sent, &trace));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_it_is_switched_off() {
    assert!(sent(&[("OTEL_SDK_DISABLED", "true")]).await.is_empty());
    assert!(sent(&[("OTEL_TRACES_EXPORTER", "none")]).await.is_empty());
}
