//! From a configuration to a server that answers, and back.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use roster_core::clock::{Clock, SystemClock};
use roster_core::credentials::hasher::PasswordHasher;
use roster_core::credentials::password::BreachedPasswords;
use roster_core::credentials::secret_key::Keyring;
use roster_core::installation::is_in_use;
use roster_core::random::{Random, RandomExt, SystemRandom};
use roster_core::{Actor, Core, Parts};
use roster_http_kit::{Gate, Traces};
use roster_model::Channel;
use roster_store::{Location, Options, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use url::Url;

use crate::assemble::assemble;
use crate::config::Settings;
use crate::delivery::Transports;
use crate::first_start::first_start;
use crate::jobs::Jobs;
use crate::listener::{self, ConnectionLimits};
use crate::metrics::Metrics;
use crate::sso::HttpProviders;
use crate::traces::Spans;

/// A server that is ready to answer.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    core: Core,
    gate: Gate,
    jobs: Jobs,
    spans: Option<Arc<Spans>>,
    limits: ConnectionLimits,
    notices: Vec<String>,
}

impl Server {
    /// Makes ready a server with `settings`: takes the socket, opens the database and brings it up to date, and makes the
    /// first administrator where the configuration names one.
    ///
    /// # Errors
    /// What stands in the way, and with which setting.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        // What this process writes is its owner's only (threat T49): database, key, messages.
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        let mut notices = Vec::new();
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {} (see `listen`)", settings.listen))?;
        let address = listener.local_addr()?;
        let replicas = settings.replicas().context("database_replicas")?;
        let options = Options { replicas, ..settings.store_options() };
        let core = open(settings, &options, address, &mut notices).await?;
        first_start(&core, settings, &mut notices).await?;
        let transports = Transports::new(settings)?;
        let metrics = Arc::new(Metrics::new(&core));
        let id_prefix = u64::from_ne_bytes(SystemRandom.array());
        let spans = Spans::from_environment(Arc::new(SystemClock))?.map(Arc::new);
        let traces = spans.clone().map(|spans| spans as Arc<dyn Traces>);
        let gate = assemble(&core, settings, &metrics, traces, id_prefix);
        let jobs = Jobs::new(core.clone(), transports, metrics);
        let limits = ConnectionLimits {
            header_bytes: settings.limits.header_bytes.get(),
            header_time: settings.limits.header_time,
            connections: settings.limits.connections.get(),
            drain_time: settings.limits.drain_time,
        };
        Ok(Self { listener, address, core, gate, jobs, spans, limits, notices })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The rulebook.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// What the operator should know, for people to read; a set-up link may be in it.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Answers requests until `stop` is over, lets those under way finish, and closes the database.
    ///
    /// # Errors
    /// The database cannot be closed in order.
    pub async fn run(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        tracing::info!(address = %self.address, public_url = %self.core.settings().public_url, "listening");
        let (stop_jobs, stopped) = watch::channel(false);
        let jobs = tokio::spawn(self.jobs.run(stopped));
        let gate = self.gate;
        let handle = move |peer, request| gate.clone().handle(peer, request);
        listener::serve(self.listener, handle, self.limits, stop).await;
        tracing::info!("stopping");
        // The jobs may have ended by themselves only through a fault, which was logged then.
        let _ = stop_jobs.send(true);
        jobs.await.context("a background job ended through a fault")?;
        self.core.close().await.context("the database cannot be closed in order")?;
        if let Some(spans) = self.spans {
            spans.send_the_rest().await;
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// Waits until the system or somebody at the terminal wants the server to stop.
///
/// # Errors
/// Signals cannot be received.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A rulebook on the database that `settings` name, without a socket: what commands at the terminal work on.
///
/// # Errors
/// What stands in the way, and with which setting.
pub async fn open_core(settings: &Settings) -> anyhow::Result<Core> {
    open(settings, &settings.store_options(), settings.listen, &mut Vec::new()).await
}

async fn open(
    settings: &Settings,
    options: &Options,
    address: SocketAddr,
    notices: &mut Vec<String>,
) -> anyhow::Result<Core> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let location = settings.location().context("database_url")?;
    if let Location::File(path) = &location {
        make_directory(path.parent(), notices)?;
    }
    let public_url = public_url(address);
    notice_reach(settings, address, &public_url, notices);
    let mut rulebook = settings.rulebook(&public_url);
    if let Some(path) = &settings.passwords.breached_list {
        let list = BreachedPasswords::open(path).with_context(|| {
            format!("{} cannot be used (see `passwords.breached_list`)", path.display())
        })?;
        rulebook.breached_passwords = Some(Arc::new(list));
    }
    let hasher = PasswordHasher::start(settings.hashing(), Arc::clone(&random))
        .context("the threads that hash passwords (see `passwords`)")?;
    let providers = Arc::new(HttpProviders::new(&settings.sso, &clock)?);
    let store = Store::open(&location, options)
        .await
        .context("the database cannot be opened (see `database_url` and `data_dir`)")?;
    let keys = secret_key(settings, &store, &*random, notices).await?;
    let core =
        Core::new(Parts { store, clock, random, hasher, keys, settings: rulebook, providers });
    let checked = core.check_secret_key(&Actor::system("start")).await;
    checked.context("the secret key (see `secret_key` and `secret_key_file`)")?;
    Ok(core)
}

/// The secret key. It is made where there is none, but only for a database that nobody uses yet: to whoever has lost the
/// right one, a new one would be in its way.
async fn secret_key(
    settings: &Settings,
    store: &Store,
    random: &dyn Random,
    notices: &mut Vec<String>,
) -> anyhow::Result<Keyring> {
    if let Some(key) = &settings.secret_key {
        return Keyring::parse(key.expose()).context("secret_key");
    }
    let path = settings.secret_key_path();
    if !path.exists() && is_in_use(store).await? {
        bail!("{} (see `secret_key_file`)", missing_key(&path));
    }
    make_directory(path.parent(), notices)?;
    Keyring::load_or_create(&path, random).context("the secret key (see `secret_key_file`)")
}

/// What is said where a database in use has lost its secret key.
pub(crate) fn missing_key(path: &Path) -> String {
    format!(
        "the secret key is missing, without which the second factors and waiting messages of this database cannot be \
         read: put the copy of it at {}",
        path.display()
    )
}

/// Makes the directory of a secret, or warns of one that others may look into.
fn make_directory(directory: Option<&Path>, notices: &mut Vec<String>) -> anyhow::Result<()> {
    let Some(directory) = directory.filter(|directory| !directory.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(
        || format!("the directory {} cannot be made (see `data_dir`)", directory.display()),
    )?;
    let mode = std::fs::metadata(directory)?.mode();
    let notice = format!(
        "Others may look into {}: run `chmod 700 {}`.",
        directory.display(),
        directory.display()
    );
    if mode & 0o077 != 0 && !notices.contains(&notice) {
        notices.push(notice);
    }
    Ok(())
}

/// Where the server can be reached from this machine.
fn public_url(address: SocketAddr) -> Url {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(ip, address.port());
    Url::parse(&format!("http://{address}/"))
        .unwrap_or_else(|_| unreachable!("an address and a port make a URL"))
}

/// Says what will not work, before somebody finds out.
fn notice_reach(
    settings: &Settings,
    address: SocketAddr,
    public_url: &Url,
    notices: &mut Vec<String>,
) {
    let channels = settings.channels();
    for (channel, what) in
        [(Channel::Sms, ("text messages", "sms")), (Channel::Email, ("e-mail", "email"))]
    {
        if !channels.contains(&channel) {
            let (name, key) = what;
            notices.push(format!(
                "No transport for {name}: what must send one is refused (set `{key}`)."
            ));
        }
    }
    if settings.public_url.is_none() && !address.ip().is_loopback() {
        notices.push(format!("Links in messages begin with {public_url} (set `public_url`)."));
    }
}
