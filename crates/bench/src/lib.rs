//! What Roster costs, measured as ratios: Roster and the work itself take turns in the same minutes, so the machine's
//! speed cancels out. Each round gives one ratio; printed and written to `docs/performance.md` is the median.
//!
//! Servers under test are processes of their own (this program, started again), so that their CPU time is known apart
//! from the client's. Everything stays on loopback and in a temporary folder.

#![expect(clippy::print_stdout, reason = "a load program prints what it measured")]

mod check;
mod child;
mod civis;
mod commits;
mod create;
mod data;
mod groups;
mod http;
mod keys;
mod list;
mod login;
mod machine;
mod options;
mod people;
mod report;
mod revocation;
mod rounds;
mod search;
mod selects;
mod start;

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use roster_store::Engine;

use data::Data;
use options::{Options, Scenario};
use report::Section;

/// `people COUNT` writes so many as `roster import` reads them.
const PEOPLE: &str = "people";
/// The hash that they have, of `correct horse battery staple`.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$cm9zdGVyLWJlbmNoLXNhbHQ$c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";

/// Does what the command line asks for.
///
/// # Errors
/// The command line cannot be read, or something could not be measured at all.
pub fn run(arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let arguments: Vec<String> = arguments.collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [child::SERVE, folder, ref database @ ..] => {
            return child::serve(Path::new(folder), database.first().copied());
        }
        [PEOPLE, count] => return people(count.parse().context(PEOPLE)?),
        [child::BARE, whoami, introspection] => return child::bare(whoami, introspection),
        _ => {}
    }
    let options = Options::read(&arguments)?;
    for engine in options.engines() {
        let scenarios = options.scenarios(engine);
        if scenarios.is_empty() {
            continue;
        }
        let data = Data::open(engine, &options).context("the users of the measurement")?;
        for scenario in scenarios {
            println!("measuring: {scenario}");
            let section = measure(scenario, &data).with_context(|| scenario.to_string())?;
            println!("{}", section.text(&data));
            if options.writes {
                section.write(&data)?;
            }
        }
    }
    Ok(())
}

/// Writes users, an object on each line.
fn people(count: u32) -> anyhow::Result<()> {
    let mut file = std::io::BufWriter::new(std::io::stdout().lock());
    for number in 0..count {
        serde_json::to_writer(&mut file, &data::row(number, HASH))?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

fn measure(scenario: Scenario, data: &Data) -> anyhow::Result<Section> {
    match (scenario, data.engine) {
        (Scenario::Check, Engine::Sqlite) => check::measure(data),
        (Scenario::Check, Engine::Postgres) => selects::measure(data),
        (Scenario::Keys, _) => keys::measure(data),
        (Scenario::Login, _) => login::measure(data),
        (Scenario::Create, _) => create::measure(data),
        (Scenario::List, _) => list::measure(data),
        (Scenario::Search, _) => search::measure(data),
        (Scenario::Civis, _) => civis::measure(data),
        (Scenario::Groups, _) => groups::measure(data),
        (Scenario::Start, _) => start::measure(data),
    }
}
