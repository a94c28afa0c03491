//! The endpoints of the native API, each declared once.
//!
//! `Name: METHOD "path" [path parameters] ?(query) (body) -> status reply | refusals, flags;`
//! where a flag is one of `anyone` (no credential is needed, and one that comes is not looked at),
//! `step_up` (a caller with active multi-factor authentication shows a fresh code in `Roster-OTP`),
//! `idempotent` (a creation that takes `Idempotency-Key`) and `if_match`.

use roster_model::{
    Accepted, ActivateMfa, Activity, ActivityFilter, ApiKey, ApiKeyUpdate, AuditEvent, AuditFilter,
    ChangeExpiredPassword, ChangePassword, ChildGroups, CodeRequest, ConfirmEmail, DeleteAccount,
    DirectoryEntry, DirectoryFilter, EnableSso, EndedSessions, Favorite, FavoriteFilter,
    FavoriteId, FavoriteRanking, FeatureFlag, FeatureFlagState, FeatureFlagSwitch, Group,
    GroupDetails, GroupFilter, GroupId, GroupImport, GroupMember, GroupShares, GroupUpdate, Image,
    ImportReport, Introspection, IntrospectionRequest, Invitation, InvitationId, IssuedApiKey,
    ListFilter, Message, MessageId, MfaStatus, NewAccount, NewApiKey, NewFavorite, NewFeatureFlag,
    NewGroup, NewInvitation, NewPlan, NewRegistration, NewTheme, NewUser, ObjectFilter, ObjectId,
    ObjectRegistration, ObjectType, Organization, OrganizationId, OrganizationUpdate, Page,
    PageRequest, PasswordReset, PeopleFilter, Person, Plan, PlanUpdate, RecoveryCodes,
    RedeemSsoTicket, RegisteredObject, RoleEntry, Session, SetMembership, SetPhone, SetUp,
    ShareWithGroups, ShareWithUsers, SignIn, SignedIn, SsoLink, SsoProvider, SsoSignIn, SsoTicket,
    SwitchFeatureFlag, Theme, ThemeFilter, ThemeId, ThemeUpdate, TotpEnrolment, User, UserFilter,
    UserId, UserImport, UserRef, UserRow, UserUpdate, VerifyPhone, Whoami,
};
use uuid::Uuid;

use crate::{ApiKeyFilter, EndSessionsQuery, Upload, endpoint::endpoints};

endpoints! {
    "Signing in" {
        /// Sign in with a name and a password.
        /// The answer holds the session's token. An account with multi-factor authentication
        /// needs a code as well: without one the refusal is `otp_required`.
        SignInWithPassword: POST "/api/v1/sessions" (SignIn)
            -> 201 SignedIn | InvalidCredentials | OtpRequired | OtpInvalid | PasswordExpired | AccountUnavailable, anyone;

        /// Sign out: end the session that asks.
        SignOut: DELETE "/api/v1/sessions/current" -> 204;

        /// Replace a password that is right but expired.
        ReplaceExpiredPassword: POST "/api/v1/expired-password" (ChangeExpiredPassword)
            -> 204 | InvalidCredentials | WrongState, anyone;

        /// Ask for an account, where anybody may have one.
        /// A link is mailed to the address, with whose token `Register` makes the account. The answer
        /// is the same whether the address has an account or not; if it has one, the mail says so.
        RequestRegistration: POST "/api/v1/registrations" (NewRegistration)
            -> 202 Accepted | RegistrationClosed | ChannelUnavailable | WrongState, anyone;

        /// Make an account for oneself, with a token that was mailed.
        /// It is that of an invitation or of a registration, and the account has the address that it
        /// was mailed to.
        Register: POST "/api/v1/register" (NewAccount)
            -> 201 User | RegistrationClosed | OtpInvalid | AlreadyExists | WrongState, anyone;

        /// Who the caller is, and by what credential.
        WhoAmI: GET "/api/v1/whoami" -> 200 Whoami;

        /// Check the token of somebody else's request.
        /// For services of the platform: whether a token or API key is good, whose it is, and
        /// whether it may reach a method and path (RFC 7662).
        Introspect: POST "/api/v1/introspect" (IntrospectionRequest) -> 200 Introspection;
    }
    "Users" {
        /// Create a user.
        CreateUser: POST "/api/v1/users" (NewUser)
            -> 201 User | AlreadyExists | ChannelUnavailable, step_up, idempotent;

        /// List users.
        /// Administrators see those of their organization, system administrators all.
        ListUsers: GET "/api/v1/users" ?(UserFilter, PageRequest) -> 200 Page<User>;

        /// Create many users at once.
        /// Rows that cannot be taken are refused one by one; rows whose users are there already
        /// are passed over, so a broken-off import can be made again. Hashes of passwords are
        /// taken over.
        ImportUsers: POST "/api/v1/user-imports" (UserImport) -> 200 ImportReport, step_up;

        /// Users as rows that can be imported again, with plans, groups and account admins by name.
        /// Hashes of passwords are not among them.
        ExportUsers: GET "/api/v1/user-exports" ?(UserFilter, PageRequest) -> 200 Page<UserRow>;

        /// One user.
        GetUser: GET "/api/v1/users/{user}" [user: UserRef] -> 200 User;

        /// Change a user.
        /// With `If-Match` the change is made only if nobody else made one meanwhile.
        UpdateUser: PATCH "/api/v1/users/{user}" [user: UserRef] (UserUpdate)
            -> 200 User | AlreadyExists | WrongState, step_up, if_match;

        /// Delete a user.
        /// Sessions and keys end at once. For thirty days the user can be restored; the name and
        /// the address stay taken for ever.
        DeleteUser: DELETE "/api/v1/users/{user}" [user: UserRef] -> 204 | WrongState, step_up;

        /// Delete one's own account, with the password.
        /// Sessions and keys end at once. For thirty days an administrator can restore it; the
        /// name and the address stay taken for ever.
        DeleteOwnAccount: POST "/api/v1/users/{user}/deletion" [user: UserRef] (DeleteAccount)
            -> 204 | PasswordExpired | WrongState, step_up;

        /// Bring back a deleted user.
        RestoreUser: POST "/api/v1/users/{user}/restore" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// Let a user sign in who is pending, suspended or disabled.
        EnableUser: POST "/api/v1/users/{user}/enable" [user: UserRef] -> 200 User, step_up;

        /// Switch a user off. Sessions and keys end at once.
        DisableUser: POST "/api/v1/users/{user}/disable" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// Suspend a user. Sessions end at once; keys rest until the suspension is lifted.
        SuspendUser: POST "/api/v1/users/{user}/suspend" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// Lift a suspension.
        /// Until the user comes back the account shows it, and idle days count anew.
        UnsuspendUser: POST "/api/v1/users/{user}/unsuspend" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// Invite somebody who has no account yet.
        /// The mailed link is good once, for a week, for an account of that address.
        InvitePerson: POST "/api/v1/invitations" (NewInvitation)
            -> 201 Invitation | RegistrationClosed | AlreadyExists | ChannelUnavailable, step_up;

        /// The invitations that can be accepted still.
        /// Administrators see those to their organization, system administrators all.
        ListInvitations: GET "/api/v1/invitations" ?(ListFilter, PageRequest) -> 200 Page<Invitation>;

        /// Take an invitation back. Its link is no good any more.
        RevokeInvitation: DELETE "/api/v1/invitations/{invitation}" [invitation: InvitationId]
            -> 204, step_up;

        /// Mail an invitation again.
        /// The link is another one, good for a week from now; the earlier one is void.
        ResendInvitation: POST "/api/v1/invitations/{invitation}/resend" [invitation: InvitationId]
            -> 200 Invitation | RegistrationClosed | ChannelUnavailable, step_up;

        /// Mail a user a link to set a password with.
        /// A welcome to somebody who never had one; else what somebody gets who has forgotten it.
        InviteUser: POST "/api/v1/users/{user}/invitation" [user: UserRef]
            -> 202 Accepted | ChannelUnavailable | WrongState, step_up;

        /// Begin another period of a user's plan.
        /// It begins where the present one ends, or now if that is over.
        RenewPlan: POST "/api/v1/users/{user}/plan/renewal" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// The people of the caller's organization with their groups, and what the caller may do with them.
        ListPeople: GET "/api/v1/people" ?(PeopleFilter, PageRequest) -> 200 Page<Person>;

        /// One of the people of the caller's organization.
        GetPerson: GET "/api/v1/people/{user}" [user: UserRef] -> 200 Person;

        /// Those who administer the caller's organization.
        ListOrganizationAdmins: GET "/api/v1/organization-admins" -> 200 Page<DirectoryEntry>;

        /// What everybody may know about the people of the caller's organization.
        ListDirectory: GET "/api/v1/directory" ?(DirectoryFilter, PageRequest)
            -> 200 Page<DirectoryEntry>;

        /// What everybody may know about one person of the caller's organization.
        GetDirectoryEntry: GET "/api/v1/directory/{user}" [user: UserRef] -> 200 DirectoryEntry;
    }
    "Passwords and addresses" {
        /// Change a password.
        /// For oneself with the present one; administrators set that of somebody else. Other
        /// sessions of the user end.
        ChangeUserPassword: POST "/api/v1/users/{user}/password" [user: UserRef] (ChangePassword)
            -> 204, step_up;

        /// Have a one-time code sent.
        /// The answer is the same whether the account exists or not.
        SendCode: POST "/api/v1/one-time-codes" (CodeRequest)
            -> 202 Accepted | ChannelUnavailable, anyone;

        /// Set a new password with a code or the token of a mailed link.
        ResetPassword: POST "/api/v1/password-resets" (PasswordReset)
            -> 204 | OtpInvalid | OtpExpired | OtpExhausted, anyone;

        /// Confirm a new e-mail address with the token of the mailed link.
        ConfirmEmailAddress: POST "/api/v1/email-confirmations" (ConfirmEmail)
            -> 200 User | OtpInvalid | OtpExpired | AlreadyExists, anyone;

        /// Set a phone number and have a code sent to it.
        /// Without a number, the code goes to the one that is set.
        SetUserPhone: PUT "/api/v1/users/{user}/phone" [user: UserRef] (SetPhone)
            -> 200 User | ChannelUnavailable, step_up;

        /// Remove the phone number.
        RemovePhone: DELETE "/api/v1/users/{user}/phone" [user: UserRef] -> 200 User, step_up;

        /// Prove that the phone number is one's own, with the code that was sent to it.
        VerifyUserPhone: POST "/api/v1/users/{user}/phone/verification" [user: UserRef] (VerifyPhone)
            -> 200 User | OtpInvalid | OtpExpired | OtpExhausted | WrongState;
    }
    "Multi-factor authentication" {
        /// The state of a user's second factors.
        GetMfa: GET "/api/v1/users/{user}/mfa" [user: UserRef] -> 200 MfaStatus;

        /// Begin to enrol an authenticator app.
        /// The answer holds the secret. It does nothing until activated with a code.
        BeginTotp: POST "/api/v1/users/{user}/mfa/totp" [user: UserRef]
            -> 201 TotpEnrolment | WrongState, step_up;

        /// Activate an authenticator app with its first code.
        /// The answer holds ten recovery codes.
        ActivateTotp: POST "/api/v1/users/{user}/mfa/totp/activation" [user: UserRef] (ActivateMfa)
            -> 200 RecoveryCodes | OtpInvalid | WrongState;

        /// Turn multi-factor authentication off.
        /// For oneself with a code in `Roster-OTP`; an administrator wipes that of somebody else.
        DisableMfa: DELETE "/api/v1/users/{user}/mfa" [user: UserRef]
            -> 200 User | WrongState, step_up;

        /// Make ten new recovery codes; the old ones are void.
        RenewRecoveryCodes: POST "/api/v1/users/{user}/mfa/recovery-codes" [user: UserRef]
            -> 201 RecoveryCodes | WrongState, step_up;
    }
    "Sessions" {
        /// The sessions of a user, newest first.
        ListSessions: GET "/api/v1/users/{user}/sessions" [user: UserRef] ?(ListFilter, PageRequest)
            -> 200 Page<Session>;

        /// End all sessions of a user.
        EndSessions: DELETE "/api/v1/users/{user}/sessions" [user: UserRef] ?(EndSessionsQuery)
            -> 200 EndedSessions;

        /// One session.
        GetSession: GET "/api/v1/users/{user}/sessions/{session}" [user: UserRef, session: Uuid]
            -> 200 Session;

        /// End one session.
        EndSession: DELETE "/api/v1/users/{user}/sessions/{session}" [user: UserRef, session: Uuid]
            -> 204;

        /// Act in the name of a user, for administrators.
        /// The session is short, and everything done in it names the administrator.
        ImpersonateUser: POST "/api/v1/users/{user}/impersonation" [user: UserRef]
            -> 201 SignedIn | WrongState, step_up;
    }
    "API keys" {
        /// Make an API key, for oneself or for a user that one administers.
        /// Its token is in this answer and nowhere else.
        CreateApiKey: POST "/api/v1/users/{user}/api-keys" [user: UserRef] (NewApiKey)
            -> 201 IssuedApiKey | AlreadyExists | AccountUnavailable, step_up, idempotent;

        /// The API keys of a user.
        ListApiKeys: GET "/api/v1/users/{user}/api-keys" [user: UserRef] ?(ApiKeyFilter, PageRequest)
            -> 200 Page<ApiKey>;

        /// One API key, by id, UUID or name.
        GetApiKey: GET "/api/v1/users/{user}/api-keys/{key}" [user: UserRef, key: String]
            -> 200 ApiKey;

        /// Revoke an API key. The very next request with it fails.
        RevokeApiKey: DELETE "/api/v1/users/{user}/api-keys/{key}" [user: UserRef, key: String]
            -> 200 ApiKey, step_up;

        /// Change the name or the end of an API key.
        UpdateApiKey: PATCH "/api/v1/users/{user}/api-keys/{key}" [user: UserRef, key: String] (ApiKeyUpdate)
            -> 200 ApiKey | AlreadyExists, step_up;

        /// Let a revoked API key work again.
        RestoreApiKey: POST "/api/v1/users/{user}/api-keys/{key}/restore" [user: UserRef, key: String]
            -> 200 ApiKey | WrongState | AlreadyExists, step_up;

        /// Remove an API key and the record of its use.
        DeleteApiKey: DELETE "/api/v1/users/{user}/api-keys/{key}/record" [user: UserRef, key: String]
            -> 204, step_up;
    }
    "Sign-in at providers" {
        /// The providers at which people can sign in.
        ListSsoProviders: GET "/api/v1/sso/providers" -> 200 Page<SsoProvider>, anyone;

        /// Begin to sign in at a provider.
        /// The answer holds the address to open in a browser, and a ticket for the session.
        BeginSsoSignIn: POST "/api/v1/sso/sign-ins" (SsoSignIn)
            -> 201 SsoTicket | NotFound | SsoFailed | InvalidCredentials | OtpRequired | OtpInvalid | PasswordExpired | AccountUnavailable | WrongState, anyone;

        /// Exchange the ticket for a session, once the sign-in at the provider is done.
        /// Before that the refusal is `sso_pending`. An account with multi-factor authentication shows a code in
        /// `Roster-OTP`, unless it did so when it began.
        FinishSsoSignIn: POST "/api/v1/sso/sign-ins/session" (RedeemSsoTicket)
            -> 201 SignedIn | SsoPending | SsoFailed | AccountUnavailable | OtpRequired | OtpInvalid, anyone;

        /// The providers that a user is linked to.
        ListSsoLinks: GET "/api/v1/users/{user}/sso" [user: UserRef] -> 200 Page<SsoLink>;

        /// Link a user to a provider, or switch the link on again.
        EnableUserSso: PUT "/api/v1/users/{user}/sso/{provider}" [user: UserRef, provider: String] (EnableSso)
            -> 200 SsoLink, step_up;

        /// Switch the link to a provider off.
        DisableUserSso: DELETE "/api/v1/users/{user}/sso/{provider}" [user: UserRef, provider: String]
            -> 200 SsoLink | WrongState, step_up;
    }
    "Organizations, groups and plans" {
        /// The organizations that the caller may see.
        ListOrganizations: GET "/api/v1/organizations" ?(PageRequest) -> 200 Page<Organization>;

        /// One organization.
        GetOrganization: GET "/api/v1/organizations/{organization}" [organization: OrganizationId]
            -> 200 Organization;

        /// Change an organization.
        UpdateOrganization: PATCH "/api/v1/organizations/{organization}" [organization: OrganizationId] (OrganizationUpdate)
            -> 200 Organization;

        /// Create a group.
        /// Saying what it makes of its members is for administrators, with a fresh code if they have multi-factor
        /// authentication.
        CreateGroup: POST "/api/v1/groups" (NewGroup)
            -> 201 Group | AlreadyExists, step_up, idempotent;

        /// Create many groups, at most a thousand.
        /// A row that is refused does not hold the others up, and a group that is there already is passed over.
        ImportGroups: POST "/api/v1/group-imports" (GroupImport) -> 200 ImportReport;

        /// The groups of the caller's organization, with how many are in them and what the caller may do.
        ListGroups: GET "/api/v1/groups" ?(GroupFilter, PageRequest) -> 200 Page<GroupDetails>;

        /// One group.
        GetGroup: GET "/api/v1/groups/{group}" [group: GroupId] -> 200 GroupDetails;

        /// Change a group.
        /// Saying what it makes of its members is for administrators, with a fresh code if they have multi-factor
        /// authentication.
        UpdateGroup: PATCH "/api/v1/groups/{group}" [group: GroupId] (GroupUpdate)
            -> 200 Group | AlreadyExists | WrongState, step_up;

        /// Delete a group. Its members stay users.
        DeleteGroup: DELETE "/api/v1/groups/{group}" [group: GroupId] -> 204 | WrongState;

        /// The members of a group.
        ListMembers: GET "/api/v1/groups/{group}/members" [group: GroupId] ?(ListFilter, PageRequest)
            -> 200 Page<GroupMember>;

        /// Make somebody a member of a group, or change the rank of one.
        /// In a group of organization admins that makes administrators, for which a fresh code is asked of callers with
        /// multi-factor authentication.
        SetMember: PUT "/api/v1/groups/{group}/members/{user}" [group: GroupId, user: UserRef] (SetMembership)
            -> 200 GroupMember, step_up;

        /// Take somebody out of a group.
        RemoveMember: DELETE "/api/v1/groups/{group}/members/{user}" [group: GroupId, user: UserRef]
            -> 204 | WrongState, step_up;

        /// With whom a group is shared.
        GetGroupShares: GET "/api/v1/groups/{group}/shares" [group: GroupId] -> 200 GroupShares;

        /// Share a group with users.
        /// A new level takes the place of an old one.
        ShareGroupWithUsers: PUT "/api/v1/groups/{group}/shares/users" [group: GroupId] (ShareWithUsers)
            -> 200 GroupShares;

        /// Share a group with everybody in other groups.
        /// A new level takes the place of an old one.
        ShareGroupWithGroups: PUT "/api/v1/groups/{group}/shares/groups" [group: GroupId] (ShareWithGroups)
            -> 200 GroupShares;

        /// Share a group with a user no more.
        UnshareGroupWithUser: DELETE "/api/v1/groups/{group}/shares/users/{user}" [group: GroupId, user: UserId]
            -> 204;

        /// Share a group with another group no more.
        UnshareGroupWithGroup: DELETE "/api/v1/groups/{group}/shares/groups/{grantee}" [group: GroupId, grantee: GroupId]
            -> 204;

        /// The groups that are shared with a group.
        ListChildGroups: GET "/api/v1/groups/{group}/child-groups" [group: GroupId] -> 200 ChildGroups;

        /// The roles that groups can give their members.
        ListRoles: GET "/api/v1/roles" -> 200 Page<RoleEntry>;

        /// The plans that there are.
        ListPlans: GET "/api/v1/plans" ?(ListFilter, PageRequest) -> 200 Page<Plan>;

        /// One plan, by id or name.
        GetPlan: GET "/api/v1/plans/{plan}" [plan: String] -> 200 Plan;

        /// Create a plan.
        CreatePlan: POST "/api/v1/plans" (NewPlan) -> 201 Plan | AlreadyExists, idempotent;

        /// Change a plan, named by id or name.
        /// Users who have it keep the period that has begun.
        UpdatePlan: PATCH "/api/v1/plans/{plan}" [plan: String] (PlanUpdate)
            -> 200 Plan | AlreadyExists;

        /// Delete a plan that nobody has.
        DeletePlan: DELETE "/api/v1/plans/{plan}" [plan: String] -> 204 | WrongState;
    }
    "Themes" {
        /// The themes for the caller's organization.
        /// System administrators see all.
        ListThemes: GET "/api/v1/themes" ?(ThemeFilter, PageRequest) -> 200 Page<Theme>;

        /// Create a theme.
        /// An organization's default is set with the organization.
        CreateTheme: POST "/api/v1/themes" (NewTheme) -> 201 Theme, idempotent;

        /// One theme.
        GetTheme: GET "/api/v1/themes/{theme}" [theme: ThemeId] -> 200 Theme;

        /// Change a theme.
        /// Organizations that it is no longer for have it no longer as their default.
        UpdateTheme: PATCH "/api/v1/themes/{theme}" [theme: ThemeId] (ThemeUpdate) -> 200 Theme;

        /// Delete a theme.
        /// Organizations whose default it is have none then.
        DeleteTheme: DELETE "/api/v1/themes/{theme}" [theme: ThemeId] -> 204;

        /// Give a theme an image as its logo.
        /// The body is the image by itself: PNG, JPEG, GIF or WebP, of at most 512 KiB and 4096 pixels on either side.
        /// What it is, its content says. `logo_id` of a change takes a logo away.
        SetThemeLogo: PUT "/api/v1/themes/{theme}/logo" [theme: ThemeId] (Upload)
            -> 200 Theme | FieldInvalid;

        /// The image of a logo, by the name that stands with the theme.
        /// The name cannot be guessed, and whoever knows it needs no credential: pages can show the image before anybody
        /// has signed in.
        GetThemeLogo: GET "/api/v1/theme-logos/{logo}" [logo: String] -> 200 Image, anyone;
    }
    "Favorites, objects and activity" {
        /// The favorites of a user, who alone sees them.
        ListFavorites: GET "/api/v1/users/{user}/favorites" [user: UserRef] ?(FavoriteFilter, PageRequest)
            -> 200 Page<Favorite>;

        /// Add an object to a user's favorites, at the bottom.
        AddFavorite: POST "/api/v1/users/{user}/favorites" [user: UserRef] (NewFavorite)
            -> 201 Favorite | AlreadyExists;

        /// Remove one of a user's favorites. Those below move up.
        RemoveFavorite: DELETE "/api/v1/users/{user}/favorites/{favorite}" [user: UserRef, favorite: FavoriteId]
            -> 204;

        /// Move one of a user's favorites to the top, up, down or to the bottom.
        MoveFavorite: PUT "/api/v1/users/{user}/favorites/{favorite}/ranking" [user: UserRef, favorite: FavoriteId] (FavoriteRanking)
            -> 204;

        /// The favorites of an organization.
        ListOrganizationFavorites: GET "/api/v1/organizations/{organization}/favorites" [organization: OrganizationId] ?(FavoriteFilter, PageRequest)
            -> 200 Page<Favorite>;

        /// Add an object to an organization's favorites.
        AddOrganizationFavorite: POST "/api/v1/organizations/{organization}/favorites" [organization: OrganizationId] (NewFavorite)
            -> 201 Favorite | AlreadyExists;

        /// Remove one of an organization's favorites.
        RemoveOrganizationFavorite: DELETE "/api/v1/organizations/{organization}/favorites/{favorite}" [organization: OrganizationId, favorite: FavoriteId]
            -> 204;

        /// The objects that services have registered: one's own; administrators see more.
        ListObjects: GET "/api/v1/objects" ?(ObjectFilter, PageRequest)
            -> 200 Page<RegisteredObject>;

        /// One object.
        GetObject: GET "/api/v1/objects/{object_type}/{object_id}" [object_type: ObjectType, object_id: ObjectId]
            -> 200 RegisteredObject;

        /// Tell what somebody owns, for the platform's services.
        /// It replaces all that was told of the object before.
        RegisterObject: PUT "/api/v1/objects/{object_type}/{object_id}" [object_type: ObjectType, object_id: ObjectId] (ObjectRegistration)
            -> 200 RegisteredObject;

        /// Forget an object.
        RemoveObject: DELETE "/api/v1/objects/{object_type}/{object_id}" [object_type: ObjectType, object_id: ObjectId]
            -> 204;

        /// The newest hundred of the caller's objects and management actions.
        ListActivity: GET "/api/v1/activity" ?(ActivityFilter) -> 200 Page<Activity>;
    }
    "Feature flags" {
        /// The feature flags, and for how many each is switched on.
        ListFeatureFlags: GET "/api/v1/feature-flags" ?(PageRequest) -> 200 Page<FeatureFlag>;

        /// One feature flag, by id or name.
        GetFeatureFlag: GET "/api/v1/feature-flags/{flag}" [flag: String] -> 200 FeatureFlag;

        /// Make a feature flag.
        CreateFeatureFlag: POST "/api/v1/feature-flags" (NewFeatureFlag)
            -> 201 FeatureFlag | AlreadyExists, idempotent;

        /// Remove a feature flag, named by id or name. Nobody has it any more.
        DeleteFeatureFlag: DELETE "/api/v1/feature-flags/{flag}" [flag: String] -> 204;

        /// For whom a feature flag is switched on, everybody aside.
        ListFeatureFlagSwitches: GET "/api/v1/feature-flags/{flag}/switches" [flag: String] ?(PageRequest)
            -> 200 Page<FeatureFlagSwitch>;

        /// Switch a feature flag on or off: for everybody, organizations, groups or users.
        /// For all that are named, or, if one of them is not there, for none.
        ChangeFeatureFlag: PUT "/api/v1/feature-flags/{flag}/switches" [flag: String] (SwitchFeatureFlag)
            -> 200 FeatureFlag;

        /// All feature flags by name, with whether a user has them.
        ListFeatureFlagsOfUser: GET "/api/v1/users/{user}/feature-flags" [user: UserRef]
            -> 200 Page<FeatureFlagState>;
    }
    "Running the server" {
        /// Make the first administrator, with the token that the server shows at its first start.
        SetUpRoster: POST "/api/v1/setup" (SetUp)
            -> 201 User | WrongState | AlreadyExists, anyone;

        /// The outgoing messages, newest first.
        ListMessages: GET "/api/v1/messages" ?(ListFilter, PageRequest) -> 200 Page<Message>;

        /// Try again to send a message that was given up.
        RetryMessage: POST "/api/v1/messages/{message}/retry" [message: MessageId]
            -> 200 Message | WrongState;

        /// The audit log, newest first.
        ListAuditEvents: GET "/api/v1/audit-events" ?(AuditFilter, PageRequest)
            -> 200 Page<AuditEvent>;
    }
}
