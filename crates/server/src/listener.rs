//! The socket: takes connections, bounds what a client may cost before its request is understood, and ends in order.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Time for the headers to arrive, and for a connection to wait for its next request.
    pub header_time: Duration,
    /// Connections open at once.
    pub connections: usize,
    /// Time that a shutdown waits for requests under way.
    pub drain_time: Duration,
}

/// After the system refused a connection (usually for want of file descriptors), some that are open may close.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests from `listener` with `handle` until `stop` is over, then lets those under way finish.
///
/// HTTP/1.1 only: HTTP/2 needs TLS with browsers, and the proxy that has the certificate speaks HTTP/1.1 here.
pub async fn serve<H, F>(
    listener: TcpListener,
    handle: H,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) where
    H: Fn(Option<IpAddr>, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        // Of headers hyper takes a hundred by itself; told to, it would clear their places for each request.
        .max_header_size(limits.header_bytes);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, peer, place)) = accepted else { break };
        let handle = handle.clone();
        // Not an `async` block, which would hold the answer's future twice: before and while it is awaited.
        let service =
            service_fn(move |request| handle(Some(peer), request).map(Ok::<_, Infallible>));
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // How a client breaks off is its own business.
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    let open = graceful.count();
    if tokio::time::timeout(limits.drain_time, graceful.shutdown()).await.is_err() {
        tracing::warn!(open, "requests were still under way when the time to finish was over");
    }
}

/// The next connection, once there is a place for it; none if there will never be one.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole; waiting to fill a packet only delays them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection was lost before it was used");
                    continue;
                }
                return Some((stream, peer.ip(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
