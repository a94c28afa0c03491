//! Users: the record, what makes a new one, and what changes one.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    GroupId, GroupRole, OrganizationId, PhoneNumber, PlanId, Secret, UserId, problem::words,
};

words! {
    /// Whether and how a user may use the account (design section 2).
    Status {
        /// Made, has not signed in yet, may.
        New = "new",
        /// May not sign in until approved.
        Pending = "pending",
        /// Signs in.
        Active = "active",
        /// Shut out for inactivity or by an administrator; may be let in again.
        Suspended = "suspended",
        /// Switched off.
        Disabled = "disabled",
    }
}

impl Status {
    /// Whether such a user may sign in and use sessions and keys.
    pub fn may_sign_in(self) -> bool {
        matches!(self, Self::New | Self::Active)
    }

    /// Whether the account is not switched off: suspended people's are not.
    pub fn is_on(self) -> bool {
        matches!(self, Self::New | Self::Active | Self::Suspended)
    }
}

words! {
    /// How an account stands, as its managers see it.
    AccountState {
        /// May be used.
        Active = "active",
        /// Switched off, or waiting to be let in.
        Deactivated = "deactivated",
        /// Shut out for inactivity or by an administrator.
        Suspended = "suspended",
        /// A suspension was lifted, and the user has not come back yet.
        Unsuspended = "unsuspended",
    }
}

words! {
    /// What a user may do, from most to least (design section 3.1).
    Role {
        /// Everything.
        SystemAdmin = "system_admin",
        /// Administers its own organization.
        AccountAdmin = "account_admin",
        /// A word of the platform; for Roster an ordinary user.
        Publisher = "publisher",
        /// A word of the platform; for Roster an ordinary user.
        Editor = "editor",
        /// A word of the platform; for Roster an ordinary user.
        Viewer = "viewer",
    }
}

impl Role {
    /// How much a role may do beside others; larger is more.
    pub fn rank(self) -> u8 {
        match self {
            Self::SystemAdmin => 4,
            Self::AccountAdmin => 3,
            Self::Publisher => 2,
            Self::Editor => 1,
            Self::Viewer => 0,
        }
    }

    /// Whether it gives power over other people.
    pub fn is_administrator(self) -> bool {
        self.rank() >= Self::AccountAdmin.rank()
    }
}

/// A user, as the native API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// Its UUID.
    pub uuid: Uuid,
    /// The name it signs in with.
    pub username: String,
    /// Its confirmed address.
    pub email: String,
    /// An address that waits for confirmation.
    pub unconfirmed_email: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Its phone number.
    pub phone: Option<PhoneNumber>,
    /// When the phone number was proved to be its own.
    pub phone_verified_at: Option<Timestamp>,
    /// Whether it may use the account.
    pub status: Status,
    /// What it may do.
    pub role: Role,
    /// What its groups let it do beside that: the strongest of their roles that lets anybody do anything.
    pub group_role: Option<GroupRole>,
    /// Where it belongs.
    pub organization_id: OrganizationId,
    /// The group that its manager manages it in.
    pub primary_group_id: GroupId,
    /// The account admin it belongs to.
    pub parent_id: Option<UserId>,
    /// Its plan.
    pub plan_id: Option<PlanId>,
    /// When its plan ends.
    pub plan_expires_at: Option<Timestamp>,
    /// About the person.
    #[serde(flatten)]
    pub profile: Profile,
    /// What administrators have set.
    #[serde(flatten)]
    pub flags: UserFlags,
    /// What the person has set, as the platform's programs understand it.
    #[schema(value_type = Object)]
    pub preferences: serde_json::Map<String, serde_json::Value>,
    /// Whether sign-in asks for a second factor.
    pub is_mfa_active: bool,
    /// When the password was last set; none: there is none.
    pub password_changed_at: Option<Timestamp>,
    /// When the password must be changed.
    pub password_expires_at: Option<Timestamp>,
    /// How often it has signed in.
    pub sign_in_count: i64,
    /// The sign-in before the present one.
    pub last_sign_in_at: Option<Timestamp>,
    /// The latest sign-in.
    pub current_sign_in_at: Option<Timestamp>,
    /// The latest use of any credential, to the second or so.
    pub last_seen_at: Option<Timestamp>,
    /// When a suspension was lifted, until it is next suspended or let in in another way.
    pub unlocked_at: Option<Timestamp>,
    /// When it last looked at the announcements.
    pub last_checked_announcements_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Option<UserId>,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: Option<UserId>,
    /// When it was deleted; only administrators who look into the bin see such users.
    pub deleted_at: Option<Timestamp>,
    /// Grows with each change; the `ETag`.
    pub version: i64,
}

impl User {
    /// A new viewer of whom nothing is known but this, without a number yet, in an organization and its primary group.
    pub fn new(
        uuid: Uuid,
        username: &str,
        email: &str,
        home: (OrganizationId, GroupId),
        now: Timestamp,
    ) -> Self {
        Self {
            id: UserId(0),
            uuid,
            username: username.to_owned(),
            email: email.to_owned(),
            unconfirmed_email: None,
            first_name: String::new(),
            last_name: String::new(),
            phone: None,
            phone_verified_at: None,
            status: Status::New,
            role: Role::Viewer,
            group_role: None,
            organization_id: home.0,
            primary_group_id: home.1,
            parent_id: None,
            plan_id: None,
            plan_expires_at: None,
            profile: Profile::default(),
            flags: UserFlags::default(),
            preferences: serde_json::Map::new(),
            is_mfa_active: false,
            password_changed_at: None,
            password_expires_at: None,
            sign_in_count: 0,
            last_sign_in_at: None,
            current_sign_in_at: None,
            last_seen_at: None,
            unlocked_at: None,
            last_checked_announcements_at: None,
            created_at: now,
            created_by: None,
            updated_at: now,
            updated_by: None,
            deleted_at: None,
            version: 1,
        }
    }

    /// `first_name` and `last_name` as one text (design section 2). Only blanks are trimmed, as databases do it.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim_matches(' ').into()
    }

    /// How the account stands.
    pub fn account_state(&self) -> AccountState {
        let came_back = |at: &Timestamp| {
            [self.last_seen_at, self.current_sign_in_at, self.last_sign_in_at]
                .iter()
                .flatten()
                .any(|came| came > at)
        };
        match self.status {
            Status::Suspended => AccountState::Suspended,
            Status::Pending | Status::Disabled => AccountState::Deactivated,
            Status::New | Status::Active => match self.unlocked_at {
                Some(at) if !came_back(&at) => AccountState::Unsuspended,
                _ => AccountState::Active,
            },
        }
    }

    /// What it may do after all: its own role, or that which its groups give it.
    pub fn effective_role(&self) -> Role {
        strongest(self.role, self.group_role)
    }
}

/// The stronger of a user's own role and that which its groups give it.
pub fn strongest(role: Role, group_role: Option<GroupRole>) -> Role {
    match group_role.and_then(GroupRole::as_role) {
        Some(given) if given.rank() > role.rank() => given,
        _ => role,
    }
}

/// The first letters of the words of a name that begin with one, as capitals.
pub fn initials_of(name: &str) -> Option<String> {
    let firsts = name.split_whitespace().filter_map(|word| word.chars().next());
    let letters = firsts.filter(|first| first.is_alphabetic()).flat_map(char::to_uppercase);
    let initials: String = letters.take(32).collect();
    (!initials.is_empty()).then_some(initials)
}

/// What a name given as one text is split into: at the first blank, white space folded.
pub fn split_name(name: &str) -> (String, String) {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default().into();
    (first, words.collect::<Vec<_>>().join(" "))
}

/// About the person. Free text of at most 320 characters each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Profile {
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Initials: given, or the first letters of the name.
    pub initials: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Name at GitHub.
    pub github_username: Option<String>,
}

/// What administrators set on a user, and nobody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UserFlags {
    /// A program, not a person.
    pub robot: bool,
    /// May use the VPN.
    pub vpn_enabled: bool,
    /// Signs in with a password although the organization signs in at a provider.
    pub sso_disabled: bool,
    /// Must have multi-factor authentication.
    pub otp_required_for_login: bool,
    /// Likes codes by SMS better than by app.
    pub prefers_sms_otp: bool,
    /// Gets codes by SMS although the organization forbids them.
    pub exempt_from_org_sms_otp_disabled: bool,
}

/// What administrators set on a new user; absent: the default of its primary group, else no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewUserFlags {
    /// A program, not a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot: Option<bool>,
    /// May use the VPN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn_enabled: Option<bool>,
    /// Signs in with a password although the organization signs in at a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_disabled: Option<bool>,
    /// Must have multi-factor authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp_required_for_login: Option<bool>,
    /// Likes codes by SMS better than by app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefers_sms_otp: Option<bool>,
    /// Gets codes by SMS although the organization forbids them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt_from_org_sms_otp_disabled: Option<bool>,
}

/// What everybody in an organization may see of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DirectoryEntry {
    /// Its number.
    pub id: UserId,
    /// Its UUID.
    pub uuid: Uuid,
    /// The name it signs in with.
    pub username: String,
    /// Given and family name as one text.
    pub name: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// Its address.
    pub email: String,
    /// Its initials.
    pub initials: Option<String>,
}

impl From<&User> for DirectoryEntry {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            uuid: user.uuid,
            username: user.username.clone(),
            name: user.name(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email: user.email.clone(),
            initials: user.profile.initials.clone(),
        }
    }
}

/// Whom of the directory one wants to see; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DirectoryFilter {
    /// A piece of a name or an address, letter case aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Members of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
}

/// What a new user is to be. Absent and `null` are the same.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: String,
    /// The address, taken as confirmed.
    pub email: String,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The password; without one the user signs in at a provider or sets one by link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Phone number, unverified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// What the user may do; `viewer` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `new`, `pending` or `active`; `new` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The organization; the caller's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The primary group; the organization's `public` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_group_id: Option<GroupId>,
    /// The other groups it is to be in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_ids: Option<Vec<GroupId>>,
    /// The account admin it is to belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<UserId>,
    /// The plan, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// When the plan ends; without it the plan's length counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_expires_at: Option<Timestamp>,
    /// About the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What administrators set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<NewUserFlags>,
    /// Send a link by e-mail with which the user sets a password.
    #[serde(default, skip_serializing_if = "is_false")]
    pub send_invitation: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// What is to change; absent: nothing. Where a field can be empty, `null` empties it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserUpdate {
    /// The phone number, unverified from then on.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub phone: Option<Option<String>>,
    /// The status; one that does not let the user sign in ends all that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Whether the account is switched on: `false` deactivates it, `true` lifts a deactivation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// How the account is to stand; `active` lifts a deactivation and a suspension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_state: Option<AccountState>,
    /// The name to sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The address. Set by an administrator it counts as confirmed; set by the user itself it
    /// waits for confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address that an administrator sets counts at once; `false`: it waits for confirmation, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_email_confirmed: Option<bool>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// What the user may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// The primary group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_group_id: Option<GroupId>,
    /// All groups it is to be in; the primary group stays among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_ids: Option<Vec<GroupId>>,
    /// The account admin it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub parent_id: Option<Option<UserId>>,
    /// The plan, by name. Setting one starts its period anew.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub plan: Option<Option<String>>,
    /// When the plan ends.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub plan_expires_at: Option<Option<Timestamp>>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub city: Option<Option<String>>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub state: Option<Option<String>>,
    /// IANA time zone.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub time_zone: Option<Option<String>>,
    /// Initials.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub initials: Option<Option<String>>,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub department: Option<Option<String>>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub title: Option<Option<String>>,
    /// Name at GitHub.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub github_username: Option<Option<String>>,
    /// A program, not a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robot: Option<bool>,
    /// May use the VPN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpn_enabled: Option<bool>,
    /// Signs in with a password although the organization signs in at a provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso_disabled: Option<bool>,
    /// Must have multi-factor authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otp_required_for_login: Option<bool>,
    /// Likes codes by SMS better than by app. The user's own to set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefers_sms_otp: Option<bool>,
    /// Gets codes by SMS although the organization forbids them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exempt_from_org_sms_otp_disabled: Option<bool>,
    /// When it last looked at the announcements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_checked_announcements_at: Option<Timestamp>,
    /// Merged into the present ones key by key; a `null` removes its key (RFC 7396).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub preferences: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Tells `null` from absent.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// A new password for oneself, or, by an administrator, for somebody else.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password; needed for one's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The password from now on.
    pub new_password: Secret,
}

/// A new password instead of one that is right but expired.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeExpiredPassword {
    /// Username or e-mail address.
    pub login: String,
    /// The expired password.
    pub password: Secret,
    /// The password from now on.
    pub new_password: Secret,
}

/// The first administrator of a new installation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The token of the set-up link, which the server shows at its first start.
    pub token: Secret,
    /// Who the administrator is to be.
    pub user: NewUser,
}

/// A phone number for a user; it counts once verified. Without one, a new code is sent to the
/// stored number.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPhone {
    /// The number, in any international spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// The code that was sent to a phone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyPhone {
    /// Six digits.
    pub code: Secret,
}

/// Proof that an address is one's own: the token of the mailed link, or the code beside it when
/// signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmail {
    /// The token of the mailed link.
    pub token: Secret,
}

/// What part of the users is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UserFilter {
    /// Only these statuses, divided by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Only this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Only this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Only members of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// Deleted users instead of living ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// A condition in the filter language (CQL2 text), for example
    /// `email LIKE '%@example.com' AND created_at > '2026-01-01'`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// A piece of a name, an address or a phone number, letter case aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Fields of a user with commas between, each with `-` before it downwards; `id` without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn null_empties_and_absence_leaves_alone() {
        let update: UserUpdate = serde_json::from_str(r#"{"city": null, "title": "x"}"#).unwrap();
        assert_eq!(update.city, Some(None));
        assert_eq!(update.title, Some(Some("x".into())));
        assert_eq!(update.state, None);
        assert_eq!(serde_json::to_string(&update).unwrap(), r#"{"city":null,"title":"x"}"#);
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        assert!(serde_json::from_str::<UserUpdate>(r#"{"is_admin": true}"#).is_err());
    }

    #[test]
    fn initials_are_the_first_letters_of_words_that_begin_with_one() {
        assert_eq!(initials_of("Test Create").as_deref(), Some("TC"));
        assert_eq!(initials_of(" ann  van der Berg 3rd (x)").as_deref(), Some("AVDB"));
        assert_eq!(initials_of("élodie").as_deref(), Some("É"));
        assert_eq!(initials_of("3 %"), None);
    }

    proptest! {
        #[test]
        fn a_name_reads_back_as_written_with_white_space_folded(name in "[a-zA-Zäß ]{0,30}") {
            let (first, last) = split_name(&name);
            let read = format!("{first} {last}").trim().to_owned();
            prop_assert_eq!(read, name.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}
