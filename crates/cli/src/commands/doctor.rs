//! `roster doctor`

use std::process::ExitCode;

use anyhow::Result;
use roster_server::doctor::{self, Verdict};

use super::config::Settings;
use crate::ui::Ui;

/// Look at everything a server needs, and say what is wrong; changes nothing
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    settings: Settings,
}

impl Doctor {
    pub(crate) async fn run(self, ui: &mut Ui) -> Result<ExitCode> {
        let settings = self.settings.load()?;
        let findings = doctor::examine(&settings).await;
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
