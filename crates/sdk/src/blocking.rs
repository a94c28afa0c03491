//! The client for programs without an async runtime.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt};
use roster_model::{Page, Secret};
use tokio::runtime::Runtime;

use crate::{Builder, Error, Result, pages::Paged};

/// What [`Client`](crate::Client) is, for programs without an async runtime: the same methods,
/// each of which returns when the answer is there. It must not be used or dropped inside of an
/// async runtime, as it has one of its own.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) client: crate::Client,
    pub(crate) runtime: Arc<Runtime>,
}

impl Client {
    /// Begins to set up a client of the server at `base_url`.
    pub fn builder(base_url: &str) -> Builder {
        crate::Client::builder(base_url)
    }

    pub(crate) fn new(client: crate::Client) -> Result<Self> {
        // One worker beside the callers, so that idle connections notice when they are closed.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("roster-client")
            .enable_all()
            .build()
            .map_err(|error| Error::Setup(format!("cannot start a thread: {error}")))?;
        Ok(Self { client, runtime: Arc::new(runtime) })
    }

    /// The same server, called with another token or API key.
    pub fn with_token(&self, token: impl Into<Secret>) -> Self {
        Self { client: self.client.with_token(token), ..self.clone() }
    }

    /// The same server, called as nobody.
    pub fn without_token(&self) -> Self {
        Self { client: self.client.without_token(), ..self.clone() }
    }

    /// The same caller with a one-time code, for an operation that asks for one.
    pub fn with_code(&self, code: impl Into<Secret>) -> Self {
        Self { client: self.client.with_code(code), ..self.clone() }
    }

    /// The address that the client was set up with.
    pub fn base_url(&self) -> &url::Url {
        self.client.base_url()
    }

    /// The same caller for async code.
    pub fn to_async(&self) -> crate::Client {
        self.client.clone()
    }

    /// Waits for `call` on the client's own runtime.
    pub(crate) fn wait<F: Future>(&self, call: F) -> F::Output {
        self.runtime.block_on(call)
    }
}

/// A list on the server, of which nothing is fetched yet.
///
/// ```no_run
/// use roster_client::blocking::Client;
///
/// # fn example(roster: Client) -> roster_client::Result<()> {
/// for user in roster.users().page_size(500) {
///     println!("{}", user?.username);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Pages<E: Paged> {
    client: Client,
    pages: crate::Pages<E>,
}

impl<E: Paged> Pages<E> {
    pub(crate) fn new(client: Client, pages: crate::Pages<E>) -> Self {
        Self { client, pages }
    }

    /// Only the records that the filter lets through, in its order.
    pub fn filter(self, filter: E::Filter) -> Self {
        Self { pages: self.pages.filter(filter), ..self }
    }

    /// So many records in one answer (1 to 1000; the server's choice without this).
    pub fn page_size(self, records: u32) -> Self {
        Self { pages: self.pages.page_size(records), ..self }
    }

    /// Passes over so many records first.
    pub fn offset(self, records: u64) -> Self {
        Self { pages: self.pages.offset(records), ..self }
    }

    /// The first page, with the number of all records.
    ///
    /// # Errors
    /// As every call.
    pub fn first_page(&self) -> Result<Page<E::Item>> {
        self.client.wait(self.pages.first_page())
    }

    /// Every record, in one list in memory.
    ///
    /// # Errors
    /// As every call; the records fetched before are dropped.
    pub fn all(self) -> Result<Vec<E::Item>> {
        self.client.wait(self.pages.all())
    }
}

impl<E: Paged> IntoIterator for Pages<E> {
    type Item = Result<E::Item>;
    type IntoIter = Records<E::Item>;

    fn into_iter(self) -> Self::IntoIter {
        Records { client: self.client, stream: Box::pin(self.pages.stream()) }
    }
}

/// The records of a list, one by one; a page is fetched when the one before is used up.
pub struct Records<T> {
    client: Client,
    stream: Pin<Box<dyn Stream<Item = Result<T>> + Send>>,
}

impl<T> Iterator for Records<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.client.runtime.block_on(self.stream.next())
    }
}
