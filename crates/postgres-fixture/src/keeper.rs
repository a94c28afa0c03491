//! The process that stops a server when nobody needs it any more.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::program;

/// Starts a server and stops it when told to, or when the process that holds the other end of its input is gone.
/// A killed test can't clean up after itself, but the kernel closes its pipes.
const KEEPER: &str = r#"
ctl=$1 folder=$2 options=$3
if "$ctl" start -w -s -t 120 -D "$folder/data" -l "$folder/log" -o "$options" </dev/null >/dev/null 2>&1; then
    echo ready
else
    echo failed
    exit 1
fi
read -r wish
case $wish in
    stop) mode=fast ;;
    *) mode=immediate ;;
esac
"$ctl" stop -w -s -t 120 -m $mode -D "$folder/data" </dev/null >/dev/null 2>&1
case $wish in
    stop | kill) ;;
    *) rm -rf "$folder" ;;
esac
echo stopped
"#;

/// The process that looks after a running server.
pub(crate) struct Keeper {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Keeper {
    pub(crate) fn start(folder: &Path, port: u16, settings: &str) -> Option<Self> {
        let mut child = program::command("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(program::folder().join("pg_ctl"))
            .arg(folder)
            .arg(format!("-p {port} {settings}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal goes to the whole group; the keeper must live to clean up.
            .process_group(0)
            .spawn()
            .expect("a shell can be started");
        let input = child.stdin.take().expect("its input is a pipe");
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut keeper = Self { child, input, output };
        if keeper.line() == "ready" {
            Some(keeper)
        } else {
            drop(keeper.child.wait());
            None
        }
    }

    pub(crate) fn end(mut self, wish: &str) {
        writeln!(self.input, "{wish}").expect("the keeper of the server listens");
        assert_eq!(self.line(), "stopped", "the keeper of the server is gone");
        drop(self.child.wait());
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        drop(self.output.read_line(&mut line));
        line.trim().to_owned()
    }
}
