//! The command line.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use roster_store::Engine;

const USAGE: &str = "\
usage: roster-bench [all|SCENARIO]... [--engine sqlite|postgres] [options]
  SCENARIO         check, keys, login, list, search, civis, groups, start or create
  --users N        users in the database (1000000); a tenth of them, at most 100000, have a live session
  --data DIR       keep the SQLite database there and use it again
  --postgres URL   use this database of a PostgreSQL on this machine, and keep what is in it
  --no-write       leave docs/performance.md alone
or roster-bench people N > FILE.ndjson, to be imported";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Token checks against a bare handler, or against bare selects.
    Check,
    /// Checks of API keys with constraints against a bare handler.
    Keys,
    /// Sign-ins against bare Argon2id, and what a storm of them does to token checks.
    Login,
    /// Durable creations against bare commits.
    Create,
    /// Deep list pages against the first.
    List,
    /// Searches and filters among many users.
    Search,
    /// The list of all users through the Civis door, beside the native one.
    Civis,
    /// A group with many members.
    Groups,
    /// From the start of the process to the first answer.
    Start,
}

impl Scenario {
    /// In the order in which they are measured: what adds users comes last.
    const ALL: [Self; 9] = [
        Self::Check,
        Self::Keys,
        Self::Login,
        Self::List,
        Self::Search,
        Self::Civis,
        Self::Groups,
        Self::Start,
        Self::Create,
    ];

    /// Its name on the command line and in the document.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Keys => "keys",
            Self::Login => "login",
            Self::Create => "create",
            Self::List => "list",
            Self::Search => "search",
            Self::Civis => "civis",
            Self::Groups => "groups",
            Self::Start => "start",
        }
    }

    /// Whether the database makes a difference to it that is worth a table.
    fn is_about(self, engine: Engine) -> bool {
        match self {
            Self::Check | Self::Create | Self::List | Self::Search | Self::Civis | Self::Groups => {
                true
            }
            Self::Keys | Self::Login | Self::Start => engine == Engine::Sqlite,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Options {
    /// None: all of them.
    scenarios: Vec<Scenario>,
    engine: Option<Engine>,
    /// Users in the database.
    pub(crate) users: u32,
    /// Where to keep the SQLite database.
    pub(crate) data: Option<PathBuf>,
    /// The PostgreSQL database to use.
    pub(crate) postgres: Option<String>,
    /// Write the document.
    pub(crate) writes: bool,
}

impl Options {
    /// Reads the command line.
    pub(crate) fn read(arguments: &[String]) -> anyhow::Result<Self> {
        let mut options = Self {
            scenarios: Vec::new(),
            engine: None,
            users: 1_000_000,
            data: None,
            postgres: None,
            writes: true,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} of what?"));
            match argument.as_str() {
                "all" => options.scenarios = Scenario::ALL.to_vec(),
                "--engine" => options.engine = Some(engine(value()?)?),
                "--users" => options.users = value()?.parse().context("--users is a number")?,
                "--data" => options.data = Some(value()?.into()),
                "--postgres" => options.postgres = Some(value()?.clone()),
                "--no-write" => options.writes = false,
                word => match Scenario::ALL.into_iter().find(|known| known.word() == word) {
                    Some(known) => options.scenarios.push(known),
                    None => bail!("{word}?\n{USAGE}"),
                },
            }
        }
        if options.users < 1000 {
            bail!("--users is at least 1000");
        }
        Ok(options)
    }

    /// On what is to be measured.
    pub(crate) fn engines(&self) -> impl Iterator<Item = Engine> {
        let wanted = self.engine;
        [Engine::Sqlite, Engine::Postgres]
            .into_iter()
            .filter(move |engine| wanted.is_none_or(|wanted| wanted == *engine))
    }

    /// What is to be measured on `engine`, in this order.
    pub(crate) fn scenarios(&self, engine: Engine) -> Vec<Scenario> {
        let all = Scenario::ALL.into_iter();
        all.filter(|scenario| {
            scenario.is_about(engine)
                && (self.scenarios.is_empty() || self.scenarios.contains(scenario))
        })
        .collect()
    }
}

fn engine(word: &str) -> anyhow::Result<Engine> {
    match word {
        "sqlite" => Ok(Engine::Sqlite),
        "postgres" => Ok(Engine::Postgres),
        _ => bail!("--engine is sqlite or postgres"),
    }
}

/// The name of an engine.
pub(crate) fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    }
}
