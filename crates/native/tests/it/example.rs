//! Requests made from the declarations.

use roster_api::{ENDPOINTS, EndpointDescription};
use serde_json::Value;

/// The endpoint of that name.
pub(crate) fn endpoint(name: &str) -> &'static EndpointDescription {
    ENDPOINTS.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("no endpoint {name}"))
}

/// The endpoint's path with `user` for the user and values that name nothing for the rest.
pub(crate) fn path(endpoint: &EndpointDescription, user: &str) -> String {
    let mut path = endpoint.path.to_owned();
    for param in endpoint.params {
        let value = match param.name {
            "user" => user,
            "session" => "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c",
            "object_type" => "Project",
            _ => "987654",
        };
        path = path.replace(&format!("{{{}}}", param.name), value);
    }
    path
}

/// The OpenAPI document.
pub(crate) fn document() -> Value {
    serde_json::to_value(roster_api::openapi()).unwrap()
}

/// The body that the documentation shows, if the endpoint takes one.
pub(crate) fn body(document: &Value, endpoint: &EndpointDescription) -> Option<Value> {
    let method = endpoint.method.as_str().to_ascii_lowercase();
    let body = &document["paths"][endpoint.path][method]["requestBody"];
    body["content"]["application/json"].get("example").cloned()
}
