//! Lists, page by page or record by record.

use futures_util::{Stream, TryStreamExt, stream};
use roster_api::{Endpoint, Query};
use roster_model::{Page, PageRequest};

use crate::{Client, Error, Result, calls};

/// An endpoint that answers with a page of a list.
pub trait Paged: Endpoint<Reply = Page<Self::Item>> {
    /// What the list holds.
    type Item: Send + 'static;
    /// What the list can be narrowed to; `()` when to nothing.
    type Filter: Clone + Default + Send + Sync;

    /// The query for one page.
    fn query(filter: &Self::Filter, page: PageRequest) -> Self::Query;
}

/// A list on the server, of which nothing is fetched yet.
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use roster_client::{Client, model::{Role, UserFilter}};
///
/// # async fn example(roster: Client) -> roster_client::Result<()> {
/// let admins = UserFilter { role: Some(Role::SystemAdmin), ..UserFilter::default() };
/// let mut admins = std::pin::pin!(roster.users().filter(admins).stream());
/// while let Some(user) = admins.try_next().await? {
///     println!("{}", user.username);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Pages<E: Paged> {
    client: Client,
    path: Result<String>,
    filter: E::Filter,
    request: PageRequest,
}

impl<E: Paged> Pages<E> {
    pub(crate) fn new(client: Client, path: Result<String>) -> Self {
        Self { client, path, filter: E::Filter::default(), request: PageRequest::default() }
    }

    /// Only the records that the filter lets through, in its order.
    pub fn filter(mut self, filter: E::Filter) -> Self {
        self.filter = filter;
        self
    }

    /// So many records in one answer (1 to 1000; the server's choice without this).
    pub fn page_size(mut self, records: u32) -> Self {
        self.request.limit = Some(records);
        self
    }

    /// Passes over so many records first.
    pub fn offset(mut self, records: u64) -> Self {
        self.request.offset = Some(records);
        self
    }

    /// The first page, with the number of all records.
    ///
    /// # Errors
    /// As every call.
    pub async fn first_page(&self) -> Result<Page<E::Item>> {
        self.page(PageRequest { count: Some(true), ..self.request.clone() }).await
    }

    /// Every record, in one list in memory.
    ///
    /// # Errors
    /// As every call; the records fetched before are dropped.
    pub async fn all(self) -> Result<Vec<E::Item>> {
        self.stream().try_collect().await
    }

    /// The records one by one; a page is fetched when the one before is used up.
    pub fn stream(self) -> impl Stream<Item = Result<E::Item>> + Send {
        self.stream_of_pages().map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten()
    }

    /// The records page by page.
    fn stream_of_pages(self) -> impl Stream<Item = Result<Vec<E::Item>>> + Send {
        let first = Some(self.request.clone());
        stream::try_unfold((self, first), |(list, request)| async move {
            let Some(request) = request else { return Ok::<_, Error>(None) };
            let page = list.page(request).await?;
            let next = page.next.map(|cursor| PageRequest {
                limit: list.request.limit,
                cursor: Some(cursor),
                ..PageRequest::default()
            });
            Ok(Some((page.items, (list, next))))
        })
    }

    async fn page(&self, request: PageRequest) -> Result<Page<E::Item>> {
        let path = match &self.path {
            Ok(path) => Ok(path.clone()),
            Err(error) => Err(Error::Setup(error.to_string())),
        };
        let query = E::query(&self.filter, request).write();
        self.client.call::<E>(calls::request::<E>(path, query, None, None)).await
    }
}
