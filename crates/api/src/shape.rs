//! The shapes of bodies: their names and schemas for the OpenAPI document, and a check that an
//! example has them.

use roster_model::{
    Accepted, Activity, ApiKey, AuditEvent, ChildGroups, DirectoryEntry, EndedSessions, Favorite,
    FeatureFlag, FeatureFlagState, FeatureFlagSwitch, Group, GroupDetails, GroupMember,
    GroupShares, ImportReport, Introspection, IssuedApiKey, Message, MfaStatus, Organization, Page,
    Person, Plan, RecoveryCodes, RegisteredObject, RoleEntry, Session, SignedIn, SsoLink,
    SsoProvider, SsoTicket, TotpEnrolment, User, UserRow, Whoami,
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema, schema::ArrayItems},
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

    /// The names of the fields of the records that a page holds; none for a body that is no page.
    pub fn record_fields(&self) -> Vec<String> {
        let mut known = Vec::new();
        (self.collect)(&mut known);
        let RefOr::T(Schema::Object(page)) = (self.schema)() else { return Vec::new() };
        let Some(RefOr::T(Schema::Array(items))) = page.properties.get("items") else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        if let ArrayItems::RefOrSchema(record) = &items.items {
            add_fields(record, &known, &mut fields);
        }
        fields
    }
}

fn add_fields(schema: &RefOr<Schema>, known: &[(String, RefOr<Schema>)], fields: &mut Vec<String>) {
    match schema {
        RefOr::Ref(to) => {
            let name = to.ref_location.rsplit('/').next().unwrap_or_default();
            if let Some((_, schema)) = known.iter().find(|(known, _)| known == name) {
                add_fields(schema, known, fields);
            }
        }
        RefOr::T(Schema::Object(object)) => fields.extend(object.properties.keys().cloned()),
        RefOr::T(Schema::AllOf(all)) => {
            all.items.iter().for_each(|part| add_fields(part, known, fields));
        }
        RefOr::T(_) => {}
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
    (), Accepted, ApiKey, ChildGroups, DirectoryEntry, EndedSessions, Group, GroupDetails, GroupShares, ImportReport, Introspection, IssuedApiKey, Message, MfaStatus,
    Organization, Plan, RecoveryCodes, Session, SignedIn, SsoLink, SsoTicket, TotpEnrolment,
    Whoami, Page<SsoProvider>, Page<SsoLink>, Page<ApiKey>, Page<AuditEvent>, Page<DirectoryEntry>,
    Page<GroupDetails>, Page<GroupMember>, Page<Person>, Page<RoleEntry>, Person, Page<Message>, Page<Organization>, Page<Plan>, Page<Session>,
    FeatureFlag, Page<FeatureFlag>, Page<FeatureFlagState>, Page<FeatureFlagSwitch>,
    Favorite, Page<Favorite>, RegisteredObject, Page<RegisteredObject>, Page<Activity>, Page<User>, Page<UserRow>, GroupMember,
}
