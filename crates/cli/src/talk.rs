//! What a command says and asks: on standard error, so that standard output holds data only.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Context, Result, bail};
use dialoguer::console::Term;
use indicatif::ProgressBar;
use roster_client::model::Secret;

use crate::plain::plain_lines;

/// The other side of a conversation: a person at a terminal, or a script's standard input.
#[derive(Debug)]
pub(crate) struct Talk {
    is_terminal: bool,
}

impl Talk {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stdin().is_terminal() }
    }

    /// Whether somebody can be asked who has not prepared the answer.
    pub(crate) fn is_with_person(&self) -> bool {
        self.is_terminal
    }

    /// Says a sentence.
    pub(crate) fn say(&self, text: &str) {
        // Nobody is left to be told that standard error is gone.
        let _ = writeln!(io::stderr(), "{}", plain_lines(text));
    }

    /// Says that something is unwise.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("Warning: {text}"));
    }

    /// A secret that came as an option was seen by everybody on the machine.
    pub(crate) fn warn_about_option(&self, option: &str) {
        self.warn(&format!(
            "{option} shows its value to other people on this machine and leaves it in the \
             shell's history; leave it out to be asked, or give it on standard input"
        ));
    }

    /// Asks for a line of text that must not be empty.
    pub(crate) fn ask(&self, what: &str) -> Result<String> {
        loop {
            if self.is_terminal {
                let mut err = io::stderr();
                write!(err, "{what}: ").and_then(|()| err.flush())?;
            }
            let line = self.line(what)?;
            let line = line.trim();
            if !line.is_empty() {
                return Ok(line.into());
            }
            if !self.is_terminal {
                bail!("{what} is empty on standard input");
            }
        }
    }

    /// Asks for a one-time code. It is good for seconds only, so it may be seen.
    pub(crate) fn ask_code(&self, what: &str) -> Result<Secret> {
        self.ask(what).map(Secret::new)
    }

    /// Asks for a password, which is not shown.
    pub(crate) fn ask_secret(&self, what: &str) -> Result<Secret> {
        if !self.is_terminal {
            return self.line(what).map(Secret::new);
        }
        let term = Term::stderr();
        if !term.is_term() {
            bail!("{what} cannot be asked for: standard error is not a terminal");
        }
        term.write_str(&format!("{what}: "))?;
        let typed = term.read_secure_line();
        typed.map(Secret::new).with_context(|| format!("{what} cannot be asked for"))
    }

    /// Asks for a new password; a person types it twice.
    pub(crate) fn ask_new_password(&self, what: &str) -> Result<Secret> {
        loop {
            let password = self.ask_secret(what)?;
            if !self.is_terminal {
                return Ok(password);
            }
            let again = self.ask_secret(&format!("{what} (again)"))?;
            if password.expose() == again.expose() {
                return Ok(password);
            }
            self.say("The two are not the same.");
        }
    }

    /// Lets a person choose by number; asks again until one of the numbers comes.
    pub(crate) fn choose(&self, what: &str, choices: &[&str]) -> Result<usize> {
        loop {
            self.say(what);
            for (number, choice) in choices.iter().enumerate() {
                self.say(&format!("  {}) {choice}", number + 1));
            }
            let answer = self.ask(&format!("Choose 1 to {}", choices.len()))?;
            match answer.parse::<usize>() {
                Ok(number) if (1..=choices.len()).contains(&number) => return Ok(number - 1),
                _ if self.is_terminal => self.say("That is none of these numbers."),
                _ => bail!("{answer:?} is not one of the choices"),
            }
        }
    }

    /// Asks whether to go on.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        let answer = self.ask(&format!("{question} [yes/no]"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// Shows that something is going on, when a terminal is there.
    pub(crate) fn wait(&self, what: &str) -> ProgressBar {
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    }

    /// Shows how far something is, of a length that is known or not, when a terminal is there.
    pub(crate) fn progress(&self, what: &str, length: Option<u64>) -> ProgressBar {
        let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        bar.with_message(what.to_owned())
    }

    fn line(&self, what: &str) -> Result<String> {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        if read.context("cannot read standard input")? == 0 {
            bail!("{what} is needed: run the command in a terminal or give it on standard input");
        }
        let end = line.trim_end_matches(['\n', '\r']).len();
        line.truncate(end);
        Ok(line)
    }
}
