//! Error codes, the fields they speak of, and the body in which the native API sends them.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands for it on the wire and in the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one that `word` stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        // By hand, because the derive does not see renames that come through a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc, "\n"),*).trim()))
                    .enum_values(Some(Self::ALL.iter().map(|one| one.as_str())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                Self::from_word(word).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    format!("must be one of {}", known.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Why an operation was refused, for machines: stable words (design section 3.9).
    ErrorCode {
        /// The credential is missing, unknown, expired or revoked.
        Unauthenticated = "unauthenticated",
        /// Unknown account or wrong password.
        InvalidCredentials = "invalid_credentials",
        /// The account has multi-factor authentication and no code came.
        OtpRequired = "otp_required",
        /// The code is wrong, used, expired or exhausted.
        OtpInvalid = "otp_invalid",
        /// The code was right once, but its time is over.
        OtpExpired = "otp_expired",
        /// Too many wrong codes: this one is dead, ask for another.
        OtpExhausted = "otp_exhausted",
        /// The password is right but expired; it can only be changed.
        PasswordExpired = "password_expired",
        /// The account may not sign in: pending, suspended or disabled.
        AccountUnavailable = "account_unavailable",
        /// Nobody may make an account for oneself here, or only with an invitation.
        RegistrationClosed = "registration_closed",
        /// The caller may not do this.
        Forbidden = "forbidden",
        /// There is no such thing, or none that the caller may know of.
        NotFound = "not_found",
        /// Something in the request is malformed or not allowed.
        FieldInvalid = "field_invalid",
        /// The value is in use.
        AlreadyExists = "already_exists",
        /// The thing is not in a state in which this can be done.
        WrongState = "wrong_state",
        /// The record changed meanwhile (`If-Match`).
        PreconditionFailed = "precondition_failed",
        /// The same `Idempotency-Key` came with another request.
        IdempotencyConflict = "idempotency_conflict",
        /// Too many attempts or requests.
        RateLimited = "rate_limited",
        /// The sign-in at the provider is not finished yet.
        SsoPending = "sso_pending",
        /// The sign-in at the provider failed, expired or was used.
        SsoFailed = "sso_failed",
        /// A message is due and no transport for its channel is configured.
        ChannelUnavailable = "channel_unavailable",
        /// The request is too large, too slow or not of this protocol.
        BadRequest = "bad_request",
        /// The server cannot do it now; the same request may work later.
        Unavailable = "unavailable",
        /// A fault of the server.
        Internal = "internal",
    }
}

words! {
    /// The part of a request that an error speaks of; the word is the name it is sent by in the native API.
    Field {
        /// The username.
        Username = "username",
        /// The e-mail address.
        Email = "email",
        /// The given name.
        FirstName = "first_name",
        /// The family name.
        LastName = "last_name",
        /// The whole name.
        Name = "name",
        /// The phone number.
        Phone = "phone",
        /// The password.
        Password = "password",
        /// The hash of an imported user's password.
        PasswordHash = "password_hash",
        /// The new password, beside the old one.
        NewPassword = "new_password",
        /// A one-time code.
        Code = "code",
        /// What the code is for.
        Purpose = "purpose",
        /// The role.
        Role = "role",
        /// The status.
        Status = "status",
        /// The organization.
        OrganizationId = "organization_id",
        /// The groups of an imported user, by their names.
        Groups = "groups",
        /// The primary group.
        PrimaryGroupId = "primary_group_id",
        /// The primary group of an imported user, by its name.
        PrimaryGroup = "primary_group",
        /// The account admin.
        ParentId = "parent_id",
        /// The account admin of an imported user, by name or address.
        Parent = "parent",
        /// The plan.
        Plan = "plan",
        /// The end of the plan.
        PlanExpiresAt = "plan_expires_at",
        /// A plan's name for people.
        DisplayName = "display_name",
        /// A plan's colour.
        PlanColor = "plan_color",
        /// A plan's bytes of storage.
        Storage = "storage",
        /// A plan's tasks at once.
        ConcurrentTasks = "concurrent_tasks",
        /// A plan's calls a day.
        DailyApiCalls = "daily_api_calls",
        /// A plan's calls a month.
        MonthlyApiCalls = "monthly_api_calls",
        /// A plan's traffic a day.
        DailyTraffic = "daily_traffic",
        /// A plan's traffic a month.
        MonthlyTraffic = "monthly_traffic",
        /// A plan's processing a day.
        DailyProcess = "daily_process",
        /// A plan's processing a month.
        MonthlyProcess = "monthly_process",
        /// How many days a plan's period lasts.
        NumberOfDays = "number_of_days",
        /// When something ends.
        ExpiresAt = "expires_at",
        /// When an imported user was made.
        CreatedAt = "created_at",
        /// When an imported user was deleted.
        DeletedAt = "deleted_at",
        /// What an API key is for.
        Scopes = "scopes",
        /// What an API key may reach.
        Constraints = "constraints",
        /// A sign-in provider.
        Provider = "provider",
        /// The preferences.
        Preferences = "preferences",
        /// A profile field: city.
        City = "city",
        /// A profile field: state.
        State = "state",
        /// A profile field: time zone.
        TimeZone = "time_zone",
        /// A profile field: initials.
        Initials = "initials",
        /// A profile field: department.
        Department = "department",
        /// A profile field: title.
        Title = "title",
        /// A profile field: GitHub username.
        GithubUsername = "github_username",
        /// What something is for, for people.
        Description = "description",
        /// The name in addresses.
        Slug = "slug",
        /// Days without use after which a user is suspended.
        InactivitySuspensionDays = "inactivity_suspension_days",
        /// Days after which a password must be changed.
        PasswordExpiryDays = "password_expiry_days",
        /// The shortest password.
        PasswordMinLength = "password_min_length",
        /// What the platform makes of a theme.
        Settings = "settings",
        /// The organizations that a theme is for, or that a feature flag is switched for.
        OrganizationIds = "organization_ids",
        /// The image that is a theme's logo.
        Logo = "logo",
        /// The number of a theme's logo.
        LogoId = "logo_id",
        /// The theme of the people of an organization.
        DefaultThemeId = "default_theme_id",
        /// The place in a list.
        Cursor = "cursor",
        /// How many at once.
        Limit = "limit",
        /// How many to pass over.
        Offset = "offset",
        /// What a list is narrowed to.
        Filter = "filter",
        /// What a list is searched for.
        Search = "search",
        /// Which fields of the records are wanted.
        Fields = "fields",
        /// How a list is ordered.
        OrderBy = "order_by",
        /// The kind of an object.
        ObjectType = "object_type",
        /// The number of an object.
        ObjectId = "object_id",
        /// Whose an object is.
        Author = "author",
        /// What an object is filed under.
        Category = "category",
        /// What the platform calls an object's last run.
        LastRunId = "last_run_id",
        /// The owner of a group.
        OwnerId = "owner_id",
        /// Whether an account is switched on.
        Active = "active",
        /// How an account stands.
        AccountState = "account_state",
        /// Whether an address is confirmed.
        IsEmailConfirmed = "is_email_confirmed",
        /// Users named in the request.
        UserIds = "user_ids",
        /// Groups named in the request.
        GroupIds = "group_ids",
        /// What an e-mail says besides.
        EmailText = "email_text",
        /// What groups make of their members.
        Roles = "roles",
        /// The time zone of people who have chosen none.
        DefaultTimeZone = "default_time_zone",
        /// A label of a group.
        DefaultJobsLabel = "default_jobs_label",
        /// A label of a group.
        DefaultNotebooksLabel = "default_notebooks_label",
        /// A label of a group.
        DefaultServicesLabel = "default_services_label",
        /// Users named in the request, in any way.
        Users = "users",
        /// A link or setup token.
        Token = "token",
        /// The header `Idempotency-Key`.
        IdempotencyKey = "idempotency_key",
        /// The header `If-Match`.
        IfMatch = "if_match",
        /// The body as a whole.
        Body = "body",
    }
}

/// What the length of a value is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8, as passwords and what is stored whole.
    Bytes,
    /// Unicode characters, as names and other texts.
    Characters,
    /// Entries of a list.
    Entries,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Entries => "entries",
        })
    }
}

/// What is wrong with a value. `Display` completes the sentence "*field* …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing where something is due.
    Empty,
    /// More than `max` of what is counted.
    TooLong {
        /// The most there may be.
        max: usize,
        /// What is counted.
        unit: Unit,
    },
    /// Fewer than `min` of what is counted.
    TooShort {
        /// The least there must be.
        min: usize,
        /// What is counted.
        unit: Unit,
    },
    /// Outside of what is allowed.
    OutOfRange {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// A blank at the beginning or end.
    BlankAtEnd,
    /// NUL, line feed, escape and their kind.
    ControlCharacter,
    /// A character that cannot be seen or that turns the direction of writing.
    InvisibleCharacter,
    /// A word with a meaning of its own (`me`).
    Reserved,
    /// All digits or a UUID: it would be taken for an id.
    LooksLikeId,
    /// Not something on both sides of one `@`.
    NotAnEmailAddress,
    /// Not a phone number that can be dialled.
    NotAPhoneNumber,
    /// Not one of the words that are allowed here.
    NotOneOf(Vec<&'static str>),
    /// There is no such thing to refer to.
    Unknown,
    /// What is named is not there, or not what can be named here.
    NoSuch {
        /// What is to be named, as in "must name a group".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Not an administrator to whose account the user could belong. Who is none is not told apart from who is nowhere.
    NotAnAdministrator,
    /// Contained in a list of common or breached passwords.
    TooCommon,
    /// The username or address, or much like it.
    TooPersonal,
    /// The same as before.
    Unchanged,
    /// Already over.
    InThePast,
    /// Still to come.
    InTheFuture,
    /// The old one is not right.
    Wrong,
    /// Not the same as its repetition.
    Differs,
    /// May not be set by this caller or here.
    NotAllowed,
    /// Anything else, as a sentence that completes "*field* …". Never holds a secret.
    Other(String),
}

/// How much of a name is shown, in characters.
const MAX_SHOWN: usize = 100;

impl Reason {
    /// A stable word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::OutOfRange { .. } => "out_of_range",
            Self::BlankAtEnd => "blank_at_end",
            Self::ControlCharacter => "control_character",
            Self::InvisibleCharacter => "invisible_character",
            Self::Reserved => "reserved",
            Self::LooksLikeId => "looks_like_id",
            Self::NotAnEmailAddress => "not_an_email_address",
            Self::NotAPhoneNumber => "not_a_phone_number",
            Self::NotOneOf(_) => "not_one_of",
            Self::Unknown | Self::NoSuch { .. } | Self::NotAnAdministrator => "unknown",
            Self::TooCommon => "too_common",
            Self::TooPersonal => "too_personal",
            Self::Unchanged => "unchanged",
            Self::InThePast => "in_the_past",
            Self::InTheFuture => "in_the_future",
            Self::Wrong => "wrong",
            Self::Differs => "differs",
            Self::NotAllowed => "not_allowed",
            Self::Other(_) => "malformed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { max, unit } => write!(f, "is longer than {max} {unit}"),
            Self::TooShort { min, unit } => write!(f, "is shorter than {min} {unit}"),
            Self::OutOfRange { min, max } => write!(f, "must be between {min} and {max}"),
            Self::BlankAtEnd => f.write_str("must not begin or end with a blank"),
            Self::ControlCharacter => f.write_str("must not contain control characters"),
            Self::InvisibleCharacter => {
                f.write_str("must not contain invisible or direction-changing characters")
            }
            Self::Reserved => f.write_str("is a reserved word"),
            Self::LooksLikeId => f.write_str("must not be all digits or a UUID"),
            Self::NotAnEmailAddress => f.write_str("must have the form name@domain"),
            Self::NotAPhoneNumber => {
                f.write_str("must be a phone number of 7 to 15 digits, country code first")
            }
            Self::NotOneOf(words) => write!(f, "must be one of {}", words.join(", ")),
            Self::Unknown => f.write_str("does not exist"),
            Self::NoSuch { what, name } => {
                let (name, rest) = match name.char_indices().nth(MAX_SHOWN) {
                    Some((end, _)) => (&name[..end], "…"),
                    None => (name.as_str(), ""),
                };
                write!(f, "must name {what}: there is none called {name:?}{rest}")
            }
            Self::NotAnAdministrator => f.write_str(
                "must be another user, who is an administrator of the same organization",
            ),
            Self::TooCommon => f.write_str("is among the passwords that attackers try first"),
            Self::TooPersonal => f.write_str("must not contain the username or e-mail address"),
            Self::Unchanged => f.write_str("must differ from the present one"),
            Self::InThePast => f.write_str("must be in the future"),
            Self::InTheFuture => f.write_str("must not be in the future"),
            Self::Wrong => f.write_str("is not right"),
            Self::Differs => f.write_str("is not the same as its repetition"),
            Self::NotAllowed => f.write_str("may not be set here"),
            Self::Other(sentence) => f.write_str(sentence),
        }
    }
}

/// The body of every refusal of the native API (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `about:blank#` and the code: a name for the kind of problem, not an address.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// What the status means.
    pub title: String,
    /// A sentence for people.
    pub detail: String,
    /// The stable code for machines.
    pub code: ErrorCode,
    /// The part of the request that is wrong, by the name it was sent by: a parameter, or a key of the body with where it
    /// is in there (`email`, `constraints.0.verb`); `body` for the body as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong with that part, for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The request's id, to be named to whoever runs the server.
    pub request_id: String,
}
