//! `roster completions SHELL`

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::{cli::Cli, ui::Ui};

/// Print a completion script for a shell
///
/// For bash: `roster completions bash > ~/.local/share/bash-completion/completions/roster`
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, ui: &mut Ui) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "roster", &mut script);
        ui.out.raw(&script)
    }
}
