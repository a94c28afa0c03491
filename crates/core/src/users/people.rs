//! People as colleagues see each other (contract of the Civis door, sections 5 to 7). However long a list is, it takes
//! the same number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use roster_model::{
    AccountFilter, DirectoryEntry, Field, Filter, FilterValue, GroupEntry, GroupId, GroupRole,
    OrderBy, Organization, OrganizationId, Page, PageRequest, PeopleFilter, PermissionLevel,
    Person, PersonOrganization, Reason, Status, User, UserField, UserId, UserRef,
};
use roster_store::{Tx, UserQuery};
use serde_json::Map;

use super::list::{narrowed, organization_of};
use crate::{
    Actor, Core, Error, Kind, Result, authorize::Grants, authz::Operation, feature_flags::Having,
    filters, paging::Paging,
};

/// How many people a door gets at once at most.
const MAX_PEOPLE: u32 = 10_000;
/// How many groups a list can be narrowed to at once.
const MAX_GROUPS: usize = 1000;
/// What a search looks through.
const SEARCHED: &[UserField] = &[UserField::Username, UserField::Name, UserField::Email];

impl Core {
    /// One of the people in the caller's organization.
    ///
    /// # Errors
    /// `NotFound` for nobody, and for people of another organization.
    pub async fn get_person(&self, actor: &Actor, user: &UserRef) -> Result<Person> {
        self.authorize(actor, Operation::ReadPeople).await?;
        let user = match (user, actor.user_id()) {
            (UserRef::Me, Some(caller)) => UserRef::Id(caller),
            (user, _) => user.clone(),
        };
        let own = organization_of(actor);
        let people = self
            .store()
            .scan(async |tx: &mut Tx| {
                let found = tx.find_user(&user).await?;
                let found = found
                    .filter(|found| found.deleted_at.is_none())
                    .filter(|found| own.is_none_or(|own| own == found.organization_id))
                    .ok_or(Error::NotFound(Kind::User))?;
                self.as_people(tx, actor, vec![found], true).await
            })
            .await?;
        people.into_iter().next().ok_or(Error::NotFound(Kind::User))
    }

    /// The people in the caller's organization; of every organization for a system admin. Of another organization than
    /// its own, nobody else sees anybody.
    ///
    /// # Errors
    /// `Invalid` for a filter or a page that cannot be.
    pub async fn list_people(
        &self,
        actor: &Actor,
        filter: &PeopleFilter,
        page: &PageRequest,
    ) -> Result<Page<Person>> {
        self.authorize(actor, Operation::ReadPeople).await?;
        let mut query = read_filter(actor, filter)?;
        let paging = Paging::read_up_to(MAX_PEOPLE, page, format!("people:{filter:?}"))?;
        if let Some(name) = &filter.feature_flag {
            match self.find_having(name).await? {
                Having::Nobody => return Ok(paging.empty()),
                Having::Everybody => {}
                Having::Some(flag) => query.feature_flag = Some(flag),
            }
        }
        let users = self.page_of_users(&query, &paging).await?;
        let with_groups = filter.exclude_groups != Some(true);
        let items = self
            .store()
            .scan(async |tx: &mut Tx| {
                self.as_people(tx, actor, users.items.clone(), with_groups).await
            })
            .await?;
        Ok(Page { items, next: users.next, total: users.total })
    }

    /// Those who administer the caller's organization and may sign in, by number.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn list_organization_admins(&self, actor: &Actor) -> Result<Vec<DirectoryEntry>> {
        self.authorize(actor, Operation::ListDirectory).await?;
        let credential = actor.credential().ok_or(Error::Unauthenticated)?;
        let organization = credential.user.organization_id;
        let admins = self
            .store()
            .scan(async |tx: &mut Tx| tx.list_administrators(organization).await)
            .await?;
        Ok(admins.iter().map(DirectoryEntry::from).collect())
    }

    async fn as_people(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        users: Vec<User>,
        with_groups: bool,
    ) -> Result<Vec<Person>> {
        let numbers: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let around = Around {
            groups: if with_groups { groups_of(tx, &numbers).await? } else { HashMap::new() },
            organizations: organizations_of(tx, &users).await?,
            time_zones: time_zones_of(tx, &users).await?,
            sessions: tx.list_session_starts(&numbers, self.now()).await?.into_iter().collect(),
            standing: Standing::read(tx, actor, &users).await?,
        };
        let people = users.into_iter().map(|mut user| {
            self.usage().add_to_user(&mut user);
            around.person(actor, user, &self.settings().time_zone)
        });
        people.collect()
    }
}

/// What stands around the users of a page.
struct Around {
    groups: HashMap<UserId, Vec<GroupEntry>>,
    organizations: BTreeMap<OrganizationId, Organization>,
    time_zones: HashMap<GroupId, String>,
    sessions: HashMap<UserId, jiff::Timestamp>,
    standing: Standing,
}

impl Around {
    fn person(&self, actor: &Actor, mut user: User, server_zone: &str) -> Result<Person> {
        let organization = self.organizations.get(&user.organization_id);
        let organization = organization.ok_or_else(|| Error::internal("no such organization"))?;
        let permission = self.standing.level(actor, &user);
        if permission == PermissionLevel::Read {
            withhold(&mut user);
        }
        user.preferences = Map::new();
        let groups = self.groups.get(&user.id).cloned().unwrap_or_default();
        let settings = &organization.settings;
        let zone = user.profile.time_zone.as_ref();
        let zone = zone.or_else(|| self.time_zones.get(&user.primary_group_id));
        Ok(Person {
            roles: roles_of(&user, &groups),
            groups,
            organization: PersonOrganization {
                name: organization.name.clone(),
                slug: organization.slug.clone(),
                login_type: settings.login_type,
                sso_disable_capable: settings.sso_disable_capable,
                sms_otp_disabled: settings.sms_otp_disabled,
                default_theme_id: organization.default_theme_id,
            },
            account_state: user.account_state(),
            effective_time_zone: zone.map_or(server_zone, String::as_str).to_owned(),
            session_began_at: self.sessions.get(&user.id).copied(),
            is_sms_otp_allowed: !settings.sms_otp_disabled
                || user.flags.exempt_from_org_sms_otp_disabled,
            permission,
            user,
        })
    }
}

/// How the caller stands to the users of a page.
struct Standing {
    grants: Grants,
    manage_more: HashSet<UserId>,
}

impl Standing {
    async fn read(tx: &mut Tx, actor: &Actor, users: &[User]) -> Result<Self> {
        let Some(caller) = actor.user_id() else {
            return Ok(Self { grants: Grants::new(Vec::new()), manage_more: HashSet::new() });
        };
        let grants = Grants::new(tx.list_grants(caller).await?);
        let candidates: Vec<_> = users
            .iter()
            .filter(|user| grants.is_candidate(actor, user))
            .map(|user| user.id)
            .collect();
        let manage_more = tx.list_users_managing_more(caller, &candidates).await?;
        Ok(Self { grants, manage_more: manage_more.into_iter().collect() })
    }

    fn level(&self, actor: &Actor, user: &User) -> PermissionLevel {
        self.grants.level_on_user(actor, user, self.manage_more.contains(&user.id))
    }
}

/// Takes away what is nobody's business but the user's and that of those who manage it (threat T03).
fn withhold(user: &mut User) {
    user.phone = None;
    user.phone_verified_at = None;
    user.unconfirmed_email = None;
    user.plan_id = None;
    user.plan_expires_at = None;
    user.is_mfa_active = false;
    user.password_changed_at = None;
    user.password_expires_at = None;
}

/// The roles that a user has, each once.
fn roles_of(user: &User, groups: &[GroupEntry]) -> Vec<GroupRole> {
    let has = |role: &GroupRole| {
        groups.iter().any(|group| group.roles.contains(role))
            || (*role == GroupRole::OrganizationAdmin && user.role.is_administrator())
    };
    GroupRole::ALL.iter().copied().filter(has).collect()
}

async fn groups_of(tx: &mut Tx, users: &[UserId]) -> Result<HashMap<UserId, Vec<GroupEntry>>> {
    let mut groups: HashMap<_, Vec<_>> = HashMap::new();
    for (user, group) in tx.list_groups_of_users(users).await? {
        groups.entry(user).or_default().push(group);
    }
    Ok(groups)
}

async fn organizations_of(
    tx: &mut Tx,
    users: &[User],
) -> Result<BTreeMap<OrganizationId, Organization>> {
    let numbers: BTreeSet<_> = users.iter().map(|user| user.organization_id).collect();
    let numbers: Vec<_> = numbers.into_iter().collect();
    let found = tx.find_organizations(&numbers).await?;
    Ok(found.into_iter().map(|organization| (organization.id, organization)).collect())
}

async fn time_zones_of(tx: &mut Tx, users: &[User]) -> Result<HashMap<GroupId, String>> {
    let homes: BTreeSet<_> = users
        .iter()
        .filter(|user| user.profile.time_zone.is_none())
        .map(|user| user.primary_group_id)
        .collect();
    let homes: Vec<_> = homes.into_iter().collect();
    Ok(tx.list_default_time_zones(&homes).await?.into_iter().collect())
}

fn read_filter(actor: &Actor, filter: &PeopleFilter) -> Result<UserQuery> {
    let words = |statuses: &[Status]| {
        statuses.iter().map(|status| FilterValue::Text(status.as_str().to_owned())).collect()
    };
    let mut tree = Filter::default();
    let statuses: Option<&[Status]> = match filter.account.unwrap_or(AccountFilter::Active) {
        AccountFilter::Active => Some(&[Status::New, Status::Active, Status::Suspended]),
        AccountFilter::Inactive => Some(&[Status::Pending, Status::Disabled]),
        AccountFilter::All => None,
    };
    if let Some(statuses) = statuses {
        tree = tree.and(Filter::In { field: UserField::Status, values: words(statuses) });
    }
    if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
        let mut found = filters::search(SEARCHED.to_vec(), text, Field::Search)?;
        if let Ok(id) = text.trim().parse() {
            let is_number = Filter::equals(UserField::Id, FilterValue::Integer(id));
            found = Filter::Or(vec![found, is_number]);
        }
        tree = tree.and(found);
    }
    filters::check(&tree)?;
    if filter.group_id.is_some() && filter.group_ids.is_some() {
        let sentence = "stands for one group or several; give one or the other".to_owned();
        return Err(Error::invalid(Field::GroupIds, Reason::Other(sentence)));
    }
    let organization = narrowed(actor, filter.organization_id);
    Ok(UserQuery {
        filter: tree,
        organization,
        group: filter.group_id,
        groups: filter.group_ids.as_deref().map(read_groups).transpose()?,
        feature_flag: None,
        is_deleted: false,
        order: read_order(filter.order_by.as_deref())?,
    })
}

fn read_groups(words: &str) -> Result<Vec<GroupId>> {
    let words = words.split(',').filter(|word| !word.trim().is_empty());
    filters::numbers(Field::GroupIds, "groups", words, MAX_GROUPS)
}

fn read_order(order: Option<&str>) -> Result<Vec<OrderBy<UserField>>> {
    let (field, is_descending) = match order.unwrap_or("name") {
        "name" => (UserField::Name, false),
        "-name" => (UserField::Name, true),
        "username" => (UserField::Username, false),
        "-username" => (UserField::Username, true),
        _ => {
            let known = vec!["name", "username", "-name", "-username"];
            return Err(Error::invalid(Field::OrderBy, Reason::NotOneOf(known)));
        }
    };
    let step = |field| OrderBy { field, is_descending, shown: None };
    Ok(vec![step(field), step(UserField::Id)])
}
