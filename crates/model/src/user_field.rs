//! The fields by which lists of users are filtered and ordered.

use crate::{
    FieldKind, FilterField, FilterValue, Filterable, Role, Status, User, Vocabulary, Words,
};

macro_rules! user_fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal: $kind:ident $(($value:ident))? |$user:ident| $get:expr;)+) => {
        /// A field of a user.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum UserField {
            $($(#[$doc])* $field,)+
        }

        impl FilterField for UserField {
            const ALL: &'static [Self] = &[$(Self::$field),+];
            const ID: Self = Self::Id;

            fn name(self) -> &'static str {
                match self { $(Self::$field => $name),+ }
            }

            fn kind(self) -> FieldKind {
                match self { $(Self::$field => FieldKind::$kind),+ }
            }
        }

        impl Filterable<UserField> for User {
            fn value(&self, field: UserField) -> Option<FilterValue> {
                match field {
                    $(UserField::$field => {
                        let $user = self;
                        $get.map(user_fields!(@value $kind $($value)?))
                    })+
                }
            }
        }

        /// The names of the native API, which are those of the record.
        pub const USER_FIELDS: Vocabulary<UserField> = Vocabulary {
            fields: &[$(($name, UserField::$field)),+],
            words: &[(UserField::Status, STATUSES), (UserField::Role, ROLES)],
        };
    };
    (@value Word) => { FilterValue::Text };
    (@value $kind:ident) => { FilterValue::$kind };
}

const STATUSES: Words = &[
    ("new", "new"),
    ("pending", "pending"),
    ("active", "active"),
    ("suspended", "suspended"),
    ("disabled", "disabled"),
];

pub(crate) const ROLES: Words = &[
    ("system_admin", "system_admin"),
    ("account_admin", "account_admin"),
    ("publisher", "publisher"),
    ("editor", "editor"),
    ("viewer", "viewer"),
];

fn word_of_status(status: Status) -> String {
    status.as_str().to_owned()
}

fn word_of_role(role: Role) -> String {
    role.as_str().to_owned()
}

user_fields! {
    /// The number.
    Id = "id": Integer |user| Some(user.id.0);
    /// The UUID.
    Uuid = "uuid": Uuid |user| Some(user.uuid);
    /// The username.
    Username = "username": Text |user| Some(user.username.clone());
    /// The confirmed address.
    Email = "email": Text |user| Some(user.email.clone());
    /// The address that waits for confirmation.
    UnconfirmedEmail = "unconfirmed_email": Text |user| user.unconfirmed_email.clone();
    /// Given and family name as one text.
    Name = "name": Text |user| Some(user.name());
    /// The given name.
    FirstName = "first_name": Text |user| Some(user.first_name.clone());
    /// The family name.
    LastName = "last_name": Text |user| Some(user.last_name.clone());
    /// The phone number, as it was typed.
    Phone = "phone": Text |user| user.phone.as_ref().map(|phone| phone.as_typed.clone());
    /// When the phone number was verified.
    PhoneVerifiedAt = "phone_verified_at": Time |user| user.phone_verified_at;
    /// The status.
    Status = "status": Word |user| Some(word_of_status(user.status));
    /// The role.
    Role = "role": Word |user| Some(word_of_role(user.role));
    /// The organization.
    OrganizationId = "organization_id": Integer |user| Some(user.organization_id.0);
    /// The primary group.
    PrimaryGroupId = "primary_group_id": Integer |user| Some(user.primary_group_id.0);
    /// The account admin it belongs to.
    ParentId = "parent_id": Integer |user| user.parent_id.map(|id| id.0);
    /// The plan.
    PlanId = "plan_id": Integer |user| user.plan_id.map(|id| id.0);
    /// When the plan ends.
    PlanExpiresAt = "plan_expires_at": Time |user| user.plan_expires_at;
    /// City.
    City = "city": Text |user| user.profile.city.clone();
    /// State or province.
    State = "state": Text |user| user.profile.state.clone();
    /// Time zone.
    TimeZone = "time_zone": Text |user| user.profile.time_zone.clone();
    /// Initials.
    Initials = "initials": Text |user| user.profile.initials.clone();
    /// Department.
    Department = "department": Text |user| user.profile.department.clone();
    /// Job title.
    Title = "title": Text |user| user.profile.title.clone();
    /// Name at GitHub.
    GithubUsername = "github_username": Text |user| user.profile.github_username.clone();
    /// A program, not a person.
    Robot = "robot": Bool |user| Some(user.flags.robot);
    /// May use the VPN.
    VpnEnabled = "vpn_enabled": Bool |user| Some(user.flags.vpn_enabled);
    /// Signs in with a password although the organization does not.
    SsoDisabled = "sso_disabled": Bool |user| Some(user.flags.sso_disabled);
    /// Must have a second factor.
    OtpRequiredForLogin = "otp_required_for_login": Bool |user| Some(user.flags.otp_required_for_login);
    /// Likes codes by SMS better.
    PrefersSmsOtp = "prefers_sms_otp": Bool |user| Some(user.flags.prefers_sms_otp);
    /// Gets codes by SMS although the organization forbids them.
    ExemptFromOrgSmsOtpDisabled = "exempt_from_org_sms_otp_disabled": Bool
        |user| Some(user.flags.exempt_from_org_sms_otp_disabled);
    /// Whether sign-in asks for a second factor.
    IsMfaActive = "is_mfa_active": Bool |user| Some(user.is_mfa_active);
    /// When the password was last set.
    PasswordChangedAt = "password_changed_at": Time |user| user.password_changed_at;
    /// When the password must be changed.
    PasswordExpiresAt = "password_expires_at": Time |user| user.password_expires_at;
    /// How often it has signed in.
    SignInCount = "sign_in_count": Integer |user| Some(user.sign_in_count);
    /// The sign-in before the present one.
    LastSignInAt = "last_sign_in_at": Time |user| user.last_sign_in_at;
    /// The latest sign-in.
    CurrentSignInAt = "current_sign_in_at": Time |user| user.current_sign_in_at;
    /// The latest use of any credential; the filter sees it some seconds late.
    LastSeenAt = "last_seen_at": Time |user| user.last_seen_at;
    /// When it was made.
    CreatedAt = "created_at": Time |user| Some(user.created_at);
    /// By whom.
    CreatedBy = "created_by": Integer |user| user.created_by.map(|id| id.0);
    /// When it was last changed.
    UpdatedAt = "updated_at": Time |user| Some(user.updated_at);
    /// By whom.
    UpdatedBy = "updated_by": Integer |user| user.updated_by.map(|id| id.0);
    /// Grows with each change.
    Version = "version": Integer |user| Some(user.version);
}

impl UserField {
    /// The fields that a search looks through unless told otherwise.
    pub const SEARCHED: &'static [Self] =
        &[Self::Username, Self::Email, Self::Name, Self::FirstName, Self::LastName, Self::Phone];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_and_role_has_its_word() {
        let known: Vec<_> =
            Status::ALL.iter().map(|status| (status.as_str(), status.as_str())).collect();
        assert_eq!(STATUSES, known);
        let known: Vec<_> = Role::ALL.iter().map(|role| (role.as_str(), role.as_str())).collect();
        assert_eq!(ROLES, known);
    }
}
