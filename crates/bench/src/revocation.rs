//! Whether a token passes a single check after the server has acknowledged its end.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use roster_core::credentials::token::Token;
use roster_store::Engine;
use std::sync::Arc;
use tokio::task::JoinSet;

use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::report::{Section, Target};
use crate::rounds::Figure;

/// Sessions that are ended while they are being checked.
const SESSIONS: u32 = 2000;
/// Connections that check.
const CHECKERS: usize = 8;

/// What those who check and the one who ends know of each other.
struct Watch {
    tokens: Vec<Token>,
    /// Of each token whether its end was acknowledged.
    ended: Vec<AtomicBool>,
    /// The token to be ended next.
    next: AtomicU64,
    /// Checks sent after the end of their token was acknowledged.
    checks: AtomicU64,
    /// Those of them that were passed.
    passed: AtomicU64,
}

/// Ends sessions one after the other while others keep checking just those, and adds what it saw to the table. On
/// PostgreSQL half of the checks go to a second server.
pub(crate) fn measure(data: &Data, section: &mut Section) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let tokens = data.open_sessions(SESSIONS).await?;
        let servers = match data.engine {
            Engine::Sqlite => vec![Served::roster(data)?],
            Engine::Postgres => vec![Served::roster(data)?, Served::roster(data)?],
        };
        let ended = tokens.iter().map(|_| AtomicBool::new(false)).collect();
        let zero = AtomicU64::default;
        let watch = Arc::new(Watch { tokens, ended, next: zero(), checks: zero(), passed: zero() });
        let asker = data.token(0).to_owned();
        let mut checkers = JoinSet::new();
        for place in 0..CHECKERS {
            let address = servers[place % servers.len()].address;
            checkers.spawn(watch.clone().check(address, asker.clone()));
        }
        watch.end_all(servers[0].address).await?;
        while let Some(checker) = checkers.join_next().await {
            checker??;
        }
        let checks = watch.checks.load(Ordering::Relaxed);
        let passed = watch.passed.load(Ordering::Relaxed);
        anyhow::ensure!(checks > 0, "nothing was checked");
        section.row(
            format!("of {checks} checks after {SESSIONS} acknowledged revocations, passed"),
            Figure::of(vec![passed as f64]),
            None,
            Target::AtMost(0.0),
        );
        Ok(())
    })
}

impl Watch {
    /// Ends one session after the other, each by its own token.
    async fn end_all(&self, address: SocketAddr) -> anyhow::Result<()> {
        let mut connection = Connection::open(address).await?;
        let mut request = Vec::new();
        for (token, ended) in self.tokens.iter().zip(&self.ended) {
            http::write(&mut request, "DELETE", "/api/v1/sessions/current", token.expose(), "");
            connection.call(&request).await?;
            ended.store(true, Ordering::SeqCst);
            self.next.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Checks the tokens around the one that is being ended, until all are.
    async fn check(self: Arc<Self>, address: SocketAddr, asker: String) -> anyhow::Result<()> {
        let mut connection = Connection::open(address).await?;
        let mut request = Vec::new();
        let mut step = 0;
        loop {
            let next = self.next.load(Ordering::SeqCst) as usize;
            if next >= self.tokens.len() {
                return Ok(());
            }
            // The one before last to the one after next: those just ended, and those about to be.
            let place = (next + step % 4).saturating_sub(2).min(self.tokens.len() - 1);
            step += 1;
            let had_ended = self.ended[place].load(Ordering::SeqCst);
            let body = format!("{{\"token\":\"{}\"}}", self.tokens[place].expose());
            http::write(&mut request, "POST", "/api/v1/introspect", &asker, &body);
            let is_active = connection.call(&request).await?.contains("\"active\":true");
            if had_ended {
                self.checks.fetch_add(1, Ordering::Relaxed);
                self.passed.fetch_add(is_active.into(), Ordering::Relaxed);
            }
        }
    }
}
