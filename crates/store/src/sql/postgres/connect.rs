//! How connections are made.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::sql::Options;

/// A pool of `size` connections to `url`; nothing connects yet.
pub(super) fn pool(url: &str, options: &Options, size: usize) -> Result<Pool, Error> {
    let (mut config, protection) = read(url)?;
    if config.get_application_name().is_none() {
        config.application_name("roster");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    // A server that vanished without a word is noticed no later than a statement that takes too long.
    config.keepalives_idle(options.statement_timeout.max(Duration::from_secs(1)));
    config.tcp_user_timeout(options.statement_timeout * 2);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if protection.encrypted {
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
        Manager::from_config(config, tls(protection.authorities.as_deref())?, recycling)
    } else {
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        Manager::from_config(config, NoTls, recycling)
    };
    let millis = options.statement_timeout.as_millis();
    // A transaction that its client forgot must not hold others up for ever. To compile a statement takes longer than
    // any of ours does.
    let settings = format!(
        "SET statement_timeout = {millis}; SET idle_in_transaction_session_timeout = {}; SET jit = off",
        millis * 2
    );
    let set_up = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
        let settings = settings.clone();
        Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
    });
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(options.wait))
        .create_timeout(Some(options.connect_timeout))
        .recycle_timeout(Some(options.connect_timeout))
        .runtime(Runtime::Tokio1)
        .post_create(set_up)
        .build()
        .map_err(|error| Error::internal(error.to_string()))
}

/// The host and port in a URL, to speak of the server without its secrets.
pub(super) fn name(url: &str) -> Result<String, Error> {
    let (config, _) = read(url)?;
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(ToString::to_string).unwrap_or_default(),
    };
    Ok(format!("{host}:{}", config.get_ports().first().unwrap_or(&5432)))
}

fn read(url: &str) -> Result<(Config, Protection), Error> {
    let (url, protection) = protection(url)?;
    let config = Config::from_str(&url).map_err(|error| {
        let why = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), ToString::to_string);
        Error::Refused(format!("the database URL cannot be read: {why}"))
    })?;
    Ok((config, protection))
}

/// How a connection is protected.
#[derive(Default)]
struct Protection {
    encrypted: bool,
    /// A file of authorities to trust instead of those that the machine trusts.
    authorities: Option<PathBuf>,
}

/// Takes `sslmode` and `sslrootcert` out of the URL: the driver does not know the modes that check certificates, the
/// only ones with us.
fn protection(url: &str) -> Result<(String, Protection), Error> {
    let mut protection = Protection::default();
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), protection)) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "disable")) => protection.encrypted = false,
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => {
                protection.encrypted = true
            }
            Some(("sslmode", other)) => {
                return Err(Error::Refused(format!(
                    "sslmode={other} may fall back to an unprotected connection; use verify-full, or disable"
                )));
            }
            Some(("sslrootcert", path)) => protection.authorities = Some(PathBuf::from(path)),
            _ => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{base}{query}"), protection))
}

/// Encryption that trusts the given authorities, or those that the machine trusts.
fn tls(authorities: Option<&Path>) -> Result<MakeRustlsConnect, Error> {
    let refused =
        |why: String| Error::Refused(format!("encryption to the database cannot be set up: {why}"));
    let mut roots = RootCertStore::empty();
    let certificates = match authorities {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| refused(format!("{}: {error}", path.display())))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(refused(
            "no authority is trusted (install ca-certificates, or name a file with sslrootcert)"
                .to_owned(),
        ));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
