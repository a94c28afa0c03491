//! From the start of the process to the first good token check, and the memory of an idle server.

use std::time::{Duration, Instant};

use crate::check;
use crate::child::Served;
use crate::data::Data;
use crate::http::{self, Connection};
use crate::machine;
use crate::options::Scenario;
use crate::report::{Section, Target};
use crate::rounds::{Figure, Rounds, Turn};

/// After this long an unused server is idle.
const REST: Duration = Duration::from_secs(2);

/// Measures.
pub(crate) fn measure(data: &Data) -> anyhow::Result<Section> {
    http::block_on(async {
        let mut memory = Vec::new();
        let rounds = Rounds::run(1, async |_| {
            let begun = Instant::now();
            let roster = Served::roster(data)?;
            let mut request = Vec::new();
            check::introspect(data, memory.len() as u64, &mut request);
            Connection::open(roster.address).await?.call(&request).await?;
            let (took, cpu) = (begun.elapsed(), machine::cpu_time(roster.id())?);
            tokio::time::sleep(REST).await;
            memory.push(machine::memory(roster.id())?);
            Ok(Turn { done: 1, took, cpu })
        })
        .await?;
        let mut section = Section::new(Scenario::Start);
        let took = rounds.absolute_rate(0).map(|rate| rate.inverse(1e3));
        section.row(
            "start of the process to the first good token check, ms",
            took,
            rounds.cost(0).map(|cost| cost.divided_by(1000.0)),
            Target::AtMost(50.0),
        );
        let memory = Figure::of(memory);
        section.row("memory of an idle server, MiB", memory, None, Target::AtMost(30.0));
        section.note(format!("{}; the files were in the system's cache.", rounds.words()));
        Ok(section)
    })
}
