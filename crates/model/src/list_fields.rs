//! The fields by which plans, groups, API keys and invitations are filtered and ordered.

use crate::{
    ApiKey, FieldKind, FilterField, FilterValue, Filterable, Group, GroupSummary, Invitation, Plan,
    Vocabulary, user_field::ROLES,
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
