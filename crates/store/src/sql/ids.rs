//! The typed ids of `model` as columns.

use roster_model::{
    ApiKeyId, AuditEventId, FavoriteId, FeatureFlagId, GroupId, InvitationId, LogoId, MessageId,
    ObjectId, OrganizationId, PlanId, SessionId, ThemeId, UserId,
};

use super::column_as;

macro_rules! id_columns {
    ($($id:ident),*) => {$(
        column_as!($id as i64, |id| id.0, |raw| Ok::<_, &str>(Self(raw)));
    )*};
}

id_columns!(
    ApiKeyId,
    AuditEventId,
    FavoriteId,
    FeatureFlagId,
    GroupId,
    InvitationId,
    LogoId,
    MessageId,
    ObjectId,
    OrganizationId,
    PlanId,
    SessionId,
    ThemeId,
    UserId
);
