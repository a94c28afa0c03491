//! Where the fields of records stand.

use roster_model::{AuditField, FilterField, MemberField, MessageField, UserField};

use crate::sql::Engine;
use crate::users::is_on;

/// A field that stands in a column.
pub(crate) trait SqlField: FilterField {
    /// Where it stands.
    fn column(self) -> FieldColumn;
}

/// The columns that a field stands in: as it was written, and folded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldColumn {
    exact: &'static str,
    folded: Folded,
    is_nullable: bool,
}

#[derive(Clone, Copy, Debug)]
enum Folded {
    /// What it holds is never folded.
    Same,
    /// It holds nothing but ASCII, which databases fold as Roster does.
    Ascii,
    /// A column of its own, empty in rows from before there was one: of those the letters of ASCII are folded.
    Late { name: &'static str },
    /// A column of its own.
    Column { name: &'static str, is_indexed: bool },
    /// A member of the JSON object in this column.
    Member { column: &'static str, name: &'static str },
}

impl FieldColumn {
    /// A column that always holds something.
    pub(crate) const fn full(exact: &'static str) -> Self {
        Self { exact, folded: Folded::Same, is_nullable: false }
    }

    /// A column that may be empty.
    pub(crate) const fn nullable(exact: &'static str) -> Self {
        Self { exact, folded: Folded::Same, is_nullable: true }
    }

    /// The same, its folded form in a column of its own.
    pub(crate) const fn with_key(self, name: &'static str) -> Self {
        Self { folded: Folded::Column { name, is_indexed: false }, ..self }
    }

    /// The same, its folded form in an indexed column of its own.
    pub(crate) const fn with_indexed_key(self, name: &'static str) -> Self {
        Self { folded: Folded::Column { name, is_indexed: true }, ..self }
    }

    /// The same, its folded form in the object of folded texts.
    pub(crate) const fn with_member(self, column: &'static str, name: &'static str) -> Self {
        Self { folded: Folded::Member { column, name }, ..self }
    }

    /// The same, which holds nothing but ASCII.
    pub(crate) const fn in_ascii(self) -> Self {
        Self { folded: Folded::Ascii, ..self }
    }

    /// The same, its folded form in a column of its own that old rows do not have.
    pub(crate) const fn with_late_key(self, name: &'static str) -> Self {
        Self { folded: Folded::Late { name }, ..self }
    }

    /// What it holds as it was written.
    pub(crate) fn exact(&self) -> &'static str {
        self.exact
    }

    /// What it holds folded, ordered by its bytes.
    pub(crate) fn folded(&self, engine: Engine) -> String {
        match (self.folded, engine) {
            (Folded::Same, _) => self.exact.to_owned(),
            (Folded::Ascii, _) => lower(self.exact, engine),
            (Folded::Column { name, .. }, _) => name.to_owned(),
            (Folded::Late { name }, _) => {
                format!("COALESCE({name}, {})", lower(self.exact, engine))
            }
            (Folded::Member { column, name }, Engine::Sqlite) => format!("({column} ->> '{name}')"),
            (Folded::Member { column, name }, Engine::Postgres) => {
                format!("({column}::json ->> '{name}')")
            }
        }
    }

    /// The folded form if an index finds it.
    pub(crate) fn indexed_key(&self) -> Option<&'static str> {
        match self.folded {
            Folded::Column { name, is_indexed: true } => Some(name),
            _ => None,
        }
    }

    /// Whether it may be empty.
    pub(crate) fn is_nullable(&self) -> bool {
        self.is_nullable
    }
}

/// The text of a column, its letters of ASCII folded.
fn lower(column: &str, engine: Engine) -> String {
    match engine {
        Engine::Sqlite => format!("LOWER({column})"),
        Engine::Postgres => format!("LOWER({column} COLLATE \"C\")"),
    }
}

impl SqlField for UserField {
    fn column(self) -> FieldColumn {
        use FieldColumn as Column;
        let text = |column, name| Column::nullable(column).with_member("users.text_keys", name);
        match self {
            Self::Id => Column::full("users.id"),
            Self::Uuid => Column::full("users.uuid"),
            Self::Username => Column::full("users.username").with_indexed_key("users.username_key"),
            Self::Email => Column::full("users.email").with_indexed_key("users.email_key"),
            Self::UnconfirmedEmail => text("users.unconfirmed_email", "unconfirmed_email"),
            Self::Name => Column::full("TRIM(users.first_name || ' ' || users.last_name)")
                .with_indexed_key("users.name_key"),
            Self::FirstName => Column::full("users.first_name").with_key("users.first_name_key"),
            Self::LastName => Column::full("users.last_name").with_key("users.last_name_key"),
            Self::Phone => Column::nullable("users.phone_typed").with_key("users.phone_key"),
            Self::PhoneVerifiedAt => Column::nullable("users.phone_verified_at"),
            Self::Status => Column::full("users.status"),
            Self::Role => Column::full("users.role"),
            Self::OrganizationId => Column::full("users.organization_id"),
            Self::PrimaryGroupId => Column::full("users.primary_group_id"),
            Self::ParentId => Column::nullable("users.parent_id"),
            Self::PlanId => Column::nullable("users.plan_id"),
            Self::PlanExpiresAt => Column::nullable("users.plan_expires_at"),
            Self::City => text("users.city", "city"),
            Self::State => text("users.state", "state"),
            Self::TimeZone => text("users.time_zone", "time_zone"),
            Self::Initials => text("users.initials", "initials"),
            Self::Department => text("users.department", "department"),
            Self::Title => text("users.title", "title"),
            Self::GithubUsername => text("users.github_username", "github_username"),
            Self::Robot => Column::full("users.robot"),
            Self::VpnEnabled => Column::full("users.vpn_enabled"),
            Self::SsoDisabled => Column::full("users.sso_disabled"),
            Self::OtpRequiredForLogin => Column::full("users.otp_required_for_login"),
            Self::PrefersSmsOtp => Column::full("users.prefers_sms_otp"),
            Self::ExemptFromOrgSmsOtpDisabled => {
                Column::full("users.exempt_from_org_sms_otp_disabled")
            }
            Self::IsMfaActive => Column::full("(users.mfa_activated_at IS NOT NULL)"),
            Self::PasswordChangedAt => Column::nullable("users.password_changed_at"),
            Self::PasswordExpiresAt => Column::nullable("users.password_expires_at"),
            Self::SignInCount => Column::full("users.sign_in_count"),
            Self::LastSignInAt => Column::nullable("users.last_sign_in_at"),
            Self::CurrentSignInAt => Column::nullable("users.current_sign_in_at"),
            Self::LastSeenAt => Column::nullable("users.last_seen_at"),
            Self::CreatedAt => Column::full("users.created_at"),
            Self::CreatedBy => Column::nullable("users.created_by"),
            Self::UpdatedAt => Column::full("users.updated_at"),
            Self::UpdatedBy => Column::nullable("users.updated_by"),
            Self::Version => Column::full("users.version"),
        }
    }
}

impl SqlField for MemberField {
    fn column(self) -> FieldColumn {
        use FieldColumn as Column;
        match self {
            Self::Id => Column::full("memberships.user_id"),
            Self::Uuid => UserField::Uuid.column(),
            Self::Username => UserField::Username.column(),
            Self::Email => UserField::Email.column(),
            Self::Name => UserField::Name.column(),
            Self::FirstName => UserField::FirstName.column(),
            Self::LastName => UserField::LastName.column(),
            Self::Initials => UserField::Initials.column(),
            Self::PrimaryGroupId => UserField::PrimaryGroupId.column(),
            Self::IsActive => Column::full(concat!("(", is_on!(), ")")),
            Self::Rank => Column::full("memberships.rank"),
            Self::CreatedAt => Column::full("memberships.created_at"),
        }
    }
}

impl SqlField for MessageField {
    fn column(self) -> FieldColumn {
        use FieldColumn as Column;
        match self {
            Self::Id => Column::full("messages.id"),
            Self::Channel => Column::full("messages.channel"),
            Self::To => {
                Column::full("messages.destination").with_late_key("messages.destination_key")
            }
            Self::UserId => Column::nullable("messages.user_id"),
            Self::Template => Column::full("messages.template").in_ascii(),
            Self::State => Column::full("messages.state"),
            Self::Attempts => Column::full("messages.attempts"),
            Self::LastError => {
                Column::nullable("messages.last_error").with_late_key("messages.last_error_key")
            }
            Self::CreatedAt => Column::full("messages.created_at"),
            Self::NextAttemptAt => Column::nullable("messages.next_attempt_at"),
            Self::SentAt => Column::nullable("messages.sent_at"),
        }
    }
}

impl SqlField for AuditField {
    fn column(self) -> FieldColumn {
        use FieldColumn as Column;
        match self {
            Self::Id => Column::full("audit_events.id"),
            Self::At => Column::full("audit_events.at"),
            Self::Action => Column::full("audit_events.action").in_ascii(),
            Self::Outcome => Column::full("audit_events.outcome"),
            Self::ActorId => Column::nullable("audit_events.actor_id"),
            Self::ImpersonatorId => Column::nullable("audit_events.impersonator_id"),
            Self::Credential => Column::full("audit_events.credential").in_ascii(),
            Self::Door => Column::full("audit_events.door").in_ascii(),
            Self::Address => Column::nullable("audit_events.address").in_ascii(),
            Self::RequestId => Column::nullable("audit_events.request_id").in_ascii(),
            Self::UserId => Column::nullable("audit_events.user_id"),
            Self::Subject => Column::nullable("audit_events.subject").in_ascii(),
        }
    }
}
