//! `roster serve`

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Result, anyhow};
use roster_server::{
    Server,
    config::{self, Inputs, Overrides},
    logs, stop_signal,
};

use crate::ui::Ui;

/// Run a server
///
/// In an empty folder it needs no options. Settings come from these, from the environment
/// (`ROSTER_…`) and from `roster.toml`; `roster config template` shows them all.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The configuration file [default: roster.toml, if it is there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on [default: 127.0.0.1:8750]
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Directory of the database and the secret key [default: roster-data]
    #[arg(short = 'D', long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Address under which people reach this server
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Log format, level and levels of single targets [default: pretty,info]
    #[arg(long, value_name = "LOG")]
    log: Option<String>,
    /// Any other setting, such as `limits.body_bytes=65536`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Serve {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        let loaded = match config::load(&Inputs::of_process(self.overrides()?, self.config)) {
            Ok(loaded) => loaded,
            Err(problems) => {
                ui.talk.say(&problems.to_string());
                return Ok(ExitCode::FAILURE);
            }
        };
        logs::start(&loaded.settings.log)?;
        // From here on a signal ends the server in order, even while it starts.
        let stop = stop_signal()?;
        let server = Server::start(&loaded.settings).await?;
        for notice in server.notices() {
            ui.talk.say(notice);
        }
        ui.talk.say(&format!("Roster listens at http://{}", server.address()));
        server.run(stop).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn overrides(&self) -> Result<Overrides> {
        let mut overrides = Overrides::new();
        for text in &self.set {
            let (key, value) = text
                .split_once('=')
                .ok_or_else(|| anyhow!("--set takes KEY=VALUE, as in --set metrics=false"))?;
            overrides.set(key.trim(), "--set", value);
        }
        let named = [
            ("listen", "--listen", &self.listen),
            ("data_dir", "--data-dir", &self.data_dir),
            ("public_url", "--public-url", &self.public_url),
            ("log", "--log", &self.log),
        ];
        for (key, flag, value) in named {
            if let Some(value) = value {
                overrides.set(key, flag, value);
            }
        }
        Ok(overrides)
    }
}
