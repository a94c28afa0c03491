//! T45: what a client can cost before its request is understood.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Response;
use roster_server::listener::{ConnectionLimits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

const LIMITS: ConnectionLimits = ConnectionLimits {
    header_bytes: 8192,
    header_time: Duration::from_secs(60),
    connections: 100,
    drain_time: Duration::from_secs(10),
};

struct Served {
    address: std::net::SocketAddr,
    /// Requests to `/slow` wait for it.
    release: Arc<Notify>,
    /// Says when a request to `/slow` has come.
    arrived: Arc<Notify>,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

async fn start(limits: ConnectionLimits) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (release, arrived) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, stopped) = oneshot::channel();
    let (wait, tell) = (Arc::clone(&release), Arc::clone(&arrived));
    let handle = move |peer: Option<std::net::IpAddr>,
                       request: http::Request<hyper::body::Incoming>| {
        let (wait, tell) = (Arc::clone(&wait), Arc::clone(&tell));
        async move {
            if request.uri().path() == "/slow" {
                tell.notify_one();
                wait.notified().await;
            }
            Response::new(Body::from(format!("hello {}", peer.unwrap())))
        }
    };
    let ended = tokio::spawn(serve(listener, handle, limits, async {
        let _ = stopped.await;
    }));
    Served { address, release, arrived, stop: Some(stop), ended }
}

impl Served {
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, text: &str) -> String {
        read(self.send(text).await).await
    }
}

/// Everything until the server closes.
async fn read(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good as a close.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_is_answered_and_the_peer_known() {
    let served = start(LIMITS).await;
    let answer = served.ask("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello 127.0.0.1"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_longest_query_that_geobox_takes_fits_in_any_script() {
    let limits = ConnectionLimits { header_bytes: 65_536, ..LIMITS };
    let served = start(limits).await;
    for letter in ["%E6%9D%8E", "%F0%9F%A6%A9"] {
        let query = letter.repeat(4_000);
        let request =
            format!("GET /geobox/users?q={query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(served.ask(&request).await.starts_with("HTTP/1.1 200 "), "{letter}");
    }
}

#[tokio::test]
async fn t45_endless_headers_are_answered_431() {
    let served = start(LIMITS).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(10_000));
    assert!(served.ask(&long).await.starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert!(served.ask(&many).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn what_is_not_http_is_answered_400() {
    let served = start(LIMITS).await;
    assert!(served.ask("\u{16}\u{3}\u{1} hello\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn t45_a_client_that_sends_its_headers_too_slowly_is_cut_off() {
    let served = start(ConnectionLimits { header_time: Duration::from_millis(50), ..LIMITS }).await;
    for beginning in ["", "GET / HTTP/1.1\r\nhost:"] {
        assert_eq!(read(served.send(beginning).await).await, "");
    }
}

#[tokio::test]
async fn a_shutdown_lets_requests_finish_and_takes_no_more() {
    let mut served = start(LIMITS).await;
    let slow = served.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    served.arrived.notified().await;
    served.stop.take().unwrap().send(()).unwrap();
    // The socket is closed before anything is waited for.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!served.ended.is_finished());
    served.release.notify_one();
    assert!(read(slow).await.ends_with("hello 127.0.0.1"));
    served.ended.await.unwrap();
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let mut served =
        start(ConnectionLimits { drain_time: Duration::from_millis(50), ..LIMITS }).await;
    let _slow = served.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    served.arrived.notified().await;
    served.stop.take().unwrap().send(()).unwrap();
    served.ended.await.unwrap();
}

#[tokio::test]
async fn t45_more_connections_than_allowed_wait() {
    let served = start(ConnectionLimits { connections: 1, ..LIMITS }).await;
    let first = served.send("GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    served.arrived.notified().await;
    let second = served.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let mut byte = [0];
    assert!(second.try_read(&mut byte).is_err(), "nothing is answered yet");
    served.release.notify_one();
    assert!(read(first).await.ends_with("hello 127.0.0.1"));
    assert!(read(second).await.ends_with("hello 127.0.0.1"));
}
