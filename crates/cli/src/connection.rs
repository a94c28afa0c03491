//! From the options and saved logins to a client of the right server with the right token.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use roster_client::{Builder, Client, model::Secret};

use crate::logins::{Login, Logins, LoginsFile};

/// Where a server is when nothing else is said.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:8750";

/// Which server, and as whom.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Address of the server [default: that of the saved login]
    #[arg(short, long, global = true, value_name = "URL", env = "ROSTER_URL")]
    server: Option<String>,
    /// Use the login that was saved under this name, and its server
    #[arg(long, global = true, value_name = "NAME", env = "ROSTER_LOGIN")]
    login: Option<String>,
    /// Trust the certificate authority in this PEM file, too
    #[arg(long, global = true, value_name = "FILE", env = "ROSTER_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// Give up a request after so many seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// Show the causes of errors, too
    #[arg(short, long, global = true)]
    debug: bool,
}

impl Connection {
    /// The server that is meant, and the login there, if one is saved.
    fn choose(&self) -> Result<(String, Option<Login>)> {
        let login = self.saved(&LoginsFile::locate()?.read()?)?.map(|(_, login)| login);
        let server = login.as_ref().map(|login| login.server.clone());
        let server = server.or_else(|| self.server.clone());
        Ok((server.unwrap_or_else(|| DEFAULT_SERVER.into()), login))
    }

    /// The saved login that is meant, with its name.
    pub(crate) fn saved(&self, logins: &Logins) -> Result<Option<(String, Login)>> {
        let found = logins.find(self.login.as_deref(), self.server.as_deref())?;
        Ok(found.map(|(name, login)| (name.clone(), login.clone())))
    }

    /// The address given, or that of the login named, or of the present one.
    pub(crate) fn server(&self) -> Result<String> {
        Ok(self.choose()?.0)
    }

    /// The name to save a login under, if one was given.
    pub(crate) fn login_name(&self) -> Option<&str> {
        self.login.as_deref()
    }

    fn builder(&self, server: &str) -> Result<Builder> {
        let timeout = Duration::from_secs(self.timeout.max(1));
        let program = concat!("roster/", env!("CARGO_PKG_VERSION"));
        let builder = Client::builder(server).timeout(timeout).user_agent(program);
        let Some(file) = &self.ca_file else { return Ok(builder) };
        let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(builder.root_certificate(pem))
    }

    /// A client that calls as nobody.
    pub(crate) fn nobody(&self, server: &str) -> Result<Client> {
        Ok(self.builder(server)?.build()?)
    }

    /// A client that calls with `ROSTER_TOKEN`, or the token of the saved login.
    pub(crate) fn client(&self) -> Result<Client> {
        let (server, login) = self.choose()?;
        let Some(token) = token_from_environment().or(login.and_then(|login| login.token)) else {
            bail!("you are not logged in at {server}: run roster login, or set ROSTER_TOKEN");
        };
        Ok(self.builder(&server)?.token(token).build()?)
    }
}

/// Scripts keep an API key there.
fn token_from_environment() -> Option<Secret> {
    let token = std::env::var_os("ROSTER_TOKEN")?.into_string().ok()?;
    (!token.is_empty()).then(|| Secret::new(token))
}
