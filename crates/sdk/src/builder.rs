//! Setting up a client.

use std::{sync::Arc, time::Duration};

use reqwest::redirect;
use roster_model::Secret;
use url::Url;

use crate::{
    Client, Error, Result, blocking,
    retry::RetryPolicy,
    transport::{Credentials, Transport},
};

/// Sets up a [`Client`] or a [`blocking::Client`].
///
/// ```
/// use std::time::Duration;
///
/// use roster_client::Client;
///
/// let client = Client::builder("https://roster.example.com")
///     .token("ros_k…")
///     .timeout(Duration::from_secs(10))
///     .user_agent("nightly-report/1.2")
///     .build()?;
/// # Ok::<(), roster_client::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    base_url: String,
    token: Option<Secret>,
    timeout: Duration,
    user_agent: String,
    retry: RetryPolicy,
    root_certificates: Vec<Vec<u8>>,
}

impl Builder {
    pub(crate) fn new(base_url: &str) -> Self {
        Self {
            base_url: base_url.into(),
            token: None,
            timeout: Duration::from_secs(30),
            user_agent: concat!("roster-client/", env!("CARGO_PKG_VERSION")).into(),
            retry: RetryPolicy::default(),
            root_certificates: Vec::new(),
        }
    }

    /// The session's token or API key to call with; none: as nobody.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long one request may take, connecting included (30 seconds without this).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the program calls itself; shown beside its sessions.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// How often a call is made again that failed for a passing reason (3 without this; 0: never).
    /// Only calls that change nothing, creations (which carry an `Idempotency-Key`), and requests
    /// that never left this machine are repeated.
    pub fn retries(mut self, retries: usize) -> Self {
        self.retry.retries = retries;
        self
    }

    /// The wait before the second try, doubled before each further one (100 ms without this).
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.retry.first_wait = wait;
        self
    }

    /// The longest wait between tries (10 seconds without this). A server that asks for a longer
    /// one with `Retry-After` gets no further try: the error tells how long it asked for.
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.retry.longest_wait = wait;
        self
    }

    /// Trusts the authority of this certificate (PEM), beside those of the operating system.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// The client.
    ///
    /// # Errors
    /// The base URL is not an `http` or `https` address, or a certificate or the user agent
    /// cannot be used.
    pub fn build(self) -> Result<Client> {
        let base = base_url(&self.base_url)?;
        let mut http = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .timeout(self.timeout)
            // Roster never redirects; following one would show codes to another host.
            .redirect(redirect::Policy::none());
        for pem in &self.root_certificates {
            let certificate = reqwest::Certificate::from_pem(pem)
                .map_err(|_| Error::Setup("the certificate is not in PEM form".into()))?;
            http = http.add_root_certificate(certificate);
        }
        let http = http.build().map_err(|error| Error::Setup(setup_failure(&error)))?;
        let transport = Transport { http, base, retry: self.retry };
        let credentials = Credentials { token: self.token, code: None };
        Ok(Client { transport: Arc::new(transport), credentials })
    }

    /// The client for programs without an async runtime.
    ///
    /// # Errors
    /// As [`Builder::build`]; and the operating system may refuse another thread.
    pub fn build_blocking(self) -> Result<blocking::Client> {
        blocking::Client::new(self.build()?)
    }
}

fn setup_failure(error: &reqwest::Error) -> String {
    use std::error::Error as _;
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

/// The address below which `api/v1/…` is found.
fn base_url(text: &str) -> Result<Url> {
    let refuse = |why: &str| Error::Setup(format!("the server address {why}"));
    let mut url = Url::parse(text).map_err(|error| refuse(&format!("is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("must begin with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not have a query or fragment"));
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_address_has_one_slash_at_its_end() {
        for (given, read) in [
            ("http://127.0.0.1:8750", "http://127.0.0.1:8750/"),
            ("https://id.example.com/", "https://id.example.com/"),
            ("https://example.com/roster", "https://example.com/roster/"),
            ("https://example.com/roster//", "https://example.com/roster/"),
        ] {
            assert_eq!(base_url(given).unwrap().as_str(), read);
        }
    }

    #[test]
    fn addresses_that_cannot_be_a_base_are_refused() {
        for given in ["", "localhost:8750", "ftp://x", "https://u:p@x", "https://x/?a=b", "http://"]
        {
            let error = Client::builder(given).build().unwrap_err();
            assert!(matches!(error, Error::Setup(_)), "{given}");
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }

    #[test]
    fn t26_no_debug_text_shows_the_token() {
        let builder = Client::builder("http://127.0.0.1:1").token("ros_secret");
        assert!(!format!("{builder:?}").contains("ros_secret"));
        let client = builder.build().unwrap().with_code("123456");
        let text = format!("{client:?}");
        assert!(!text.contains("ros_secret") && !text.contains("123456"), "{text}");
    }
}
