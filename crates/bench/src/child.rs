//! Servers under test: this program, started again, so that a process's CPU time and memory are the server's alone.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Body;
use axum::routing::{get, post};
use axum::{Json, Router};
use roster_model::{Introspection, IntrospectionRequest, Whoami};
use roster_server::config::{Inputs, Overrides, Settings, load};
use roster_server::listener::{self, ConnectionLimits};
use roster_server::{Server, logs};
use tokio::net::TcpListener;
use tower::Service as _;

use crate::data::Data;

/// The word that makes this program a Roster.
pub(crate) const SERVE: &str = "serve-for-measurement";
/// The word that makes this program a bare handler.
pub(crate) const BARE: &str = "bare-handler";

/// Protects nothing: what is measured is made up.
const SECRET_KEY: &str = "4d6561737572656d656e7473206861766520746865206b657920746861742069";

/// A server in a process of its own, which ends with this value.
pub(crate) struct Served {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Served {
    /// A Roster on the installation that is to be measured.
    pub(crate) fn roster(data: &Data) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        Self::start(Command::new(program).arg(SERVE).arg(&data.folder).args(&data.database))
    }

    /// A bare handler that gives these answers.
    pub(crate) fn bare(whoami: &str, introspection: &str) -> anyhow::Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).args([BARE, whoami, introspection]))
    }

    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("its output is a pipe")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse().context("the server under test did not start")?;
        Ok(Self { process, address })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The server ends with its input; what it says then stands on standard error.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// The settings of a Roster to be measured: those of every installation, with the rate limits counting but out of reach.
pub(crate) fn settings(folder: &Path, database: Option<&str>) -> anyhow::Result<Settings> {
    let data_dir = folder.to_str().context("the folder's name is no text")?;
    let database = database.map(|url| ("ROSTER_DATABASE_URL", url));
    let environment = [
        ("ROSTER_LISTEN", "127.0.0.1:0"),
        ("ROSTER_DATA_DIR", data_dir),
        ("ROSTER_LOG", "pretty,error"),
        // The same each time, so that a database that is kept can be used again.
        ("ROSTER_SECRET_KEY", SECRET_KEY),
        ("ROSTER_RATES_REQUESTS", "4000000000"),
        ("ROSTER_RATES_SIGN_INS", "4000000000"),
        ("ROSTER_ADMIN_USERNAME", "admin"),
        ("ROSTER_ADMIN_EMAIL", "admin@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "an administrator's password"),
    ];
    let inputs = Inputs {
        overrides: Overrides::new(),
        environment: environment
            .into_iter()
            .chain(database)
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        file: None,
        directory: folder.to_owned(),
    };
    match load(&inputs) {
        Ok(loaded) => Ok(loaded.settings),
        Err(problems) => anyhow::bail!("{problems}"),
    }
}

/// Is a Roster until its input ends.
///
/// # Errors
/// It cannot start, or not end in order.
pub(crate) fn serve(folder: &Path, database: Option<&str>) -> anyhow::Result<()> {
    let settings = settings(folder, database)?;
    logs::start(&settings.log)?;
    runtime()?.block_on(async {
        let server = Server::start(&settings).await?;
        println!("{}", server.address());
        server.run(end_of_input()).await
    })
}

/// Is a bare JSON handler behind Roster's own listener until its input ends.
///
/// # Errors
/// It cannot start.
pub(crate) fn bare(whoami: &str, introspection: &str) -> anyhow::Result<()> {
    let whoami: Arc<Whoami> = Arc::new(serde_json::from_str(whoami)?);
    let introspection: Introspection = serde_json::from_str(introspection)?;
    let router: Router =
        Router::new().route("/api/v1/whoami", get(async move || Json(Arc::clone(&whoami)))).route(
            "/api/v1/introspect",
            post(async move |Json(_): Json<IntrospectionRequest>| Json(introspection.clone())),
        );
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let handle = move |_, request: http::Request<_>| {
            let mut router = router.clone();
            async move {
                match router.call(request.map(Body::new)).await {
                    Ok(answer) => answer,
                    Err(never) => match never {},
                }
            }
        };
        let limits = ConnectionLimits {
            header_bytes: 65536,
            header_time: Duration::from_secs(60),
            connections: 10_000,
            drain_time: Duration::from_secs(1),
        };
        listener::serve(listener, handle, limits, end_of_input()).await;
        Ok(())
    })
}

/// The runtime of a server, as `roster serve` has it.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn end_of_input() {
    // Whatever ends the input ends the server.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
}
