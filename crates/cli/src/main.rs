//! The `roster` program: runs a server, and is its command line.

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

mod ago;
mod cli;
mod codes;
mod columns;
mod commands;
mod connection;
mod failure;
mod logins;
mod output;
mod plain;
mod record;
mod rows;
mod talk;
mod two_letter;
mod ui;

use crate::{cli::Cli, failure::is_closed_pipe, talk::Talk, ui::Ui};

fn main() -> ExitCode {
    let command = Cli::command();
    let args = two_letter::rewrite(&command, std::env::args_os());
    let parsed = command.try_get_matches_from(args);
    let read = |found: ArgMatches| Ok((Cli::from_arg_matches(&found)?, is_debug(&found)));
    let (cli, debug) = match parsed.and_then(read) {
        Ok(parsed) => parsed,
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
            Talk::new().say(&format!("Error: {}", failure::describe(&error, debug)));
            ExitCode::FAILURE
        }
    }
}

/// Whether the command, whichever it is, was asked to tell more.
fn is_debug(mut found: &ArgMatches) -> bool {
    loop {
        if let Ok(Some(true)) = found.try_get_one::<bool>("debug") {
            return true;
        }
        match found.subcommand() {
            Some((_, inner)) => found = inner,
            None => return false,
        }
    }
}
