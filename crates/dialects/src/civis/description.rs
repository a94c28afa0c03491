//! `GET endpoints`: the description of this door in Swagger 2.0, of which the library makes its methods and the command
//! its commands. It is made of the routes that are served.
//!
//! Order matters: required arguments of a method come in the order of the properties, so those are written one by one.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use super::{
    Reply,
    call::Call,
    fields::{Field, Kind},
    names,
    replies::done,
    routes::{Gives, ROUTES, Route},
};

/// Somebody reads the description. The one published parameter, for another rendering, is known only to be refused.
pub(super) async fn get(call: &Call) -> Reply {
    if call.query.text("openapi_version").is_some() {
        let sentence =
            "openapi_version cannot be given: the description is there in Swagger 2.0 only";
        return Err(super::translate::Refusal::invalid(sentence));
    }
    done(&Document)
}

struct Document;

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("swagger", "2.0")?;
        let info = json!({ "title": "Roster, as Civis speaks of it", "version": "1" });
        map.serialize_entry("info", &info)?;
        map.serialize_entry("basePath", super::PREFIX)?;
        map.serialize_entry("consumes", &["application/json"])?;
        map.serialize_entry("produces", &["application/json"])?;
        map.serialize_entry("securityDefinitions", &json!({ "basic": { "type": "basic" } }))?;
        map.serialize_entry("security", &json!([{ "basic": [] }]))?;
        map.serialize_entry("paths", &Paths)?;
        map.end()
    }
}

struct Paths;

impl Serialize for Paths {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let mut written = Vec::new();
        for Route { path, .. } in ROUTES {
            if written.contains(path) {
                continue;
            }
            written.push(*path);
            // The command appends the path to its address as it stands here.
            let is_resource = !path.contains('/');
            let shown = format!("/{path}{}", if is_resource { "/" } else { "" });
            map.serialize_entry(&shown, &PathItem(path))?;
        }
        map.end()
    }
}

struct PathItem(&'static str);

impl Serialize for PathItem {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let of_path = ROUTES.iter().filter(|route| route.path == self.0);
        to.collect_map(of_path.map(|route| (route.method.to_ascii_lowercase(), Operation(route))))
    }
}

struct Operation(&'static Route);

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let route = self.0;
        let schema = match route.gives {
            Gives::List => Some(json!({ "type": "array", "items": { "type": "object" } })),
            Gives::Object => Some(json!({ "type": "object" })),
            Gives::Nothing => None,
        };
        let mut response = json!({ "description": "success" });
        if let Some(schema) = schema {
            response["schema"] = schema;
        }
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("summary", route.summary)?;
        map.serialize_entry("parameters", &Parameters(route))?;
        map.serialize_entry("responses", &json!({ route.status.to_string(): response }))?;
        map.end()
    }
}

struct Parameters(&'static Route);

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let route = self.0;
        let mut all: Vec<Parameter> = route
            .parameter_names()
            .map(|name| {
                let is_text = route.takes_me && name == "id";
                Parameter::Plain(plain(
                    name,
                    "path",
                    true,
                    if is_text { "string" } else { "integer" },
                ))
            })
            .collect();
        let query = route.query_fields().map(|field| {
            let mut shown = plain(field.name, "query", field.is_required, field.kind.word());
            if let Some(items) = items(field.kind) {
                shown["items"] = items;
            }
            if let (Some(paging), "order") = (&route.paging, field.name) {
                let orders = paging.orders.join(", ");
                shown["description"] =
                    format!("One of {orders}; {} by default.", paging.orders[0]).into();
            }
            Parameter::Plain(shown)
        });
        all.extend(query);
        if !route.body.is_empty() {
            all.push(Parameter::Body(route.body));
        }
        all.serialize(to)
    }
}

fn plain(name: &str, place: &str, is_required: bool, kind: &str) -> Value {
    let description = match (place, name) {
        ("path", "id") if kind == "string" => "A user's number, or me.".to_owned(),
        ("path", name) => format!("The {} in the address.", name.replace('_', " ")),
        (_, "limit") => "How many rows a page has.".to_owned(),
        (_, "page_num") => "Which page, from 1.".to_owned(),
        (_, "order_dir") => "asc or desc.".to_owned(),
        (_, name) => format!("Only those of this {}.", name.replace('_', " ")),
    };
    json!({ "name": name, "in": place, "required": is_required, "type": kind, "description": description })
}

fn items(kind: Kind) -> Option<Value> {
    match kind {
        Kind::Ids => Some(json!({ "type": "integer" })),
        Kind::Texts => Some(json!({ "type": "string" })),
        _ => None,
    }
}

enum Parameter {
    Plain(Value),
    Body(&'static [Field]),
}

impl Serialize for Parameter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let fields = match self {
            Self::Plain(shown) => return shown.serialize(to),
            Self::Body(fields) => fields,
        };
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("name", "body")?;
        map.serialize_entry("in", "body")?;
        map.serialize_entry("required", &fields.iter().any(|field| field.is_required))?;
        map.serialize_entry("schema", &Schema(fields))?;
        map.end()
    }
}

/// An object with these fields.
struct Schema(&'static [Field]);

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let required: Vec<_> = self.0.iter().filter(|field| field.is_required).collect();
        let required: Vec<_> = required.into_iter().map(|field| names::camel(field.name)).collect();
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Properties(self.0))?;
        map.serialize_entry("required", &required)?;
        map.end()
    }
}

struct Properties(&'static [Field]);

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|field| (names::camel(field.name), Property(*field))))
    }
}

struct Property(Field);

impl Serialize for Property {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let field = self.0;
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("type", field.kind.word())?;
        map.serialize_entry("description", &says(field))?;
        match field.kind {
            Kind::Objects(of) => map.serialize_entry("items", &Schema(of))?,
            Kind::Object(of) => map.serialize_entry("properties", &Properties(of))?,
            Kind::Time => map.serialize_entry("format", "time")?,
            kind => {
                if let Some(items) = items(kind) {
                    map.serialize_entry("items", &items)?;
                }
            }
        }
        map.end()
    }
}

fn says(field: Field) -> String {
    let words = field.name.replace('_', " ");
    let empties = if field.is_nullable { " None empties it." } else { "" };
    match field.kind {
        Kind::Text(most) => format!("The {words}, of at most {most} characters.{empties}"),
        Kind::Boolean => format!("Whether: {words}.{empties}"),
        _ => format!("The {words}.{empties}"),
    }
}
