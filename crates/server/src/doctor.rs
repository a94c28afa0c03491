//! `roster doctor`: looks at everything a server with this configuration needs, and changes nothing.

mod replicas;

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use roster_core::clock::{Clock, SystemClock};
use roster_core::credentials::secret_key::{KeyError, Keyring};
use roster_core::installation::KnownKey;
use roster_store::Location;
use tokio::net::TcpStream;
use url::Url;

use crate::config::{Email, Settings, Sms};
use crate::delivery::{DeliveryError, Transports};
use crate::sso::HttpProviders;
use crate::start::missing_key;

/// How long anything elsewhere may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// With less room than this a database soon stops.
const ROOM: u64 = 1 << 30;

/// How a thing fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// As it may be, but worth knowing.
    Note,
    /// A server will not work, or not safely.
    Bad,
}

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The thing: usually the key of its setting.
    pub subject: String,
    /// How it fares.
    pub verdict: Verdict,
    /// A sentence about it, with what to do.
    pub said: String,
}

/// Looks at everything.
pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    let is_running = findings.server(settings).await;
    findings.data_dir(&settings.data_dir);
    let known = match settings.location() {
        Ok(location) => KnownKey::look(&location).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    findings.secret_key(settings, known.as_ref().ok());
    findings.database(settings, is_running, known.err()).await;
    findings.replicas(settings).await;
    findings.public_url(settings);
    findings.messages(settings).await;
    findings.sign_in_providers(settings).await;
    findings.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, subject: &str, verdict: Verdict, said: impl Into<String>) {
        self.0.push(Finding { subject: subject.to_owned(), verdict, said: said.into() });
    }

    fn good(&mut self, subject: &str, said: impl Into<String>) {
        self.add(subject, Verdict::Good, said);
    }

    fn note(&mut self, subject: &str, said: impl Into<String>) {
        self.add(subject, Verdict::Note, said);
    }

    fn bad(&mut self, subject: &str, said: impl Into<String>) {
        self.add(subject, Verdict::Bad, said);
    }

    /// Whether a server answers at the address.
    async fn server(&mut self, settings: &Settings) -> bool {
        let address = settings.listen;
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build();
        let answer = match client {
            Ok(client) => client.get(format!("http://{address}/readyz")).send().await.ok(),
            Err(_) => None,
        };
        match answer.map(|answer| answer.status().as_u16()) {
            Some(200) => {
                self.good("listen", format!("a server answers at {address} and is ready"));
                return true;
            }
            Some(503) => {
                let said = format!(
                    "a server answers at {address}, but its database does not: see its log"
                );
                self.bad("listen", said);
                return true;
            }
            Some(status) => {
                self.bad(
                    "listen",
                    format!(
                        "something else answers at {address} (status {status}): choose another"
                    ),
                );
            }
            None => match std::net::TcpListener::bind(address) {
                Ok(_) => self.note("listen", format!("no server is running; {address} is free")),
                Err(error) => {
                    self.bad("listen", format!("a server could not listen on {address}: {error}"))
                }
            },
        }
        false
    }

    fn data_dir(&mut self, path: &Path) {
        let shown = path.display();
        let Ok(metadata) = std::fs::metadata(path) else {
            return self
                .note("data_dir", format!("{shown} is not there yet; the first start makes it"));
        };
        if !metadata.is_dir() {
            return self.bad("data_dir", format!("{shown} is not a directory"));
        }
        if metadata.mode() & 0o077 != 0 {
            self.bad("data_dir", format!("others may look into {shown}: run `chmod 700 {shown}`"));
        } else {
            self.good("data_dir", format!("{shown} is its owner's only"));
        }
        if let Ok(system) = rustix::fs::statvfs(path) {
            let room = system.f_bavail.saturating_mul(system.f_frsize);
            if room < ROOM {
                self.bad("data_dir", format!("only {} MiB are free in {shown}", room >> 20));
            }
        }
    }

    /// `known` is what the database knows of its key, if it could be asked.
    fn secret_key(&mut self, settings: &Settings, known: Option<&KnownKey>) {
        let path = settings.secret_key_path();
        let shown = path.display();
        let (subject, keys) = match &settings.secret_key {
            Some(text) => ("secret_key", Keyring::parse(text.expose())),
            None => ("secret_key_file", Keyring::load(&path)),
        };
        let place = match subject {
            "secret_key" => "it is in the configuration".to_owned(),
            _ => format!("{shown} holds a key; keep a copy elsewhere"),
        };
        let is_missing = matches!(&keys, Err(KeyError::Io { source, .. }) if source.kind() == ErrorKind::NotFound);
        match (keys, known) {
            (Ok(_), None) => {
                let said = format!("{place}; whether it is the database's could not be seen");
                self.note(subject, said);
            }
            (Ok(keys), Some(known)) => match known.check(&keys) {
                Ok(()) => self.good(subject, place),
                Err(error) => self.bad(subject, format!("no server starts with it: {error}")),
            },
            (Err(_), Some(known)) if is_missing && known.is_in_use => {
                self.bad(subject, missing_key(&path));
            }
            (Err(_), Some(_)) if is_missing => {
                self.note(subject, format!("{shown} is not there yet; the first start makes it"));
            }
            (Err(error), _) => self.bad(subject, error.to_string()),
        }
    }

    /// `fault` is what was said when the database was looked into.
    async fn database(&mut self, settings: &Settings, is_running: bool, fault: Option<String>) {
        match settings.location() {
            Err(error) => self.bad("database_url", error.to_string()),
            Ok(Location::Memory) => {
                self.note("database_url", "everything is gone when the server stops")
            }
            Ok(Location::File(path)) => match std::fs::metadata(&path) {
                _ if fault.is_some() => self.bad("database_url", fault.unwrap_or_default()),
                Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                    let path = path.display();
                    self.bad(
                        "database_url",
                        format!("others may read {path}: run `chmod 600 {path}`"),
                    );
                }
                Ok(metadata) => {
                    let (path, size) = (path.display(), metadata.len() >> 20);
                    self.good("database_url", format!("SQLite in {path}, {size} MiB"));
                }
                Err(_) if is_running => {
                    let said = format!(
                        "{} is not there: the server that runs uses another",
                        path.display()
                    );
                    self.note("database_url", said);
                }
                Err(_) => {
                    self.note(
                        "database_url",
                        format!("{} is not there yet; the first start makes it", path.display()),
                    );
                }
            },
            Ok(Location::Postgres(url)) => self.postgres(&url, fault).await,
        }
    }

    async fn postgres(&mut self, url: &str, fault: Option<String>) {
        let address = Url::parse(url).ok().as_ref().and_then(address);
        if let Some((host, port)) = &address
            && let Err(error) = reach(host, *port).await
        {
            return self.bad("database_url", format!("{host} port {port}: {error}"));
        }
        match (fault, address) {
            (Some(fault), _) => self.bad("database_url", fault),
            (None, Some((host, port))) => {
                self.good("database_url", format!("PostgreSQL at {host}, port {port}, answers"));
            }
            (None, None) => self.good("database_url", "PostgreSQL answers"),
        }
    }

    fn public_url(&mut self, settings: &Settings) {
        match &settings.public_url {
            Some(url) if url.scheme() == "https" => {
                self.good("public_url", format!("links begin with {url}"))
            }
            Some(url) => {
                let said =
                    format!("links begin with {url}: passwords and sessions travel without TLS");
                self.note("public_url", said);
            }
            None if settings.listen.ip().is_loopback() => {
                self.note("public_url", "not set: links lead to this machine only");
            }
            None => self.bad(
                "public_url",
                "not set, but the server listens for others: links would lead nowhere",
            ),
        }
    }

    async fn messages(&mut self, settings: &Settings) {
        let transports = match Transports::new(settings) {
            Ok(transports) => transports,
            Err(error) => return self.bad("email", error.to_string()),
        };
        match &settings.sms {
            Sms::Off => self.note("sms", "off: what must send a text message is refused"),
            Sms::File(path) => {
                self.note("sms", format!("it goes to {} and nowhere else", path.display()));
            }
            // Gateways know no question that costs nothing.
            Sms::Http | Sms::Twilio | Sms::Vonage | Sms::Sns | Sms::MessageBird => {
                self.note("sms", "it goes to a gateway, which was not tried");
            }
        }
        match (&settings.email, transports.try_mail_server().await) {
            (Email::Off, _) => self.note("email", "off: what must send an e-mail is refused"),
            (Email::Smtp { host, .. }, Ok(())) => {
                self.good("email", format!("{host} takes mail from here"))
            }
            (
                Email::Smtp { .. },
                Err(DeliveryError::Retry(error) | DeliveryError::Permanent(error)),
            ) => {
                self.bad("email", error);
            }
            (Email::File(path), _) => {
                self.note("email", format!("it goes to {} and nowhere else", path.display()));
            }
        }
    }

    async fn sign_in_providers(&mut self, settings: &Settings) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let providers = match HttpProviders::new(&settings.sso, &clock) {
            Ok(providers) => providers,
            Err(error) => return self.bad("sso", format!("{error:#}")),
        };
        for name in settings.sso.keys() {
            let subject = format!("sso.{name}");
            match providers.try_provider(name).await {
                Ok(issuer) => self.good(&subject, format!("{issuer} can be reached")),
                Err(error) => self.bad(&subject, error.to_string()),
            }
        }
    }
}

/// Host and port in the URL of a PostgreSQL server.
fn address(url: &Url) -> Option<(String, u16)> {
    let host = url.host_str().filter(|host| !host.is_empty() && !host.contains(','))?;
    Some((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(5432)))
}

async fn reach(host: &str, port: u16) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer".to_owned()),
    }
}
