//! Feeding the index from the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use roster_model::{OrganizationId, Status, User, UserId};
use serde_json::json;

use super::places::Place;
use super::tokens::{searched_text, tokens};
use super::{fts5, segments};
use crate::query::Query;
use crate::sql::{Engine, InsertRows, Value};
use crate::{Error, Tx};

/// What the journal says of a user: its name and text, or that there is none any more; the name it had before; and
/// whether an organization has one user of a status more or less since.
struct Entry {
    id: i64,
    user: UserId,
    organization: Option<OrganizationId>,
    status: Option<Status>,
    change: i64,
    old_name: Option<String>,
    name: String,
    text: Option<String>,
}

impl Tx {
    /// Has the index take notice of a user who is not alive and is about to lose its texts.
    pub(crate) async fn journal_purge(&mut self, user: UserId) -> Result<(), Error> {
        self.execute(
            "INSERT INTO search_journal (user_id, old_name_key) \
             SELECT id, name_key FROM users WHERE id = $1",
            &[&user],
        )
        .await?;
        Ok(())
    }

    /// Has index and count take notice of new users.
    pub(crate) async fn journal_creations(
        &mut self,
        ids: &[UserId],
        users: &[&User],
    ) -> Result<(), Error> {
        let row = |(id, user): (&UserId, &&User)| {
            // An import makes deleted users, too.
            let change = Value::Integer(user.deleted_at.is_none().into());
            let organization = Value::Integer(user.organization_id.0);
            vec![Value::Integer(id.0), organization, user.status.as_str().into(), change]
        };
        let rows = ids.iter().zip(users).map(row);
        let into = "search_journal (user_id, organization_id, status, change)";
        self.add_rows(&InsertRows::new(into, "(?, ?, ?, ?)", ""), rows).await
    }

    /// Has index and counts take notice of what a user is about to become.
    pub(crate) async fn journal_update(&mut self, user: &User) -> Result<(), Error> {
        self.execute(
            "INSERT INTO search_journal (user_id, organization_id, status, change, old_name_key) \
             SELECT id, organization_id, status, -1, name_key FROM users WHERE id = $1 \
             AND deleted_at IS NULL AND (organization_id <> $2 OR status <> $4 OR $3) \
             UNION ALL SELECT id, $2, $4, CASE WHEN NOT $3 AND (deleted_at IS NOT NULL \
             OR organization_id <> $2 OR status <> $4) THEN 1 ELSE 0 END, name_key \
             FROM users WHERE id = $1",
            &[&user.id, &user.organization_id, &user.deleted_at.is_some(), &user.status],
        )
        .await?;
        Ok(())
    }

    /// Takes up to `limit` entries of the journal into the index; says how many there were.
    pub async fn index_users(&mut self, limit: u32) -> Result<u64, Error> {
        self.index_users_within(limit, segments::MOST).await
    }

    /// The same, with segments of up to `most` users.
    pub(crate) async fn index_users_within(&mut self, limit: u32, most: i64) -> Result<u64, Error> {
        let entries = self
            .list(
                "SELECT search_journal.id, search_journal.user_id, \
                 search_journal.organization_id, search_journal.status, \
                 search_journal.change, search_journal.old_name_key, users.purged_at, \
                 users.username_key, users.email_key, users.name_key, users.first_name_key, \
                 users.last_name_key, users.phone_key \
                 FROM search_journal JOIN users ON users.id = search_journal.user_id \
                 ORDER BY search_journal.id LIMIT $1",
                &[&limit],
                |row| {
                    let mut columns = row.columns();
                    let (id, user) = (columns.take()?, columns.take()?);
                    let (organization, status) = (columns.take()?, columns.take()?);
                    let (change, old_name) = (columns.take()?, columns.take()?);
                    let purged_at: Option<i64> = columns.take()?;
                    let texts: [Option<String>; 6] = [
                        columns.take()?,
                        columns.take()?,
                        columns.take()?,
                        columns.take()?,
                        columns.take()?,
                        columns.take()?,
                    ];
                    let text = searched_text(&texts.each_ref().map(Option::as_deref));
                    let text = purged_at.is_none().then_some(text);
                    let [_, _, name, ..] = texts;
                    let name = name.unwrap_or_default();
                    Ok(Entry { id, user, organization, status, change, old_name, name, text })
                },
            )
            .await?;
        let Some(last) = entries.last() else { return Ok(0) };
        // In this transaction's snapshot there is nothing up to the last one that was not read.
        self.execute("DELETE FROM search_journal WHERE id <= $1", &[&last.id]).await?;
        let count = entries.len() as u64;
        self.take_in_changes(&entries).await?;
        let engine = self.engine();
        let mut old = BTreeSet::new();
        let mut latest = BTreeMap::new();
        for entry in &entries {
            // A user stands under a name from before a change; or under the present one, if the journal was taken in up
            // to between changes.
            for name in entry.old_name.iter().chain([&entry.name]) {
                old.insert(Place::of(engine, name, entry.user));
            }
            latest.insert(entry.user, entry);
        }
        let mut new = BTreeMap::new();
        for (user, entry) in latest {
            if let Some(text) = &entry.text {
                new.insert(Place::of(engine, &entry.name, user), tokens(text));
            }
        }
        match engine {
            Engine::Sqlite => fts5::replace(self, &old, &new).await?,
            Engine::Postgres => segments::replace(self, &old, &new, most).await?,
        }
        self.count_tokens(&new).await?;
        Ok(count)
    }

    /// How much of the journal is not in the index yet.
    pub async fn count_unindexed_users(&mut self) -> Result<u64, Error> {
        self.one("SELECT COUNT(*) FROM search_journal", &[], |row| row.get(0)).await
    }

    /// How many living users an organization has, or all have together; of these statuses, or of any.
    pub(crate) async fn kept_count(
        &mut self,
        organization: Option<OrganizationId>,
        statuses: Option<&[&str]>,
    ) -> Result<u64, Error> {
        let write_which = |query: &mut Query| {
            query.push(" WHERE TRUE");
            if let Some(organization) = &organization {
                query.push_with(" AND organization_id = ?", organization);
            }
            if let Some(statuses) = statuses {
                query.push(" AND status IN (");
                query.push_list(statuses);
                query.push(")");
            }
        };
        let select = "SELECT CAST(COALESCE((SELECT SUM(users) FROM user_counts";
        let mut query = Query::new(self.engine(), select);
        write_which(&mut query);
        query.push("), 0) + COALESCE((SELECT SUM(change) FROM search_journal");
        write_which(&mut query);
        query.push("), 0) AS BIGINT)");
        query.one(self, |row| row.get(0)).await
    }

    async fn take_in_changes(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let mut changes: BTreeMap<(OrganizationId, &str), i64> = BTreeMap::new();
        for entry in entries {
            if let (Some(organization), Some(status)) = (entry.organization, entry.status) {
                *changes.entry((organization, status.as_str())).or_default() += entry.change;
            }
        }
        let changes = changes.into_iter().filter(|(_, change)| *change != 0);
        for ((organization, status), change) in changes {
            self.execute(
                "INSERT INTO user_counts (organization_id, status, users) VALUES ($1, $2, $3) \
                 ON CONFLICT (organization_id, status) \
                 DO UPDATE SET users = user_counts.users + excluded.users",
                &[&organization, &status, &change],
            )
            .await?;
        }
        Ok(())
    }

    async fn count_tokens(&mut self, new: &BTreeMap<Place, Vec<&str>>) -> Result<(), Error> {
        let mut counts: HashMap<&str, i64> = HashMap::new();
        for tokens in new.values() {
            for token in tokens {
                *counts.entry(token).or_default() += 1;
            }
            *counts.entry("").or_default() += 1;
        }
        let rows = match self.engine() {
            Engine::Sqlite => "json_each($1)",
            Engine::Postgres => "json_array_elements($1::TEXT::JSON)",
        };
        let mut counts: Vec<_> = counts.into_iter().collect();
        // Neighbours are written together, and two servers at once do not wait for each other.
        counts.sort_unstable();
        self.execute(
            &format!(
                "INSERT INTO search_tokens (token, users) \
                 SELECT value ->> 0, CAST(value ->> 1 AS BIGINT) FROM {rows} WHERE TRUE \
                 ON CONFLICT (token) DO UPDATE SET users = search_tokens.users + excluded.users"
            ),
            &[&json!(counts)],
        )
        .await?;
        Ok(())
    }
}
