//! What people own on the platform, and what they did in Roster.

use roster_model::{
    AuditEvent, ObjectId, ObjectType, OrganizationId, Outcome, RegisteredObject, RunState, UserId,
};

use crate::query::Query;
use crate::sql::Row;
use crate::{Error, Tx, Window, audit_events};

macro_rules! select_object {
    ($rest:literal) => {
        concat!(
            "SELECT objects.object_type, objects.object_id, objects.name, objects.author_id, \
             objects.state, objects.category, objects.last_run_id, objects.last_run_state, \
             objects.last_run_at, objects.next_run_at, objects.updated_at, objects.registered_at, \
             objects.id FROM objects JOIN users ON users.id = objects.author_id ",
            $rest
        )
    };
}

fn object(row: &Row<'_>) -> Result<RegisteredObject, Error> {
    let mut columns = row.columns();
    Ok(RegisteredObject {
        object_type: columns.take()?,
        object_id: columns.take()?,
        name: columns.take()?,
        author_id: columns.take()?,
        state: columns.take()?,
        category: columns.take()?,
        last_run_id: columns.take()?,
        last_run_state: columns.take()?,
        last_run_at: columns.take()?,
        next_run_at: columns.take()?,
        updated_at: columns.take()?,
        registered_at: columns.take()?,
    })
}

/// Which objects are wanted; all that is given must hold.
#[derive(Debug, Default)]
pub struct ObjectQuery {
    /// Those of this user.
    pub author: Option<UserId>,
    /// Those whose author is in this organization.
    pub organization: Option<OrganizationId>,
    /// Those of the people of this account admin, and of such as belong to nobody; never of system admins.
    pub account: Option<UserId>,
    /// Those of this kind.
    pub object_type: Option<ObjectType>,
}

impl ObjectQuery {
    fn narrow(&self, query: &mut Query) {
        query.push("WHERE 1 = 1");
        if let Some(author) = &self.author {
            query.push_with(" AND objects.author_id = ?", author);
        }
        if let Some(organization) = &self.organization {
            query.push_with(" AND users.organization_id = ?", organization);
        }
        if let Some(admin) = &self.account {
            let admin = query.bind(admin);
            query.push(&format!(
                " AND users.role <> 'system_admin' AND (users.id = {admin} \
                 OR users.parent_id = {admin} OR users.parent_id IS NULL)"
            ));
        }
        if let Some(object_type) = &self.object_type {
            query.push_with(" AND objects.object_type = ?", object_type);
        }
    }
}

impl Tx {
    /// The object that the platform calls so.
    pub async fn find_object(
        &mut self,
        object_type: ObjectType,
        object_id: ObjectId,
    ) -> Result<Option<RegisteredObject>, Error> {
        let sql = select_object!("WHERE objects.object_type = $1 AND objects.object_id = $2");
        self.find(sql, &[&object_type, &object_id], object).await
    }

    /// Objects in the order in which they were registered, each with the number that is its mark.
    pub async fn list_objects(
        &mut self,
        wanted: &ObjectQuery,
        window: &Window,
    ) -> Result<Vec<(i64, RegisteredObject)>, Error> {
        let mut query = Query::new(self.engine(), select_object!(""));
        wanted.narrow(&mut query);
        query.push_with(" AND objects.id > ?", &window.after_id());
        query.push_with(" ORDER BY objects.id LIMIT ?", &window.limit);
        query.push_with(" OFFSET ?", &window.offset);
        query.list(self, |row| Ok((row.get(12)?, object(row)?))).await
    }

    /// How many objects there are.
    pub async fn count_objects(&mut self, wanted: &ObjectQuery) -> Result<u64, Error> {
        let sql = "SELECT COUNT(*) FROM objects JOIN users ON users.id = objects.author_id ";
        let mut query = Query::new(self.engine(), sql);
        wanted.narrow(&mut query);
        query.one(self, |row| row.get(0)).await
    }

    /// A user's objects, the last changed first.
    pub async fn list_latest_objects(
        &mut self,
        author: UserId,
        state: Option<RunState>,
        limit: i64,
    ) -> Result<Vec<RegisteredObject>, Error> {
        let mut query = Query::new(self.engine(), select_object!(""));
        query.push_with("WHERE objects.author_id = ?", &author);
        if let Some(state) = &state {
            query.push_with(" AND objects.state = ?", state);
        }
        query.push_with(" ORDER BY objects.updated_at DESC, objects.id DESC LIMIT ?", &limit);
        query.list(self, object).await
    }

    /// What a user did to people, groups, keys and the like, the latest first.
    pub async fn list_latest_actions(
        &mut self,
        actor: UserId,
        outcome: Option<Outcome>,
        limit: i64,
    ) -> Result<Vec<AuditEvent>, Error> {
        /// The first parts of actions that change something others see; signing in is none.
        const KINDS: [&str; 9] = [
            "user",
            "users",
            "group",
            "api_key",
            "organization",
            "plan",
            "theme",
            "flag",
            "object",
        ];
        let mut query = Query::new(self.engine(), audit_events::SELECT);
        query.push_with(" WHERE actor_id = ?", &actor);
        let kinds = KINDS.map(|kind| format!("action LIKE '{kind}.%'")).join(" OR ");
        query.push(&format!(" AND ({kinds})"));
        if let Some(outcome) = &outcome {
            query.push_with(" AND outcome = ?", outcome);
        }
        query.push_with(" ORDER BY id DESC LIMIT ?", &limit);
        query.list(self, audit_events::audit_event).await
    }

    /// Writes down an object, in place of what was known of it.
    pub async fn put_object(&mut self, object: &RegisteredObject) -> Result<(), Error> {
        self.execute(
            "INSERT INTO objects (object_type, object_id, name, author_id, state, category, \
             last_run_id, last_run_state, last_run_at, next_run_at, updated_at, registered_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
             ON CONFLICT (object_type, object_id) DO UPDATE SET name = excluded.name, \
             author_id = excluded.author_id, state = excluded.state, \
             category = excluded.category, last_run_id = excluded.last_run_id, \
             last_run_state = excluded.last_run_state, last_run_at = excluded.last_run_at, \
             next_run_at = excluded.next_run_at, updated_at = excluded.updated_at",
            &[
                &object.object_type,
                &object.object_id,
                &object.name,
                &object.author_id,
                &object.state,
                &object.category,
                &object.last_run_id,
                &object.last_run_state,
                &object.last_run_at,
                &object.next_run_at,
                &object.updated_at,
                &object.registered_at,
            ],
        )
        .await?;
        Ok(())
    }

    /// Forgets an object; says whether it was known.
    pub async fn delete_object(
        &mut self,
        object_type: ObjectType,
        object_id: ObjectId,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM objects WHERE object_type = $1 AND object_id = $2";
        Ok(self.execute(sql, &[&object_type, &object_id]).await? > 0)
    }
}
