//! The audit log. Entries are only ever added.

use jiff::Timestamp;
use roster_model::{AuditEvent, AuditField, OrganizationId, Outcome, UserId};
use serde_json::Value;

use crate::filter;
use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Mark, Narrowed, Tx, Window};

/// An entry to be added.
#[derive(Debug)]
pub struct NewAuditEvent<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// What was done.
    pub action: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// The user who did it.
    pub actor_id: Option<UserId>,
    /// The administrator who acted in that user's name.
    pub impersonator_id: Option<UserId>,
    /// By what it was done.
    pub credential: &'a str,
    /// Through which door it came.
    pub door: &'a str,
    /// From where.
    pub address: Option<String>,
    /// The request it belongs to.
    pub request_id: Option<&'a str>,
    /// The user it was done to.
    pub user_id: Option<UserId>,
    /// What else it was done to.
    pub subject: Option<&'a str>,
    /// What changed.
    pub changes: &'a Value,
}

/// Which entries are wanted, in which order; all that is given must hold.
#[derive(Debug, Default)]
pub struct AuditQuery {
    /// What their fields are to hold, and the order.
    pub narrowed: Narrowed<AuditField>,
    /// Done by or to this user.
    pub user: Option<UserId>,
    /// Done by or to somebody who is now in this organization.
    pub organization: Option<OrganizationId>,
    /// Only this action.
    pub action: Option<String>,
}

pub(crate) const SELECT: &str = "SELECT id, at, action, outcome, actor_id, impersonator_id, \
     credential, door, address, request_id, user_id, subject, changes FROM audit_events";

pub(crate) fn audit_event(row: &Row<'_>) -> Result<AuditEvent, Error> {
    let mut columns = row.columns();
    Ok(AuditEvent {
        id: columns.take()?,
        at: columns.take()?,
        action: columns.take()?,
        outcome: columns.take()?,
        actor_id: columns.take()?,
        impersonator_id: columns.take()?,
        credential: columns.take()?,
        door: columns.take()?,
        address: columns.take()?,
        request_id: columns.take()?,
        user_id: columns.take()?,
        subject: columns.take()?,
        changes: columns.take()?,
    })
}

impl Tx {
    /// Adds an entry.
    pub async fn insert_audit_event(&mut self, event: &NewAuditEvent<'_>) -> Result<(), Error> {
        self.execute(
            "INSERT INTO audit_events (at, action, outcome, actor_id, impersonator_id, credential, \
             door, address, request_id, user_id, subject, changes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &event.at,
                &event.action,
                &event.outcome,
                &event.actor_id,
                &event.impersonator_id,
                &event.credential,
                &event.door,
                &event.address,
                &event.request_id,
                &event.user_id,
                &event.subject,
                event.changes,
            ],
        )
        .await?;
        Ok(())
    }

    /// Entries, each with where it stands.
    pub async fn list_audit_events(
        &mut self,
        wanted: &AuditQuery,
        window: &Window,
    ) -> Result<Vec<(AuditEvent, Mark)>, Error> {
        let order = filter::order_of(&wanted.narrowed);
        let mut query = Query::new(self.engine(), SELECT);
        match &wanted.user {
            Some(user) if order.is_newest_first() => {
                // Each index is walked from its end, no further than the page reaches: with one condition for both, all
                // that ever concerned somebody would be collected and sorted.
                query.push(" WHERE id IN (");
                for (number, column) in ["actor_id", "user_id"].into_iter().enumerate() {
                    query.push(if number == 0 {
                        "SELECT id FROM ("
                    } else {
                        " UNION SELECT id FROM ("
                    });
                    query.push_with(
                        &format!("SELECT id FROM audit_events WHERE {column} = ?"),
                        user,
                    );
                    wanted.write_conditions(window, &mut query)?;
                    let reach = window.limit.saturating_add(window.offset);
                    query.push_with(" ORDER BY id DESC LIMIT ?", &reach);
                    query.push(&format!(") AS {column}_walk"));
                }
                query.push(")");
            }
            user => {
                query.push(" WHERE TRUE");
                write_about(user.as_ref(), &mut query);
                wanted.write_conditions(window, &mut query)?;
            }
        }
        filter::write_page(&wanted.narrowed, window, &mut query);
        query
            .list(self, |row| {
                let event = audit_event(row)?;
                let mark = order.mark(&event, event.id.0);
                Ok((event, mark))
            })
            .await
    }

    /// How many entries there are.
    pub async fn count_audit_events(&mut self, wanted: &AuditQuery) -> Result<u64, Error> {
        let mut query = Query::new(self.engine(), "SELECT COUNT(*) FROM audit_events WHERE TRUE");
        write_about(wanted.user.as_ref(), &mut query);
        wanted.write_plain_conditions(&mut query);
        filter::write_condition(&wanted.narrowed, &mut query);
        query.one(self, |row| row.get(0)).await
    }
}

impl AuditQuery {
    /// Adds all conditions but that about a user, and that an entry comes after where the window begins.
    fn write_conditions(&self, window: &Window, query: &mut Query) -> Result<(), Error> {
        self.write_plain_conditions(query);
        filter::write_conditions(&self.narrowed, window, query)
    }

    fn write_plain_conditions(&self, query: &mut Query) {
        if let Some(organization) = &self.organization {
            query.push_with(
                " AND EXISTS (SELECT 1 FROM users WHERE users.organization_id = ? \
                 AND users.id IN (audit_events.actor_id, audit_events.user_id))",
                organization,
            );
        }
        if let Some(action) = &self.action {
            query.push_with(" AND action = ?", action);
        }
    }
}

/// Adds the condition that an entry is about a user.
fn write_about(user: Option<&UserId>, query: &mut Query) {
    if let Some(user) = user {
        query.push_with(" AND (actor_id = ? OR user_id = ?)", user);
    }
}

#[cfg(test)]
mod tests {
    use roster_model::OrderBy;

    use super::*;
    use crate::Store;
    use crate::testing::{noon, on_both_databases, user, write};

    on_both_databases! {
        async fn what_was_done_by_or_to_somebody_is_found_newest_first_page_by_page(store: Store) {
            write(&store, async |tx: &mut Tx| {
                let (ann, bob) = (user(tx, "ann").await?.id, user(tx, "bob").await?.id);
                let (none, changes) = (None, Value::Null);
                let all = [
                    (Some(ann), none), (Some(bob), Some(ann)), (Some(bob), Some(bob)),
                    (Some(ann), Some(ann)), (none, Some(ann)), (none, none), (Some(ann), Some(bob)),
                ];
                for (actor_id, user_id) in all {
                    tx.insert_audit_event(&NewAuditEvent {
                        at: noon(),
                        action: if actor_id.is_some() { "user.updated" } else { "session.refused" },
                        outcome: Outcome::Success,
                        actor_id,
                        impersonator_id: None,
                        credential: "session",
                        door: "native",
                        address: None,
                        request_id: None,
                        user_id,
                        subject: None,
                        changes: &changes,
                    })
                    .await?;
                }
                let order = vec![OrderBy::descending(AuditField::Id)];
                let narrowed = Narrowed { order, ..Narrowed::default() };
                let query = AuditQuery { user: Some(ann), narrowed, ..AuditQuery::default() };
                let mut window = Window { after: None, offset: 0, limit: 2 };
                let mut seen = Vec::new();
                loop {
                    let page = tx.list_audit_events(&query, &window).await?;
                    let Some((_, last)) = page.last() else { break };
                    window.after = Some(last.clone());
                    seen.extend(page.iter().map(|(event, _)| event.id.0));
                }
                assert_eq!(seen, [7, 5, 4, 2, 1]);
                assert_eq!(tx.count_audit_events(&query).await?, 5);
                let window = Window { after: None, offset: 3, limit: 10 };
                let page = tx.list_audit_events(&query, &window).await?;
                assert_eq!(page.iter().map(|(event, _)| event.id.0).collect::<Vec<_>>(), [2, 1]);
                let action = Some("session.refused".to_owned());
                let query = AuditQuery { action, ..query };
                let window = Window { after: None, offset: 0, limit: 10 };
                assert_eq!(tx.list_audit_events(&query, &window).await?.len(), 1);
                Ok(())
            })
            .await;
        }
    }
}
