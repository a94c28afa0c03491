//! A server in a process of its own, as an operator runs it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use assert_cmd::cargo::cargo_bin;
use roster_client::{
    Client,
    model::{Secret, SignIn},
};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::support::Ran;

/// How long a test waits for a server to listen.
const PATIENCE: Duration = Duration::from_secs(60);
/// Of the administrator.
pub(crate) const PASSWORD: &str = "vivid walrus 2718";

/// A running server. It is killed with the test.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
    /// All that it has said, and whether it is still saying something.
    said: Arc<Mutex<String>>,
    listening: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    /// Starts a server whose files are in `folder`, with the administrator `root`.
    pub(crate) fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        // What would end the process is to be an error of the write instead, as on a full disk.
        let script = "trap '' XFSZ; exec \"$0\" serve";
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .arg(cargo_bin!("roster"))
            .env_clear()
            .envs([
                ("ROSTER_LISTEN", "127.0.0.1:0"),
                ("ROSTER_ADMIN_USERNAME", "root"),
                ("ROSTER_ADMIN_EMAIL", "root@example.com"),
                ("ROSTER_ADMIN_PASSWORD", PASSWORD),
                ("ROSTER_PASSWORDS_MEMORY_KIB", "8"),
                ("ROSTER_PASSWORDS_PASSES", "1"),
                ("ROSTER_RATES_SIGN_INS", "0"),
                ("ROSTER_RATES_REQUESTS", "0"),
            ])
            .envs(settings.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (tell, told) = mpsc::channel();
        let log = Arc::new(Mutex::new(String::new()));
        let written = log.clone();
        // Read to the end, or the server would wait for somebody to read its log.
        let listening = std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                written.lock().unwrap().extend([&line, "\n"]);
                let _ = tell.send(line);
            }
        });
        let mut served = Self { child, url: String::new(), said: log, listening: Some(listening) };
        loop {
            let Ok(line) = told.recv_timeout(PATIENCE) else {
                panic!("the server does not listen: {}", served.said.lock().unwrap());
            };
            if let Some(url) = line.strip_prefix("Roster listens at ") {
                url.clone_into(&mut served.url);
                return served;
            }
        }
    }

    /// A client without retries, signed in as the administrator.
    pub(crate) async fn root(&self) -> Client {
        self.client().with_token(self.root_token().await)
    }

    /// The token of a new session of the administrator.
    pub(crate) async fn root_token(&self) -> Secret {
        let sign_in = SignIn { login: "root".into(), password: PASSWORD.into(), code: None };
        self.client().sign_in(&sign_in).await.unwrap().token
    }

    /// A client without retries.
    pub(crate) fn client(&self) -> Client {
        Client::builder(&self.url).retries(0).build().unwrap()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// No file grows beyond so many bytes from now on; none: as far as the disk goes.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let limit = Rlimit { current: bytes, maximum: None };
        prlimit(Some(self.pid()), Resource::Fsize, limit).unwrap();
    }

    /// The most memory that the process ever had, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Asks it to stop, waits until it has, and gives all that it said on standard error.
    pub(crate) fn stop(mut self) -> String {
        kill_process(self.pid(), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.listening.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.said.lock().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command at the operator's terminal in `folder`.
pub(crate) fn operate(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(cargo_bin!("roster"));
    command.args(args).env_clear().env("ROSTER_LISTEN", "127.0.0.1:0").current_dir(folder);
    let ran = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: ran.status.code().unwrap(), out: text(ran.stdout), err: text(ran.stderr) }
}
