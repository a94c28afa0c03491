//! Who may do what: one table, asked first in each operation (design section 3.1).
//!
//! [`rule`] is the table; [`decide`] reads it. Both are pure, so a test can walk every operation
//! with every kind of caller and hold the result against a reviewed snapshot.

use roster_model::Role;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $who:ident $(+ $extra:ident)*;)+) => {
        /// Everything that can be asked of the rulebook.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($(#[$doc])* $name,)+ }

        impl Operation {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in the audit log, in scopes of API keys and in the API's description.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }

        /// The table.
        pub fn rule(operation: Operation) -> Rule {
            match operation {
                $(Operation::$name => Rule { who: Who::$who, ..Rule::PLAIN }$(.$extra())*,)+
            }
        }
    };
}

operations! {
    /// Open a session with a password.
    SignIn = "session.create": Anyone;
    /// End the caller's own session.
    SignOut = "session.end_own": SignedIn + while_unenrolled;
    /// See the sessions of a user.
    ListSessions = "session.list": OneselfOrAdmin + while_unenrolled + by_grantee;
    /// End sessions of a user.
    EndSession = "session.end": OneselfOrAdmin + not_by_limited_key + while_unenrolled + by_grantee;
    /// Act in the name of a user.
    Impersonate = "session.impersonate": Admin + step_up + not_by_limited_key + by_session_only;
    /// See who one is.
    Whoami = "whoami": SignedIn + while_unenrolled;
    /// Check somebody's token.
    Introspect = "token.introspect": SignedIn;

    /// Make an account for oneself, where the installation lets people do that.
    Register = "user.register": Anyone;
    /// Make a user.
    CreateUser = "user.create": Admin + step_up + by_grantee;
    /// Make many users at once, with the hashes of their passwords.
    ImportUsers = "user.import": Admin + step_up + not_by_limited_key;
    /// See many users as rows that can be imported again.
    ExportUsers = "user.export": Admin;
    /// The same with the hashes of their passwords.
    ExportHashes = "user.export_hashes": System;
    /// See everything about a user.
    GetUser = "user.get": OneselfManagerOrAdmin + while_unenrolled + by_grantee;
    /// See the users.
    ListUsers = "user.list": Admin;
    /// See names and addresses of the people in one's organization.
    ListDirectory = "directory.list": SignedIn;
    /// See the people in one's organization with their groups and states, as colleagues see each other.
    ReadPeople = "people.read": SignedIn;
    /// Be one of those who manage a user, whatever is then done.
    ManageUser = "user.manage": Admin + step_up + by_grantee;
    /// Change a user's profile.
    UpdateProfile = "user.update": OneselfManagerOrAdmin + step_up + by_grantee;
    /// Change the names that a user signs in with and the address that proofs are mailed to.
    ChangeIdentifiers = "user.identifiers": OneselfOrAdmin + step_up + not_by_limited_key + by_grantee;
    /// Change a name to sign in with where that is an administrator's business.
    Rename = "user.rename": Admin + step_up + not_by_limited_key;
    /// Write down a phone number without proof.
    ChangePhone = "user.phone": OneselfOrAdmin + step_up + not_by_limited_key + by_grantee;
    /// Change what a user has chosen for itself.
    ChangePreferences = "user.preferences": OneselfOrAdmin + step_up + by_grantee;
    /// Change what only administrators may: role, organization, account, plan.
    AdministerUser = "user.administer": Admin + step_up + not_on_oneself;
    /// Change the flags that say how somebody signs in.
    SetFlags = "user.flags": Admin + step_up + not_on_oneself + by_grantee;
    /// Change the groups somebody is in, the primary one among them.
    MoveUser = "user.groups": Admin + step_up + not_on_oneself + by_grantee;
    /// Make somebody an administrator.
    GrantAdministration = "user.grant_administration": Admin + step_up + not_by_limited_key;
    /// Let a user in again.
    EnableUser = "user.enable": Admin + step_up + not_on_oneself + by_grantee;
    /// Switch a user off.
    DisableUser = "user.disable": Admin + step_up + not_on_oneself + by_grantee;
    /// Shut a user out for a while.
    SuspendUser = "user.suspend": Admin + step_up + not_on_oneself + by_grantee;
    /// Lift a suspension.
    UnsuspendUser = "user.unsuspend": Admin + step_up + not_on_oneself + by_grantee;
    /// Put oneself into the bin, with the password.
    DeleteOwnAccount = "user.delete_own": Oneself + step_up + not_by_limited_key + while_unenrolled;
    /// Put a user into the bin.
    DeleteUser = "user.delete": Admin + step_up + not_on_oneself;
    /// Take a user out of the bin.
    RestoreUser = "user.restore": Admin + step_up;
    /// Mail somebody without an account a link to make one with.
    InvitePerson = "invitation.create": Admin + step_up + not_by_limited_key;
    /// See the invitations that are open.
    ListInvitations = "invitation.list": Admin;
    /// Take an invitation back.
    RevokeInvitation = "invitation.revoke": Admin + step_up + not_by_limited_key;
    /// Mail an invitation again.
    ResendInvitation = "invitation.resend": Admin + step_up + not_by_limited_key;
    /// Mail a user a link to set the password with.
    InviteUser = "user.invite": Admin + step_up + by_grantee;

    /// Change one's own password, with the old one.
    ChangeOwnPassword = "password.change": Oneself + step_up + not_by_limited_key + while_unenrolled;
    /// Set somebody's password.
    SetPassword = "password.set": Admin + step_up + not_by_limited_key + by_grantee;
    /// Set a password with the old one, signed in or not.
    ReplacePassword = "password.replace": Anyone + step_up + not_by_limited_key;
    /// Set a password with the old one after it has expired.
    ChangeExpiredPassword = "password.change_expired": Anyone;
    /// Set a password with a code or a mailed link.
    ResetPassword = "password.reset": Anyone;
    /// See whether a mailed link, or the one of the first start, is still good.
    CheckLink = "link.check": Anyone;
    /// Ask for a one-time code.
    SendCode = "code.send": Anyone;
    /// Show that an address is one's own.
    ConfirmEmail = "email.confirm": Anyone;

    /// Store a phone number and get a code sent to it.
    SetPhone = "phone.set": Oneself + step_up + not_by_limited_key + while_unenrolled;
    /// Show that a phone number is one's own.
    VerifyPhone = "phone.verify": Oneself + not_by_limited_key + while_unenrolled;
    /// Remove a phone number.
    RemovePhone = "phone.remove": OneselfOrAdmin + step_up + not_by_limited_key;

    /// See whether a user has second factors.
    GetMfa = "mfa.get": OneselfOrAdmin + while_unenrolled + by_grantee;
    /// Begin to enrol an authenticator.
    BeginTotp = "mfa.begin": Oneself + step_up + not_by_limited_key + while_unenrolled;
    /// Activate an authenticator with its first code.
    ActivateTotp = "mfa.activate": Oneself + not_by_limited_key + while_unenrolled;
    /// Turn one's own second factors off.
    DisableMfa = "mfa.disable": Oneself + step_up + not_by_limited_key;
    /// Turn somebody's second factors off.
    WipeMfa = "mfa.wipe": Admin + step_up + not_by_limited_key + by_grantee;
    /// Make new recovery codes.
    RenewRecoveryCodes = "mfa.recovery_codes": Oneself + step_up + not_by_limited_key;

    /// Make an API key.
    CreateApiKey = "api_key.create": Oneself + step_up + not_by_limited_key;
    /// Make an API key with one that has constraints: another with the same.
    CopyApiKey = "api_key.copy": Oneself + step_up;
    /// Make an API key for somebody else.
    IssueApiKey = "api_key.issue": Admin + step_up + not_by_limited_key;
    /// The same where it is no business of an organization's administrators.
    IssueAnyApiKey = "api_key.issue_any": SystemAdmin + step_up + not_by_limited_key;
    /// See the API keys of a user.
    ListApiKeys = "api_key.list": OneselfOrAdmin + by_grantee;
    /// End an API key.
    RevokeApiKey = "api_key.revoke": OneselfOrAdmin + step_up + not_by_limited_key + by_grantee;
    /// Change the name or the end of an API key.
    UpdateApiKey = "api_key.update": OneselfOrAdmin + step_up + not_by_limited_key;
    /// Let a revoked API key work again.
    RestoreApiKey = "api_key.restore": OneselfOrAdmin + step_up + not_by_limited_key;
    /// Remove an API key, with what is known of its use.
    DeleteApiKey = "api_key.delete": OneselfOrAdmin + step_up + not_by_limited_key;

    /// Begin to sign in at a provider.
    BeginSsoSignIn = "sso.begin": Anyone;
    /// Come back from a provider.
    SsoCallback = "sso.callback": Anyone;
    /// Fetch the session of a finished sign-in at a provider.
    FinishSsoSignIn = "sso.finish": Anyone;
    /// See which providers there are.
    ListSsoProviders = "sso.providers": Anyone;
    /// See a user's links to providers.
    ListSsoLinks = "sso.list": OneselfOrAdmin;
    /// Link one's account to a provider.
    EnableSso = "sso.enable": Oneself + step_up + not_by_limited_key;
    /// Undo a link to a provider.
    DisableSso = "sso.disable": OneselfOrAdmin + step_up + not_by_limited_key;

    /// See one's organization; a system admin sees all.
    ReadOrganizations = "organization.read": SignedIn;
    /// See all organizations.
    ListAllOrganizations = "organization.list_all": SystemAdmin;
    /// Change the settings of one's organization.
    UpdateOrganization = "organization.update": Admin;
    /// See the groups of one's organization.
    ReadGroups = "group.read": SignedIn;
    /// Make a group.
    CreateGroup = "group.create": Admin + by_grantee;
    /// Change and remove a group.
    WriteGroups = "group.write": Admin + by_grantee;
    /// Add and remove members of a group.
    WriteMembers = "group.members": GroupManagerOrAdmin + by_grantee;
    /// Share a group with users and groups.
    ShareGroup = "group.share": Admin + by_grantee;
    /// Say what a group makes of its members.
    GrantGroupRoles = "group.grant_roles": Admin + step_up + not_by_limited_key;
    /// See the themes for one's organization.
    ReadThemes = "theme.read": SignedIn;
    /// Make, change and remove themes that are for one's organization alone.
    WriteThemes = "theme.write": Admin;
    /// The same where it is no business of an organization's administrators.
    WriteAnyTheme = "theme.write_any": SystemAdmin;
    /// See a logo, of which one knows the name.
    ReadLogo = "theme.logo": Anyone;
    /// Make somebody a team admin: what team admins may do for others, too, in groups that they were given to manage.
    GrantTeamAdministration = "group.grant_team": Admin + not_by_limited_key + by_grantee;
    /// See the plans.
    ReadPlans = "plan.read": SignedIn;
    /// Make, change and remove plans.
    WritePlans = "plan.write": SystemAdmin;
    /// Begin another period of a user's plan.
    RenewPlan = "plan.renew": Admin + step_up + not_on_oneself;

    /// See one's favorites.
    ReadFavorites = "favorite.read": Oneself;
    /// Add, move and remove one's favorites.
    WriteFavorites = "favorite.write": Oneself;
    /// See the favorites of one's organization.
    ReadOrganizationFavorites = "organization_favorite.read": SignedIn;
    /// Add and remove favorites of an organization.
    WriteOrganizationFavorites = "organization_favorite.write": Admin;
    /// See what somebody owns on the platform.
    ReadObjects = "object.read": OneselfOrAdmin;
    /// Tell what people own on the platform: for its services.
    WriteObjects = "object.write": SystemAdmin;
    /// See what happened to what one owns, and what one did.
    ListActivity = "activity.list": Oneself;

    /// See the feature flags, and for whom they are on.
    ReadFeatureFlags = "feature_flag.read": SystemAdmin;
    /// Make, switch and remove feature flags.
    WriteFeatureFlags = "feature_flag.write": SystemAdmin;
    /// See which features a user has.
    ReadFeatureFlagsOfUser = "user.feature_flags": OneselfOrAdmin + by_grantee;

    /// See the outbox, and try a message again.
    ReadMessages = "message.read": SystemAdmin;
    /// See the audit log: a system admin all, an account admin that of its organization, anybody
    /// one's own.
    ReadAudit = "audit.read": OneselfOrAdmin;
    /// Make the first administrator, with the token that the server prints.
    SetUp = "installation.set_up": Anyone;
    /// Work that the server does by itself.
    RunJobs = "installation.jobs": System;
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who may.
    pub who: Who,
    /// Whether a caller with second factors must show one.
    pub needs_step_up: bool,
    /// Whether an API key with constraints or scopes may not, whatever its owner may.
    pub refuses_limited_keys: bool,
    /// Whether no API key may at all.
    pub refuses_keys: bool,
    /// Whether nobody but a system admin may do it to oneself.
    pub refuses_oneself: bool,
    /// Whether a user may do it for oneself who must set up a second factor first.
    pub allows_unenrolled: bool,
    /// Whether those may, too, to whom what it is about was given to manage.
    pub allows_grantees: bool,
}

impl Rule {
    const PLAIN: Self = Self {
        who: Who::System,
        needs_step_up: false,
        refuses_limited_keys: false,
        refuses_keys: false,
        refuses_oneself: false,
        allows_unenrolled: false,
        allows_grantees: false,
    };

    const fn step_up(mut self) -> Self {
        self.needs_step_up = true;
        self
    }

    const fn not_by_limited_key(mut self) -> Self {
        self.refuses_limited_keys = true;
        self
    }

    const fn by_session_only(mut self) -> Self {
        self.refuses_keys = true;
        self
    }

    const fn not_on_oneself(mut self) -> Self {
        self.refuses_oneself = true;
        self
    }

    const fn by_grantee(mut self) -> Self {
        self.allows_grantees = true;
        self
    }

    const fn while_unenrolled(mut self) -> Self {
        self.allows_unenrolled = true;
        self
    }
}

/// Who may do something, from everybody to nobody but the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Signed in or not.
    Anyone,
    /// Everybody signed in; the operation narrows what is seen to the caller's organization.
    SignedIn,
    /// Only the person it is about.
    Oneself,
    /// That person, and administrators over it.
    OneselfOrAdmin,
    /// That person, the manager of its primary group, and administrators over it.
    OneselfManagerOrAdmin,
    /// Managers of the group it is about, and administrators over it.
    GroupManagerOrAdmin,
    /// Administrators: system admins everywhere, account admins in their organization, other account admins' people
    /// aside.
    Admin,
    /// System admins.
    SystemAdmin,
    /// Nobody who comes through a door.
    System,
}

/// Who asks, as far as the table wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Not signed in.
    Nobody,
    /// A user with a session, or with a key that may do all its owner may.
    User(Role),
    /// A user with an API key that has no limits.
    Key(Role),
    /// A user with an API key that has constraints or scopes.
    LimitedKey(Role),
    /// A user who must set up a second factor before anything else, with a session.
    Unenrolled(Role),
    /// An administrator in the name of a user of this role. What keeps limited keys from credentials keeps it, too: it
    /// could stay in that name for good.
    Impersonator(Role),
    /// The server itself.
    System,
}

/// How the caller stands to what the operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// It is about the caller.
    Oneself,
    /// It is about a user whose primary group the caller manages, or about a group it manages.
    Managed,
    /// It is about a group that the caller was given to manage; or the caller is a team admin, and it is about a user
    /// whose primary group is such a one, or about making users there, or groups.
    Granted,
    /// It is about the caller's organization or something in it.
    SameOrganization,
    /// It is about somebody of the caller's organization who belongs to another account admin, or about what does; or
    /// about what the caller's organization shares with others.
    OtherAccount,
    /// It is about another organization or something in it, or about nothing that is there.
    Elsewhere,
}

/// The answer of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Sign in first.
    Unauthenticated,
    /// No, and the caller may know that the thing is there.
    Forbid,
    /// No, as if the thing were not there.
    Hide,
}

/// May `caller`, who stands in `relation` to a target of role `target` (the caller's own for
/// oneself, for a group that which it gives, none for what has no role), do `operation`?
pub fn decide(
    operation: Operation,
    caller: Caller,
    relation: Relation,
    target: Option<Role>,
) -> Decision {
    let rule = rule(operation);
    let (role, key, limited) = match caller {
        Caller::System => return Decision::Allow,
        Caller::Nobody if rule.who == Who::Anyone => return Decision::Allow,
        Caller::Nobody => return Decision::Unauthenticated,
        Caller::User(role) => (role, false, false),
        Caller::Key(role) => (role, true, false),
        Caller::LimitedKey(role) | Caller::Impersonator(role) => (role, true, true),
        Caller::Unenrolled(_) if rule.who == Who::Anyone => return Decision::Allow,
        Caller::Unenrolled(role) => (role, false, false),
    };
    let no = match relation {
        Relation::Elsewhere if role != Role::SystemAdmin => Decision::Hide,
        _ => Decision::Forbid,
    };
    if (rule.refuses_limited_keys && limited) || (rule.refuses_keys && key) {
        return no;
    }
    let oneself = relation == Relation::Oneself;
    if rule.refuses_oneself && oneself && role != Role::SystemAdmin {
        return no;
    }
    if let Caller::Unenrolled(_) = caller
        && !(rule.allows_unenrolled && (oneself || rule.who == Who::SignedIn))
    {
        return no;
    }
    let stronger = target.is_some_and(|target| target.rank() > role.rank());
    let admin = match role {
        Role::SystemAdmin => true,
        Role::AccountAdmin => {
            !matches!(relation, Relation::OtherAccount | Relation::Elsewhere) && !stronger
        }
        Role::Publisher | Role::Editor | Role::Viewer => false,
    };
    // Managers and grantees are ordinary users: nobody with more rights is in their hands, and no group that gives more.
    let grantee = rule.allows_grantees && relation == Relation::Granted && !stronger;
    let manager = relation == Relation::Managed && !stronger;
    let may = match rule.who {
        Who::Anyone | Who::SignedIn => true,
        Who::Oneself => oneself,
        Who::OneselfOrAdmin => oneself || admin,
        Who::OneselfManagerOrAdmin => oneself || manager || admin,
        Who::GroupManagerOrAdmin => manager || admin,
        Who::Admin => admin,
        Who::SystemAdmin => role == Role::SystemAdmin,
        Who::System => false,
    };
    if may || grantee { Decision::Allow } else { no }
}

impl Operation {
    /// The purpose of a sent code that does in place of the authenticator's: a lost authenticator
    /// must not keep anybody from turning it off.
    pub(crate) fn sent_code(self) -> Option<roster_model::CodePurpose> {
        match self {
            Self::DisableMfa | Self::WipeMfa => Some(roster_model::CodePurpose::DisableMfa),
            _ => None,
        }
    }

    /// Whether a code that was accepted for one target does for others, while its step lasts
    /// (contract of the airt door, section 6: its client sends one code for a list of targets).
    pub(crate) fn may_repeat_code(self) -> bool {
        matches!(self, Self::EnableUser | Self::DisableUser | Self::RevokeApiKey)
    }
}
