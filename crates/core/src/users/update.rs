//! Changing users: what they may change themselves, and what only administrators may.

use jiff::Timestamp;
use roster_model::{
    AccountState, EmailAddress, Field, PhoneNumber, Reason, Role, Secret, Status, User, UserRef,
    UserUpdate, Username, fold, initials_of, is_same_mailbox,
};
use roster_store::Tx;
use serde_json::json;

use super::{
    create::{claim_name, name_taken},
    fields::{
        check_adoption, check_grant, check_parent, find_groups, find_home, find_plan, is_available,
        merge_preferences, plan_end, read_optional, read_text,
    },
    status::{let_in, shut_out},
};
use crate::{
    Actor, Core, Error, Kind, Profile, Result,
    audit::Entry,
    authorize::{check_filling, get_authorized, get_user},
    authz::Operation,
    clock::whole_microseconds,
    credentials::password::ChosenBy,
    installation::PUBLIC,
    messages::templates::Template,
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
        self.change_user(actor, user, update, Way { expected, ..Way::default() }).await
    }

    /// Changes a user as one of those who manage it, which nobody is of itself without being an administrator; with the
    /// password, if one is given. All of it or nothing.
    ///
    /// # Errors
    /// As [`update_user`](Self::update_user); `Forbidden` from those who do not manage the user; `Invalid` for a
    /// password that the policy refuses.
    pub async fn manage_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        password: Option<&Secret>,
    ) -> Result<User> {
        let way = Way { is_managing: true, password, expected: None };
        self.change_user(actor, user, update, way).await
    }

    async fn change_user(
        &self,
        actor: &Actor,
        user: &UserRef,
        update: &UserUpdate,
        way: Way<'_>,
    ) -> Result<User> {
        let Way { expected, is_managing, password } = way;
        let mut operations = operations(actor, update);
        if password.is_some() {
            operations.push(Operation::SetPassword);
        }
        if is_managing {
            operations.insert(0, Operation::ManageUser);
        }
        let (first, others) = (operations[0], &operations[1..]);
        let target = self.authorize_on_also(actor, |_| first, others, user, "").await?;
        if let Some(role) = update.role {
            check_grant(actor, role)?;
        }
        // Nobody vouches for its own address but those who may do everything anyway (threat T16).
        let vouches = !actor.is_ordinary()
            && (Some(target.id) != actor.user_id() || actor.role() == Some(Role::SystemAdmin));
        if let Some(organization) = update.organization_id
            && organization != target.organization_id
            && actor.role().is_some_and(|role| role != Role::SystemAdmin)
        {
            return Err(Error::NotFound(Kind::Organization));
        }
        if update.is_email_confirmed == Some(true) && !vouches {
            return Err(Error::invalid(Field::IsEmailConfirmed, Reason::NotAllowed));
        }
        let password = match password {
            Some(password) => {
                let chosen_by = ChosenBy::Administrator;
                Some(self.hash_first_password(&target, password, chosen_by).await?)
            }
            None => None,
        };
        let names = Names {
            username: update.username.as_deref().map(Self::read_username).transpose()?,
            email: update
                .email
                .as_deref()
                .map(|email| self.read_email(actor, email))
                .transpose()?,
            must_be_new: actor.habits().refuses_own_names,
            is_confirmed: update
                .is_email_confirmed
                .unwrap_or(vouches || self.settings().profile == Profile::Compat),
            vouches,
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
                set_state(&mut after, actor, update, now)?;
                self.set_administered(tx, &mut after, update, now).await?;
                let is_moved = set_groups(tx, actor, &before, &after, update, now).await?;
                let is_mailed = self.set_names(tx, &mut after, &names, now).await?;
                let mut fields = changed_fields(&before, &after);
                if is_moved && update.group_ids.is_some() {
                    fields.push("group_ids".to_owned());
                }
                let is_changed = !fields.is_empty() || is_mailed || is_moved || password.is_some();
                if !is_changed && !actor.habits().notes_empty_changes {
                    return Ok(before);
                }
                if after.role != before.role || !is_available(&after, now) {
                    keep_an_administrator(tx, &before, now).await?;
                }
                after.updated_at = now;
                after.updated_by = actor.user_id();
                tx.update_user(&mut after).await?;
                if after.role != before.role || after.organization_id != before.organization_id {
                    // It may have lost the right to act in those names, and to let others in.
                    tx.end_impersonations_by(after.id).await?;
                    tx.withdraw_invitations_by(after.id).await?;
                }
                tx.release_identifiers(after.id, [&fold(&after.username), &fold(&after.email)])
                    .await?;
                if after.organization_id != before.organization_id {
                    tx.delete_memberships_elsewhere(after.id, after.organization_id).await?;
                    tx.delete_shares_elsewhere(after.id, after.organization_id).await?;
                    tx.disown_groups_of_user(after.id).await?;
                    tx.refresh_group_role_of(after.id).await?;
                }
                Entry::done("user.updated", after.id)
                    .with(json!({ "fields": fields }))
                    .write(tx, actor, now)
                    .await?;
                if after.status != before.status {
                    shut_out(tx, &after).await?;
                    // Who is merely deactivated finds its keys again.
                    if update.status == Some(Status::Disabled) {
                        tx.revoke_api_keys_of_user(after.id, now).await?;
                        tx.withdraw_invitations_by(after.id).await?;
                    }
                }
                let was_administrator = before.role.is_administrator();
                if was_administrator
                    && (!after.role.is_administrator()
                        || after.organization_id != before.organization_id)
                {
                    tx.release_users_of(after.id, now).await?;
                }
                if before.phone != after.phone {
                    // Whoever has the old telephone can do nothing more with what was sent there.
                    tx.delete_one_time_codes(after.id).await?;
                }
                if !is_same_mailbox(&before.email, &after.email) {
                    // What was sent to the old address proves nothing any more (threat T17).
                    tx.delete_links(after.id).await?;
                    tx.delete_one_time_codes(after.id).await?;
                    self.notify(tx, Template::EmailChanged, &before).await?;
                }
                if let Some(password) = &password {
                    self.set_password_in(tx, &after, password, None, now).await?;
                    Entry::done("password.changed", after.id).write(tx, actor, now).await?;
                }
                get_user(tx, after.id).await
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
        if is_same_mailbox(email.as_str(), &user.email) {
            // Whoever comes back to it waits for no new one.
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            return Ok(false);
        }
        if names.is_confirmed {
            claim_name(tx, email.key(), Field::Email, user.id).await?;
            user.email = email.as_str().to_owned();
            user.unconfirmed_email = None;
            tx.note_email_proof(user.id, names.vouches).await?;
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
            user.primary_group_id = home.id;
            user.parent_id = None;
            tx.ensure_membership(home.id, user.id, now).await?;
            tx.join_everybody(public, user.id, now).await?;
        } else if let Some(group) = update.primary_group_id {
            let (home, _) = find_home(tx, user.organization_id, Some(group)).await?;
            user.primary_group_id = home.id;
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
    /// Whether the caller answers for a new address being the user's.
    vouches: bool,
    /// Whether the names that the user has already are refused like those of others.
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
        active,
        account_state,
        is_email_confirmed: _,
        role,
        organization_id,
        primary_group_id,
        group_ids,
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
        last_checked_announcements_at,
        preferences,
    } = update;
    let administers = role.is_some()
        || organization_id.is_some()
        || parent_id.is_some()
        || plan.is_some()
        || plan_expires_at.is_some();
    let sets_flags = robot.is_some()
        || vpn_enabled.is_some()
        || sso_disabled.is_some()
        || otp_required_for_login.is_some()
        || exempt_from_org_sms_otp_disabled.is_some();
    let moves = primary_group_id.is_some() || group_ids.is_some();
    let mut needed = Vec::new();
    for (is_needed, operation) in [
        (administers, Operation::AdministerUser),
        (sets_flags, Operation::SetFlags),
        (moves, Operation::MoveUser),
        (true, Operation::UpdateProfile),
    ] {
        if is_needed {
            needed.push(operation);
        }
    }
    if username.is_some() || email.is_some() {
        needed.push(Operation::ChangeIdentifiers);
    }
    if username.is_some() && actor.habits().keeps_to_account {
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
    let state = match active {
        Some(true) => Some(AccountState::Active),
        Some(false) => Some(AccountState::Deactivated),
        None => None,
    };
    for state in [*account_state, state].into_iter().flatten() {
        needed.push(match state {
            AccountState::Active => Operation::EnableUser,
            AccountState::Deactivated => Operation::DisableUser,
            AccountState::Suspended => Operation::SuspendUser,
            AccountState::Unsuspended => Operation::UnsuspendUser,
        });
    }
    if preferences.is_some() || prefers_sms_otp.is_some() || last_checked_announcements_at.is_some()
    {
        needed.push(Operation::ChangePreferences);
    }
    if role.is_some_and(Role::is_administrator) {
        needed.push(Operation::GrantAdministration);
    }
    needed
}

/// Sets what users may set themselves, but for the names they sign in with.
fn set_profile(user: &mut User, update: &UserUpdate) -> Result<()> {
    let name = user.name();
    if let Some(name) = &update.first_name {
        user.first_name = read_text(Field::FirstName, name)?;
    }
    if let Some(name) = &update.last_name {
        user.last_name = read_text(Field::LastName, name)?;
    }
    if user.name() != name {
        user.profile.initials = initials_of(&user.name());
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
    if let Some(at) = update.last_checked_announcements_at {
        user.last_checked_announcements_at = Some(whole_microseconds(at));
    }
    if let Some(changes) = &update.preferences {
        user.preferences = merge_preferences(&user.preferences, changes)?;
    }
    Ok(())
}

/// Sets the status, however it is said.
fn set_state(user: &mut User, actor: &Actor, update: &UserUpdate, now: Timestamp) -> Result<()> {
    let contradicts = |field, other: &str| {
        Err(Error::invalid(field, Reason::Other(format!("contradicts {other}"))))
    };
    let is_on = update.account_state.map(|state| state != AccountState::Deactivated);
    if is_on.is_some_and(|is_on| update.active.is_some_and(|active| active != is_on)) {
        return contradicts(Field::AccountState, "active");
    }
    if update.status.is_some() && (update.active.is_some() || update.account_state.is_some()) {
        return contradicts(Field::Status, "active or account_state");
    }
    let is_shown = |status| {
        status == Status::Disabled && actor.habits().shown_as_disabled.contains(&user.status)
    };
    if let Some(status) = update.status.filter(|status| !is_shown(*status)) {
        user.status = status;
        user.unlocked_at = None;
    }
    let state = update.account_state.or_else(|| match update.active? {
        true => (!user.status.is_on()).then_some(AccountState::Active),
        false => Some(AccountState::Deactivated),
    });
    match state {
        None => {}
        Some(AccountState::Active) => {
            user.status = let_in(user);
            user.unlocked_at = None;
        }
        Some(AccountState::Deactivated) if !user.status.is_on() => {}
        Some(AccountState::Deactivated) => user.status = Status::Disabled,
        Some(AccountState::Suspended) => user.status = Status::Suspended,
        Some(AccountState::Unsuspended) => {
            user.status = let_in(user);
            user.unlocked_at = Some(now);
        }
    }
    Ok(())
}

/// Puts a user into the groups that an update names, out of the others, and into its primary group. True if anything
/// changes.
async fn set_groups(
    tx: &mut Tx,
    actor: &Actor,
    before: &User,
    after: &User,
    update: &UserUpdate,
    now: Timestamp,
) -> Result<bool> {
    let stays = after.organization_id == before.organization_id;
    if update.group_ids.is_none() && (update.primary_group_id.is_none() || !stays) {
        return Ok(false);
    }
    let mut is_moved = false;
    let mut gives_authority = false;
    let present = match stays {
        true => tx.list_groups_of_users(&[after.id]).await?,
        false => Vec::new(),
    };
    let present: Vec<_> = present.into_iter().map(|(_, group)| group.id).collect();
    let home = after.primary_group_id;
    let given = update.group_ids.as_deref().unwrap_or_default();
    let wanted: Vec<_> = given.iter().copied().chain([home]).collect();
    for group in find_groups(tx, after.organization_id, &wanted).await? {
        let is_new_home = group.id == home && home != before.primary_group_id;
        if !present.contains(&group.id) || is_new_home {
            check_filling(tx, actor, &group).await?;
            tx.ensure_membership(group.id, after.id, now).await?;
            gives_authority |= group.authority().is_some();
            is_moved = true;
        }
    }
    if update.group_ids.is_some() {
        let left: Vec<_> = present.into_iter().filter(|group| !wanted.contains(group)).collect();
        for group in find_groups(tx, after.organization_id, &left).await? {
            check_filling(tx, actor, &group).await?;
            match group.slug == PUBLIC {
                true => tx.unchoose_membership(group.id, after.id).await?,
                false => tx.delete_membership(group.id, after.id).await?,
            };
            gives_authority |= group.authority().is_some();
            is_moved = true;
        }
    }
    if gives_authority {
        tx.refresh_group_role_of(after.id).await?;
        tx.end_impersonations_by(after.id).await?;
    }
    Ok(is_moved)
}

/// How an update is made.
#[derive(Default)]
struct Way<'w> {
    /// Only if the record is of this version.
    expected: Option<i64>,
    /// As one who manages the user, not as the user itself.
    is_managing: bool,
    /// With this password.
    password: Option<&'w Secret>,
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

/// Puts somebody who comes back into its primary group and everybody's, with what they make of their members.
pub(super) async fn rejoin(tx: &mut Tx, user: &User, now: Timestamp) -> Result<()> {
    let (home, public) = find_home(tx, user.organization_id, Some(user.primary_group_id)).await?;
    tx.ensure_membership(home.id, user.id, now).await?;
    if home.id != public {
        tx.join_everybody(public, user.id, now).await?;
    }
    tx.refresh_group_role_of(user.id).await?;
    Ok(())
}
