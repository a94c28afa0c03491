//! Saved sign-ins: which servers this person uses, and the token for each.

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use roster_client::model::Secret;
use serde::{Deserialize, Serialize};

/// All saved sign-ins, by name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Logins {
    /// The one that is used when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) logins: BTreeMap<String, Login>,
}

/// A server, and the token to call it with, until one logs out there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    pub(crate) server: String,
    pub(crate) username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Secret>,
}

/// The file that holds them, readable by its owner only.
#[derive(Debug)]
pub(crate) struct LoginsFile(PathBuf);

impl LoginsFile {
    /// Where it is by the rules of the XDG base directories.
    pub(crate) fn locate() -> Result<Self> {
        let config = absolute("XDG_CONFIG_HOME");
        let config = config.or_else(|| absolute("HOME").map(|home| home.join(".config")));
        let config =
            config.context("neither XDG_CONFIG_HOME nor HOME says where to save logins")?;
        Ok(Self(config.join("roster").join("logins.toml")))
    }

    /// Reads it; without a file there are none.
    pub(crate) fn read(&self) -> Result<Logins> {
        let path = self.0.display();
        let mode = match fs::metadata(&self.0) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Logins::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
        };
        if mode & 0o077 != 0 {
            bail!("{path} holds tokens, and others may read it: run chmod 600 {path}");
        }
        let text = fs::read_to_string(&self.0).with_context(|| format!("cannot read {path}"))?;
        // The error of the parser would quote the line, which may hold a token.
        toml::from_str(&text).map_err(|_| {
            anyhow::anyhow!("{path} is damaged: remove it and log in again with roster login")
        })
    }

    /// Replaces it as a whole, so that a crash leaves the old one.
    pub(crate) fn write(&self, logins: &Logins) -> Result<()> {
        let path = self.0.display();
        let folder = self.0.parent().context("the file of logins has no folder")?;
        let write = || -> Result<()> {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let new = folder.join(format!(".logins.{}.toml", std::process::id()));
            let _ = fs::remove_file(&new);
            let mut file =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            let written = file
                .write_all(toml::to_string(logins)?.as_bytes())
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(&new, &self.0));
            if written.is_err() {
                let _ = fs::remove_file(&new);
            }
            Ok(written?)
        };
        write().with_context(|| format!("cannot write {path}"))
    }
}

impl Logins {
    /// The one that is meant, with its name: by name, by server, or the current one.
    pub(crate) fn find(
        &self,
        name: Option<&str>,
        server: Option<&str>,
    ) -> Result<Option<(&String, &Login)>> {
        if let Some(name) = name {
            let login = self.logins.get_key_value(name);
            return login.map(Some).with_context(|| format!("no login is saved as {name:?}"));
        }
        let current = self.current.as_ref().and_then(|name| self.logins.get_key_value(name));
        let Some(server) = server else { return Ok(current) };
        let at_server = |login: &(&String, &Login)| same_server(&login.1.server, server);
        Ok(current.filter(at_server).or_else(|| self.logins.iter().find(at_server)))
    }
}

fn same_server(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// The folder that a variable names, if it does so absolutely.
fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn login(server: &str) -> Login {
        Login { server: server.into(), username: "ann".into(), token: Some("ros_s_x".into()) }
    }

    fn file(folder: &tempfile::TempDir) -> LoginsFile {
        LoginsFile(folder.path().join("config/roster/logins.toml"))
    }

    #[test]
    fn logins_are_read_back_from_a_file_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        let mut logins = Logins::default();
        logins.logins.insert("work".into(), login("https://id.example.com"));
        logins.current = Some("work".into());
        file.write(&logins).unwrap();
        file.write(&logins).unwrap();
        let read = file.read().unwrap();
        assert_eq!(read.logins["work"].token.as_ref().unwrap().expose(), "ros_s_x");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file.0), 0o600);
        assert_eq!(mode(file.0.parent().unwrap()), 0o700);
        assert_eq!(fs::read_dir(file.0.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn t49_a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        file.write(&Logins::default()).unwrap();
        fs::set_permissions(&file.0, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn t26_a_damaged_file_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        file.write(&Logins::default()).unwrap();
        fs::write(&file.0, "token = ros_s_secret").unwrap();
        let error = format!("{:?}", file.read().unwrap_err());
        assert!(!error.contains("ros_s_secret"), "{error}");
    }

    #[test]
    fn a_token_goes_to_its_own_server_only() {
        let mut logins = Logins::default();
        logins.logins.insert("a".into(), login("https://a.example.com/"));
        logins.logins.insert("b".into(), login("https://b.example.com"));
        logins.current = Some("a".into());
        let server = |name, server| {
            logins.find(name, server).unwrap().map(|(_, login)| login.server.as_str())
        };
        assert_eq!(server(None, None), Some("https://a.example.com/"));
        assert_eq!(server(None, Some("https://b.example.com/")), Some("https://b.example.com"));
        assert_eq!(server(Some("b"), None), Some("https://b.example.com"));
        assert_eq!(server(None, Some("https://c.example.com")), None);
        assert!(logins.find(Some("c"), None).is_err());
    }
}
