//! A client that costs little: bytes out, bytes in, one request at a time on each connection.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, TryStreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Everything measured over HTTP runs on this one thread, so that the servers have the others.
///
/// # Errors
/// What `work` meets.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Writes a request. An empty body is none.
pub(crate) fn write(request: &mut Vec<u8>, method: &str, path: &str, token: &str, body: &str) {
    request.clear();
    // Writing into memory does not fail.
    let _ = write!(request, "{method} {path} HTTP/1.1\r\nhost: roster\r\n");
    if !token.is_empty() {
        let _ = write!(request, "authorization: Bearer {token}\r\n");
    }
    if !body.is_empty() {
        let _ =
            write!(request, "content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    let _ = write!(request, "\r\n{body}");
}

/// A connection that is used again and again.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(8192) })
    }

    /// Sends a request and gives the body of its answer, which must be a good one.
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<&str> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let head = loop {
            if let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.receive().await?;
        };
        let text = std::str::from_utf8(&self.received[..head])?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let is_good = text.starts_with("HTTP/1.1 2");
        let has_none = text.starts_with("HTTP/1.1 204");
        let status = text.lines().next().unwrap_or_default().to_owned();
        let length = if has_none { Some(0) } else { length };
        let end = head + length.context("an answer without a length")?;
        while self.received.len() < end {
            self.receive().await?;
        }
        let body = std::str::from_utf8(&self.received[head..end])?;
        ensure!(is_good, "the server answered {status}: {body}");
        Ok(body)
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("the server hung up");
        }
        Ok(())
    }
}

/// Requests from so many connections, each sending its next one when the last is answered, for `time`. `make` writes the
/// request of a number. Gives how many were answered, and in what time.
pub(crate) async fn drive(
    address: SocketAddr,
    connections: u64,
    time: Duration,
    make: impl Fn(u64, &mut Vec<u8>),
) -> anyhow::Result<(u64, Duration)> {
    let open = try_join_all((0..connections).map(|_| Connection::open(address))).await?;
    let begun = Instant::now();
    let each = open.into_iter().zip(0..).map(async |(mut connection, place)| {
        let mut request = Vec::new();
        let mut done = 0;
        while begun.elapsed() < time {
            make(done * connections + place, &mut request);
            connection.call(&request).await?;
            done += 1;
        }
        anyhow::Ok(done)
    });
    // Unlike a join, this looks only at those connections where something has happened.
    let mut all: FuturesUnordered<_> = each.collect();
    let mut done = 0;
    while let Some(one) = all.try_next().await? {
        done += one;
    }
    Ok((done, begun.elapsed()))
}
