//! The one table of everything that must be unique, and how each database names it.

macro_rules! uniques {
    ($($(#[$doc:meta])* $name:ident, $sqlite:literal, $postgres:literal, $text:literal;)*) => {
        /// Something that may exist only once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Unique {
            $($(#[$doc])* $name,)*
        }

        impl std::fmt::Display for Unique {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match *self {
                    $(Self::$name => f.write_str($text),)*
                }
            }
        }

        /// Columns as SQLite lists them, the constraint or index as PostgreSQL names it, and what they mean.
        pub(super) const UNIQUES: &[(&str, &str, Unique)] = &[$(($sqlite, $postgres, Unique::$name),)*];
    };
}

uniques! {
    /// A number of a migration.
    Migration, "schema_migrations.version", "schema_migrations_pkey", "the migration";
    /// A UUID of an organization.
    OrganizationUuid, "organizations.uuid", "organizations_uuid", "the organization's UUID";
    /// A slug of an organization.
    OrganizationSlug, "organizations.slug", "organizations_slug", "the organization's slug";
    /// A name of a plan.
    PlanName, "plans.name_key", "plans_name_key", "the plan's name";
    /// A name of a group in its organization.
    GroupName, "groups.organization_id, groups.name_key", "groups_name_key", "the group's name";
    /// A slug of a group in its organization.
    GroupSlug, "groups.organization_id, groups.slug", "groups_slug", "the group's slug";
    /// An object of the platform.
    Object, "objects.object_type, objects.object_id", "objects_object", "the object";
    /// A user's favorite.
    FavoriteOfUser, "favorites.user_id, favorites.object_type, favorites.object_id", "favorites_of_user", "the favorite";
    /// An organization's favorite.
    FavoriteOfOrganization, "favorites.organization_id, favorites.object_type, favorites.object_id", "favorites_of_organization", "the organization's favorite";
    /// A name of a feature flag.
    FeatureFlagName, "feature_flags.name", "feature_flags_name", "the feature flag's name";
    /// A feature flag's switch for an organization.
    FeatureFlagOfOrganization, "feature_flag_switches.feature_flag_id, feature_flag_switches.organization_id", "feature_flag_switches_organization", "the feature flag's switch for the organization";
    /// A feature flag's switch for a group.
    FeatureFlagOfGroup, "feature_flag_switches.feature_flag_id, feature_flag_switches.group_id", "feature_flag_switches_group", "the feature flag's switch for the group";
    /// A feature flag's switch for a user.
    FeatureFlagOfUser, "feature_flag_switches.feature_flag_id, feature_flag_switches.user_id", "feature_flag_switches_user", "the feature flag's switch for the user";
    /// A name of a logo.
    LogoName, "theme_logos.name", "theme_logos_name", "the logo's name";
    /// That a theme is for an organization.
    ThemeOrganization, "theme_organizations.theme_id, theme_organizations.organization_id", "theme_organizations_pkey", "the theme's organization";
    /// An organization's number of users of a status.
    UserCount, "user_counts.organization_id, user_counts.status", "user_counts_pkey", "the organization's number of users";
    /// A UUID of a user.
    UserUuid, "users.uuid", "users_uuid", "the user's UUID";
    /// A username or e-mail address, in the one namespace of both.
    Identifier, "identifiers.key", "identifiers_pkey", "the username or e-mail address";
    /// A user's membership of a group.
    Membership, "memberships.group_id, memberships.user_id", "memberships_pkey", "the membership";
    /// A share of a group with a user.
    GroupUserShare, "group_user_shares.group_id, group_user_shares.user_id", "group_user_shares_pkey", "the share with the user";
    /// A share of a group with another group.
    GroupGroupShare, "group_group_shares.group_id, group_group_shares.grantee_id", "group_group_shares_pkey", "the share with the group";
    /// A user's password.
    Password, "passwords.user_id", "passwords_pkey", "the user's password";
    /// A user's authenticator app.
    Totp, "totp.user_id", "totp_pkey", "the user's authenticator app";
    /// A use of a code for an operation on a target.
    TotpUse, "totp_uses.user_id, totp_uses.step, totp_uses.operation, totp_uses.credential, totp_uses.target", "totp_uses_pkey", "the use of the code";
    /// A user's recovery code.
    RecoveryCode, "recovery_codes.user_id, recovery_codes.hash", "recovery_codes_pkey", "the recovery code";
    /// A user's code for a purpose.
    OneTimeCode, "one_time_codes.user_id, one_time_codes.purpose", "one_time_codes_pkey", "the code for this purpose";
    /// A count of failures.
    Throttle, "throttles.subject", "throttles_pkey", "the count of failures";
    /// A token of a mailed link.
    LinkToken, "links.token_hash", "links_pkey", "the link's token";
    /// A token of an invitation.
    InvitationToken, "invitations.token_hash", "invitations_token_hash", "the invitation's token";
    /// An invitation of an address.
    InvitationEmail, "invitations.email_key", "invitations_email_key", "the invitation of this address";
    /// A token of a registration under way.
    RegistrationToken, "registrations.token_hash", "registrations_token_hash", "the registration's token";
    /// A UUID of a session.
    SessionUuid, "sessions.uuid", "sessions_uuid", "the session's UUID";
    /// A token of a session.
    SessionToken, "sessions.token_hash", "sessions_token_hash", "the session's token";
    /// A UUID of an API key.
    ApiKeyUuid, "api_keys.uuid", "api_keys_uuid", "the API key's UUID";
    /// A token of an API key.
    ApiKeyToken, "api_keys.token_hash", "api_keys_token_hash", "the API key's token";
    /// A name among a user's live API keys.
    ApiKeyName, "api_keys.user_id, api_keys.name_key", "api_keys_name_key", "the API key's name";
    /// A user's link to a provider.
    SsoLink, "sso_links.user_id, sso_links.provider", "sso_links_user_id", "the link to this provider";
    /// An account at a provider.
    SsoSubject, "sso_links.provider, sso_links.issuer, sso_links.subject", "sso_links_subject", "the account at the provider";
    /// A state of a sign-in under way.
    SsoState, "sso_sign_ins.state_hash", "sso_sign_ins_pkey", "the state of the sign-in";
    /// A ticket of a sign-in under way.
    SsoTicket, "sso_sign_ins.ticket_hash", "sso_sign_ins_ticket_hash", "the ticket of the sign-in";
    /// A caller's idempotency key.
    IdempotencyKey, "idempotency_keys.caller, idempotency_keys.key", "idempotency_keys_pkey", "the idempotency key";
    /// A token of the search index.
    Token, "search_tokens.token", "search_tokens_pkey", "the token";
    /// A user's row of the search index.
    UserTokens, "user_tokens.name_key, user_tokens.user_id", "user_tokens_pkey", "the user's tokens";
    /// A segment of the search index.
    SearchSegment, "search_segments.first_name, search_segments.first_user", "search_segments_pkey", "the segment of the search index";
    /// A lease of a background job.
    Lease, "leases.name", "leases_pkey", "the lease";
    /// A fact about the installation.
    Fact, "installation.name", "installation_pkey", "the fact about the installation";
}

impl Unique {
    /// From SQLite's message, `UNIQUE constraint failed: table.column, table.other`.
    pub(super) fn of_sqlite(message: &str) -> Option<Self> {
        let columns = message.rsplit_once("constraint failed: ")?.1;
        UNIQUES.iter().find(|(sqlite, ..)| *sqlite == columns).map(|&(.., unique)| unique)
    }

    /// From PostgreSQL's name of the constraint or index.
    pub(super) fn of_postgres(constraint: &str) -> Option<Self> {
        UNIQUES.iter().find(|(_, postgres, _)| *postgres == constraint).map(|&(.., unique)| unique)
    }
}
