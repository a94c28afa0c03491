//! Requests made from the declarations.

use roster_api::{ENDPOINTS, EndpointDescription};
use roster_testing::{Answer, Person};
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

/// An image of one pixel.
pub(crate) const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0;";

/// Sends an image to an endpoint that takes a file.
pub(crate) async fn send_file(who: &Person, endpoint: &EndpointDescription, path: &str) -> Answer {
    let bearer = format!("Bearer {}", who.token);
    let headers = [("authorization", &*bearer), ("content-type", "application/octet-stream")];
    who.roster.call_with(endpoint.method.as_str(), path, &headers, GIF).await
}

/// The OpenAPI document.
pub(crate) fn document() -> Value {
    serde_json::to_value(roster_api::openapi()).unwrap()
}

/// The body that the documentation shows, if the endpoint takes one that is no file.
pub(crate) fn body(document: &Value, endpoint: &EndpointDescription) -> Option<Value> {
    let method = endpoint.method.as_str().to_ascii_lowercase();
    let body = &document["paths"][endpoint.path][method]["requestBody"];
    body["content"]["application/json"].get("example").cloned()
}
