//! Making users.

use jiff::Timestamp;
use roster_model::{
    Channel, EmailAddress, Field, Group, GroupId, IdentityKey, NewUser, NewUserFlags,
    OrganizationId, PhoneNumber, Profile, Reason, Role, Secret, Status, User, UserFlags, UserId,
    UserRef, Username, fold, initials_of,
};
use roster_store::Tx;
use serde_json::json;

use super::fields::{
    check_adoption, check_grant, check_parent, find_groups, find_home, find_plan, plan_end,
    read_optional, read_text,
};
use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::{Creation, check_bestowal, get_user},
    authz::Operation,
    clock::whole_microseconds,
    credentials::{HashedPassword, password::ChosenBy},
    installation::first_organization,
    random::RandomExt,
};

/// Somebody who is about to be made: everything that can be judged without looking at others.
pub(crate) struct Person {
    username: Username,
    email: EmailAddress,
    first_name: String,
    last_name: String,
    phone: Option<PhoneNumber>,
    role: Role,
    status: Status,
    profile: Profile,
    flags: NewUserFlags,
}

impl Person {
    /// Somebody of `role`, as `new` describes it.
    pub(crate) fn read(core: &Core, actor: &Actor, new: &NewUser, role: Role) -> Result<Self> {
        let text =
            |field, text: &Option<String>| read_text(field, text.as_deref().unwrap_or_default());
        let status = new.status.unwrap_or(Status::New);
        if status == Status::Suspended {
            let words = vec!["new", "pending", "active", "disabled"];
            return Err(Error::invalid(Field::Status, Reason::NotOneOf(words)));
        }
        let phone = new.phone.as_deref().map(PhoneNumber::parse).transpose();
        let first_name = text(Field::FirstName, &new.first_name)?;
        let last_name = text(Field::LastName, &new.last_name)?;
        let mut profile = read_profile(new.profile.as_ref())?;
        if profile.initials.is_none() {
            profile.initials = initials_of(&format!("{first_name} {last_name}"));
        }
        Ok(Self {
            username: Core::read_username(&new.username)?,
            email: core.read_email(actor, &new.email)?,
            first_name,
            last_name,
            phone: phone.map_err(|reason| Error::invalid(Field::Phone, reason))?,
            role,
            status,
            profile,
            flags: new.flags.unwrap_or_default(),
        })
    }

    /// Its username.
    pub(super) fn username(&self) -> &Username {
        &self.username
    }

    /// Its address.
    pub(super) fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// The keys of its username and its address.
    pub(super) fn keys(&self) -> [IdentityKey; 2] {
        [self.username.key().clone(), self.email.key().clone()]
    }

    /// The record of this person in its primary group, without a number yet.
    pub(crate) fn record(&self, core: &Core, actor: &Actor, home: &Group, now: Timestamp) -> User {
        let uuid = core.random().uuid_v7(now);
        let place = (home.organization_id, home.id);
        User {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            phone: self.phone.clone(),
            status: self.status,
            role: self.role,
            profile: self.profile.clone(),
            flags: self.flags_in(home),
            created_by: actor.user_id(),
            updated_by: actor.user_id(),
            ..User::new(uuid, self.username.as_str(), self.email.as_str(), place, now)
        }
    }

    fn flags_in(&self, home: &Group) -> UserFlags {
        let NewUserFlags {
            robot,
            vpn_enabled,
            sso_disabled,
            otp_required_for_login,
            prefers_sms_otp,
            exempt_from_org_sms_otp_disabled,
        } = self.flags;
        let must_have_otp = otp_required_for_login.or(home.defaults.default_otp_required_for_login);
        UserFlags {
            robot: robot.unwrap_or_default(),
            vpn_enabled: vpn_enabled.unwrap_or_default(),
            sso_disabled: sso_disabled.unwrap_or_default(),
            otp_required_for_login: must_have_otp.unwrap_or_default(),
            prefers_sms_otp: prefers_sms_otp.unwrap_or_default(),
            exempt_from_org_sms_otp_disabled: exempt_from_org_sms_otp_disabled.unwrap_or_default(),
        }
    }

    /// Adds the record, claims the names and sets the password.
    ///
    /// # Errors
    /// `NameTaken` for a name or address that anybody has, or had before being deleted.
    pub(crate) async fn insert(
        &self,
        core: &Core,
        tx: &mut Tx,
        record: &User,
        public: GroupId,
        password: Option<&HashedPassword>,
        now: Timestamp,
    ) -> Result<User> {
        let id = tx.insert_user(record).await?;
        let (username, email) = (self.username.key(), self.email.key());
        if let Some(taken) = tx.claim_identifiers([username, email], id).await? {
            let field = if taken == username { Field::Username } else { Field::Email };
            return Err(name_taken(tx, taken, field).await?);
        }
        tx.ensure_membership(record.primary_group_id, id, now).await?;
        if record.primary_group_id != public {
            tx.join_everybody(public, id, now).await?;
        }
        let mut user = User { id, ..record.clone() };
        if tx.give_authority(&[record.primary_group_id, public]).await? {
            tx.refresh_group_role_of(id).await?;
            user = get_user(tx, id).await?;
        }
        if let Some(password) = password {
            core.set_password_in(tx, &user, password, None, now).await?;
            user = get_user(tx, id).await?;
        }
        Ok(user)
    }
}

impl Core {
    /// Makes a user.
    ///
    /// # Errors
    /// `Forbidden` for all but administrators, and for a role above the caller's own; those of
    /// step-up; `Invalid` for what a field may not hold; `NameTaken` for a name or address in
    /// use; `ChannelUnavailable` for an invitation without a mail transport.
    pub async fn create_user(&self, actor: &Actor, new: &NewUser) -> Result<User> {
        self.create_once(actor, Operation::CreateUser, self.make_user(actor, new)).await
    }

    async fn make_user(&self, actor: &Actor, new: &NewUser) -> Result<User> {
        let role = new.role.unwrap_or(Role::Viewer);
        check_grant(actor, role)?;
        let mut operations = vec![Operation::CreateUser];
        if new.password.is_some() {
            // Whoever knows a password may sign in with it, and is then bound by nothing that binds a key (threat T25).
            operations.push(Operation::SetPassword);
        }
        if role.is_administrator() {
            operations.push(Operation::GrantAdministration);
        }
        if new.plan.is_some() || new.plan_expires_at.is_some() || new.parent_id.is_some() {
            operations.push(Operation::AdministerUser);
        }
        let own = actor.credential().map(|credential| credential.user.organization_id);
        // Of nobody and of the server the table does not want to know where they stand.
        let place = new.organization_id.or(own).unwrap_or(OrganizationId(0));
        let group_ids = new.group_ids.as_deref().unwrap_or_default();
        // Whoever names no primary group makes somebody for everybody's, which is no team admin's to manage.
        let named: Vec<_> = match new.primary_group_id {
            Some(home) => [home].into_iter().chain(group_ids.iter().copied()).collect(),
            None => Vec::new(),
        };
        let wanted: Vec<_> = group_ids.iter().copied().chain(new.primary_group_id).collect();
        let creation =
            Creation { operations: &operations, organization: place, groups: Some(&named) };
        self.authorize_creation(actor, &creation).await?;
        let parent = match actor.role() {
            Some(Role::AccountAdmin) if actor.habits().keeps_to_account => {
                new.parent_id.or(actor.user_id())
            }
            _ => new.parent_id,
        };
        check_adoption(actor, None, parent)?;
        let person = Person::read(self, actor, new, role)?;
        if new.send_invitation {
            if !person.status.may_sign_in() {
                let sentence = "is one of people who may not sign in, so they cannot be invited; \
                                invite them once they are let in";
                return Err(Error::invalid(Field::Status, Reason::Other(sentence.to_owned())));
            }
            self.require_channel(Channel::Email)?;
        }
        let now = self.now();
        // Almost always one statement; where there are more, they need not be of one moment.
        let (home, public, groups) = self
            .store()
            .point_read(async |tx: &mut Tx| {
                let organization = match new.organization_id.or(own) {
                    Some(organization) => organization,
                    None => first_organization(tx).await?,
                };
                let (home, public) = find_home(tx, organization, new.primary_group_id).await?;
                let groups = find_groups(tx, organization, group_ids).await?;
                Ok::<_, Error>((home, public, groups))
            })
            .await
            .map_err(|error| match error {
                Error::NotFound(Kind::Organization) => {
                    Error::invalid(Field::Organization, Reason::Unknown)
                }
                other => other,
            })?;
        for group in groups.iter().chain([&home]) {
            check_bestowal(actor, group.authority())?;
        }
        let record = person.record(self, actor, &home, now);
        let password = match &new.password {
            Some(password) => {
                let chosen_by = ChosenBy::Administrator;
                Some(self.hash_first_password(&record, password, chosen_by).await?)
            }
            None => None,
        };
        self.store()
            .write(async |tx: &mut Tx| {
                // Hashing takes its time, in which groups and what the caller was given may have changed.
                creation.allow(tx, actor).await?;
                let groups = find_groups(tx, home.organization_id, &wanted).await?;
                for group in &groups {
                    check_bestowal(actor, group.authority())?;
                }
                let mut record = record.clone();
                if let Some(parent) = parent {
                    check_parent(tx, home.organization_id, parent, None).await?;
                    record.parent_id = Some(parent);
                }
                if let Some(name) = &new.plan {
                    let plan = find_plan(tx, name).await?;
                    record.plan_id = Some(plan.id);
                    record.plan_expires_at = plan_end(&plan, now);
                }
                record.plan_expires_at =
                    new.plan_expires_at.map(whole_microseconds).or(record.plan_expires_at);
                let password = password.as_ref();
                let mut user = person.insert(self, tx, &record, public, password, now).await?;
                for group in &groups {
                    tx.ensure_membership(group.id, user.id, now).await?;
                }
                if groups.iter().any(|group| group.authority().is_some()) {
                    tx.refresh_group_role_of(user.id).await?;
                    user = get_user(tx, user.id).await?;
                }
                Entry::done("user.created", user.id)
                    .with(json!({ "role": user.role, "organization_id": user.organization_id }))
                    .write(tx, actor, now)
                    .await?;
                if new.send_invitation {
                    self.invite(tx, &user, now).await?;
                }
                self.keep_reply(tx, actor, Operation::CreateUser, &user, now).await?;
                Ok(user)
            })
            .await
    }

    /// The password of somebody who had none before: the field is called `password`.
    pub(crate) async fn hash_first_password(
        &self,
        user: &User,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<HashedPassword> {
        self.hash_new_password(user, password, chosen_by).await.map_err(about_first_password)
    }

    /// Holds the password of somebody who had none before against the policy.
    pub(crate) async fn judge_first_password(
        &self,
        user: &User,
        password: &Secret,
        chosen_by: ChosenBy,
    ) -> Result<()> {
        let judged = self.judge_new_password(Some(user), password, chosen_by).await;
        judged.map_err(about_first_password).map(|_| ())
    }
}

fn about_first_password(error: Error) -> Error {
    match error {
        Error::Invalid { field: Field::NewPassword, reason } => {
            Error::invalid(Field::Password, reason)
        }
        other => other,
    }
}

/// Takes a name or an address for a user.
///
/// # Errors
/// `NameTaken` if somebody else has it, or had it when deleted.
pub(crate) async fn claim_name(
    tx: &mut Tx,
    key: &IdentityKey,
    field: Field,
    user: UserId,
) -> Result<()> {
    match tx.claim_identifier(key, user).await? {
        true => Ok(()),
        false => Err(name_taken(tx, key, field).await?),
    }
}

/// The refusal of a name or an address that somebody has.
pub(crate) async fn name_taken(tx: &mut Tx, key: &IdentityKey, field: Field) -> Result<Error> {
    let holder = tx.find_identifier(key).await?.ok_or_else(|| Error::internal("a free name"))?;
    // Of purged users only the reservation is left: what it was for is no longer known.
    let held_as = match tx.find_user(&UserRef::Id(holder)).await? {
        Some(user) if fold(&user.username) != *key => Field::Email,
        Some(_) => Field::Username,
        None => field,
    };
    Ok(Error::NameTaken { field, holder, held_as })
}

fn read_profile(profile: Option<&Profile>) -> Result<Profile> {
    let Some(profile) = profile else { return Ok(Profile::default()) };
    Ok(Profile {
        city: read_optional(Field::City, profile.city.as_deref())?,
        state: read_optional(Field::State, profile.state.as_deref())?,
        time_zone: read_optional(Field::TimeZone, profile.time_zone.as_deref())?,
        initials: read_optional(Field::Initials, profile.initials.as_deref())?,
        department: read_optional(Field::Department, profile.department.as_deref())?,
        title: read_optional(Field::Title, profile.title.as_deref())?,
        github_username: read_optional(Field::GithubUsername, profile.github_username.as_deref())?,
    })
}
