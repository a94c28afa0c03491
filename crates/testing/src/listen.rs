//! The same Roster on a socket, for clients that need one.

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use std::convert::Infallible;
use tokio::net::TcpListener;
use url::Url;

use crate::Roster;

impl Roster {
    /// Listens on a free loopback port until the runtime ends; gives the address.
    pub async fn listen(&self) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gate = self.gate.clone();
        tokio::spawn(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let gate = gate.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let gate = gate.clone();
                        async move { Ok::<_, Infallible>(gate.handle(Some(peer.ip()), request).await) }
                    });
                    let server = auto::Builder::new(TokioExecutor::new());
                    // A client that goes away ends its own connection and nothing else.
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        url.parse().unwrap()
    }
}
