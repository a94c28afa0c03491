//! Lists of users. A walk over an index picks the page's numbers, and only those rows are read whole, so that passing
//! over rows costs an index entry each.

use roster_model::{Filter, GroupId, OrderBy, OrganizationId, User, UserField};

use super::{user, user_columns};
use crate::filter::{self, Order};
use crate::query::Query;
use crate::{Error, Mark, Tx, Window};

/// Which users are wanted, in which order; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Whom this accepts.
    pub filter: Filter<UserField>,
    /// In this organization.
    pub organization: Option<OrganizationId>,
    /// Members of this group.
    pub group: Option<GroupId>,
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
        if self.filter != Filter::default() {
            query.push(" AND ");
            filter::write(&self.filter, query);
        }
    }
}

impl Tx {
    /// Users in the query's order.
    pub async fn list_users(
        &mut self,
        wanted: &UserQuery,
        window: &Window,
    ) -> Result<Vec<User>, Error> {
        let order = Order::new(&wanted.order);
        let mut query = Query::new(
            self.engine(),
            concat!("SELECT ", user_columns!(), " FROM (SELECT users.id AS page_id"),
        );
        order.write_columns(&mut query);
        query.push(" FROM users");
        wanted.write_conditions(&order, &mut query);
        if let Some(mark) = &window.after
            && !order.write_after(mark, &mut query)
        {
            return Err(Error::internal("a mark of another order"));
        }
        order.write(&mut query);
        query.push_with(" LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        query.push(") AS page JOIN users ON users.id = page.page_id");
        order.write_of_page(&mut query);
        query.list(self, user).await
    }

    /// How many users there are.
    pub async fn count_users(&mut self, wanted: &UserQuery) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM users");
        wanted.write_conditions(&Order::new(&[]), &mut query);
        query.one(self, |row| row.get(0)).await
    }
}
