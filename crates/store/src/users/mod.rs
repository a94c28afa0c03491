//! Users. Their names stand in `identifiers` as well, the one namespace; see there.

mod by_name;
mod end;
pub(crate) mod folded;
pub(crate) mod list;
mod references;
#[cfg(test)]
mod tests;
mod written;

use std::collections::HashMap;

use jiff::Timestamp;
use roster_model::{PhoneNumber, Profile, User, UserFlags, UserId, UserRef};
use serde_json::Value;
use uuid::Uuid;

use self::folded::FoldedTexts;
use crate::query::Query;
use crate::sql::{Columns, Engine, Row, params};
use crate::{Change, Error, Tx};

/// Every column of a user that [`user_of`] reads, in its order.
macro_rules! user_columns {
    () => {
        "users.id, users.uuid, users.username, users.email, users.unconfirmed_email, \
         users.first_name, users.last_name, users.phone_e164, users.phone_typed, \
         users.phone_verified_at, users.status, users.role, users.organization_id, \
         users.primary_group_id, users.parent_id, users.plan_id, users.plan_expires_at, \
         users.city, users.state, users.time_zone, users.initials, users.department, users.title, \
         users.github_username, users.robot, users.vpn_enabled, users.sso_disabled, \
         users.otp_required_for_login, users.prefers_sms_otp, \
         users.exempt_from_org_sms_otp_disabled, users.preferences, users.mfa_activated_at, \
         users.password_changed_at, users.password_expires_at, users.sign_in_count, \
         users.last_sign_in_at, users.current_sign_in_at, users.last_seen_at, \
         users.last_checked_announcements_at, users.created_at, users.created_by, \
         users.updated_at, users.updated_by, users.deleted_at, users.version, users.group_role, \
         users.unlocked_at"
    };
}
pub(crate) use user_columns;

/// Whether somebody may sign in, as [`Status::may_sign_in`](roster_model::Status::may_sign_in) has it.
macro_rules! may_sign_in {
    () => {
        "users.status IN ('new', 'active')"
    };
}
pub(crate) use may_sign_in;

/// Whether an account is not switched off, as [`Status::is_on`](roster_model::Status::is_on) has it.
macro_rules! is_on {
    () => {
        "users.status IN ('new', 'active', 'suspended')"
    };
}
pub(crate) use is_on;

/// A query for whole users; what follows `FROM users` is the argument.
macro_rules! select_user {
    ($rest:literal) => {
        concat!("SELECT ", crate::users::user_columns!(), " FROM users ", $rest)
    };
}

/// Reads the next columns of a row, which are `user_columns!()`.
pub(crate) fn user_of(columns: &mut Columns<'_>) -> Result<User, Error> {
    Ok(User {
        id: columns.take()?,
        uuid: columns.take()?,
        username: columns.take()?,
        email: columns.take()?,
        unconfirmed_email: columns.take()?,
        first_name: columns.take()?,
        last_name: columns.take()?,
        phone: phone_of(columns)?,
        phone_verified_at: columns.take()?,
        status: columns.take()?,
        role: columns.take()?,
        organization_id: columns.take()?,
        primary_group_id: columns.take()?,
        parent_id: columns.take()?,
        plan_id: columns.take()?,
        plan_expires_at: columns.take()?,
        profile: profile_of(columns)?,
        flags: UserFlags {
            robot: columns.take()?,
            vpn_enabled: columns.take()?,
            sso_disabled: columns.take()?,
            otp_required_for_login: columns.take()?,
            prefers_sms_otp: columns.take()?,
            exempt_from_org_sms_otp_disabled: columns.take()?,
        },
        preferences: match columns.take()? {
            Value::Object(preferences) => preferences,
            _ => return Err(Error::corrupt("preferences", "JSON that is not an object")),
        },
        is_mfa_active: columns.take::<Option<Timestamp>>()?.is_some(),
        password_changed_at: columns.take()?,
        password_expires_at: columns.take()?,
        sign_in_count: columns.take()?,
        last_sign_in_at: columns.take()?,
        current_sign_in_at: columns.take()?,
        last_seen_at: columns.take()?,
        last_checked_announcements_at: columns.take()?,
        created_at: columns.take()?,
        created_by: columns.take()?,
        updated_at: columns.take()?,
        updated_by: columns.take()?,
        deleted_at: columns.take()?,
        version: columns.take()?,
        group_role: columns.take()?,
        unlocked_at: columns.take()?,
    })
}

fn phone_of(columns: &mut Columns<'_>) -> Result<Option<PhoneNumber>, Error> {
    let e164: Option<String> = columns.take()?;
    let as_typed: Option<String> = columns.take()?;
    Ok(e164.zip(as_typed).map(|(e164, as_typed)| PhoneNumber { e164, as_typed }))
}

fn profile_of(columns: &mut Columns<'_>) -> Result<Profile, Error> {
    Ok(Profile {
        city: columns.take()?,
        state: columns.take()?,
        time_zone: columns.take()?,
        initials: columns.take()?,
        department: columns.take()?,
        title: columns.take()?,
        github_username: columns.take()?,
    })
}

/// Reads a row of `select_user!`.
pub(crate) fn user(row: &Row<'_>) -> Result<User, Error> {
    user_of(&mut row.columns())
}

#[cfg(test)]
pub(crate) use by_name::Bounds;
pub use folded::FoldedUser;
pub use list::UserQuery;

impl Tx {
    /// The user that `user` names, deleted or not, but not once it is purged. `me` names nobody
    /// here: the store does not know who asks.
    pub async fn find_user(&mut self, user: &UserRef) -> Result<Option<User>, Error> {
        match user {
            UserRef::Me => Ok(None),
            UserRef::Id(id) => {
                let sql = select_user!("WHERE users.id = $1 AND users.purged_at IS NULL");
                self.find(sql, &[id], self::user).await
            }
            UserRef::Uuid(uuid) => {
                let sql = select_user!("WHERE users.uuid = $1 AND users.purged_at IS NULL");
                self.find(sql, &[uuid], self::user).await
            }
            UserRef::Name(key) => {
                let sql = select_user!(
                    "JOIN identifiers ON identifiers.user_id = users.id \
                     WHERE identifiers.key = $1 AND users.purged_at IS NULL"
                );
                // No name holds a NUL, and PostgreSQL does not take one even in a question.
                if key.as_str().contains('\0') {
                    return Ok(None);
                }
                self.find(sql, &[&key.as_str()], self::user).await
            }
        }
    }

    /// Adds a user, whose `id` and `version` are ignored, and gives its number. Its names must be
    /// claimed as well: see [`Tx::claim_identifier`].
    pub async fn insert_user(&mut self, user: &User) -> Result<UserId, Error> {
        let folded = FoldedTexts::of(user);
        let values = written::for_insert(user, &folded);
        let id = UserId(self.insert(&written::INSERT, &params(&values)).await?);
        self.journal_creations(&[id], &[user]).await?;
        Ok(id)
    }

    /// Adds users, as [`Tx::insert_user`] does, and gives their numbers in the same order.
    pub async fn insert_users(&mut self, folded: &[&FoldedUser]) -> Result<Vec<UserId>, Error> {
        let users: Vec<_> = folded.iter().map(|one| one.user()).collect();
        let rows = folded.iter().map(|one| written::for_insert(one.user(), &one.folded));
        let mut ids = Vec::with_capacity(users.len());
        match self.engine() {
            Engine::Sqlite => {
                ids.extend(self.insert_each(&written::INSERT, rows)?.into_iter().map(UserId));
            }
            Engine::Postgres => {
                let rows: Vec<_> = rows.collect();
                let pair = |row: &Row<'_>| Ok((row.get::<Uuid>(0)?, row.get::<UserId>(1)?));
                let made = self.insert_rows(&written::INSERT_MANY, &rows, pair).await?;
                let made: HashMap<_, _> = made.into_iter().collect();
                ids.extend(users.iter().filter_map(|user| made.get(&user.uuid).copied()));
                if ids.len() < users.len() {
                    return Err(Error::internal("users were added under other UUIDs"));
                }
            }
        }
        self.journal_creations(&ids, &users).await?;
        Ok(ids)
    }

    /// Writes everything of a user that the rulebook decides, and counts its version up. What
    /// sign-ins and MFA count has statements of its own.
    pub async fn update_user(&mut self, user: &mut User) -> Result<(), Error> {
        let folded = FoldedTexts::of(user);
        self.journal_update(user).await?;
        let values = written::for_update(user, &folded);
        let version = self.one(&written::UPDATE, &params(&values), |row| row.get(0)).await?;
        drop(values);
        user.version = version;
        self.after_commit(Change::ForgetUser(user.id));
        Ok(())
    }

    /// The usernames of these users.
    pub async fn list_usernames(
        &mut self,
        users: &[UserId],
    ) -> Result<Vec<(UserId, String)>, Error> {
        let sql = "SELECT id, username FROM users WHERE id IN (";
        let Some(query) = Query::among(self.engine(), sql, users) else { return Ok(Vec::new()) };
        query.list(self, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// Whether there is any user, deleted ones included.
    pub async fn has_users(&mut self) -> Result<bool, Error> {
        self.find("SELECT id FROM users LIMIT 1", &[], |_| Ok(())).await.map(|any| any.is_some())
    }

    /// Whether a system admin other than `user` is there who has signed in before and may do it at `now`: who never has
    /// may be unable to, without a password or with one that nobody knows.
    pub async fn has_other_system_admin(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.find(
            "SELECT id FROM users WHERE role = 'system_admin' AND status = 'active' \
             AND deleted_at IS NULL AND id <> $1 \
             AND (plan_expires_at IS NULL OR plan_expires_at > $2) LIMIT 1",
            &[&user, &now],
            |_| Ok(()),
        )
        .await
        .map(|other| other.is_some())
    }
}
