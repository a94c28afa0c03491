//! Users. Their names stand in `identifiers` as well, the one namespace; see there.

mod end;
pub(crate) mod folded;
pub(crate) mod list;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use roster_model::{PhoneNumber, Profile, User, UserFlags, UserId, UserRef, fold};
use serde_json::Value;

use self::folded::FoldedTexts;
use crate::sql::{Columns, Row};
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
         users.updated_at, users.updated_by, users.deleted_at, users.version"
    };
}
pub(crate) use user_columns;

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
        let preferences = Value::Object(user.preferences.clone());
        let folded = FoldedTexts::of(user);
        let id = self.one(
            "INSERT INTO users (uuid, username, username_key, email, email_key, unconfirmed_email, \
             first_name, last_name, name_key, phone_e164, phone_typed, phone_verified_at, status, \
             role, organization_id, primary_group_id, parent_id, plan_id, plan_expires_at, city, \
             state, time_zone, initials, department, title, github_username, robot, vpn_enabled, \
             sso_disabled, otp_required_for_login, prefers_sms_otp, \
             exempt_from_org_sms_otp_disabled, preferences, password_changed_at, \
             password_expires_at, sign_in_count, created_at, created_by, updated_at, updated_by, \
             version, first_name_key, last_name_key, phone_key, text_keys) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
             $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, \
             $35, 0, $36, $37, $38, $39, 1, $40, $41, $42, $43) RETURNING id",
            &[
                &user.uuid,
                &user.username,
                &fold(&user.username).as_str(),
                &user.email,
                &fold(&user.email).as_str(),
                &user.unconfirmed_email,
                &user.first_name,
                &user.last_name,
                &fold(&user.name()).as_str(),
                &user.phone.as_ref().map(|phone| phone.e164.as_str()),
                &user.phone.as_ref().map(|phone| phone.as_typed.as_str()),
                &user.phone_verified_at,
                &user.status,
                &user.role,
                &user.organization_id,
                &user.primary_group_id,
                &user.parent_id,
                &user.plan_id,
                &user.plan_expires_at,
                &user.profile.city,
                &user.profile.state,
                &user.profile.time_zone,
                &user.profile.initials,
                &user.profile.department,
                &user.profile.title,
                &user.profile.github_username,
                &user.flags.robot,
                &user.flags.vpn_enabled,
                &user.flags.sso_disabled,
                &user.flags.otp_required_for_login,
                &user.flags.prefers_sms_otp,
                &user.flags.exempt_from_org_sms_otp_disabled,
                &preferences,
                &user.password_changed_at,
                &user.password_expires_at,
                &user.created_at,
                &user.created_by,
                &user.updated_at,
                &user.updated_by,
                &folded.first_name_key,
                &folded.last_name_key,
                &folded.phone_key,
                &folded.text_keys,
            ],
            |row| row.get(0),
        )
        .await?;
        self.journal_user(id).await?;
        Ok(id)
    }

    /// Writes everything of a user that the rulebook decides, and counts its version up. What
    /// sign-ins and MFA count has statements of its own.
    pub async fn update_user(&mut self, user: &mut User) -> Result<(), Error> {
        let preferences = Value::Object(user.preferences.clone());
        let folded = FoldedTexts::of(user);
        user.version = self
            .one(
                "UPDATE users SET username = $2, username_key = $3, email = $4, email_key = $5, \
                 unconfirmed_email = $6, first_name = $7, last_name = $8, name_key = $9, \
                 phone_e164 = $10, phone_typed = $11, phone_verified_at = $12, status = $13, \
                 role = $14, organization_id = $15, primary_group_id = $16, parent_id = $17, \
                 plan_id = $18, plan_expires_at = $19, city = $20, state = $21, time_zone = $22, \
                 initials = $23, department = $24, title = $25, github_username = $26, \
                 robot = $27, vpn_enabled = $28, sso_disabled = $29, \
                 otp_required_for_login = $30, prefers_sms_otp = $31, \
                 exempt_from_org_sms_otp_disabled = $32, preferences = $33, \
                 password_changed_at = $34, password_expires_at = $35, updated_at = $36, \
                 updated_by = $37, deleted_at = $38, first_name_key = $39, last_name_key = $40, \
                 phone_key = $41, text_keys = $42, version = version + 1 \
                 WHERE id = $1 RETURNING version",
                &[
                    &user.id,
                    &user.username,
                    &fold(&user.username).as_str(),
                    &user.email,
                    &fold(&user.email).as_str(),
                    &user.unconfirmed_email,
                    &user.first_name,
                    &user.last_name,
                    &fold(&user.name()).as_str(),
                    &user.phone.as_ref().map(|phone| phone.e164.as_str()),
                    &user.phone.as_ref().map(|phone| phone.as_typed.as_str()),
                    &user.phone_verified_at,
                    &user.status,
                    &user.role,
                    &user.organization_id,
                    &user.primary_group_id,
                    &user.parent_id,
                    &user.plan_id,
                    &user.plan_expires_at,
                    &user.profile.city,
                    &user.profile.state,
                    &user.profile.time_zone,
                    &user.profile.initials,
                    &user.profile.department,
                    &user.profile.title,
                    &user.profile.github_username,
                    &user.flags.robot,
                    &user.flags.vpn_enabled,
                    &user.flags.sso_disabled,
                    &user.flags.otp_required_for_login,
                    &user.flags.prefers_sms_otp,
                    &user.flags.exempt_from_org_sms_otp_disabled,
                    &preferences,
                    &user.password_changed_at,
                    &user.password_expires_at,
                    &user.updated_at,
                    &user.updated_by,
                    &user.deleted_at,
                    &folded.first_name_key,
                    &folded.last_name_key,
                    &folded.phone_key,
                    &folded.text_keys,
                ],
                |row| row.get(0),
            )
            .await?;
        self.journal_user(user.id).await?;
        self.after_commit(Change::ForgetUser(user.id));
        Ok(())
    }

    /// Whether there is any user, deleted ones included.
    pub async fn has_users(&mut self) -> Result<bool, Error> {
        self.find("SELECT id FROM users LIMIT 1", &[], |_| Ok(())).await.map(|any| any.is_some())
    }

    /// Whether a system admin other than `user` is there who may sign in at `now`.
    pub async fn has_other_system_admin(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.find(
            "SELECT id FROM users WHERE role = 'system_admin' AND status IN ('new', 'active') \
             AND deleted_at IS NULL AND id <> $1 \
             AND (plan_expires_at IS NULL OR plan_expires_at > $2) LIMIT 1",
            &[&user, &now],
            |_| Ok(()),
        )
        .await
        .map(|other| other.is_some())
    }
}
