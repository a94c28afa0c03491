//! Examples for the documentation, made from the schemas, so that none can be out of date.

use std::collections::BTreeMap;

use roster_model::ErrorCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::{
    RefOr, Schema,
    schema::{ArrayItems, SchemaType, Type},
};

use crate::status;

/// No schema here contains itself; the bound is for one that will some day.
const DEPTH: u8 = 32;

/// An example of what `schema` describes.
pub(crate) fn of(schema: &RefOr<Schema>, schemas: &BTreeMap<String, RefOr<Schema>>) -> Value {
    let value = make("", schema, schemas, DEPTH);
    value.unwrap_or(Value::Null)
}

/// An example of a refusal.
pub(crate) fn problem(status_number: u16, code: ErrorCode) -> Value {
    json!({
        "type": format!("about:blank#{code}"),
        "status": status_number,
        "title": status(code).canonical_reason().unwrap_or_default(),
        "detail": "A sentence that says what is wrong.",
        "code": code,
        "request_id": "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c",
    })
}

/// `None` for `null`, so that a field that may be empty can be left out.
fn make(
    name: &str,
    schema: &RefOr<Schema>,
    schemas: &BTreeMap<String, RefOr<Schema>>,
    depth: u8,
) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let schema = match schema {
        RefOr::Ref(to) => {
            let target = to.ref_location.rsplit('/').next().unwrap_or_default();
            return make(name, schemas.get(target)?, schemas, depth);
        }
        RefOr::T(schema) => schema,
    };
    match schema {
        Schema::Object(object) => {
            if let Some(first) = object.enum_values.as_ref().and_then(|all| all.first()) {
                return Some(first.clone());
            }
            match kind(&object.schema_type) {
                Type::String => Some(text(name, object.format.is_some())),
                Type::Integer | Type::Number => Some(json!(number(name))),
                Type::Boolean => Some(json!(false)),
                Type::Null => None,
                Type::Array => Some(json!([])),
                Type::Object => {
                    let fields = object.properties.iter().filter_map(|(name, schema)| {
                        Some((name.clone(), make(name, schema, schemas, depth)?))
                    });
                    Some(Value::Object(fields.collect::<Map<_, _>>()))
                }
            }
        }
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => {
                Some(make(name, items, schemas, depth).into_iter().collect())
            }
            ArrayItems::False => Some(json!([])),
        },
        Schema::AllOf(all) => {
            let mut whole = Map::new();
            for part in &all.items {
                if let Some(Value::Object(part)) = make(name, part, schemas, depth) {
                    whole.extend(part);
                }
            }
            Some(Value::Object(whole))
        }
        Schema::OneOf(one) => one.items.iter().find_map(|it| make(name, it, schemas, depth)),
        Schema::AnyOf(any) => any.items.iter().find_map(|it| make(name, it, schemas, depth)),
        _ => None,
    }
}

fn kind(kinds: &SchemaType) -> Type {
    match kinds {
        SchemaType::Type(one) => one.clone(),
        SchemaType::Array(several) => {
            several.iter().find(|one| !matches!(one, Type::Null)).cloned().unwrap_or(Type::Null)
        }
        SchemaType::AnyValue => Type::Object,
    }
}

/// A text that a field of this name could hold.
fn text(name: &str, has_format: bool) -> Value {
    let text = match name {
        "uuid" | "sub" | "session" => "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c",
        _ if name.ends_with("_at") || name == "at" => "2026-11-24T10:00:00Z",
        _ if has_format => "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c",
        "username" | "login" => "ann",
        "email" | "unconfirmed_email" | "to" => "ann@example.com",
        "first_name" => "Ann",
        "last_name" => "Archer",
        "name" => "Example",
        "phone" => "+441632960001",
        "password" => "correct horse battery",
        "new_password" => "battery staple horse",
        "code" | "codes" => "123456",
        "token" | "ticket" => "ros_s0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ",
        "secret" => "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "otpauth_url" => "otpauth://totp/Roster:ann?secret=JBSWY3DPEHPK3PXP&issuer=Roster",
        "authorization_url" => "https://accounts.example.com/authorize?state=0123",
        "provider" => "google",
        "slug" => "example",
        "plan" => "small",
        "plan_color" => "#336699",
        "time_zone" => "Europe/Berlin",
        "city" => "Berlin",
        "initials" => "AA",
        "action" => "user.created",
        "credential" => "session",
        "door" => "native",
        "address" => "192.0.2.7",
        "method" | "methods" => "GET",
        "path" => "/reports/7",
        "settings" => "{\"color\": \"#336699\"}",
        "prefix" => "ros_k0123",
        "scopes" => "reports",
        "detail" => "A message was sent if the account exists.",
        _ => "text",
    };
    json!(text)
}

fn number(name: &str) -> i64 {
    match name {
        "exp" | "iat" => 1_795_600_800,
        _ if name.ends_with("id") || name == "version" => 7,
        _ => 1,
    }
}
