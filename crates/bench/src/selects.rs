//! Token checks on PostgreSQL, where each look-up is a query, against bare prepared selects by primary key.

use std::future::poll_fn;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::stream::{FuturesUnordered, TryStreamExt as _};
use tokio_postgres::{Client, NoTls, Statement};

use crate::child::Served;
use crate::data::Data;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{Rounds, Turn};
use crate::{check, http, machine, revocation};

/// Connections that the bare selects share, as many as Roster's point reads do.
const CONNECTIONS: usize = 2;
/// The service's own token and the other one; or the token, and the user with all that `whoami` tells.
const LOOKUPS: u64 = 2;
/// Neighbouring selects look far apart.
const STRIDE: u64 = 7919;

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    let mut section = Section::new(Scenario::Check);
    revocation::measure(data, &mut section)?;
    http::block_on(async {
        let url = data.database.as_deref().context("a PostgreSQL database")?;
        let selects = Selects::prepare(url).await?;
        let roster = Served::roster(data)?;
        check::show_all(data, &roster).await?;
        for (what, make) in [
            ("token check (introspection)", check::introspect as fn(&Data, u64, &mut Vec<u8>)),
            ("`whoami`", check::whoami),
        ] {
            let me = std::process::id();
            let rounds = Rounds::run(2, async |contender| {
                let spent = || match contender {
                    0 => Ok(machine::cpu_time(me)? + data.database_time()?),
                    _ => data.cpu_time(&roster),
                };
                let before = spent()?;
                let (done, took) = match contender {
                    0 => selects.drive().await?,
                    _ => {
                        let make = |number, request: &mut _| make(data, number, request);
                        http::drive(roster.address, check::CONNECTIONS, check::TURN, make).await?
                    }
                };
                let lookups = if contender == 0 { 1 } else { LOOKUPS };
                Ok(Turn { done: done * lookups, took, cpu: spent()? - before })
            })
            .await?;
            // By the clock the client of the one is a part of the other.
            section.row(
                format!("look-ups of a {what}, to bare selects"),
                None,
                rounds.per_cpu(1),
                Target::AtLeast(0.7),
            );
            section.row(format!("{what}: CPU µs each"), None, rounds.cost(1), Target::None);
            section.row("bare select: CPU µs", None, rounds.cost(0), Target::None);
            section.note(format!("{what}: {}.", rounds.words()));
        }
        section.note("CPU time is that of the server (or of the bare client) and of PostgreSQL.");
        Ok(())
    })?;
    Ok(section)
}

/// The process above those that serve a database.
pub(crate) async fn postmaster(url: &str) -> anyhow::Result<u32> {
    let client = connect(url).await?;
    let process: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
    machine::parent(process.unsigned_abs()).context("PostgreSQL must run on this machine")
}

async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await?;
    // What goes wrong with it, the client hears.
    tokio::spawn(
        async move { while poll_fn(|task| connection.poll_message(task)).await.is_some() {} },
    );
    Ok(client)
}

/// Connections on which one statement is prepared, and the numbers of those whom it finds: transactions that were run
/// again leave gaps between them.
struct Selects {
    ready: Vec<(Client, Statement)>,
    ids: Vec<i64>,
}

impl Selects {
    async fn prepare(url: &str) -> anyhow::Result<Self> {
        let mut ready = Vec::new();
        for _ in 0..CONNECTIONS {
            let client = connect(url).await?;
            let sql = "SELECT username, email, role, status FROM users WHERE id = $1";
            let statement = client.prepare(sql).await?;
            ready.push((client, statement));
        }
        let ids = connect(url).await?.query("SELECT id FROM users ORDER BY id", &[]).await?;
        let ids: Vec<_> = ids.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        anyhow::ensure!(!ids.is_empty(), "there are no users");
        Ok(Self { ready, ids })
    }

    /// As many at once as there are HTTP connections, pipelined.
    async fn drive(&self) -> anyhow::Result<(u64, Duration)> {
        let begun = Instant::now();
        let mut all: FuturesUnordered<_> = (0..check::CONNECTIONS)
            .map(async |place| {
                let (client, statement) = &self.ready[place as usize % self.ready.len()];
                let mut done = 0;
                while begun.elapsed() < check::TURN {
                    let number = (done * check::CONNECTIONS + place) * STRIDE;
                    // No more than there are ids, so nothing is lost.
                    let id = self.ids[(number % self.ids.len() as u64) as usize];
                    let row = client.query_one(statement, &[&id]).await?;
                    let _: &str = row.try_get(0)?;
                    done += 1;
                }
                anyhow::Ok(done)
            })
            .collect();
        let mut done = 0;
        while let Some(one) = all.try_next().await? {
            done += one;
        }
        Ok((done, begun.elapsed()))
    }
}
