//! How connections are made.

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::sql::Options;

/// A pool of `size` connections to `url`; nothing connects yet.
pub(super) fn pool(url: &str, options: &Options, size: usize) -> Result<Pool, Error> {
    let (url, encrypted) = encryption(url)?;
    let mut config = Config::from_str(&url).map_err(|error| {
        let why = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), ToString::to_string);
        Error::Refused(format!("the database URL cannot be read: {why}"))
    })?;
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
    let manager = if encrypted {
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
        Manager::from_config(config, tls()?, recycling)
    } else {
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        Manager::from_config(config, NoTls, recycling)
    };
    let millis = options.statement_timeout.as_millis();
    // A transaction that its client forgot must not hold others up for ever.
    let settings = format!(
        "SET statement_timeout = {millis}; SET idle_in_transaction_session_timeout = {}",
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

/// Takes `sslmode` out of the URL: the driver does not know the modes that check certificates, the only ones with us.
fn encryption(url: &str) -> Result<(String, bool), Error> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), false)) };
    let mut encrypted = false;
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "disable")) => encrypted = false,
            Some(("sslmode", "require" | "verify-ca" | "verify-full")) => encrypted = true,
            Some(("sslmode", other)) => {
                return Err(Error::Refused(format!(
                    "sslmode={other} may fall back to an unprotected connection; use verify-full, or disable"
                )));
            }
            _ => rest.push(pair),
        }
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{base}{query}"), encrypted))
}

/// Encryption with the certificates that the machine trusts.
fn tls() -> Result<MakeRustlsConnect, Error> {
    let refused =
        |why: String| Error::Refused(format!("encryption to the database cannot be set up: {why}"));
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(refused(
            "this machine trusts no certificates (install ca-certificates)".to_owned(),
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
