//! The fields by which lists other than those of users are filtered and ordered.

use crate::{
    ApiKey, AuditEvent, FieldKind, FilterField, FilterValue, Filterable, Group, GroupMember,
    GroupSummary, Invitation, Message, Plan, Session, Vocabulary, Words, user_field::ROLES,
};

macro_rules! list_fields {
    (
        $(#[$doc:meta])* $fields:ident of $record:ty as $vocabulary:ident, searched $($searched:ident)+
            $(, words $($worded:ident: $words:expr),+)?;
        $($(#[$field_doc:meta])* $field:ident = $name:literal: $kind:ident |$one:ident| $get:expr;)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $fields {
            $($(#[$field_doc])* $field,)+
        }

        impl $fields {
            /// The fields that a search looks through unless told otherwise.
            pub const SEARCHED: &'static [Self] = &[$(Self::$searched),+];
        }

        impl FilterField for $fields {
            const ALL: &'static [Self] = &[$(Self::$field),+];
            const ID: Self = Self::Id;

            fn name(self) -> &'static str {
                match self { $(Self::$field => $name),+ }
            }

            fn kind(self) -> FieldKind {
                match self { $(Self::$field => FieldKind::$kind),+ }
            }
        }

        impl Filterable<$fields> for $record {
            fn value(&self, field: $fields) -> Option<FilterValue> {
                match field {
                    $($fields::$field => {
                        let $one = self;
                        $get.map(list_fields!(@value $kind))
                    })+
                }
            }
        }

        /// The names of the fields.
        pub const $vocabulary: Vocabulary<$fields> =
            Vocabulary {
                fields: &[$(($name, $fields::$field)),+],
                words: &[$($(($fields::$worded, $words)),+)?],
            };
    };
    (@value Word) => { FilterValue::Text };
    (@value $kind:ident) => { FilterValue::$kind };
}

list_fields! {
    /// A field of a plan.
    PlanField of Plan as PLAN_FIELDS, searched Name DisplayName Description;
    /// The number.
    Id = "id": Integer |plan| Some(plan.id.0);
    /// The name.
    Name = "name": Text |plan| Some(plan.name.clone());
    /// The name for people.
    DisplayName = "display_name": Text |plan| plan.display_name.clone();
    /// What it offers.
    Description = "description": Text |plan| plan.description.clone();
    /// The colour.
    PlanColor = "plan_color": Text |plan| Some(plan.plan_color.clone());
    /// Bytes that may be stored.
    Storage = "storage": Integer |plan| Some(plan.storage);
    /// Tasks at once.
    ConcurrentTasks = "concurrent_tasks": Integer |plan| Some(plan.concurrent_tasks);
    /// API calls a day.
    DailyApiCalls = "daily_api_calls": Integer |plan| Some(plan.daily_api_calls);
    /// API calls a month.
    MonthlyApiCalls = "monthly_api_calls": Integer |plan| Some(plan.monthly_api_calls);
    /// Bytes transferred a day.
    DailyTraffic = "daily_traffic": Integer |plan| Some(plan.daily_traffic);
    /// Bytes transferred a month.
    MonthlyTraffic = "monthly_traffic": Integer |plan| Some(plan.monthly_traffic);
    /// Minutes of processing a day.
    DailyProcess = "daily_process": Integer |plan| Some(plan.daily_process);
    /// Minutes of processing a month.
    MonthlyProcess = "monthly_process": Integer |plan| Some(plan.monthly_process);
    /// Days of a period.
    NumberOfDays = "number_of_days": Integer |plan| plan.number_of_days;
    /// When it was made.
    CreatedAt = "created_at": Time |plan| Some(plan.created_at);
    /// When it was last changed.
    UpdatedAt = "updated_at": Time |plan| Some(plan.updated_at);
}

list_fields! {
    /// A field of a group with its members counted.
    GroupField of GroupSummary as GROUP_FIELDS, searched Name Description;
    /// The number.
    Id = "id": Integer |summary| Some(summary.group.id.0);
    /// The name.
    Name = "name": Text |summary| Some(summary.group.name.clone());
    /// What it is for.
    Description = "description": Text |summary| Some(summary.group.description.clone());
    /// Who owns it.
    OwnerId = "owner_id": Integer |summary| summary.group.owner_id.map(|owner| owner.0);
    /// What the owner is called.
    OwnerName = "owner_name": Text |summary| summary.owner_name.clone();
    /// How many are in it.
    MemberCount = "member_count": Integer |summary| i64::try_from(summary.member_count).ok();
}

list_fields! {
    /// A field of a group as its record has them.
    GroupRecordField of Group as GROUP_RECORD_FIELDS, searched Name Slug Description;
    /// The number.
    Id = "id": Integer |group| Some(group.id.0);
    /// The name.
    Name = "name": Text |group| Some(group.name.clone());
    /// The name in addresses.
    Slug = "slug": Text |group| Some(group.slug.clone());
    /// What it is for.
    Description = "description": Text |group| Some(group.description.clone());
    /// The organization.
    OrganizationId = "organization_id": Integer |group| Some(group.organization_id.0);
    /// Who owns it.
    OwnerId = "owner_id": Integer |group| group.owner_id.map(|owner| owner.0);
    /// When it was made.
    CreatedAt = "created_at": Time |group| Some(group.created_at);
    /// When it was last changed.
    UpdatedAt = "updated_at": Time |group| Some(group.updated_at);
}

list_fields! {
    /// A field of an API key.
    ApiKeyField of ApiKey as API_KEY_FIELDS, searched Name;
    /// The number.
    Id = "id": Integer |key| Some(key.id.0);
    /// The name.
    Name = "name": Text |key| Some(key.name.clone());
    /// Whether it is revoked.
    Revoked = "revoked": Bool |key| Some(key.revoked_at.is_some());
    /// Whose it is.
    UserId = "user_id": Integer |key| Some(key.user_id.0);
    /// When it ends.
    ExpiresAt = "expires_at": Time |key| key.expires_at;
    /// When it was made.
    CreatedAt = "created_at": Time |key| Some(key.created_at);
    /// When it was last used.
    LastUsedAt = "last_used_at": Time |key| key.last_used_at;
}

list_fields! {
    /// A field of an invitation.
    InvitationField of Invitation as INVITATION_FIELDS, searched Email, words Role: ROLES;
    /// The number.
    Id = "id": Integer |invitation| Some(invitation.id.0);
    /// The address it was mailed to.
    Email = "email": Text |invitation| Some(invitation.email.clone());
    /// What whoever accepts it may do.
    Role = "role": Word |invitation| Some(invitation.role.as_str().to_owned());
    /// Where whoever accepts it belongs.
    OrganizationId = "organization_id": Integer |invitation| Some(invitation.organization_id.0);
    /// Who has sent it.
    InvitedBy = "invited_by": Integer |invitation| invitation.invited_by.map(|user| user.0);
    /// When it was sent first.
    CreatedAt = "created_at": Time |invitation| Some(invitation.created_at);
    /// When its link ends.
    ExpiresAt = "expires_at": Time |invitation| Some(invitation.expires_at);
}

const METHODS: Words =
    &[("pwd", "pwd"), ("otp", "otp"), ("sso", "sso"), ("impersonation", "impersonation")];
const RANKS: Words = &[("member", "member"), ("manager", "manager")];
const CHANNELS: Words = &[("sms", "sms"), ("email", "email")];
const STATES: Words = &[("pending", "pending"), ("sent", "sent"), ("failed", "failed")];
const OUTCOMES: Words = &[("success", "success"), ("failure", "failure")];

list_fields! {
    /// A field of a session.
    SessionField of Session as SESSION_FIELDS, searched Address UserAgent, words Method: METHODS;
    /// The number.
    Id = "id": Integer |session| Some(session.id.0);
    /// The name.
    Uuid = "uuid": Uuid |session| Some(session.uuid);
    /// Whose it is.
    UserId = "user_id": Integer |session| Some(session.user_id.0);
    /// When it was opened.
    CreatedAt = "created_at": Time |session| Some(session.created_at);
    /// When it was last used.
    LastUsedAt = "last_used_at": Time |session| Some(session.last_used_at);
    /// When it ends.
    ExpiresAt = "expires_at": Time |session| Some(session.expires_at);
    /// From where it was opened.
    Address = "address": Text |session| session.address.clone();
    /// With what program it was opened.
    UserAgent = "user_agent": Text |session| session.user_agent.clone();
    /// How it was opened.
    Method = "method": Word |session| Some(session.method.as_str().to_owned());
    /// When a second factor was last shown in it.
    MfaAt = "mfa_at": Time |session| session.mfa_at;
    /// The administrator who acts in the user's name.
    ImpersonatorId = "impersonator_id": Integer |session| session.impersonator_id.map(|user| user.0);
    /// Whether it is the one that asks.
    IsCurrent = "is_current": Bool |session| Some(session.is_current);
}

list_fields! {
    /// A field of a member of a group.
    MemberField of GroupMember as MEMBER_FIELDS, searched Username Email Name FirstName LastName,
        words Rank: RANKS;
    /// The user's number.
    Id = "id": Integer |member| Some(member.user.id.0);
    /// The user's UUID.
    Uuid = "uuid": Uuid |member| Some(member.user.uuid);
    /// The username.
    Username = "username": Text |member| Some(member.user.username.clone());
    /// The address.
    Email = "email": Text |member| Some(member.user.email.clone());
    /// Given and family name as one text.
    Name = "name": Text |member| Some(member.user.name.clone());
    /// The given name.
    FirstName = "first_name": Text |member| Some(member.user.first_name.clone());
    /// The family name.
    LastName = "last_name": Text |member| Some(member.user.last_name.clone());
    /// Initials.
    Initials = "initials": Text |member| member.user.initials.clone();
    /// The user's primary group.
    PrimaryGroupId = "primary_group_id": Integer |member| Some(member.primary_group_id.0);
    /// Whether the user is not switched off.
    IsActive = "is_active": Bool |member| Some(member.is_active);
    /// What the user may do in the group.
    Rank = "rank": Word |member| Some(member.rank.as_str().to_owned());
    /// Since when.
    CreatedAt = "created_at": Time |member| Some(member.created_at);
}

list_fields! {
    /// A field of an outgoing message.
    MessageField of Message as MESSAGE_FIELDS, searched To Template,
        words Channel: CHANNELS, State: STATES;
    /// The number.
    Id = "id": Integer |message| Some(message.id.0);
    /// How it is sent.
    Channel = "channel": Word |message| Some(message.channel.as_str().to_owned());
    /// To whom.
    To = "to": Text |message| Some(message.to.clone());
    /// The user it is about.
    UserId = "user_id": Integer |message| message.user_id.map(|user| user.0);
    /// Which text it has.
    Template = "template": Text |message| Some(message.template.clone());
    /// How far it has come.
    State = "state": Word |message| Some(message.state.as_str().to_owned());
    /// How often it was tried.
    Attempts = "attempts": Integer |message| Some(i64::from(message.attempts));
    /// What the gateway said last.
    LastError = "last_error": Text |message| message.last_error.clone();
    /// When it was written.
    CreatedAt = "created_at": Time |message| Some(message.created_at);
    /// When it is tried next.
    NextAttemptAt = "next_attempt_at": Time |message| message.next_attempt_at;
    /// When the gateway took it.
    SentAt = "sent_at": Time |message| message.sent_at;
}

list_fields! {
    /// A field of an entry of the audit log.
    AuditField of AuditEvent as AUDIT_FIELDS, searched Action Subject Address,
        words Outcome: OUTCOMES;
    /// The number.
    Id = "id": Integer |event| Some(event.id.0);
    /// When it happened.
    At = "at": Time |event| Some(event.at);
    /// What was done.
    Action = "action": Text |event| Some(event.action.clone());
    /// How it ended.
    Outcome = "outcome": Word |event| Some(event.outcome.as_str().to_owned());
    /// The user who did it.
    ActorId = "actor_id": Integer |event| event.actor_id.map(|user| user.0);
    /// The administrator who acted in that user's name.
    ImpersonatorId = "impersonator_id": Integer |event| event.impersonator_id.map(|user| user.0);
    /// By what it was done.
    Credential = "credential": Text |event| Some(event.credential.clone());
    /// Through which door it came.
    Door = "door": Text |event| Some(event.door.clone());
    /// From where.
    Address = "address": Text |event| event.address.clone();
    /// The request it belongs to.
    RequestId = "request_id": Text |event| event.request_id.clone();
    /// The user it was done to.
    UserId = "user_id": Integer |event| event.user_id.map(|user| user.0);
    /// What else it was done to.
    Subject = "subject": Text |event| event.subject.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AuthenticationMethod, Channel, MembershipRank, MessageState, Outcome};

    #[test]
    fn every_word_of_a_field_is_known() {
        fn known<T: Copy>(words: Words, all: &[T], word: impl Fn(T) -> &'static str) {
            let all: Vec<_> = all.iter().map(|one| (word(*one), word(*one))).collect();
            assert_eq!(words, all);
        }
        known(METHODS, AuthenticationMethod::ALL, AuthenticationMethod::as_str);
        known(RANKS, MembershipRank::ALL, MembershipRank::as_str);
        known(CHANNELS, Channel::ALL, Channel::as_str);
        known(STATES, MessageState::ALL, MessageState::as_str);
        known(OUTCOMES, Outcome::ALL, Outcome::as_str);
    }
}
