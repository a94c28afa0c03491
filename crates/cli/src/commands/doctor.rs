//! `roster doctor`

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use roster_server::{
    config::{self, Inputs, Overrides},
    doctor::{self, Verdict},
};

use crate::ui::Ui;

/// Look at everything a server needs, and say what is wrong; changes nothing
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// The configuration file [default: roster.toml, if it is there]
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Doctor {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        let loaded = match config::load(&Inputs::of_process(Overrides::new(), self.config)) {
            Ok(loaded) => loaded,
            Err(problems) => {
                ui.talk.say(&problems.to_string());
                return Ok(ExitCode::FAILURE);
            }
        };
        let findings = doctor::examine(&loaded.settings).await;
        let mut text = String::new();
        for finding in &findings {
            let word = match finding.verdict {
                Verdict::Good => "good",
                Verdict::Note => "note",
                Verdict::Bad => "BAD ",
            };
            text.push_str(&format!("{word}  {}: {}\n", finding.subject, finding.said));
        }
        ui.out.raw(text.as_bytes())?;
        let is_bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
        Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
