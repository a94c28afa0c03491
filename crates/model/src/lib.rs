//! The words of Roster: ids, names, addresses, secrets, records, inputs and error codes.
//!
//! Everything here is plain data. Records are what the native API serialises; what must never
//! leave the server (hashes, one-time secrets) is not here.

mod api_key;
mod audit;
mod favorite;
mod feature_flag;
mod filter;
mod group;
mod group_role;
mod identity;
mod ids;
mod import;
mod list_fields;
mod message;
mod mfa;
mod misread;
mod object;
mod organization;
mod page;
mod person;
mod phone;
mod plan;
mod problem;
mod registration;
mod scopes;
mod secret;
mod session;
mod share;
mod sso;
mod theme;
mod user;
mod user_field;

pub use api_key::{ApiKey, ApiKeyUpdate, Constraint, ConstraintKind, IssuedApiKey, NewApiKey};
pub use audit::{AuditEvent, AuditFilter, Outcome};
pub use favorite::{
    Favorite, FavoriteFilter, FavoriteMove, FavoriteOrder, FavoriteRanking, NewFavorite,
    ObjectAuthor,
};
pub use feature_flag::{
    FeatureFlag, FeatureFlagScope, FeatureFlagState, FeatureFlagSwitch, NewFeatureFlag,
    SwitchFeatureFlag,
};
pub use filter::{
    Comparison, FieldKind, Filter, FilterField, FilterValue, Filterable, OrderBy, Pattern,
    PatternPiece, Vocabulary, Words,
};
pub use group::{
    Group, GroupDefaults, GroupDetails, GroupEntry, GroupFilter, GroupMember, GroupPerson,
    GroupSummary, GroupUpdate, GroupWithPeople, MembershipRank, NewGroup, SetMembership,
};
pub use group_role::{GroupRole, RoleEntry};
pub use identity::{EmailAddress, IdentityKey, Username, fold, is_invisible, is_same_mailbox};
pub use ids::{
    ApiKeyId, AuditEventId, FavoriteId, FeatureFlagId, GroupId, InvitationId, LogoId, MessageId,
    ObjectId, OrganizationId, PlanId, SessionId, ThemeId, UserId, UserRef,
};
pub use import::{GroupImport, GroupRow, ImportReport, RefusedRow, UserImport, UserRow};
pub use list_fields::{
    API_KEY_FIELDS, AUDIT_FIELDS, ApiKeyField, AuditField, GROUP_FIELDS, GROUP_RECORD_FIELDS,
    GroupField, GroupRecordField, INVITATION_FIELDS, InvitationField, MEMBER_FIELDS,
    MESSAGE_FIELDS, MemberField, MessageField, PLAN_FIELDS, PlanField, SESSION_FIELDS,
    SessionField,
};
pub use message::{Channel, Message, MessageState};
pub use mfa::{
    ActivateMfa, CodeChannel, CodePurpose, CodeRequest, MfaStatus, PasswordReset, RecoveryCodes,
    TotpEnrolment,
};
pub use misread::Misread;
pub use object::{
    Activity, ActivityFilter, ActivityOrder, ObjectFilter, ObjectRegistration, ObjectType,
    RegisteredObject, RunState,
};
pub use organization::{LoginType, Organization, OrganizationSettings, OrganizationUpdate};
pub use page::{ListFilter, Page, PageRequest};
pub use person::{AccountFilter, PeopleFilter, Person, PersonOrganization};
pub use phone::PhoneNumber;
pub use plan::{NewPlan, Plan, PlanUpdate};
pub use problem::{ErrorCode, Field, Problem, Reason, Unit};
pub use registration::{DeleteAccount, Invitation, NewAccount, NewInvitation, NewRegistration};
pub use scopes::{SCOPES, scopes_for_people};
pub use secret::{Secret, TokenHash};
pub use session::{
    Accepted, AuthenticationMethod, CredentialKind, EndedSessions, Introspection,
    IntrospectionRequest, Session, SignIn, SignedIn, Whoami,
};
pub use share::{
    ChildGroups, Grantees, GroupShares, NamedGroup, NamedUser, PermissionLevel, ShareWithGroups,
    ShareWithUsers,
};
pub use sso::{EnableSso, RedeemSsoTicket, SsoLink, SsoProvider, SsoSignIn, SsoTicket};
pub use theme::{Image, ImageType, NewTheme, Theme, ThemeFilter, ThemeLogo, ThemeUpdate};
pub use user::{
    AccountState, ChangeExpiredPassword, ChangePassword, ConfirmEmail, DirectoryEntry,
    DirectoryFilter, NewUser, NewUserFlags, Profile, Role, SetPhone, SetUp, Status, User,
    UserFilter, UserFlags, UserUpdate, VerifyPhone, initials_of, split_name, strongest,
};
pub use user_field::{USER_FIELDS, UserField};
