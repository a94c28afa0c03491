//! One method for each endpoint, on the async and on the blocking client, from one declaration.

use std::fmt::Display;

use roster_api::{
    self as api, ApiKeyFilter, EndSessionsQuery, Endpoint, Query, SegmentError, Upload,
};
use roster_model::*;

use crate::{
    Client, Error, Result, blocking,
    pages::{Paged, Pages},
    transport::Request,
};

impl Client {
    /// One call of the endpoint `E`.
    pub(crate) async fn call<E: Endpoint>(&self, request: Result<Request>) -> Result<E::Reply> {
        let answer = self.transport.send(&self.credentials, &request?).await?;
        // An endpoint without a reply answers with an empty body, which is no JSON.
        let body = if E::DESCRIPTION.reply.is_none() { b"null".to_vec() } else { answer.body };
        <E::Reply as api::Reply>::read(answer.media_type.as_deref(), body).map_err(|error| {
            let what = format!("its answer cannot be read: {error}");
            self.transport.unexpected(E::STATUS.as_u16(), what, None)
        })
    }
}

/// The request of one call of `E`.
pub(crate) fn request<E: Endpoint>(
    path: Result<String>,
    query: String,
    body: Option<&E::Body>,
    if_match: Option<i64>,
) -> Result<Request> {
    let body = body
        .map(api::Body::write)
        .transpose()
        .map_err(|error| Error::Setup(format!("cannot write the request: {error}")))?;
    let creates = E::DESCRIPTION.is_idempotent_creation;
    Ok(Request {
        method: E::METHOD,
        path: path?,
        query,
        body,
        body_type: <E::Body as api::Body>::SHAPE.media_types[0],
        reply_types: <E::Reply as api::Reply>::SHAPE.media_types,
        creates,
        if_match,
    })
}

fn path(path: Result<String, SegmentError>) -> Result<String> {
    path.map_err(|error| Error::Setup(error.to_string()))
}

/// `name = Endpoint {path parameters} ?{query} (body) -> Reply;`
macro_rules! calls {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $endpoint:ident {$($param:ident),*}
            $(?{$($query:ident: $query_type:ty),+})?
            $(($body:ident: $body_type:ty))?
            $([$version:ident])?
            -> $reply:ty;
    )+) => {
        impl Client {$(
            $(#[doc = $doc])+
            ///
            /// # Errors
            /// The server refuses, or cannot be reached (see [`Error`]).
            pub async fn $name(
                &self,
                $($param: impl Display,)*
                $($($query: &$query_type,)+)?
                $($body: &$body_type,)?
                $($version: i64,)?
            ) -> Result<$reply> {
                let path = path(api::$endpoint::path($($param),*));
                let query = calls!(@query $($($query),+)?);
                let body = calls!(@option $($body)?);
                let version = calls!(@option $($version)?);
                self.call::<api::$endpoint>(request::<api::$endpoint>(path, query, body, version)).await
            }
        )+}

        impl blocking::Client {$(
            $(#[doc = $doc])+
            ///
            /// # Errors
            /// The server refuses, or cannot be reached (see [`Error`]).
            pub fn $name(
                &self,
                $($param: impl Display,)*
                $($($query: &$query_type,)+)?
                $($body: &$body_type,)?
                $($version: i64,)?
            ) -> Result<$reply> {
                self.wait(self.client.$name(
                    $($param,)* $($($query,)+)? $($body,)? $($version,)?
                ))
            }
        )+}

        #[cfg(test)]
        const CALLED: &[&str] = &[$(stringify!($endpoint)),+];
    };
    (@query) => { String::new() };
    (@query $one:ident) => { $one.write() };
    (@query $one:ident, $two:ident) => { ($one.clone(), $two.clone()).write() };
    (@option) => { None };
    (@option $value:ident) => { Some($value) };
}

/// `name = Endpoint {path parameters} of Record, filter Filter;`
macro_rules! lists {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident = $endpoint:ident {$($param:ident),*} of $item:ty $(, filter $filter:ty)?;
    )+) => {
        $(impl Paged for api::$endpoint {
            type Item = $item;
            type Filter = lists!(@filter $($filter)?);

            fn query(filter: &Self::Filter, page: PageRequest) -> Self::Query {
                lists!(@query filter, page $(, $filter)?)
            }
        })+

        impl Client {$(
            $(#[doc = $doc])+
            pub fn $name(&self, $($param: impl Display),*) -> Pages<api::$endpoint> {
                Pages::new(self.clone(), path(api::$endpoint::path($($param),*)))
            }
        )+}

        impl blocking::Client {$(
            $(#[doc = $doc])+
            pub fn $name(&self, $($param: impl Display),*) -> blocking::Pages<api::$endpoint> {
                blocking::Pages::new(self.clone(), self.client.$name($($param),*))
            }
        )+}
    };
    (@filter) => { () };
    (@filter $filter:ty) => { $filter };
    (@query $unit:ident, $page:ident) => {{ let () = $unit; $page }};
    (@query $value:ident, $page:ident, $filter:ty) => { ($value.clone(), $page) };
}

calls! {
    /// Signs in with a name and a password. An account with multi-factor authentication needs a
    /// code as well: without one the refusal is `otp_required`.
    sign_in = SignInWithPassword {} (sign_in: SignIn) -> SignedIn;
    /// Signs out: ends the session that asks.
    sign_out = SignOut {} -> ();
    /// Replaces a password that is right but expired.
    replace_expired_password = ReplaceExpiredPassword {} (change: ChangeExpiredPassword) -> ();
    /// Asks for an account, where anybody may have one: a link is mailed to the address.
    request_registration = RequestRegistration {} (new: NewRegistration) -> Accepted;
    /// Makes an account for oneself, with the token of an invitation or of a registration.
    register = Register {} (new: NewAccount) -> User;
    /// Who the caller is, and by what credential.
    whoami = WhoAmI {} -> Whoami;
    /// Checks the token of somebody else's request (RFC 7662).
    introspect = Introspect {} (request: IntrospectionRequest) -> Introspection;

    /// Creates a user.
    create_user = CreateUser {} (new: NewUser) -> User;
    /// One page of the users.
    list_users = ListUsers {} ?{filter: UserFilter, page: PageRequest} -> Page<User>;
    /// Creates many users at once, at most a thousand.
    import_users = ImportUsers {} (import: UserImport) -> ImportReport;
    /// One page of users as rows that can be imported again.
    export_users = ExportUsers {} ?{filter: UserFilter, page: PageRequest} -> Page<UserRow>;
    /// One user: `me`, an id, a UUID, a username or an e-mail address.
    get_user = GetUser {user} -> User;
    /// Changes a user.
    update_user = UpdateUser {user} (update: UserUpdate) -> User;
    /// Changes a user that still has this [`version`](User::version); otherwise the refusal is
    /// `precondition_failed`.
    update_user_version = UpdateUser {user} (update: UserUpdate) [version] -> User;
    /// Deletes a user, who can be restored for thirty days.
    delete_user = DeleteUser {user} -> ();
    /// Deletes one's own account, with the password.
    delete_own_account = DeleteOwnAccount {user} (deletion: DeleteAccount) -> ();
    /// Brings back a deleted user, named by id or UUID.
    restore_user = RestoreUser {user} -> User;
    /// Lets a user sign in who is pending, suspended or disabled.
    enable_user = EnableUser {user} -> User;
    /// Switches a user off. Sessions and keys end at once.
    disable_user = DisableUser {user} -> User;
    /// Suspends a user. Sessions and keys end at once.
    suspend_user = SuspendUser {user} -> User;
    /// Lifts a suspension.
    unsuspend_user = UnsuspendUser {user} -> User;
    /// Invites somebody who has no account yet.
    invite_person = InvitePerson {} (invitation: NewInvitation) -> Invitation;
    /// One page of the invitations that can be accepted still.
    list_invitations = ListInvitations {} ?{filter: ListFilter, page: PageRequest} -> Page<Invitation>;
    /// Takes an invitation back.
    revoke_invitation = RevokeInvitation {invitation} -> ();
    /// Mails an invitation again, with another link.
    resend_invitation = ResendInvitation {invitation} -> Invitation;
    /// Mails a user a link to set a password with.
    invite_user = InviteUser {user} -> Accepted;
    /// One page of the people of the caller's organization, with their groups and what the caller may do.
    list_people = ListPeople {} ?{filter: PeopleFilter, page: PageRequest} -> Page<Person>;
    /// One of the people of the caller's organization.
    get_person = GetPerson {user} -> Person;
    /// Those who administer the caller's organization.
    list_organization_admins = ListOrganizationAdmins {} -> Page<DirectoryEntry>;
    /// One page of what everybody may know about the people of the caller's organization.
    list_directory = ListDirectory {} ?{filter: DirectoryFilter, page: PageRequest} -> Page<DirectoryEntry>;
    /// What everybody may know about one person of the caller's organization.
    get_directory_entry = GetDirectoryEntry {user} -> DirectoryEntry;

    /// Changes a password: one's own with the present one, or as an administrator that of
    /// somebody else.
    change_password = ChangeUserPassword {user} (change: ChangePassword) -> ();
    /// Has a one-time code sent. The answer is the same whether the account exists or not.
    send_code = SendCode {} (request: CodeRequest) -> Accepted;
    /// Sets a new password with a code or the token of a mailed link.
    reset_password = ResetPassword {} (reset: PasswordReset) -> ();
    /// Confirms a new e-mail address with the token of the mailed link.
    confirm_email = ConfirmEmailAddress {} (confirmation: ConfirmEmail) -> User;
    /// Sets a phone number and has a code sent to it; without a number, to the one that is set.
    set_phone = SetUserPhone {user} (phone: SetPhone) -> User;
    /// Removes the phone number.
    remove_phone = RemovePhone {user} -> User;
    /// Proves that the phone number is one's own, with the code that was sent to it.
    verify_phone = VerifyUserPhone {user} (proof: VerifyPhone) -> User;

    /// The state of a user's second factors.
    get_mfa = GetMfa {user} -> MfaStatus;
    /// Begins to enrol an authenticator app ([`Qr`](crate::Qr) draws the code to scan).
    begin_totp = BeginTotp {user} -> TotpEnrolment;
    /// Activates the authenticator app with its first code, and gives the recovery codes.
    activate_totp = ActivateTotp {user} (first: ActivateMfa) -> RecoveryCodes;
    /// Turns multi-factor authentication off: one's own with a code
    /// ([`with_code`](Self::with_code)), or as an administrator that of somebody else.
    disable_mfa = DisableMfa {user} -> User;
    /// Makes ten new recovery codes; the old ones are void.
    renew_recovery_codes = RenewRecoveryCodes {user} -> RecoveryCodes;

    /// One page of the sessions of a user.
    list_sessions = ListSessions {user} ?{filter: ListFilter, page: PageRequest} -> Page<Session>;
    /// One session of a user.
    get_session = GetSession {user, session} -> Session;
    /// Ends all sessions of a user, or all but the one that asks.
    end_sessions = EndSessions {user} ?{which: EndSessionsQuery} -> EndedSessions;
    /// Ends one session.
    end_session = EndSession {user, session} -> ();
    /// Acts in the name of a user, for administrators.
    impersonate_user = ImpersonateUser {user} -> SignedIn;

    /// Makes an API key. Its token is in this answer and nowhere else.
    create_api_key = CreateApiKey {user} (new: NewApiKey) -> IssuedApiKey;
    /// One page of the API keys of a user.
    list_api_keys = ListApiKeys {user} ?{filter: ApiKeyFilter, page: PageRequest} -> Page<ApiKey>;
    /// One API key, by id, UUID or name.
    get_api_key = GetApiKey {user, key} -> ApiKey;
    /// Revokes an API key. The very next request with it fails.
    revoke_api_key = RevokeApiKey {user, key} -> ApiKey;
    /// Changes the name or the end of an API key.
    update_api_key = UpdateApiKey {user, key} (update: ApiKeyUpdate) -> ApiKey;
    /// Lets a revoked API key work again.
    restore_api_key = RestoreApiKey {user, key} -> ApiKey;
    /// Removes an API key and the record of its use.
    delete_api_key = DeleteApiKey {user, key} -> ();

    /// The providers at which people can sign in.
    list_sso_providers = ListSsoProviders {} -> Page<SsoProvider>;
    /// Begins to sign in at a provider: an address to open, and a ticket for the session.
    begin_sso_sign_in = BeginSsoSignIn {} (sign_in: SsoSignIn) -> SsoTicket;
    /// Exchanges the ticket for a session; `sso_pending` until the sign-in there is done.
    finish_sso_sign_in = FinishSsoSignIn {} (ticket: RedeemSsoTicket) -> SignedIn;
    /// The providers that a user is linked to.
    list_sso_links = ListSsoLinks {user} -> Page<SsoLink>;
    /// Links a user to a provider, or switches the link on again.
    enable_sso = EnableUserSso {user, provider} (link: EnableSso) -> SsoLink;
    /// Switches the link to a provider off.
    disable_sso = DisableUserSso {user, provider} -> SsoLink;

    /// One page of the organizations that the caller may see.
    list_organizations = ListOrganizations {} ?{page: PageRequest} -> Page<Organization>;
    /// One organization.
    get_organization = GetOrganization {organization} -> Organization;
    /// Changes an organization.
    update_organization = UpdateOrganization {organization} (update: OrganizationUpdate) -> Organization;
    /// Creates a group.
    create_group = CreateGroup {} (new: NewGroup) -> Group;
    /// Creates many groups at once, at most a thousand.
    import_groups = ImportGroups {} (import: GroupImport) -> ImportReport;
    /// One page of the groups of the caller's organization.
    list_groups = ListGroups {} ?{filter: GroupFilter, page: PageRequest} -> Page<GroupDetails>;
    /// One group.
    get_group = GetGroup {group} -> GroupDetails;
    /// Changes a group.
    update_group = UpdateGroup {group} (update: GroupUpdate) -> Group;
    /// Deletes a group. Its members stay users.
    delete_group = DeleteGroup {group} -> ();
    /// One page of the members of a group.
    list_members = ListMembers {group} ?{filter: ListFilter, page: PageRequest} -> Page<GroupMember>;
    /// Makes somebody a member of a group, or changes the rank of one.
    set_member = SetMember {group, user} (membership: SetMembership) -> GroupMember;
    /// Takes somebody out of a group.
    remove_member = RemoveMember {group, user} -> ();
    /// With whom a group is shared.
    get_group_shares = GetGroupShares {group} -> GroupShares;
    /// Shares a group with users.
    share_group_with_users = ShareGroupWithUsers {group} (share: ShareWithUsers) -> GroupShares;
    /// Shares a group with everybody in other groups.
    share_group_with_groups = ShareGroupWithGroups {group} (share: ShareWithGroups) -> GroupShares;
    /// Shares a group with a user no more.
    unshare_group_with_user = UnshareGroupWithUser {group, user} -> ();
    /// Shares a group with another group no more.
    unshare_group_with_group = UnshareGroupWithGroup {group, grantee} -> ();
    /// The groups that are shared with a group.
    list_child_groups = ListChildGroups {group} -> ChildGroups;
    /// The roles that groups can give their members.
    list_roles = ListRoles {} -> Page<RoleEntry>;
    /// One page of the plans that there are.
    list_plans = ListPlans {} ?{filter: ListFilter, page: PageRequest} -> Page<Plan>;
    /// One plan, by id or name.
    get_plan = GetPlan {plan} -> Plan;
    /// Creates a plan.
    create_plan = CreatePlan {} (new: NewPlan) -> Plan;
    /// Changes a plan, named by id or name.
    update_plan = UpdatePlan {plan} (update: PlanUpdate) -> Plan;
    /// Deletes a plan that nobody has.
    delete_plan = DeletePlan {plan} -> ();
    /// Begins another period of a user's plan.
    renew_plan = RenewPlan {user} -> User;

    /// One page of the themes for the caller's organization.
    list_themes = ListThemes {} ?{filter: ThemeFilter, page: PageRequest} -> Page<Theme>;
    /// Creates a theme.
    create_theme = CreateTheme {} (new: NewTheme) -> Theme;
    /// One theme.
    get_theme = GetTheme {theme} -> Theme;
    /// Changes a theme.
    update_theme = UpdateTheme {theme} (update: ThemeUpdate) -> Theme;
    /// Deletes a theme.
    delete_theme = DeleteTheme {theme} -> ();
    /// Gives a theme an image as its logo.
    set_theme_logo = SetThemeLogo {theme} (image: Upload) -> Theme;
    /// The image of a logo, by the name that stands with the theme.
    get_theme_logo = GetThemeLogo {logo} -> Image;

    /// One page of a user's favorites.
    list_favorites = ListFavorites {user} ?{filter: FavoriteFilter, page: PageRequest} -> Page<Favorite>;
    /// Adds an object to a user's favorites, at the bottom.
    add_favorite = AddFavorite {user} (new: NewFavorite) -> Favorite;
    /// Removes one of a user's favorites.
    remove_favorite = RemoveFavorite {user, favorite} -> ();
    /// Moves one of a user's favorites.
    move_favorite = MoveFavorite {user, favorite} (to: FavoriteRanking) -> ();
    /// One page of an organization's favorites.
    list_organization_favorites = ListOrganizationFavorites {organization} ?{filter: FavoriteFilter, page: PageRequest} -> Page<Favorite>;
    /// Adds an object to an organization's favorites.
    add_organization_favorite = AddOrganizationFavorite {organization} (new: NewFavorite) -> Favorite;
    /// Removes one of an organization's favorites.
    remove_organization_favorite = RemoveOrganizationFavorite {organization, favorite} -> ();
    /// One page of the objects that services have registered.
    list_objects = ListObjects {} ?{filter: ObjectFilter, page: PageRequest} -> Page<RegisteredObject>;
    /// One object.
    get_object = GetObject {object_type, object_id} -> RegisteredObject;
    /// Tells what somebody owns, in place of what was told of it before.
    register_object = RegisterObject {object_type, object_id} (told: ObjectRegistration) -> RegisteredObject;
    /// Forgets an object.
    remove_object = RemoveObject {object_type, object_id} -> ();
    /// The newest hundred of the caller's objects and management actions.
    list_activity = ListActivity {} ?{filter: ActivityFilter} -> Page<Activity>;

    /// One page of the feature flags.
    list_feature_flags = ListFeatureFlags {} ?{page: PageRequest} -> Page<FeatureFlag>;
    /// One feature flag, by id or name.
    get_feature_flag = GetFeatureFlag {flag} -> FeatureFlag;
    /// Makes a feature flag.
    create_feature_flag = CreateFeatureFlag {} (new: NewFeatureFlag) -> FeatureFlag;
    /// Removes a feature flag: nobody has it any more.
    delete_feature_flag = DeleteFeatureFlag {flag} -> ();
    /// One page of those for whom a feature flag is switched on.
    list_feature_flag_switches = ListFeatureFlagSwitches {flag} ?{page: PageRequest} -> Page<FeatureFlagSwitch>;
    /// Switches a feature flag on or off for everybody, organizations, groups or users.
    switch_feature_flag = ChangeFeatureFlag {flag} (switch: SwitchFeatureFlag) -> FeatureFlag;
    /// All feature flags by name, with whether a user has them.
    list_feature_flags_of_user = ListFeatureFlagsOfUser {user} -> Page<FeatureFlagState>;

    /// Makes the first administrator, with the token that the server shows at its first start.
    set_up = SetUpRoster {} (first: SetUp) -> User;
    /// One page of the outgoing messages, newest first.
    list_messages = ListMessages {} ?{filter: ListFilter, page: PageRequest} -> Page<Message>;
    /// Tries again to send a message that was given up.
    retry_message = RetryMessage {message} -> Message;
    /// One page of the audit log, newest first.
    list_audit_events = ListAuditEvents {} ?{filter: AuditFilter, page: PageRequest} -> Page<AuditEvent>;
}

lists! {
    /// The users, as a list to go through.
    users = ListUsers {} of User, filter UserFilter;
    /// The users as rows that can be imported again, as a list to go through.
    user_rows = ExportUsers {} of UserRow, filter UserFilter;
    /// The people of the caller's organization, as a list to go through.
    people = ListPeople {} of Person, filter PeopleFilter;
    /// What everybody may know about the people of the caller's organization.
    directory = ListDirectory {} of DirectoryEntry, filter DirectoryFilter;
    /// The invitations that can be accepted still, as a list to go through.
    invitations = ListInvitations {} of Invitation, filter ListFilter;
    /// The sessions of a user, as a list to go through.
    sessions = ListSessions {user} of Session, filter ListFilter;
    /// The API keys of a user, as a list to go through.
    api_keys = ListApiKeys {user} of ApiKey, filter ApiKeyFilter;
    /// The organizations that the caller may see, as a list to go through.
    organizations = ListOrganizations {} of Organization;
    /// The groups of the caller's organization, as a list to go through.
    groups = ListGroups {} of GroupDetails, filter GroupFilter;
    /// The members of a group, as a list to go through.
    members = ListMembers {group} of GroupMember, filter ListFilter;
    /// The plans, as a list to go through.
    plans = ListPlans {} of Plan, filter ListFilter;
    /// The themes for the caller's organization, as a list to go through.
    themes = ListThemes {} of Theme, filter ThemeFilter;
    /// A user's favorites, as a list to go through.
    favorites = ListFavorites {user} of Favorite, filter FavoriteFilter;
    /// An organization's favorites, as a list to go through.
    organization_favorites = ListOrganizationFavorites {organization} of Favorite, filter FavoriteFilter;
    /// The objects that services have registered, as a list to go through.
    objects = ListObjects {} of RegisteredObject, filter ObjectFilter;
    /// The feature flags, as a list to go through.
    feature_flags = ListFeatureFlags {} of FeatureFlag;
    /// Those for whom a feature flag is switched on, as a list to go through.
    feature_flag_switches = ListFeatureFlagSwitches {flag} of FeatureFlagSwitch;
    /// The outgoing messages, newest first, as a list to go through.
    messages = ListMessages {} of Message, filter ListFilter;
    /// The audit log, newest first, as a list to go through.
    audit_events = ListAuditEvents {} of AuditEvent, filter AuditFilter;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_its_method() {
        let missing: Vec<_> = api::ENDPOINTS
            .iter()
            .map(|one| one.name)
            .filter(|name| !CALLED.contains(name))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
