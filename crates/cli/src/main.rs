//! The `roster` program: runs a server, and is its command line.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

mod ago;
mod cli;
mod codes;
mod columns;
mod commands;
mod connection;
mod logins;
mod output;
mod plain;
mod record;
mod talk;
mod two_letter;
mod ui;

use crate::{cli::Cli, talk::Talk, ui::Ui};

fn main() -> ExitCode {
    let command = Cli::command();
    let args = two_letter::rewrite(&command, std::env::args_os());
    let cli =
        match command.try_get_matches_from(args).and_then(|found| Cli::from_arg_matches(&found)) {
            Ok(cli) => cli,
            Err(shown) => {
                // Help goes to standard output with 0, misuse to standard error with 2.
                let _ = shown.print();
                return ExitCode::from(u8::try_from(shown.exit_code()).unwrap_or(2));
            }
        };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            Talk::new().say(&format!("Error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli.run(&mut Ui::new())) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            Talk::new().say(&format!("Error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads our output (`head`, `less`) has seen enough.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().filter_map(|cause| cause.downcast_ref()).any(kind)
}
