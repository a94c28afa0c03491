//! Reading users, one by one and in pages.

use roster_model::{
    DirectoryEntry, DirectoryFilter, Field, Filter, FilterValue, GroupId, OrderBy, OrganizationId,
    Page, PageRequest, Reason, Role, Status, USER_FIELDS, User, UserField, UserFilter, UserId,
    UserRef,
};
use roster_store::{Tx, UserQuery};

use crate::{Actor, Core, Error, Kind, Result, authz::Operation, cql2, filters, paging::Paging};

/// How many users a door gets at once at most.
const MAX_SELECTED: u32 = 10_000;

/// What the entries of the directory show, and so may be asked about: what they do not show could be guessed piece by
/// piece.
const IN_DIRECTORY: &[UserField] = &[
    UserField::Id,
    UserField::Username,
    UserField::Name,
    UserField::FirstName,
    UserField::LastName,
    UserField::Email,
];

/// The texts among them, which a search looks through.
const SEARCHED: &[UserField] = &[
    UserField::Username,
    UserField::Name,
    UserField::FirstName,
    UserField::LastName,
    UserField::Email,
];

/// Which users are wanted, in which order; all that is given must hold. Doors make it of their own languages.
#[derive(Clone, Debug, Default)]
pub struct UserSelection {
    /// Whom this accepts.
    pub filter: Filter<UserField>,
    /// In this organization.
    pub organization: Option<OrganizationId>,
    /// Members of this group.
    pub group: Option<GroupId>,
    /// Deleted users, who can be restored, instead of living ones.
    pub is_deleted: bool,
    /// By what the list is ordered; at the end always by number, upwards unless said otherwise.
    pub order: Vec<OrderBy<UserField>>,
}

/// Whom of the directory a door wants, in a language of its own; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct DirectorySelection {
    /// Whom this accepts. It may ask about numbers, names and addresses only.
    pub filter: Filter<UserField>,
    /// In this organization; system admins see all of them without it.
    pub organization: Option<OrganizationId>,
    /// Members of this group.
    pub group: Option<GroupId>,
    /// By which of these the list is ordered; at the end always by number.
    pub order: Vec<OrderBy<UserField>>,
}

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

    /// Whether the caller may list users of its organization, and not only look into the directory.
    pub fn may_list_users(&self, actor: &Actor) -> bool {
        Self::permit(actor, Operation::ListUsers).is_ok()
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
        self.authorize_list(actor, filter.organization_id).await?;
        let query = query(actor, read_filter(filter)?)?;
        self.page_of_users(&query, &Paging::read(page, name(&query, filter))?).await
    }

    /// Users that a door has a language of its own to ask for; with up to 10,000 on a page.
    ///
    /// # Errors
    /// As [`list_users`](Self::list_users).
    pub async fn select_users(
        &self,
        actor: &Actor,
        selection: UserSelection,
        page: &PageRequest,
    ) -> Result<Page<User>> {
        self.authorize_list(actor, selection.organization).await?;
        let query = query(actor, selection)?;
        let paging = Paging::read_up_to(MAX_SELECTED, page, format!("users:{:?}", query.order))?;
        self.page_of_users(&query, &paging).await
    }

    /// How many users a selection has.
    ///
    /// # Errors
    /// As [`list_users`](Self::list_users).
    pub async fn count_users(&self, actor: &Actor, selection: UserSelection) -> Result<u64> {
        self.authorize_list(actor, selection.organization).await?;
        let query = query(actor, selection)?;
        Ok(self.store().list(async |tx: &mut Tx| tx.count_users(&query).await).await?)
    }

    /// Names and addresses of the people in the caller's organization, by name; a system admin sees all.
    ///
    /// # Errors
    /// `Unauthenticated`; `Invalid` for a search or a page that cannot be.
    pub async fn list_directory(
        &self,
        actor: &Actor,
        filter: &DirectoryFilter,
        page: &PageRequest,
    ) -> Result<Page<DirectoryEntry>> {
        let list = format!("directory:{:?}:{:?}", filter.group_id, filter.search);
        let paging = Paging::read(page, list)?;
        self.authorize(actor, Operation::ListDirectory).await?;
        let query = UserQuery {
            filter: match &filter.search {
                Some(text) => filters::search(SEARCHED.to_vec(), text, Field::Search)?,
                None => Filter::default(),
            },
            organization: organization_of(actor),
            group: filter.group_id,
            order: vec![OrderBy::ascending(UserField::Name)],
            ..UserQuery::default()
        };
        let page = self.page_of_users(&query, &paging).await?;
        Ok(page.map(|user| DirectoryEntry::from(&user)))
    }

    /// The same for doors that have a language of their own to ask in, with up to 10,000 on a page.
    ///
    /// # Errors
    /// As [`list_directory`](Self::list_directory); `Invalid` for a filter or an order that asks about what entries do not
    /// show.
    pub async fn select_directory(
        &self,
        actor: &Actor,
        selection: DirectorySelection,
        page: &PageRequest,
    ) -> Result<Page<DirectoryEntry>> {
        self.authorize(actor, Operation::ListDirectory).await?;
        filters::check(&selection.filter)?;
        if !selection.filter.is_only_about(IN_DIRECTORY) {
            return Err(Error::invalid(Field::Filter, Reason::NotAllowed));
        }
        if !selection.order.iter().all(|step| IN_DIRECTORY.contains(&step.field)) {
            return Err(Error::invalid(Field::OrderBy, Reason::NotAllowed));
        }
        let query = UserQuery {
            filter: selection.filter,
            organization: organization_of(actor).or(selection.organization),
            group: selection.group,
            order: selection.order,
            ..UserQuery::default()
        };
        let list = format!("directory:{:?}", query.order);
        let paging = Paging::read_up_to(MAX_SELECTED, page, list)?;
        let page = self.page_of_users(&query, &paging).await?;
        Ok(page.map(|user| DirectoryEntry::from(&user)))
    }

    /// What everybody may know of one person of its organization.
    ///
    /// # Errors
    /// `Unauthenticated`; `NotFound` for nobody, and for somebody of another organization.
    pub async fn get_directory_entry(
        &self,
        actor: &Actor,
        user: &UserRef,
    ) -> Result<DirectoryEntry> {
        self.authorize(actor, Operation::ListDirectory).await?;
        let own = actor.user_id().map(UserRef::Id);
        let user = match user {
            UserRef::Me => own.as_ref().ok_or(Error::Unauthenticated)?,
            user => user,
        };
        let found = self.store().point_read(async |tx: &mut Tx| tx.find_user(user).await).await?;
        let place = organization_of(actor);
        found
            .filter(|user| user.deleted_at.is_none())
            .filter(|user| place.is_none_or(|place| place == user.organization_id))
            .map(|user| DirectoryEntry::from(&user))
            .ok_or(Error::NotFound(Kind::User))
    }

    async fn authorize_list(
        &self,
        actor: &Actor,
        organization: Option<OrganizationId>,
    ) -> Result<()> {
        match organization {
            Some(organization) => {
                let kind = Kind::Organization;
                self.authorize_in(actor, Operation::ListUsers, organization, kind).await
            }
            None => self.authorize(actor, Operation::ListUsers).await,
        }
    }

    pub(super) async fn page_of_users(
        &self,
        query: &UserQuery,
        paging: &Paging,
    ) -> Result<Page<User>> {
        let (users, total) = self
            .store()
            .list(async |tx: &mut Tx| {
                let users = tx.list_users(query, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_users(query).await?),
                    false => None,
                };
                Ok::<_, Error>((users, total))
            })
            .await?;
        let page = paging.page(users, total, |user| query.mark(user));
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

/// The organization that a list is narrowed to where the caller wants another one: of those that are not its own, nobody
/// but system admins and the server sees anything.
pub(crate) fn narrowed(actor: &Actor, wanted: Option<OrganizationId>) -> Option<OrganizationId> {
    /// An organization that is not there: nobody's own.
    const NOWHERE: OrganizationId = OrganizationId(0);
    match (organization_of(actor), wanted) {
        (Some(own), Some(wanted)) if own != wanted => Some(NOWHERE),
        (Some(own), _) => Some(own),
        (None, wanted) => wanted,
    }
}

/// What the store is asked for: never beyond what the caller may see.
fn query(actor: &Actor, selection: UserSelection) -> Result<UserQuery> {
    filters::check(&selection.filter)?;
    Ok(UserQuery {
        filter: account_of(actor).and(selection.filter),
        organization: selection.organization.or_else(|| organization_of(actor)),
        group: selection.group,
        groups: None,
        feature_flag: None,
        is_deleted: selection.is_deleted,
        order: selection.order,
    })
}

/// Whom an account admin sees: itself and its own people, and where accounts are not kept apart also those who belong to
/// nobody; of these nobody with more rights than its own, whom it may not see one by one, either. Others are narrowed by
/// their organization alone.
fn account_of(actor: &Actor) -> Filter<UserField> {
    let (Some(Role::AccountAdmin), Some(UserId(id))) = (actor.role(), actor.user_id()) else {
        return Filter::default();
    };
    let own = |field| Filter::equals(field, FilterValue::Integer(id));
    let mut seen = vec![own(UserField::Id), own(UserField::ParentId)];
    if !actor.habits().keeps_to_account {
        seen.push(Filter::IsNull { field: UserField::ParentId });
    }
    let stronger = FilterValue::Text(Role::SystemAdmin.as_str().to_owned());
    Filter::Or(seen).and(Filter::Not(Box::new(Filter::equals(UserField::Role, stronger))))
}

/// The name of a list, of which a cursor is good for no other.
fn name(query: &UserQuery, filter: &UserFilter) -> String {
    format!("users:{:?}:{:?}:{:?}", query.order, filter.filter, filter.search)
}

fn read_filter(filter: &UserFilter) -> Result<UserSelection> {
    let mut tree = Filter::default();
    if let Some(statuses) = read_statuses(filter.status.as_deref())? {
        tree = tree.and(Filter::In { field: UserField::Status, values: statuses });
    }
    if let Some(role) = filter.role {
        let role = FilterValue::Text(role.as_str().to_owned());
        tree = tree.and(Filter::equals(UserField::Role, role));
    }
    if let Some(text) = &filter.filter {
        let parsed = cql2::parse(text, &USER_FIELDS);
        tree = tree.and(parsed.map_err(|error| filters::refuse(Field::Filter, &error))?);
    }
    if let Some(text) = &filter.search {
        let fields = UserField::SEARCHED.to_vec();
        tree = tree.and(filters::search(fields, text, Field::Search)?);
    }
    Ok(UserSelection {
        filter: tree,
        organization: filter.organization_id,
        group: filter.group_id,
        is_deleted: filter.deleted.unwrap_or(false),
        order: filters::order(filter.order_by.as_deref(), &USER_FIELDS)?,
    })
}

fn read_statuses(words: Option<&str>) -> Result<Option<Vec<FilterValue>>> {
    let Some(words) = words else { return Ok(None) };
    let read = |word: &str| {
        let status = Status::from_word(word.trim())?;
        Some(FilterValue::Text(status.as_str().to_owned()))
    };
    let statuses: Option<Vec<_>> = words.split(',').map(read).collect();
    statuses.map(Some).ok_or_else(|| {
        let known = Status::ALL.iter().map(|status| status.as_str()).collect();
        Error::invalid(Field::Status, Reason::NotOneOf(known))
    })
}
