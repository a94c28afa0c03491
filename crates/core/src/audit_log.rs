//! Reading the audit log: a system admin all of it, an account admin what concerns its organization, anybody what
//! concerns oneself.

use roster_model::{AUDIT_FIELDS, AuditEvent, AuditField, AuditFilter, Page, PageRequest, UserRef};
use roster_store::{AuditQuery, Mark, Tx};

use crate::{
    Actor, Core, Error, Result, authz::Operation, filters, paging::Paging, users::organization_of,
};

impl Core {
    /// The audit log, newest first unless asked otherwise.
    ///
    /// # Errors
    /// `NotFound` for a user that the caller may not know of; `Invalid` for a filter, order or page that
    /// cannot be.
    pub async fn list_audit_events(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>> {
        let operation = Operation::ReadAudit;
        let mut query = AuditQuery::default();
        match &filter.user {
            Some(user) => {
                let user = self.authorize_on(actor, operation, &UserRef::parse(user)).await?;
                query.user = Some(user.id);
            }
            None if !actor.is_ordinary() => {
                self.authorize(actor, operation).await?;
                query.organization = organization_of(actor);
            }
            None => query.user = Some(self.authorize_on(actor, operation, &UserRef::Me).await?.id),
        }
        query.narrowed = filters::narrow(&filter.list(), &AUDIT_FIELDS, AuditField::SEARCHED)?;
        filters::newest_first(&mut query.narrowed);
        // No action has such a name, and PostgreSQL does not take it even in a question.
        query.action = filter.action.clone().filter(|action| !action.contains('\0'));
        let list = format!("audit:{:?}:{:?}:{:?}", query.user, query.action, filter.list());
        let paging = Paging::read(page, list)?;
        if filter.action.is_some() && query.action.is_none() {
            return Ok(paging.page(Vec::new(), paging.wants_total().then_some(0), |_| Mark::id(0)));
        }
        let (rows, total) = self
            .store()
            // Counting, or looking for a rare action, may take long.
            .list(async |tx: &mut Tx| {
                let rows = tx.list_audit_events(&query, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_audit_events(&query).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |(_, mark)| mark.clone()).map(|(event, _)| event))
    }
}
