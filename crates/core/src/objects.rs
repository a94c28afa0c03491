//! What people own on the platform, told by its services, and what they did.
//!
//! The platform's numbers are the same for all organizations, so a service that registers objects acts for the whole
//! platform: with an API key of a system admin, best one of a robot account, that the scope `object` keeps from
//! everything else.

use roster_model::{
    Activity, ActivityFilter, ActivityOrder, AuditEvent, Field, ObjectFilter, ObjectId,
    ObjectRegistration, ObjectType, Outcome, Page, PageRequest, Reason, RegisteredObject, Role,
    RunState, UserId, UserRef, fold,
};
use roster_store::{Mark, ObjectQuery, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authz::Operation,
    favorites::check_object_id,
    filters,
    paging::Paging,
    users::{organization_of, read_text},
};

/// So many entries of activity are given.
const ACTIVITY: i64 = 100;
/// How many authors activity can be narrowed to at once.
const MAX_AUTHORS: usize = 1000;

impl Core {
    /// The objects that the caller may see: its own; an administrator those of its organization; a system admin all.
    ///
    /// # Errors
    /// `NotFound` for an author that the caller may not know of; `Invalid` for a page that cannot be.
    pub async fn list_objects(
        &self,
        actor: &Actor,
        filter: &ObjectFilter,
        page: &PageRequest,
    ) -> Result<Page<RegisteredObject>> {
        let operation = Operation::ReadObjects;
        let mut query = ObjectQuery { object_type: filter.object_type, ..ObjectQuery::default() };
        match &filter.author {
            Some(author) => {
                let author = self.authorize_on(actor, operation, &UserRef::parse(author)).await?;
                query.author = Some(author.id);
            }
            None if !actor.is_ordinary() => {
                self.authorize(actor, operation).await?;
                query.organization = organization_of(actor);
                let is_account_admin = actor.role() == Some(Role::AccountAdmin);
                query.account = actor.user_id().filter(|_| is_account_admin);
            }
            None => {
                query.author = Some(self.authorize_on(actor, operation, &UserRef::Me).await?.id)
            }
        }
        let paging = Paging::read(page, format!("objects:{query:?}"))?;
        let (rows, total) = self
            .store()
            .list(async |tx: &mut Tx| {
                let rows = tx.list_objects(&query, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_objects(&query).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        Ok(paging.page(rows, total, |(id, _)| Mark::id(*id)).map(|(_, object)| object))
    }

    /// One object.
    ///
    /// # Errors
    /// `NotFound` for one that no service has registered, or whose author's objects the caller may not see.
    pub async fn get_object(
        &self,
        actor: &Actor,
        object_type: ObjectType,
        object_id: ObjectId,
    ) -> Result<RegisteredObject> {
        let absent = || Error::NotFound(Kind::Object);
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_object(object_type, object_id).await)
            .await?;
        let Some(found) = found else {
            self.authorize_on(actor, Operation::ReadObjects, &UserRef::Me).await?;
            return Err(absent());
        };
        let author = UserRef::Id(found.author_id);
        match self.authorize_on(actor, Operation::ReadObjects, &author).await {
            Ok(_) => Ok(found),
            // A number that is somebody else's looks like one that is nobody's.
            Err(Error::NotFound(_) | Error::Forbidden) => Err(absent()),
            Err(error) => Err(error),
        }
    }

    /// Writes down an object in place of what was known of it. The audit log hears of new objects, and of changes of
    /// name and author, not of every run.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins and their keys; `Invalid` for a number, text or author that cannot be.
    pub async fn register_object(
        &self,
        actor: &Actor,
        object_type: ObjectType,
        object_id: ObjectId,
        told: &ObjectRegistration,
    ) -> Result<RegisteredObject> {
        self.authorize(actor, Operation::WriteObjects).await?;
        check_object_id(object_id)?;
        let name = read_text(Field::Name, &told.name)?;
        if name.is_empty() {
            return Err(Error::invalid(Field::Name, Reason::Empty));
        }
        let category = read_some(Field::Category, told.category.as_deref())?;
        let last_run_id = read_some(Field::LastRunId, told.last_run_id.as_deref())?;
        let author = match (UserRef::parse(&told.author), actor.user_id()) {
            (UserRef::Me, Some(caller)) => UserRef::Id(caller),
            (author, _) => author,
        };
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let found = tx.find_user(&author).await?;
                let author = found
                    .filter(|author| author.deleted_at.is_none())
                    .ok_or_else(|| Error::invalid(Field::Author, Reason::Unknown))?;
                let before = tx.find_object(object_type, object_id).await?;
                let object = RegisteredObject {
                    object_type,
                    object_id,
                    name: name.clone(),
                    author_id: author.id,
                    state: told.state,
                    category: category.clone(),
                    last_run_id: last_run_id.clone(),
                    last_run_state: told.last_run_state,
                    last_run_at: told.last_run_at,
                    next_run_at: told.next_run_at,
                    updated_at: told.updated_at.unwrap_or(now),
                    registered_at: before.as_ref().map_or(now, |before| before.registered_at),
                };
                tx.put_object(&object).await?;
                let same = |before: &RegisteredObject| {
                    before.name == object.name && before.author_id == object.author_id
                };
                if !before.as_ref().is_some_and(same) {
                    Entry::done("object.registered", author.id)
                        .about(format!("{object_type}:{object_id}"))
                        .with(json!({ "name": object.name }))
                        .write(tx, actor, now)
                        .await?;
                }
                Ok(object)
            })
            .await
    }

    /// Forgets an object. Favorites of it stay, without its name.
    ///
    /// # Errors
    /// `Forbidden` for all but system admins and their keys; `NotFound` for one that is not registered.
    pub async fn remove_object(
        &self,
        actor: &Actor,
        object_type: ObjectType,
        object_id: ObjectId,
    ) -> Result<()> {
        self.authorize(actor, Operation::WriteObjects).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if !tx.delete_object(object_type, object_id).await? {
                    return Err(Error::NotFound(Kind::Object));
                }
                Entry::done_to_nobody("object.removed")
                    .about(format!("{object_type}:{object_id}"))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    /// The newest hundred of the caller's objects and management actions.
    ///
    /// # Errors
    /// `Invalid` for authors that are no numbers.
    pub async fn list_my_activity(
        &self,
        actor: &Actor,
        filter: &ActivityFilter,
    ) -> Result<Vec<Activity>> {
        let user = self.authorize_on(actor, Operation::ListActivity, &UserRef::Me).await?;
        if let Some(authors) = &filter.author
            && !read_authors(authors)?.contains(&user.id)
        {
            return Ok(Vec::new());
        }
        let outcome = filter.state.map(|state| match state {
            RunState::Succeeded => Some(Outcome::Success),
            RunState::Failed => Some(Outcome::Failure),
            // What is in the audit log is over.
            RunState::Running => None,
        });
        let (objects, actions) = self
            .store()
            .list(async |tx: &mut Tx| {
                let objects = tx.list_latest_objects(user.id, filter.state, ACTIVITY).await?;
                let actions = match outcome {
                    Some(None) => Vec::new(),
                    outcome => tx.list_latest_actions(user.id, outcome.flatten(), ACTIVITY).await?,
                };
                Ok::<_, Error>((objects, actions))
            })
            .await?;
        let username = user.username.as_str();
        let mut all: Vec<_> =
            objects.into_iter().map(|object| of_object(object, username)).collect();
        all.extend(actions.into_iter().map(|event| of_action(event, user.id, username)));
        all.sort_by_key(|one| std::cmp::Reverse(one.updated_at));
        all.truncate(usize::try_from(ACTIVITY).unwrap_or(usize::MAX));
        if filter.order == Some(ActivityOrder::Name) {
            all.sort_by_cached_key(|one| std::cmp::Reverse(fold(&one.name).as_str().to_owned()));
        }
        Ok(all)
    }
}

fn read_some(field: Field, text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(|text| read_text(field, text)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn read_authors(authors: &str) -> Result<Vec<UserId>> {
    filters::numbers(Field::Author, "users", authors.split(','), MAX_AUTHORS)
}

fn of_object(object: RegisteredObject, username: &str) -> Activity {
    Activity {
        id: object.object_id.to_string(),
        name: object.name,
        kind: object.object_type.to_string(),
        user_id: object.author_id,
        username: username.to_owned(),
        category: object.category,
        state: object.state,
        updated_at: object.updated_at,
        next_run_at: object.next_run_at,
        last_run_id: object.last_run_id,
        last_run_state: object.last_run_state,
    }
}

fn of_action(event: AuditEvent, user: UserId, username: &str) -> Activity {
    let target = event.user_id.map(|target| format!("user:{target}"));
    Activity {
        id: event.id.to_string(),
        name: event.action,
        kind: "Management".to_owned(),
        user_id: user,
        username: username.to_owned(),
        category: event.subject.or(target),
        state: match event.outcome {
            Outcome::Success => RunState::Succeeded,
            Outcome::Failure => RunState::Failed,
        },
        updated_at: event.at,
        next_run_at: None,
        last_run_id: None,
        last_run_state: None,
    }
}
