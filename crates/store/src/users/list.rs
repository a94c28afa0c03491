//! Lists of users. Each is one statement: a walk over an index picks the page's numbers, and only
//! those rows are read whole, so that passing over rows costs an index entry each.

use roster_model::{GroupId, OrganizationId, Role, Status, User};

use super::{user, user_columns};
use crate::sql::Param;
use crate::{Error, Mark, MarkKey, Tx, Window};

/// Which users are wanted; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Any of these; empty: whatever the status.
    pub statuses: Vec<Status>,
    /// This role.
    pub role: Option<Role>,
    /// In this organization.
    pub organization: Option<OrganizationId>,
    /// Members of this group.
    pub group: Option<GroupId>,
    /// Deleted users (not yet purged) instead of living ones.
    pub is_deleted: bool,
    /// By what the list is ordered.
    pub order: UserOrder,
    /// From the last to the first.
    pub is_descending: bool,
}

/// By what a list of users is ordered; the number decides among equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// The number.
    #[default]
    Id,
    /// The username, folded.
    Username,
    /// Given and family name, folded.
    Name,
    /// The address, folded.
    Email,
    /// When it was made.
    CreatedAt,
}

impl UserOrder {
    fn column(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Username => "username_key",
            Self::Name => "name_key",
            Self::Email => "email_key",
            Self::CreatedAt => "created_at",
        }
    }

    /// Where `user` stands in this order.
    pub fn mark(self, user: &User) -> Mark {
        let fold = |text: &str| MarkKey::Text(roster_model::fold(text).as_str().to_owned());
        let key = match self {
            Self::Id => None,
            Self::Username => Some(fold(&user.username)),
            Self::Name => Some(fold(&user.name())),
            Self::Email => Some(fold(&user.email)),
            Self::CreatedAt => Some(MarkKey::Number(user.created_at.as_microsecond())),
        };
        Mark { key, id: user.id.0 }
    }
}

/// SQL under construction, with its values.
struct Query<'q> {
    sql: String,
    params: Vec<&'q dyn Param>,
}

impl<'q> Query<'q> {
    /// Adds text in which `?` stands for the value.
    fn push(&mut self, sql: &str, value: &'q dyn Param) {
        self.params.push(value);
        self.sql.push_str(&sql.replace('?', &format!("${}", self.params.len())));
    }

    fn conditions(&mut self, query: &'q UserQuery) {
        self.sql.push_str(if query.is_deleted {
            " WHERE deleted_at IS NOT NULL AND purged_at IS NULL"
        } else {
            " WHERE deleted_at IS NULL"
        });
        for (number, status) in query.statuses.iter().enumerate() {
            self.push(if number == 0 { " AND status IN (?" } else { ", ?" }, status);
        }
        if !query.statuses.is_empty() {
            self.sql.push(')');
        }
        if let Some(role) = &query.role {
            self.push(" AND role = ?", role);
        }
        if let Some(organization) = &query.organization {
            // In any other order the walk must follow that order's index: the plus keeps both
            // databases from collecting the whole organization and sorting it.
            let by_id = query.order == UserOrder::Id;
            let condition =
                if by_id { " AND organization_id = ?" } else { " AND +organization_id = ?" };
            self.push(condition, organization);
        }
        if let Some(group) = &query.group {
            self.push(
                " AND EXISTS (SELECT 1 FROM memberships \
                 WHERE memberships.group_id = ? AND memberships.user_id = users.id)",
                group,
            );
        }
    }
}

impl Tx {
    /// Users in the query's order.
    pub async fn list_users(
        &mut self,
        query: &UserQuery,
        window: &Window,
    ) -> Result<Vec<User>, Error> {
        let column = query.order.column();
        let (beyond, direction) = if query.is_descending { ("<", " DESC") } else { (">", "") };
        let mut page = Query {
            sql: format!(
                "SELECT {} FROM (SELECT id AS page_id, {column} AS page_key FROM users",
                user_columns!()
            ),
            params: Vec::new(),
        };
        page.conditions(query);
        if let Some(Mark { key, id }) = &window.after {
            match key {
                None => page.push(&format!(" AND id {beyond} ?"), id),
                Some(MarkKey::Text(key)) => {
                    page.push(&format!(" AND ({column}, id) {beyond} (?"), key);
                    page.push(", ?)", id);
                }
                Some(MarkKey::Number(key)) => {
                    page.push(&format!(" AND ({column}, id) {beyond} (?"), key);
                    page.push(", ?)", id);
                }
            }
        }
        page.sql.push_str(&match query.order {
            UserOrder::Id => format!(" ORDER BY id{direction}"),
            _ => format!(" ORDER BY {column}{direction}, id{direction}"),
        });
        page.push(" LIMIT ?", &window.limit);
        page.push(" OFFSET ?", &window.offset);
        page.sql.push_str(&format!(
            ") AS page JOIN users ON users.id = page.page_id \
             ORDER BY page.page_key{direction}, page.page_id{direction}"
        ));
        self.list(&page.sql, &page.params, user).await
    }

    /// How many users there are.
    pub async fn count_users(&mut self, query: &UserQuery) -> Result<u64, Error> {
        let mut count = Query { sql: "SELECT COUNT(*) FROM users".to_owned(), params: Vec::new() };
        count.conditions(query);
        self.one(&count.sql, &count.params, |row| row.get(0)).await
    }
}
