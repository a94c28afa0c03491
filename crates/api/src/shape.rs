//! The shapes of bodies: their names and schemas for the OpenAPI document, and a check that an
//! example has them.

use roster_model::{
    Accepted, Activity, ApiKey, AuditEvent, ChildGroups, DirectoryEntry, EndedSessions, Favorite,
    FeatureFlag, FeatureFlagState, FeatureFlagSwitch, Group, GroupDetails, GroupMember,
    GroupShares, Image, ImageType, ImportReport, Introspection, Invitation, IssuedApiKey, Message,
    MfaStatus, Organization, Page, Person, Plan, RecoveryCodes, RegisteredObject, RoleEntry,
    Session, SignedIn, SsoLink, SsoProvider, SsoTicket, Theme, TotpEnrolment, User, UserRow,
    Whoami,
};
use serde::de::DeserializeOwned;
use utoipa::{
    ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat,
        schema::{ArrayItems, Type},
    },
};

/// The media type of what is no file.
const JSON: &str = "application/json";
/// What images may be.
const IMAGES: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A body as data.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The media types that it may have: JSON's alone, unless it is a file.
    pub media_types: &'static [&'static str],
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
    /// The shape of `T`, written as JSON.
    pub const fn json<T: ToSchema + DeserializeOwned>() -> Self {
        Self {
            media_types: &[JSON],
            name: || T::name().into_owned(),
            schema: T::schema,
            collect: T::schemas,
            check: |text| serde_json::from_str::<T>(text).map(drop),
        }
    }

    /// The shape of a file, whose bytes are nobody's to describe.
    pub const fn file(media_types: &'static [&'static str]) -> Self {
        Self {
            media_types,
            name: || "file".to_owned(),
            schema: || {
                let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
                ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
            },
            collect: |_| {},
            check: |_| Ok(()),
        }
    }

    /// Whether it is JSON, and no file.
    pub fn is_json(&self) -> bool {
        self.media_types == [JSON]
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
pub trait Reply: Sized + Send + 'static {
    /// The answer's body as data.
    const SHAPE: Shape;

    /// The number that makes the answer's `ETag`, where the record counts its changes.
    fn version(&self) -> Option<i64> {
        None
    }

    /// The media type of the body.
    fn media_type(&self) -> &'static str {
        JSON
    }

    /// Writes the body.
    ///
    /// # Errors
    /// What JSON cannot hold.
    fn write(self) -> serde_json::Result<Vec<u8>>;

    /// Reads a body that is said to be of this media type.
    ///
    /// # Errors
    /// Says what is wrong with it.
    fn read(media_type: Option<&str>, body: Vec<u8>) -> Result<Self, String>;
}

macro_rules! as_json {
    ($type:ty) => {
        const SHAPE: Shape = Shape::json::<$type>();

        fn write(self) -> serde_json::Result<Vec<u8>> {
            serde_json::to_vec(&self)
        }

        fn read(_: Option<&str>, body: Vec<u8>) -> Result<Self, String> {
            serde_json::from_slice(&body).map_err(|error| error.to_string())
        }
    };
}

impl Reply for User {
    as_json!(User);

    fn version(&self) -> Option<i64> {
        Some(self.version)
    }
}

impl Reply for Image {
    const SHAPE: Shape = Shape::file(IMAGES);

    fn media_type(&self) -> &'static str {
        self.media_type.as_str()
    }

    fn write(self) -> serde_json::Result<Vec<u8>> {
        Ok(self.bytes)
    }

    fn read(media_type: Option<&str>, body: Vec<u8>) -> Result<Self, String> {
        let media_type = media_type.and_then(ImageType::from_word);
        let media_type = media_type.ok_or_else(|| format!("it is not {}", IMAGES.join(", ")))?;
        Ok(Self { media_type, bytes: body })
    }
}

macro_rules! replies {
    ($($type:ty),+ $(,)?) => {
        $(impl Reply for $type {
            as_json!($type);
        })+
    };
}

replies! {
    (), Accepted, ApiKey, ChildGroups, DirectoryEntry, EndedSessions, Group, GroupDetails, GroupShares, ImportReport, Introspection, Invitation, Page<Invitation>, IssuedApiKey, Message, MfaStatus,
    Organization, Plan, RecoveryCodes, Session, SignedIn, SsoLink, SsoTicket, TotpEnrolment,
    Whoami, Page<SsoProvider>, Page<SsoLink>, Page<ApiKey>, Page<AuditEvent>, Page<DirectoryEntry>,
    Page<GroupDetails>, Page<GroupMember>, Page<Person>, Page<RoleEntry>, Person, Page<Message>, Page<Organization>, Page<Plan>, Page<Session>,
    FeatureFlag, Page<FeatureFlag>, Page<FeatureFlagState>, Page<FeatureFlagSwitch>,
    Theme, Page<Theme>, Favorite, Page<Favorite>, RegisteredObject, Page<RegisteredObject>, Page<Activity>, Page<User>, Page<UserRow>, GroupMember,
}
