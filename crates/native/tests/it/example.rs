//! Requests made from the declarations.

use roster_api::EndpointDescription;

/// The endpoint's path with `user` for the user and values that name nothing for the rest.
pub(crate) fn path(endpoint: &EndpointDescription, user: &str) -> String {
    let mut path = endpoint.path.to_owned();
    for param in endpoint.params {
        let value = match param.name {
            "user" => user,
            "session" => "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c",
            _ => "987654",
        };
        path = path.replace(&format!("{{{}}}", param.name), value);
    }
    path
}
