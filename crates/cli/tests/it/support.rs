//! Running the program: with prepared input, or at a pseudo-terminal.

use std::{path::PathBuf, process::Command};

use rexpect::session::{PtySession, spawn_command};
use roster_testing::{Person, Roster};
use tempfile::TempDir;

/// How long a test waits for the program to say what it must.
const PATIENCE: u64 = 30_000;

/// Somebody's machine, with the program on it.
pub(crate) struct Machine {
    pub(crate) roster: Roster,
    url: String,
    home: TempDir,
}

/// What a command left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) async fn new() -> Self {
        Self::with(Roster::on_sqlite().await).await
    }

    pub(crate) async fn with(roster: Roster) -> Self {
        let url = roster.listen().await.to_string();
        Self { roster, url, home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file in which logins are kept.
    pub(crate) fn logins(&self) -> PathBuf {
        self.home.path().join("config/roster/logins.toml")
    }

    /// A file where commands are run.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, token: Option<&str>, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("roster"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("TERM", "xterm")
            .current_dir(self.home.path());
        if let Some(token) = token {
            command.env("ROSTER_TOKEN", token).env("ROSTER_URL", &self.url);
        }
        command
    }

    /// Runs as `person`, with nothing on standard input.
    pub(crate) fn run(&self, person: &Person, args: &[&str]) -> Ran {
        self.run_with_input(Some(&person.token), args, "")
    }

    /// Runs with lines on standard input, with a token or the saved login.
    pub(crate) fn run_with_input(&self, token: Option<&str>, args: &[&str], input: &str) -> Ran {
        let command = self.command(token, args);
        let run = || assert_cmd::Command::from_std(command).write_stdin(input).output().unwrap();
        let ran = tokio::task::block_in_place(run);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = ran.status.code().unwrap();
        Ran { code, out: text(ran.stdout), err: text(ran.stderr) }
    }

    /// Runs as `person` at a pseudo-terminal.
    pub(crate) fn at_terminal(&self, person: Option<&Person>, args: &[&str]) -> AtTerminal {
        let token = person.map(|person| &*person.token);
        AtTerminal(spawn_command(self.command(token, args), Some(PATIENCE)).unwrap())
    }
}

impl Ran {
    /// Standard output of a command that did what it should.
    #[track_caller]
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// Standard error of a command that was refused.
    #[track_caller]
    pub(crate) fn refused(self) -> String {
        assert_eq!((self.code, &*self.out), (1, ""), "{}", self.err);
        self.err
    }
}

/// A program at a pseudo-terminal.
pub(crate) struct AtTerminal(PtySession);

impl AtTerminal {
    /// Waits until the program has said this; gives what it said before.
    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) -> String {
        let said = tokio::task::block_in_place(|| self.0.exp_string(text));
        utf8(&said.unwrap_or_else(|error| panic!("{error}")))
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.0.send_line(line).unwrap();
    }

    /// Waits for a question and answers it.
    #[track_caller]
    pub(crate) fn answers(&mut self, question: &str, line: &str) {
        self.says(question);
        self.types(line);
    }

    /// Waits for the end; gives what was said until then, and the exit code.
    #[track_caller]
    pub(crate) fn ends(mut self) -> (String, i32) {
        tokio::task::block_in_place(|| {
            let said = self.0.exp_eof().unwrap_or_else(|error| panic!("{error}"));
            // The type of the status is not exported; its text is `Exited(Pid(7), 0)`.
            let status = format!("{:?}", self.0.process().wait().unwrap());
            let code = status.strip_prefix("Exited(").and_then(|rest| rest.rsplit_once(", "));
            let code = code.and_then(|(_, code)| code.trim_end_matches(')').parse().ok());
            (utf8(&said), code.unwrap_or_else(|| panic!("{status}")))
        })
    }
}

/// The terminal's bytes are read one by one as characters.
fn utf8(said: &str) -> String {
    let bytes: Vec<u8> = said.chars().map(|c| u8::try_from(c).unwrap()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
