//! Lists of users. A walk over an index picks the page's numbers, and only those rows are read whole, so that passing
//! over rows costs an index entry each.

use roster_model::{
    Comparison, FeatureFlagId, Filter, FilterValue, GroupId, OrderBy, OrganizationId, User,
    UserField,
};

use super::by_name::{Bounds, ByName, MOST_ROWS};
use super::{user, user_columns};
use crate::feature_flags;
use crate::filter::{self, Order};
use crate::query::Query;
use crate::search::{self, Candidates, Hits, Plan, Request};
use crate::sql::Engine;
use crate::{Error, Mark, Tx, Window};

/// The fields in whose order an index has all living users.
const WALKED: &[UserField] =
    &[UserField::Id, UserField::Username, UserField::Email, UserField::Name, UserField::CreatedAt];

/// Which users are wanted, in which order; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Whom this accepts.
    pub filter: Filter<UserField>,
    /// In this organization.
    pub organization: Option<OrganizationId>,
    /// Members of this group.
    pub group: Option<GroupId>,
    /// Members of any of these groups.
    pub groups: Option<Vec<GroupId>>,
    /// Who have this feature flag, which is not on for everybody.
    pub feature_flag: Option<FeatureFlagId>,
    /// Deleted users (not yet purged) instead of living ones.
    pub is_deleted: bool,
    /// By what the list is ordered; at the end always by number.
    pub order: Vec<OrderBy<UserField>>,
}

impl UserQuery {
    /// Where `user` stands in the list.
    pub fn mark(&self, user: &User) -> Mark {
        Order::new(&self.order).mark(user, user.id.0)
    }

    fn write_conditions(&self, order: &Order<UserField>, query: &mut Query) {
        query.push(if self.is_deleted {
            " WHERE users.deleted_at IS NOT NULL AND users.purged_at IS NULL"
        } else {
            " WHERE users.deleted_at IS NULL"
        });
        if let Some(organization) = &self.organization {
            // In any other order the walk must follow that order's index: the plus keeps both
            // databases from collecting the whole organization and sorting it.
            let plus = if order.leader() == UserField::Id { "" } else { "+" };
            query.push_with(&format!(" AND {plus}users.organization_id = ?"), organization);
        }
        if let Some(group) = &self.group {
            query.push_with(
                " AND EXISTS (SELECT 1 FROM memberships \
                 WHERE memberships.group_id = ? AND memberships.user_id = users.id)",
                group,
            );
        }
        if let Some(groups) = &self.groups {
            if groups.is_empty() {
                query.push(" AND FALSE");
            } else {
                query.push(
                    " AND EXISTS (SELECT 1 FROM memberships \
                     WHERE memberships.user_id = users.id AND memberships.group_id IN (",
                );
                query.push_list(groups);
                query.push("))");
            }
        }
        if let Some(flag) = self.feature_flag {
            feature_flags::write_having(flag, query);
        }
        if self.filter != Filter::default() {
            query.push(" AND ");
            filter::write(&self.filter, query);
        }
    }
}

/// How the rows of a page are come by.
#[derive(Clone, Copy)]
pub(crate) enum Way<'w> {
    /// Those among these, sorted.
    Fetch(&'w Candidates),
    /// In the list's order, or as the database thinks best.
    Walk {
        /// Only those among these.
        these: Option<&'w Candidates>,
        /// No further than this.
        until: Option<&'w Mark>,
    },
}

impl Tx {
    /// Users in the query's order.
    pub async fn list_users(
        &mut self,
        wanted: &UserQuery,
        window: &Window,
    ) -> Result<Vec<User>, Error> {
        self.list_users_within(wanted, window, Bounds::USUAL).await
    }

    /// The same, whatever is done at once.
    pub(crate) async fn list_users_within(
        &mut self,
        wanted: &UserQuery,
        window: &Window,
        bounds: Bounds,
    ) -> Result<Vec<User>, Error> {
        let order = Order::new(&wanted.order);
        let Some(hits) = self.look_up_users(wanted).await? else {
            return self
                .page_of_users(wanted, window, Way::Walk { these: None, until: None })
                .await;
        };
        let rows = window.offset.saturating_add(window.limit);
        if !order.is_by(UserField::Name) || rows > MOST_ROWS {
            return self.list_planned(wanted, &order, window, hits).await;
        }
        let mut list = ByName {
            wanted,
            candidates: &hits.candidates,
            are_plentiful: hits.are_plentiful(),
            is_descending: order.is_descending(),
            is_walkable: order.is_walkable(WALKED),
            bounds,
            rest: Window { after: window.after.clone(), offset: 0, limit: rows },
            users: Vec::new(),
        };
        let is_all = list.read(self).await?;
        let ByName { rest, mut users, .. } = list;
        if !is_all {
            users.extend(self.list_planned(wanted, &order, &rest, hits).await?);
        }
        let passed = users.len().min(usize::try_from(window.offset).unwrap_or(usize::MAX));
        users.drain(..passed);
        Ok(users)
    }

    /// Users in any order, by the way that is likely to be the quickest.
    async fn list_planned(
        &mut self,
        wanted: &UserQuery,
        order: &Order<UserField>,
        window: &Window,
        hits: Hits,
    ) -> Result<Vec<User>, Error> {
        let rows = Some(window.offset.saturating_add(window.limit) as f64);
        let request = Request { rows, is_walkable: order.is_walkable(WALKED), few: search::FEW };
        let walk = match search::plan(self, hits, &request).await? {
            Plan::Scan => {
                let way = Way::Walk { these: None, until: None };
                return self.page_of_users(wanted, window, way).await;
            }
            Plan::Fetch(these) => {
                return self.page_of_users(wanted, window, Way::Fetch(&these)).await;
            }
            Plan::Walk(walk) => walk,
        };
        let end = self.find_end(order, window, walk.most).await?;
        let these = Some(&walk.candidates).filter(|_| !walk.reads);
        let way = Way::Walk { these, until: end.as_ref() };
        let page = self.page_of_users(wanted, window, way).await?;
        if end.is_none() || page.len() as i64 == window.limit {
            return Ok(page);
        }
        let way = match walk.is_fetched_then {
            true => Way::Fetch(&walk.candidates),
            false => Way::Walk { these: Some(&walk.candidates), until: None },
        };
        self.page_of_users(wanted, window, way).await
    }

    /// How many users there are. The number of all, or of all in an organization, is kept for each status; others are
    /// counted.
    pub async fn count_users(&mut self, wanted: &UserQuery) -> Result<u64, Error> {
        let is_whole =
            wanted.group.is_none() && wanted.groups.is_none() && wanted.feature_flag.is_none();
        if !wanted.is_deleted && is_whole {
            if wanted.filter == Filter::default() {
                return self.kept_count(wanted.organization, None).await;
            }
            if let Some(statuses) = only_statuses(&wanted.filter) {
                return self.kept_count(wanted.organization, Some(&statuses)).await;
            }
        }
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM users");
        wanted.write_conditions(&Order::new(&[]), &mut query);
        if let Some(hits) = self.look_up_users(wanted).await? {
            let request = Request { rows: None, is_walkable: false, few: search::FEW };
            if let Plan::Fetch(these) = search::plan(self, hits, &request).await? {
                write_among(&these, &mut query);
            }
        }
        query.one(self, |row| row.get(0)).await
    }

    /// What the index says of who may be found; nothing if it is of no help.
    async fn look_up_users(&mut self, wanted: &UserQuery) -> Result<Option<Hits>, Error> {
        let needles = search::needles(&wanted.filter);
        // Of users in the bin there are few.
        if needles.is_empty() || wanted.is_deleted {
            return Ok(None);
        }
        search::look_up(self, &needles).await
    }

    /// A page, come by in one way or another: all find the same.
    pub(crate) async fn page_of_users(
        &mut self,
        wanted: &UserQuery,
        window: &Window,
        way: Way<'_>,
    ) -> Result<Vec<User>, Error> {
        let order = Order::new(&wanted.order);
        let select = concat!("SELECT ", user_columns!(), " FROM (SELECT users.id AS page_id");
        let mut query = Query::new(self.engine(), select);
        order.write_columns(&mut query);
        query.push(" FROM users");
        wanted.write_conditions(&order, &mut query);
        if let Some(mark) = &window.after
            && !order.write_after(mark, &mut query)
        {
            return Err(Error::internal("a mark of another order"));
        }
        match way {
            Way::Fetch(these) => write_among(these, &mut query),
            Way::Walk { these, until } => {
                if let Some(these) = these {
                    // Said like this, neither database begins with the candidates.
                    query.push(" AND (users.id IN (");
                    these.write(&mut query);
                    query.push(")) IS TRUE");
                }
                if let Some(end) = until {
                    order.write_until(end, &mut query);
                }
            }
        }
        order.write(&mut query, matches!(way, Way::Fetch(_)));
        query.push_with(" LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        query.push(") AS page JOIN users ON users.id = page.page_id");
        order.write_of_page(&mut query);
        query.list(self, user).await
    }

    /// Where the walk stands after `most` users; nowhere if there are no more than that.
    pub(super) async fn find_end(
        &mut self,
        order: &Order<UserField>,
        window: &Window,
        most: i64,
    ) -> Result<Option<Mark>, Error> {
        let mut query = Query::new(self.engine(), "SELECT users.id");
        order.write_columns(&mut query);
        query.push(" FROM users WHERE users.deleted_at IS NULL");
        if let Some(mark) = &window.after {
            order.write_after(mark, &mut query);
        }
        order.write(&mut query, false);
        query.push_with(" LIMIT 1 OFFSET ?", &most);
        let found = query.list(self, |row| order.read_mark(row)).await?;
        Ok(found.into_iter().next())
    }
}

/// The statuses, if a filter asks for these and nothing else.
fn only_statuses(filter: &Filter<UserField>) -> Option<Vec<&str>> {
    let values = match filter {
        Filter::In { field: UserField::Status, values } if !values.is_empty() => &values[..],
        Filter::Compare { field: UserField::Status, comparison: Comparison::Equal, value } => {
            std::slice::from_ref(value)
        }
        _ => return None,
    };
    let words = values.iter().map(|value| match value {
        FilterValue::Text(word) => Some(word.as_str()),
        _ => None,
    });
    words.collect()
}

/// Adds that users are among these; both databases begin with them.
fn write_among(these: &Candidates, query: &mut Query) {
    let (open, close) = match query.engine() {
        Engine::Sqlite => (" AND users.id IN (", ")"),
        Engine::Postgres => (" AND users.id = ANY(ARRAY(", "))"),
    };
    query.push(open);
    these.write(query);
    query.push(close);
}
