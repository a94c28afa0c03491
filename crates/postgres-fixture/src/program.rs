//! Where PostgreSQL's programs are, and who may run them.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with `initdb`, `pg_ctl` and `psql`: the newest below `/usr/lib/postgresql`, or what `PATH` finds.
pub(crate) fn folder() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .parse::<u32>()
                .ok()
                .map(|version| (version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("pg_ctl").exists())
        .max();
    if let Some((_, bin)) = newest {
        return bin;
    }
    let asked = Command::new("sh").args(["-c", "command -v pg_ctl"]).output();
    let found =
        asked.ok().and_then(|asked| String::from_utf8(asked.stdout).ok()).unwrap_or_default();
    match Path::new(found.trim()).parent() {
        Some(bin) if bin.join("initdb").exists() => bin.to_owned(),
        _ => panic!(
            "this needs PostgreSQL, and none is installed here: install it (Debian: apt-get install postgresql)"
        ),
    }
}

/// The user and group that the server runs as, if this process is root, as which PostgreSQL refuses to run.
pub(crate) fn servant() -> Option<(u32, u32)> {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !is_root {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let account = |wanted: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_wanted = fields.next() == Some(wanted);
            let ids = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            is_wanted.then_some(ids)
        })
    };
    Some(account("postgres").or_else(|| account("nobody")).unwrap_or((65534, 65534)))
}

/// One of PostgreSQL's programs, such as `psql` or `pgbench`.
pub fn tool(name: &str) -> Command {
    command(folder().join(name))
}

/// A command that runs as `servant`, away from folders that only root may enter.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C");
    if let Some((user, group)) = servant() {
        command.uid(user).gid(group);
    }
    command
}

/// Runs a command to its end; its complaint becomes the test's.
pub(crate) fn run(command: &mut Command) {
    let name = command.get_program().to_owned();
    match command.output() {
        Ok(done) if done.status.success() => {}
        Ok(done) => panic!("{} failed: {}", name.display(), String::from_utf8_lossy(&done.stderr)),
        Err(error) => panic!("{} could not be started: {error}", name.display()),
    }
}
