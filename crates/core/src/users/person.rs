//! Somebody who is about to be made.

use jiff::Timestamp;
use roster_model::{
    EmailAddress, Field, Group, GroupId, IdentityKey, NewUser, NewUserFlags, PhoneNumber, Profile,
    Reason, Role, Status, User, UserFlags, Username, initials_of,
};
use roster_store::Tx;

use super::{
    create::name_taken,
    fields::{read_optional, read_text},
};
use crate::{
    Actor, Core, Error, Result, authorize::get_user, credentials::HashedPassword, random::RandomExt,
};

/// Everything of somebody who is about to be made that can be judged without looking at others.
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

    /// Whether it may sign in at once.
    pub(super) fn may_sign_in(&self) -> bool {
        self.status.may_sign_in()
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
