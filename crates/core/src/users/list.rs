//! Reading users, one by one and in pages.

use roster_model::{
    DirectoryEntry, Field, OrganizationId, Page, PageRequest, Reason, Role, Status, User,
    UserFilter, UserRef,
};
use roster_store::{Tx, UserOrder, UserQuery};

use crate::{Actor, Core, Error, Kind, Result, authz::Operation, paging::Paging};

impl Core {
    /// One user.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for those whom it does not concern.
    pub async fn get_user(&self, actor: &Actor, user: &UserRef) -> Result<User> {
        let mut user = self.authorize_on(actor, Operation::GetUser, user).await?;
        self.usage().add_to_user(&mut user);
        Ok(user)
    }

    /// Users: of every organization for system admins, of their own for account admins.
    ///
    /// # Errors
    /// `Forbidden` for others; `NotFound` for another organization than one's own; `Invalid` for a
    /// filter, order or page that cannot be.
    pub async fn list_users(
        &self,
        actor: &Actor,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>> {
        match filter.organization_id {
            Some(organization) => {
                let kind = Kind::Organization;
                self.authorize_in(actor, Operation::ListUsers, organization, kind).await?;
            }
            None => self.authorize(actor, Operation::ListUsers).await?,
        }
        let query = UserQuery {
            statuses: read_statuses(filter.status.as_deref())?,
            role: filter.role,
            organization: filter.organization_id.or_else(|| organization_of(actor)),
            group: filter.group_id,
            is_deleted: filter.deleted.unwrap_or(false),
            ..read_order(filter.order_by.as_deref())?
        };
        self.page_of_users(&query, page).await
    }

    /// Names and addresses of the people in the caller's organization; a system admin sees all.
    ///
    /// # Errors
    /// `Unauthenticated`; `Invalid` for a page that cannot be.
    pub async fn list_directory(
        &self,
        actor: &Actor,
        page: &PageRequest,
    ) -> Result<Page<DirectoryEntry>> {
        self.authorize(actor, Operation::ListDirectory).await?;
        let query = UserQuery {
            organization: organization_of(actor),
            order: UserOrder::Name,
            ..UserQuery::default()
        };
        let page = self.page_of_users(&query, page).await?;
        Ok(page.map(|user| DirectoryEntry::from(&user)))
    }

    async fn page_of_users(&self, query: &UserQuery, page: &PageRequest) -> Result<Page<User>> {
        let paging = Paging::read(page, format!("users:{:?}{}", query.order, query.is_descending))?;
        let (users, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let users = tx.list_users(query, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_users(query).await?),
                    false => None,
                };
                Ok::<_, Error>((users, total))
            })
            .await?;
        let page = paging.page(users, total, |user| query.order.mark(user));
        Ok(page.map(|mut user| {
            self.usage().add_to_user(&mut user);
            user
        }))
    }
}

/// The organization that lists are narrowed to; system admins and the server see all.
pub(crate) fn organization_of(actor: &Actor) -> Option<OrganizationId> {
    let credential = actor.credential()?;
    (credential.user.role != Role::SystemAdmin).then_some(credential.user.organization_id)
}

fn read_statuses(words: Option<&str>) -> Result<Vec<Status>> {
    let Some(words) = words else { return Ok(Vec::new()) };
    let read = |word: &str| Status::from_word(word.trim());
    let statuses: Option<Vec<_>> = words.split(',').map(read).collect();
    statuses.ok_or_else(|| {
        let known = Status::ALL.iter().map(|status| status.as_str()).collect();
        Error::invalid(Field::Status, Reason::NotOneOf(known))
    })
}

fn read_order(order: Option<&str>) -> Result<UserQuery> {
    let order = order.unwrap_or("id");
    let (word, is_descending) = match order.strip_prefix('-') {
        Some(word) => (word, true),
        None => (order, false),
    };
    let order = match word {
        "id" => UserOrder::Id,
        "username" => UserOrder::Username,
        "name" => UserOrder::Name,
        "email" => UserOrder::Email,
        "created_at" => UserOrder::CreatedAt,
        _ => {
            let known = vec!["id", "username", "name", "email", "created_at"];
            return Err(Error::invalid(Field::OrderBy, Reason::NotOneOf(known)));
        }
    };
    Ok(UserQuery { order, is_descending, ..UserQuery::default() })
}
