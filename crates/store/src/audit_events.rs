//! The audit log. Entries are only ever added.

use jiff::Timestamp;
use roster_model::{AuditEvent, AuditEventId, OrganizationId, Outcome, UserId};
use serde_json::Value;

use crate::sql::{Param, Row};
use crate::{Error, Tx, Window};

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

/// Which entries are wanted; all that is given must hold.
#[derive(Debug, Default)]
pub struct AuditQuery {
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

    /// Entries from the newest on. The mark of an entry is its number.
    pub async fn list_audit_events(
        &mut self,
        query: &AuditQuery,
        window: &Window,
    ) -> Result<Vec<AuditEvent>, Error> {
        let before = window.after.as_ref().map(|mark| AuditEventId(mark.id));
        let reach = window.limit.saturating_add(window.offset);
        let mut rest = String::new();
        let mut params = conditions(query, &mut rest);
        if let Some(before) = &before {
            params.push(before);
            rest.push_str(&format!(" AND id < ${}", params.len()));
        }
        params.push(&window.limit);
        params.push(&window.offset);
        let page = format!("ORDER BY id DESC LIMIT ${} OFFSET ${}", params.len() - 1, params.len());
        let found = match &query.user {
            None => format!("1 = 1{rest}"),
            Some(user) => {
                params.push(user);
                params.push(&reach);
                let (user, reach) = (params.len() - 1, params.len());
                // Each index is walked from its end, no further than the page reaches: with one condition for both, all
                // that ever concerned somebody would be collected and sorted.
                let walk = |column: &str| {
                    format!(
                        "SELECT id FROM (SELECT id FROM audit_events WHERE {column} = ${user}{rest} \
                         ORDER BY id DESC LIMIT ${reach}) AS {column}_walk"
                    )
                };
                format!("id IN ({} UNION {})", walk("actor_id"), walk("user_id"))
            }
        };
        let sql = format!("{SELECT} WHERE {found} {page}");
        self.list(&sql, &params, audit_event).await
    }

    /// How many entries there are.
    pub async fn count_audit_events(&mut self, query: &AuditQuery) -> Result<u64, Error> {
        let mut sql = String::from("SELECT COUNT(*) FROM audit_events WHERE 1 = 1");
        let mut params = conditions(query, &mut sql);
        if let Some(user) = &query.user {
            params.push(user);
            let user = params.len();
            sql.push_str(&format!(" AND (actor_id = ${user} OR user_id = ${user})"));
        }
        self.one(&sql, &params, |row| row.get(0)).await
    }
}

/// All conditions but that about a user.
fn conditions<'q>(query: &'q AuditQuery, sql: &mut String) -> Vec<&'q dyn Param> {
    let mut params: Vec<&dyn Param> = Vec::new();
    if let Some(organization) = &query.organization {
        params.push(organization);
        let n = params.len();
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM users WHERE users.organization_id = ${n} \
             AND users.id IN (audit_events.actor_id, audit_events.user_id))"
        ));
    }
    if let Some(action) = &query.action {
        params.push(action);
        sql.push_str(&format!(" AND action = ${}", params.len()));
    }
    params
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noon, on_both_databases, user, write};
    use crate::{Mark, Store};

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
                let query = AuditQuery { user: Some(ann), ..AuditQuery::default() };
                let mut window = Window { after: None, offset: 0, limit: 2 };
                let mut seen = Vec::new();
                loop {
                    let page = tx.list_audit_events(&query, &window).await?;
                    let Some(last) = page.last() else { break };
                    window.after = Some(Mark::id(last.id.0));
                    seen.extend(page.iter().map(|event| event.id.0));
                }
                assert_eq!(seen, [7, 5, 4, 2, 1]);
                assert_eq!(tx.count_audit_events(&query).await?, 5);
                let window = Window { after: None, offset: 3, limit: 10 };
                let page = tx.list_audit_events(&query, &window).await?;
                assert_eq!(page.iter().map(|event| event.id.0).collect::<Vec<_>>(), [2, 1]);
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
