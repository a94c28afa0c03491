//! Changing users: what they may change themselves, and what only administrators may.

use jiff::Timestamp;
use roster_model::{
    EmailAddress, Field, MembershipRank, PhoneNumber, Reason, Role, Status, User, UserRef,
    UserUpdate, Username, fold,
};
use roster_store::Tx;
use serde_json::json;

use super::{
    create::{claim_name, name_taken},
    fields::{
        check_adoption, check_grant, check_parent, find_home, find_plan, is_administrator,
        is_available, merge_preferences, plan_end, read_optional, read_text,
    },
    status::shut_out,
};
use crate::{
    Actor, Core, Door, Error, Kind, Profile, Result, audit::Entry, authorize::get_authorized,
    authz::Operation, clock::whole_microseconds, messages::templates::Template,
};

impl Core {
    /// Changes a user. Nothing changes and the version stays when every value is as it was.
    ///
    /// A new address counts at once when an administrator sets it, and in the `compat` profile;
    /// else it waits in `unconfirmed_email` until the link that is mailed to it is used.
    ///
    /// # Errors
    /// `Forbidden` for what the caller may not change; those of step-up; `Invalid`, `NameTaken`;
    /// `PreconditionFailed` if the record is not of `expected` version; `WrongState` where nobody
    /// would be left to administer.
    pub async fn update_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        expected: Option<i64>,
    ) -> Result<User> {
        let operations = operations(actor, update);
        let (first, others) = (operations[0], &operations[1..]);
        let target = self.authorize_on_also(actor, |_| first, others, user, "").await?;
        if let Some(role) = update.role {
            check_grant(actor, role)?;
        }
        let is_admin = actor.role().is_none_or(|role| role.rank() >= Role::AccountAdmin.rank());
        if let Some(organization) = update.organization_id
            && organization != target.organization_id
            && actor.role().is_some_and(|role| role != Role::SystemAdmin)
        {
            return Err(Error::NotFound(Kind::Organization));
        }
        let names = Names {
            username: update.username.as_deref().map(Self::read_username).transpose()?,
            email: update
                .email
                .as_deref()
                .map(|email| self.read_email(actor, email))
                .transpose()?,
            must_be_new: actor.origin.door == Door::Airt,
            is_confirmed: is_admin || self.settings().profile == Profile::Compat,
        };
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized(tx, actor, &operations, &target).await?;
                if let Some(parent) = update.parent_id {
                    check_adoption(actor, Some(&before), parent)?;
                }
                if expected.is_some_and(|expected| expected != before.version) {
                    return Err(Error::PreconditionFailed);
                }
                let mut after = before.clone();
                set_profile(&mut after, update)?;
                self.set_administered(tx, &mut after, update, now).await?;
                let is_mailed = self.set_names(tx, &mut after, &names, now).await?;
                let fields = changed_fields(&before, &after);
                // Dioptra's client is told the time of the last change, of whatever it was (contract, section 4.8).
                if fields.is_empty() && !is_mailed && actor.origin.door != Door::Dioptra {
                    return Ok(before);
                }
                if after.role != before.role || !is_available(&after, now) {
                    keep_an_administrator(tx, &before, now).await?;
                }
                after.updated_at = now;
                after.updated_by = actor.user_id();
                tx.update_user(&mut after).await?;
                if after.role != before.role || after.organization_id != before.organization_id {
                    // It may have lost the right to act in those names.
                    tx.end_impersonations_by(after.id).await?;
                }
                tx.release_identifiers(after.id, [&fold(&after.username), &fold(&after.email)])
                    .await?;
                if after.organization_id != before.organization_id {
                    tx.delete_memberships_elsewhere(after.id, after.organization_id).await?;
                    tx.disown_groups_of_user(after.id).await?;
                }
                Entry::done("user.updated", after.id)
                    .with(json!({ "fields": fields }))
                    .write(tx, actor, now)
                    .await?;
                if after.status != before.status {
                    shut_out(tx, &after, now).await?;
                }
                let was_administrator = is_administrator(before.role);
                if was_administrator
                    && (!is_administrator(after.role)
                        || after.organization_id != before.organization_id)
                {
                    tx.release_users_of(after.id, now).await?;
                }
                if before.phone != after.phone {
                    // Whoever has the old telephone can do nothing more with what was sent there.
                    tx.delete_one_time_codes(after.id).await?;
                }
                if fold(&before.email) != fold(&after.email) {
                    // What was sent to the old address proves nothing any more (threat T17).
                    tx.delete_links(after.id).await?;
                    tx.delete_one_time_codes(after.id).await?;
                    self.notify(tx, Template::EmailChanged, &before).await?;
                }
                Ok(after)
            })
            .await
    }

    /// Sets names and claims them. True if a link was mailed to a new address.
    async fn set_names(
        &self,
        tx: &mut Tx,
        user: &mut User,
        names: &Names,
        now: Timestamp,
    ) -> Result<bool> {
        if names.must_be_new {
            must_be_new(user, names)?;
        }
        if let Some(username) = &names.username {
            claim_name(tx, username.key(), Field::Username, user.id).await?;
            user.username = username.as_str().to_owned();
        }
        let Some(email) = &names.email else { return Ok(false) };
        if *email.key() == fold(&user.email) {
            // Another spelling is the same mailbox; and whoever comes back to it waits for no new one.
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            return Ok(false);
        }
        if names.is_confirmed {
            claim_name(tx, email.key(), Field::Email, user.id).await?;
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            return Ok(false);
        }
        if tx.find_identifier(email.key()).await?.is_some_and(|owner| owner != user.id) {
            return Err(name_taken(tx, email.key(), Field::Email).await?);
        }
        self.request_email_confirmation(tx, user, email, now).await?;
        Ok(true)
    }

    /// Sets what only administrators may.
    async fn set_administered(
        &self,
        tx: &mut Tx,
        user: &mut User,
        update: &UserUpdate,
        now: Timestamp,
    ) -> Result<()> {
        if let Some(organization) = update.organization_id
            && organization != user.organization_id
        {
            let home = find_home(tx, organization, update.primary_group_id).await;
            let (home, public) = home.map_err(|error| match error {
                Error::NotFound(Kind::Organization) => {
                    Error::invalid(Field::Organization, Reason::Unknown)
                }
                other => other,
            })?;
            user.organization_id = organization;
            user.primary_group_id = home;
            user.parent_id = None;
            for group in [home, public] {
                tx.ensure_membership(group, user.id, now).await?;
            }
        } else if let Some(group) = update.primary_group_id {
            let (home, _) = find_home(tx, user.organization_id, Some(group)).await?;
            user.primary_group_id = home;
            tx.ensure_membership(home, user.id, now).await?;
        }
        if let Some(parent) = update.parent_id {
            if let Some(parent) = parent {
                check_parent(tx, user.organization_id, parent, Some(user.id)).await?;
            }
            user.parent_id = parent;
        }
        match &update.plan {
            None => {}
            Some(None) => user.plan_id = None,
            Some(Some(name)) => {
                let plan = find_plan(tx, name).await?;
                user.plan_id = Some(plan.id);
                user.plan_expires_at = plan_end(&plan, now);
            }
        }
        if let Some(end) = update.plan_expires_at {
            user.plan_expires_at = end.map(whole_microseconds);
        }
        if let Some(role) = update.role {
            user.role = role;
        }
        if let Some(status) = update.status {
            user.status = status;
        }
        let flags = &mut user.flags;
        for (flag, value) in [
            (&mut flags.robot, update.robot),
            (&mut flags.vpn_enabled, update.vpn_enabled),
            (&mut flags.sso_disabled, update.sso_disabled),
            (&mut flags.otp_required_for_login, update.otp_required_for_login),
            (&mut flags.exempt_from_org_sms_otp_disabled, update.exempt_from_org_sms_otp_disabled),
        ] {
            *flag = value.unwrap_or(*flag);
        }
        Ok(())
    }
}

/// The names that an update sets, read.
struct Names {
    username: Option<Username>,
    email: Option<EmailAddress>,
    /// Whether a new address counts at once.
    is_confirmed: bool,
    /// Whether the names that the user has already are refused like those of others, as airt's clients expect.
    must_be_new: bool,
}

/// Refuses the names that a user has already; its address is the one that was given last.
fn must_be_new(user: &User, names: &Names) -> Result<()> {
    let email = user.unconfirmed_email.as_ref().unwrap_or(&user.email);
    let refuse = |field| Err(Error::NameTaken { field, holder: user.id, held_as: field });
    if names.username.as_ref().is_some_and(|new| *new.key() == fold(&user.username)) {
        return refuse(Field::Username);
    }
    if names.email.as_ref().is_some_and(|new| *new.key() == fold(email)) {
        return refuse(Field::Email);
    }
    Ok(())
}

/// The lines of the table that must agree to an update; the first asks for the second factor.
fn operations(actor: &Actor, update: &UserUpdate) -> Vec<Operation> {
    // Every field is named, so that a new one has to be given its place here (threat T16).
    let UserUpdate {
        username,
        email,
        first_name: _,
        last_name: _,
        phone,
        status,
        role,
        organization_id,
        primary_group_id,
        parent_id,
        plan,
        plan_expires_at,
        city: _,
        state: _,
        time_zone: _,
        initials: _,
        department: _,
        title: _,
        github_username: _,
        robot,
        vpn_enabled,
        sso_disabled,
        otp_required_for_login,
        prefers_sms_otp,
        exempt_from_org_sms_otp_disabled,
        preferences,
    } = update;
    let administers = status.is_some()
        || role.is_some()
        || organization_id.is_some()
        || primary_group_id.is_some()
        || parent_id.is_some()
        || plan.is_some()
        || plan_expires_at.is_some()
        || robot.is_some()
        || vpn_enabled.is_some()
        || sso_disabled.is_some()
        || otp_required_for_login.is_some()
        || exempt_from_org_sms_otp_disabled.is_some();
    let mut needed = match administers {
        true => vec![Operation::AdministerUser],
        false => vec![Operation::UpdateProfile],
    };
    if username.is_some() || email.is_some() {
        needed.push(Operation::ChangeIdentifiers);
    }
    if username.is_some() && actor.keeps_to_account() {
        needed.push(Operation::Rename);
    }
    if phone.is_some() {
        needed.push(Operation::ChangePhone);
    }
    match status {
        None => {}
        Some(Status::New | Status::Pending | Status::Active) => needed.push(Operation::EnableUser),
        Some(Status::Suspended) => needed.push(Operation::SuspendUser),
        Some(Status::Disabled) => needed.push(Operation::DisableUser),
    }
    if preferences.is_some() || prefers_sms_otp.is_some() {
        needed.push(Operation::ChangePreferences);
    }
    if role.is_some_and(is_administrator) {
        needed.push(Operation::GrantAdministration);
    }
    needed
}

/// Sets what users may set themselves, but for the names they sign in with.
fn set_profile(user: &mut User, update: &UserUpdate) -> Result<()> {
    if let Some(name) = &update.first_name {
        user.first_name = read_text(Field::FirstName, name)?;
    }
    if let Some(name) = &update.last_name {
        user.last_name = read_text(Field::LastName, name)?;
    }
    if let Some(phone) = &update.phone {
        let phone = phone.as_deref().map(PhoneNumber::parse).transpose();
        let phone = phone.map_err(|reason| Error::invalid(Field::Phone, reason))?;
        if phone != user.phone {
            user.phone = phone;
            user.phone_verified_at = None;
        }
    }
    let profile = &mut user.profile;
    for (field, place, value) in [
        (Field::City, &mut profile.city, &update.city),
        (Field::State, &mut profile.state, &update.state),
        (Field::TimeZone, &mut profile.time_zone, &update.time_zone),
        (Field::Initials, &mut profile.initials, &update.initials),
        (Field::Department, &mut profile.department, &update.department),
        (Field::Title, &mut profile.title, &update.title),
        (Field::GithubUsername, &mut profile.github_username, &update.github_username),
    ] {
        if let Some(value) = value {
            *place = read_optional(field, value.as_deref())?;
        }
    }
    if let Some(prefers) = update.prefers_sms_otp {
        user.flags.prefers_sms_otp = prefers;
    }
    if let Some(changes) = &update.preferences {
        user.preferences = merge_preferences(&user.preferences, changes)?;
    }
    Ok(())
}

/// Somebody must be left who may do everything.
pub(super) async fn keep_an_administrator(tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
    if user.role == Role::SystemAdmin
        && is_available(user, now)
        && !tx.has_other_system_admin(user.id, now).await?
    {
        return Err(Error::WrongState("this is the last system admin; make another one first"));
    }
    Ok(())
}

/// The names of the fields in which two records of a user differ.
fn changed_fields(before: &User, after: &User) -> Vec<String> {
    let members = |user: &User| match serde_json::to_value(user) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (members(before), members(after));
    after
        .iter()
        .filter(|(name, value)| before.get(*name) != Some(*value))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Adds a member of everybody's group; a helper for those who come back.
pub(super) async fn rejoin(tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
    let (home, public) = find_home(tx, user.organization_id, Some(user.primary_group_id)).await?;
    tx.set_membership(public, user.id, MembershipRank::Member, now).await?;
    if home != public {
        tx.ensure_membership(home, user.id, now).await?;
    }
    Ok(())
}
