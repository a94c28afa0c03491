//! Durable creations of users, everything indexed and audited, against commits without Roster on the same disk.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::future::try_join_all;
use roster_core::{Actor, Core, Door, Origin, RequestLine};
use roster_model::NewUser;
use roster_server::open_core;
use roster_store::Engine;

use crate::commits::Commits;
use crate::data::Data;
use crate::machine;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{Rounds, Turn};

/// A contender's turn.
const TURN: Duration = Duration::from_secs(2);
/// Clients at once, and what they should reach together of the commits of one client.
const ON_SQLITE: &[(usize, f64)] = &[(1, 0.8), (16, 4.0), (64, 8.0)];
/// Clients at once, and what they should reach together of as many of `pgbench`.
const ON_POSTGRES: &[(usize, f64)] = &[(32, 0.7)];

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let (kinds, baseline) = match data.engine {
            Engine::Sqlite => (ON_SQLITE, "one-row commits of one client"),
            Engine::Postgres => (ON_POSTGRES, "`pgbench` with the same rows and as many clients"),
        };
        let core = open_core(&data.settings()?).await?;
        let origin = Origin { door: Door::Native, ..Origin::system() };
        let line = RequestLine { method: "POST", path: "/api/v1/users" };
        let admin = core.authenticate(data.token(0), line, origin).await?;
        let number = admin.user_id().context("the administrator")?.0;
        let commits = Commits::prepare(data, kinds[0].0, number)?;
        // Names that no run before has taken.
        let next = AtomicU64::new(u64::try_from(core.now().as_microsecond())?);
        let me = std::process::id();
        let rounds = Rounds::run(1 + kinds.len(), async |contender| {
            let spent = || anyhow::Ok(machine::cpu_time(me)? + data.database_time()?);
            let before = spent()?;
            let (done, took) = match contender.checked_sub(1) {
                None => {
                    let first = next.fetch_add(1_000_000, Ordering::Relaxed);
                    tokio::task::block_in_place(|| commits.run(TURN, first))?
                }
                Some(place) => create_users(&core, &admin, kinds[place].0, &next).await?,
            };
            Ok(Turn { done, took, cpu: spent()? - before })
        })
        .await?;
        // In a server this is done beside the creations, by a job.
        core.index_users(&Actor::system("measurement")).await?;
        core.close().await?;
        let mut section = Section::new(Scenario::Create);
        for (&(clients, target), contender) in kinds.iter().zip(1..) {
            let clients = match clients {
                1 => "1 client".to_owned(),
                _ => format!("{clients} clients"),
            };
            section.row(
                format!("durable creations, {clients}, to {baseline}"),
                rounds.rate(contender),
                None,
                Target::AtLeast(target),
            );
            section.row(
                format!("{clients}: creations a second; CPU µs each"),
                rounds.absolute_rate(contender),
                rounds.cost(contender),
                Target::None,
            );
        }
        section.row(format!("{baseline} a second"), rounds.absolute_rate(0), None, Target::None);
        section.note(format!(
            "A creation is the whole operation without HTTP; every commit reaches the disk: {}.",
            rounds.words()
        ));
        Ok(section)
    })
}

async fn create_users(
    core: &Core,
    admin: &Actor,
    clients: usize,
    next: &AtomicU64,
) -> anyhow::Result<(u64, Duration)> {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (core, admin) = (core.clone(), admin.clone());
            // Each client has names of its own.
            let first = next.fetch_add(1_000_000, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut done = 0;
                while begun.elapsed() < TURN {
                    let username = format!("new{:x}-{client}", first + done);
                    let email = format!("{username}@example.com");
                    core.create_user(&admin, &NewUser { username, email, ..NewUser::default() })
                        .await?;
                    done += 1;
                }
                anyhow::Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for each in try_join_all(tasks).await? {
        done += each?;
    }
    Ok((done, begun.elapsed()))
}
