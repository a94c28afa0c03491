use std::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::AtomicUsize,
    task::{Context, Poll},
};

use axum::{
    extract::{Path, RawQuery, Request as AxumRequest},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;

use super::*;

fn router() -> Router {
    Router::new()
        .route("/name/{name}", get(|Path(name): Path<String>| async move { name }))
        .route("/query", get(|RawQuery(query): RawQuery| async move { query.unwrap_or_default() }))
        .route("/panic", get(|| async { panic!("on purpose") as Response }))
        .route("/never", get(std::future::pending::<Response>))
        .route("/door/panic", get(|| async { panic!("on purpose") as Response }))
        .route(
            "/read",
            post(async |request: AxumRequest| {
                let context = RequestContext::of(request.extensions());
                match body::read(request.into_body(), &context).await {
                    Ok(bytes) => bytes.len().to_string().into_response(),
                    Err(refusal) => refusal.into_problem(context.id()),
                }
            }),
        )
        .route(
            "/address",
            get(async |request: AxumRequest| {
                format!("{:?}", RequestContext::of(request.extensions()).address())
            }),
        )
}

fn settings() -> GateSettings {
    GateSettings {
        body_bytes: 10,
        request_time: Duration::from_millis(20),
        id_prefix: 0xabc,
        ..GateSettings::default()
    }
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A body of unknown length that gives `pieces` of three bytes and then, perhaps, waits for ever.
struct Pieces(usize, bool);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"abc")))))
            }
            None if self.1 => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_headers_of_caution() {
    let gate = Gate::new(router(), settings());
    for uri in ["/name/ann", "/nowhere", "/panic", "/%2e%2e"] {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        let headers = response.headers();
        assert!(headers[REQUEST_ID].to_str().unwrap().starts_with("0000000000000abc-"), "{uri}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert!(headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}

#[tokio::test]
async fn t39_an_id_of_the_client_is_kept_only_if_it_is_sane() {
    let gate = Gate::new(router(), settings());
    let long = "a".repeat(65);
    for (given, is_kept) in
        [("abc-1.2_Z", true), ("", false), ("a b", false), ("a\"b", false), (&long, false)]
    {
        let response =
            gate.clone().handle(None, request("GET", "/name/a", &[("x-request-id", given)])).await;
        assert_eq!(response.headers()[REQUEST_ID] == given, is_kept, "{given}");
    }
}

#[tokio::test]
async fn t33_the_router_sees_the_canonical_path_with_its_query() {
    let gate = Gate::new(router(), settings());
    for (uri, answer) in [
        ("/name/ann", "ann"),
        ("//name//ann/", "ann"),
        ("/x/../name/./ann", "ann"),
        ("/%6eame/ann%20b", "ann b"),
        ("/name/%C3%A9", "é"),
        ("/name/ann?x=1", "ann"),
        ("/query/?a=%2Fb&c", "a=%2Fb&c"),
    ] {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        assert_eq!(response.status(), 200, "{uri}");
        assert_eq!(text(response).await, answer, "{uri}");
    }
    for uri in
        ["/name/a%2Fb", "/name/a%5Cb", "/name/a%00", "/..;/name/a", "/name/%252e", "/../name/a"]
    {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        assert_eq!(response.status(), 400, "{uri}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}

#[tokio::test]
async fn t46_a_panic_is_an_answer_with_an_id_and_is_counted() {
    #[derive(Default)]
    struct Counts(AtomicUsize);
    impl Metrics for Counts {
        fn answered(&self, _: &'static str, _: &http::Method, _: StatusCode, _: Duration) {}

        fn panicked(&self, _: &'static str) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let counts = Arc::new(Counts::default());
    let gate = Gate::new(router(), GateSettings { metrics: counts.clone(), ..settings() });
    let response = gate.clone().handle(None, request("GET", "/panic", &[])).await;
    assert_eq!(response.status(), 500);
    let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
    let body = text(response).await;
    assert!(body.contains(&id) && !body.contains("on purpose"), "{body}");
    assert_eq!(counts.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn t45_a_body_has_a_bound_whether_it_tells_its_length_or_not() {
    let gate = Gate::new(router(), settings());
    let told = request("POST", "/read", &[("content-length", "11")]);
    assert_eq!(gate.clone().handle(None, told).await.status(), 413);
    let huge = request("POST", "/read", &[("content-length", "18446744073709551615")]);
    assert_eq!(gate.clone().handle(None, huge).await.status(), 413);
    for (pieces, status) in [(3, 200), (4, 413), (10_000_000, 413)] {
        let request = Request::post("/read").body(Pieces(pieces, false)).unwrap();
        assert_eq!(gate.clone().handle(None, request).await.status(), status, "{pieces}");
    }
}

#[tokio::test]
async fn t45_a_slow_client_is_told_so_and_a_slow_server_says_so() {
    let gate = Gate::new(router(), settings());
    let slow = Request::post("/read").body(Pieces(1, true)).unwrap();
    assert_eq!(gate.clone().handle(None, slow).await.status(), 408);
    let response = gate.clone().handle(None, request("GET", "/never", &[])).await;
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
}

/// A door whose clients cannot bear a 4xx, for the sake of the test: each refusal is a 200.
fn words(refusal: &Refusal, _: &str) -> Response {
    format!("door: {} {}", refusal.status.as_u16(), refusal.detail).into_response()
}

#[tokio::test]
async fn a_door_says_refusals_in_its_own_words_and_with_its_own_status() {
    let gate = Gate::with_doors(router(), settings(), vec![Mount::new("/door", words)]);
    for (uri, said) in [
        ("/door/panic", "door: 500 a fault of the server"),
        ("/door/a%2Fb", "door: 400 this path could be read in two ways"),
        ("//door//a%2Fb", "door: 400 this path could be read in two ways"),
    ] {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        assert_eq!(response.status(), 200, "{uri}");
        assert_eq!(text(response).await, said, "{uri}");
    }
    let response = gate.clone().handle(None, request("GET", "/doors/a%2Fb", &[])).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn t33_a_request_for_two_hosts_is_for_none() {
    let gate = Gate::new(router(), settings());
    let two = [("host", "a.example"), ("host", "b.example")];
    let response = gate.clone().handle(None, request("GET", "/name/x", &two)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let response = gate.clone().handle(None, request("GET", "/name/x", &two[..1])).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn t45_a_path_that_is_too_long_is_called_so() {
    let gate = Gate::new(router(), settings());
    let long = format!("/name/{}", "a".repeat(paths::MAX_LENGTH));
    let response = gate.clone().handle(None, request("GET", &long, &[])).await;
    assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn a_host_name_stands_for_a_prefix() {
    let hosts = vec![Mount::new("/name", words).with_host(Some("names.example.com".to_owned()))];
    let gate = Gate::with_doors(router(), settings(), hosts);
    for host in ["names.example.com", "Names.Example.com:8750"] {
        let response =
            gate.clone().handle(None, request("GET", "/ann?x=1", &[("host", host)])).await;
        assert_eq!(text(response).await, "ann");
    }
    for host in ["badnames.example.com", "names.example.com.evil"] {
        let response = gate.clone().handle(None, request("GET", "/ann", &[("host", host)])).await;
        assert_eq!(response.status(), 404, "{host}");
    }
}

#[tokio::test]
async fn what_is_refused_early_at_a_host_name_is_refused_in_the_words_of_its_door() {
    let door = Mount::new("/door", words).with_host(Some("door.example.com".to_owned()));
    let settings = GateSettings { requests_per_minute: 4, ..settings() };
    let gate = Gate::with_doors(router(), settings, vec![door]);
    let host = ("host", "door.example.com");
    for (method, uri, headers, said) in [
        ("POST", "/read", vec![host, ("content-length", "11")], "door: 413 "),
        ("GET", "/a%2Fb", vec![host], "door: 400 "),
        ("GET", "/panic", vec![host], "door: 500 "),
        ("GET", "http://door.example.com/%2e%2e", vec![("host", "else.example.com")], "door: 400 "),
        ("GET", "/panic", vec![host], "door: 429 "),
    ] {
        let peer = Some("192.0.2.1".parse().unwrap());
        let answer = text(gate.clone().handle(peer, request(method, uri, &headers)).await).await;
        assert!(answer.starts_with(said), "{uri}: {answer}");
    }
}

#[tokio::test]
async fn t43_the_limit_counts_the_address_that_is_believed() {
    let settings = GateSettings { requests_per_minute: 1, ..settings() };
    let gate = Gate::new(router(), settings);
    let peer = Some("192.0.2.1".parse().unwrap());
    let with = |claim| request("GET", "/address", &[("x-forwarded-for", claim)]);
    let response = gate.clone().handle(peer, with("198.51.100.1")).await;
    assert_eq!(text(response).await, "Some(192.0.2.1)");
    let response = gate.clone().handle(peer, with("198.51.100.2")).await;
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_door_that_wants_it_says_how_many_requests_are_left() {
    let doors = || {
        let host = Some("door.example.com".to_owned());
        vec![
            Mount::new("/name", words).with_allowance().with_host(host),
            Mount::new("/door", words),
        ]
    };
    let gate =
        Gate::with_doors(router(), GateSettings { requests_per_minute: 6, ..settings() }, doors());
    let peer = Some("192.0.2.1".parse().unwrap());
    let ask = async |gate: &Gate, uri: &str, host: &str| {
        let response = gate.clone().handle(peer, request("GET", uri, &[("host", host)])).await;
        let value =
            |name: &HeaderName| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        (value(&RATE_LIMIT), value(&RATE_REMAINING))
    };
    let left = |remaining: &str| (Some("6".to_owned()), Some(remaining.to_owned()));
    assert_eq!(ask(&gate, "/name/ann", "x").await, left("5"));
    assert_eq!(ask(&gate, "//%6eame/a%2Fb", "x").await, (None, None), "no door's path");
    assert_eq!(ask(&gate, "/name/a%2Fb", "x").await, left("3"), "also with a refusal");
    assert_eq!(ask(&gate, "/door/panic", "x").await, (None, None));
    assert_eq!(ask(&gate, "/ann", "door.example.com").await, left("1"));
    assert_eq!(ask(&gate, "/%6eame/ann", "x").await, left("0"));
    assert_eq!(ask(&gate, "/name/ann", "x").await, left("0"), "that was one too many");
    let free = Gate::with_doors(router(), settings(), doors());
    assert_eq!(ask(&free, "/name/ann", "x").await, (None, None));
}

#[tokio::test]
async fn t33_a_door_may_refuse_dot_segments_instead_of_resolving_them() {
    let door = Mount::new("/name", words).without_dots();
    let gate = Gate::with_doors(router(), settings(), vec![door]);
    for uri in ["/name/x/../ann", "/name/%2e/ann", "/name/../query", "/x/../name/ann"] {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        let said = text(response).await;
        assert!(said.contains("this path could be read in two ways"), "{uri}: {said}");
    }
    for (uri, said) in [("//name//ann/", "ann"), ("/name/%61nn", "ann"), ("/x/../query?a", "a")] {
        let response = gate.clone().handle(None, request("GET", uri, &[])).await;
        assert_eq!(text(response).await, said, "{uri}");
    }
}
