//! `roster config`

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, anyhow};
use clap::Subcommand;
use roster_server::config::{self, Inputs, Overrides};

use crate::ui::Ui;

/// Which server's settings a command at the operator's terminal works with.
#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// The configuration file [default: roster.toml, if it is there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the database and the secret key [default: roster-data]
    #[arg(short = 'D', long, value_name = "DIR")]
    data_dir: Option<String>,
}

impl Settings {
    /// The settings, as the server itself would have them.
    pub(super) fn load(&self) -> Result<config::Settings> {
        let mut overrides = Overrides::new();
        if let Some(directory) = self.data_dir.clone() {
            overrides.set("data_dir", "--data-dir", directory);
        }
        let loaded = config::load(&Inputs::of_process(overrides, self.config.clone()));
        loaded.map(|loaded| loaded.settings).map_err(|problems| anyhow!("{problems}"))
    }
}

/// Check the configuration of a server, and write a new one
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Check),
    /// Print a configuration file with every setting, its meaning and its default
    Template,
}

impl ConfigCommand {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        match self.verb {
            Verb::Template => ui.out.raw(config::template().as_bytes())?,
            Verb::Check(check) => return check.run(ui),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Show every setting in force and where it comes from, or what is wrong with them
#[derive(Debug, clap::Args)]
struct Check {
    /// The configuration file [default: roster.toml, if it is there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Check {
    fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        match config::load(&Inputs::of_process(Overrides::new(), self.config)) {
            Ok(loaded) => {
                ui.out.raw(config::report(&loaded).as_bytes())?;
                Ok(ExitCode::SUCCESS)
            }
            Err(problems) => {
                ui.talk.say(&problems.to_string());
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
