//! Path parameters: how they are read by the server and written by a client.

use std::fmt::{Display, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roster_model::{
    ApiKeyId, AuditEventId, FavoriteId, GroupId, InvitationId, MessageId, ObjectId, ObjectType,
    OrganizationId, PlanId, ThemeId, UserId, UserRef,
};
use utoipa::{
    PartialSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};
use uuid::Uuid;

/// What stays as it is in a path: RFC 3986's unreserved characters and `@`.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// A type that a path parameter can have.
pub trait PathParam: Sized {
    /// What it may hold, for people.
    const DOC: &'static str;

    /// What it may hold, for programs.
    fn schema() -> RefOr<Schema>;

    /// Reads it; `None` when it names nothing that could exist.
    fn read(text: &str) -> Option<Self>;
}

impl PathParam for UserRef {
    const DOC: &'static str = "`me`, or a user's id, UUID, username or e-mail address";

    fn schema() -> RefOr<Schema> {
        text()
    }

    fn read(text: &str) -> Option<Self> {
        Some(Self::parse(text))
    }
}

impl PathParam for String {
    const DOC: &'static str = "A name or id";

    fn schema() -> RefOr<Schema> {
        text()
    }

    fn read(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl PathParam for Uuid {
    const DOC: &'static str = "A UUID";

    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }

    fn read(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

impl PathParam for ObjectType {
    const DOC: &'static str = "A kind of object";

    fn schema() -> RefOr<Schema> {
        <Self as PartialSchema>::schema()
    }

    fn read(text: &str) -> Option<Self> {
        Self::from_word(text)
    }
}

macro_rules! number {
    ($($id:ty = $doc:literal),+ $(,)?) => {$(
        impl PathParam for $id {
            const DOC: &'static str = $doc;

            fn schema() -> RefOr<Schema> {
                <i64 as PartialSchema>::schema()
            }

            fn read(text: &str) -> Option<Self> {
                // `i64` reads `+7` and `-7` as well, which are no ids.
                let is_number = text.bytes().all(|b| b.is_ascii_digit());
                is_number.then(|| text.parse().ok().map(Self)).flatten()
            }
        }
    )+};
}

number! {
    UserId = "A user's id",
    OrganizationId = "An organization's id",
    GroupId = "A group's id",
    PlanId = "A plan's id",
    ThemeId = "A theme's id",
    ApiKeyId = "An API key's id",
    MessageId = "A message's id",
    AuditEventId = "An event's id",
    FavoriteId = "A favorite's id",
    InvitationId = "An invitation's id",
    ObjectId = "An object's number among those of its kind",
}

fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A text that cannot be one segment of a path, because the server, a proxy or a key's
/// constraint might read it as more or less than that (threat T33). Such things are named by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentError(pub String);

impl Display for SegmentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} cannot stand in a path; use the id instead", self.0)
    }
}

impl std::error::Error for SegmentError {}

/// Writes `values` into the places that `template` keeps for them.
pub(crate) fn fill(template: &str, values: &[&dyn Display]) -> Result<String, SegmentError> {
    let mut path = String::with_capacity(template.len() + 32);
    let mut values = values.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        if let Some(value) = values.next() {
            let value = value.to_string();
            if !is_segment(&value) {
                return Err(SegmentError(value));
            }
            // Writing to a String cannot fail.
            let _ = write!(path, "{}", utf8_percent_encode(&value, KEPT));
        }
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    path.push_str(rest);
    Ok(path)
}

/// Whether a text is read as one segment by everybody on the way.
fn is_segment(text: &str) -> bool {
    let bytes = text.as_bytes();
    !matches!(text, "" | "." | "..")
        && !text.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ';'))
        // A percent sign and two hexadecimal digits look encoded twice.
        && !bytes.windows(3).any(|w| w[0] == b'%' && w[1..].iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_encoded_once_and_whole() {
        let path = fill("/users/{user}/keys/{key}", &[&"ann b@x.org", &"k?#%é"]).unwrap();
        assert_eq!(path, "/users/ann%20b@x.org/keys/k%3F%23%25%C3%A9");
    }

    #[test]
    fn t33_what_could_be_read_as_other_than_one_segment_is_refused() {
        for text in ["", ".", "..", "a/b", "a\\b", "a;b", "a%2fb", "a\0b", "a\nb"] {
            assert_eq!(fill("/{x}", &[&text]), Err(SegmentError(text.into())), "{text:?}");
        }
    }

    #[test]
    fn an_id_is_digits_within_64_bits() {
        assert_eq!(GroupId::read("7"), Some(GroupId(7)));
        for text in ["", "+7", "-7", "7.0", "99999999999999999999", "9223372036854775808", "x"] {
            assert_eq!(GroupId::read(text), None, "{text}");
        }
    }
}
