//! The shapes of bodies: their names and schemas for the OpenAPI document, and a check that an
//! example has them.

use roster_model::{
    Accepted, ApiKey, AuditEvent, DirectoryEntry, EndedSessions, Group, GroupMember, ImportReport,
    Introspection, IssuedApiKey, Message, MfaStatus, Organization, Page, Plan, RecoveryCodes,
    Session, SignedIn, SsoLink, SsoProvider, SsoTicket, TotpEnrolment, User, Whoami,
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

/// A body as data.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name in the OpenAPI document.
    pub name: fn() -> String,
    /// Its schema.
    pub schema: fn() -> RefOr<Schema>,
    /// Adds the schemas that it speaks of.
    pub collect: fn(&mut Vec<(String, RefOr<Schema>)>),
    /// Says what is wrong with a JSON text that is to be such a body.
    pub check: fn(&str) -> Result<(), serde_json::Error>,
}

impl Shape {
    /// The shape of `T`.
    pub const fn of<T: ToSchema + DeserializeOwned>() -> Self {
        Self {
            name: || T::name().into_owned(),
            schema: T::schema,
            collect: T::schemas,
            check: |text| serde_json::from_str::<T>(text).map(drop),
        }
    }
}

/// What an endpoint may answer with.
pub trait Reply: Serialize + DeserializeOwned + Send + 'static {
    /// The number that makes the answer's `ETag`, where the record counts its changes.
    fn version(&self) -> Option<i64> {
        None
    }
}

impl Reply for User {
    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
}

macro_rules! replies {
    ($($type:ty),+ $(,)?) => {
        $(impl Reply for $type {})+
    };
}

replies! {
    (), Accepted, ApiKey, EndedSessions, Group, ImportReport, Introspection, IssuedApiKey, Message, MfaStatus,
    Organization, Plan, RecoveryCodes, Session, SignedIn, SsoLink, SsoTicket, TotpEnrolment,
    Whoami, Page<SsoProvider>, Page<SsoLink>, Page<ApiKey>, Page<AuditEvent>, Page<DirectoryEntry>,
    Page<Group>, Page<GroupMember>, Page<Message>, Page<Organization>, Page<Plan>, Page<Session>,
    Page<User>, GroupMember,
}
