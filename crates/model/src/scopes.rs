//! The words that limit an API key to what Roster does by them.

/// Kinds of operations with the operations of that kind that a key with scopes can do, where its owner may. A kind is a
/// scope and stands for all of its operations; one operation is the scope `kind.operation`. Words that are not here are
/// other services', and let a key do nothing at Roster.
pub const SCOPES: &[(&str, &[&str])] = &[
    ("session", &["list"]),
    ("token", &["introspect"]),
    (
        "user",
        &[
            "create",
            "export",
            "get",
            "list",
            "manage",
            "update",
            "preferences",
            "administer",
            "flags",
            "groups",
            "enable",
            "disable",
            "suspend",
            "unsuspend",
            "delete",
            "restore",
            "invite",
            "feature_flags",
        ],
    ),
    ("directory", &["list"]),
    ("people", &["read"]),
    ("invitation", &["list"]),
    ("mfa", &["get"]),
    ("api_key", &["list"]),
    ("sso", &["list"]),
    ("organization", &["read", "list_all", "update"]),
    ("group", &["read", "create", "write", "members", "share"]),
    ("theme", &["read", "write", "write_any"]),
    ("plan", &["read", "write", "renew"]),
    ("favorite", &["read", "write"]),
    ("organization_favorite", &["read", "write"]),
    ("object", &["read", "write"]),
    ("activity", &["list"]),
    ("feature_flag", &["read", "write"]),
    ("message", &["read"]),
    ("audit", &["read"]),
];

/// Roster's own scopes as a sentence, for descriptions.
pub fn scopes_for_people() -> String {
    let kinds: Vec<_> = SCOPES
        .iter()
        .map(|(kind, operations)| match operations {
            [one] => format!("`{kind}.{one}`"),
            several => format!("`{kind}` or `{kind}.` with {}", several.join(", ")),
        })
        .collect();
    format!(
        "Scopes of Roster itself: {}. A scope that is none of these is another service's, and lets a key do nothing here.",
        kinds.join("; ")
    )
}
