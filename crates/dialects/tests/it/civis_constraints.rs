//! API keys with constraints at the Civis door: no spelling of a request leads round them (threats T25, T33, T34, T35).

use roster_core::random::{RandomExt, SeededRandom};
use roster_model::Role;
use roster_testing::Roster;
use serde_json::{Value, json};

use crate::civis::{Guest, basic, call, on_both_databases, on_sqlite, status};

fn allow(kind: &str, text: &str, methods: &[&str]) -> Value {
    let mut constraint = json!({"constraintType": kind});
    if kind != "verb" {
        constraint["constraint"] = text.into();
    }
    for method in methods {
        constraint[format!("{method}Allowed")] = true.into();
    }
    constraint
}

/// How many requests are tried, unless it is said when the tests are built.
const CASES: u64 = 4_000;

/// Pieces of request targets: words, and what some reader of paths has fallen for.
const PIECES: [&str; 38] = [
    "users",
    "users/me",
    "groups",
    "me",
    "1",
    "12",
    "api_keys",
    "endpoints",
    "/",
    "/",
    "/",
    "/",
    "//",
    "/",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    ".%2e",
    "%2f",
    "%2F",
    "%5c",
    ";",
    ";x=1",
    "%3b",
    "%00",
    "%0a",
    "%25",
    "%252f",
    "%75sers",
    "%55sers",
    "USERS",
    "%C3%A9",
    "%ff",
    "%c0%ae",
    "%zz",
    "?x=/users/me",
    "%20",
];

/// What the canonical path of section 4 of the contract is; none where it says 400 or 404.
fn canonical(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut kept = Vec::new();
    for raw in path.split('/').filter(|segment| !segment.is_empty()) {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(raw).collect();
        let escapes = raw.match_indices('%');
        let is_escape = |at: usize| {
            raw.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let segment = String::from_utf8(bytes).ok()?;
        let is_bad = escapes.into_iter().any(|(at, _)| !is_escape(at))
            || segment == "."
            || segment == ".."
            || segment.contains(|c: char| c.is_control() || c == '/' || c == '\\');
        if is_bad {
            return None;
        }
        kept.push(segment);
    }
    Some(kept.join("/"))
}

#[tokio::test]
async fn t33_router_and_constraints_read_every_path_alike() {
    let cases = option_env!("ROSTER_CASES").map_or(CASES, |text| text.parse().unwrap());
    let roster = on_sqlite().await;
    let free = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
    let keys = [
        (
            free.limited(json!([allow("exact", "users/me/api_keys", &["get"])])).await,
            "users/me/api_keys",
        ),
        (
            free.limited(json!([allow("regex", "endpoints|users/1/api_keys", &["get"])])).await,
            "endpoints|users/1/api_keys",
        ),
    ];
    let dice = SeededRandom::new(34);
    let below = |end: usize| u32::from_le_bytes(dice.array()) as usize % end;
    let (mut allowed, mut refused) = (0, 0);
    for case in 0..cases {
        let target: String = (0..=below(6)).map(|_| PIECES[below(PIECES.len())]).collect();
        let (limited, lets) = &keys[below(keys.len())];
        let answer = limited.get(&target).await;
        let may = canonical(&target).is_some_and(|path| lets.split('|').any(|one| one == path));
        // A second layer of encoding and path parameters are refused, though the contract would only let them lead nowhere.
        match status(&answer) {
            200 => {
                assert!(may, "case {case}: {target} is let through");
                // What the router made of it is what it makes of the plain path.
                let plain = free.get(&canonical(&target).unwrap()).await;
                let wanted = limited.get(&canonical(&target).unwrap()).await;
                assert_eq!(wanted.json()[0]["id"], answer.json()[0]["id"], "{target}");
                assert_eq!(status(&plain), 200);
                allowed += 1;
            }
            400 | 403 | 404 => {
                assert!(!may || status(&answer) == 404, "case {case}: {target} is refused");
                refused += 1;
            }
            other => panic!("case {case}: {target}: {other}"),
        }
    }
    assert!(allowed > 0 && refused > cases / 2, "{allowed} and {refused} say little");
}

on_both_databases! {
    async fn t33_no_spelling_leads_round_a_constraint(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let limited = root.limited(json!([allow("prefix", "users/me/", &["get"])])).await;
        for path in ["users/me/api_keys", "users//me/api_keys/", "/users/me/api_keys", "%75sers/me/api_keys?x=%2e%2e"] {
            assert_eq!(status(&limited.get(path).await), 200, "{path}");
        }
        let own = format!("users/{}/api_keys", root.id);
        for path in [own.as_str(), "endpoints", "users/me", "users/me/../1/api_keys", "users/me/%2e%2e/1/api_keys", "users/me/..%2f1/api_keys",
            "users/me/..;/1/api_keys", "users/me%2fapi_keys", "USERS/me/api_keys", "users/me/%252e%252e", "users/me/%00",
            "users/me/./api_keys", "users/me/%5c..", "users;/me/api_keys", "users/me/%ff", "users/me/%"] {
            let answer = limited.get(path).await;
            assert!(matches!(status(&answer), 400 | 403 | 404), "{path}: {}", answer.text());
        }
        for method in ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            assert_eq!(status(&limited.call(method, "users/me/api_keys", None).await), 403, "{method}");
        }
        let authorization = basic(&limited.key, "");
        for header in ["x-http-method-override", "x-original-url", "x-rewrite-url", "x-forwarded-prefix"] {
            let headers = [("authorization", &*authorization), (header, "/users/me/")];
            let answer = roster.call_with("GET", "/civis/endpoints", &headers, "").await;
            assert_eq!(status(&answer), 403, "{header}");
        }
        let key = limited.get("users/me/api_keys").await.json()[0].clone();
        assert_eq!(key["useCount"], 5, "what is refused is no use");
    }

    async fn t25_constraints_hold_at_the_other_doors_too(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let limited = root.limited(json!([allow("prefix", "users", &["get", "post", "delete"])])).await;
        for path in ["/api/v1/users", "/api/v1/whoami", "/users", "/api/v1/users/me/api-keys"] {
            let answer = roster.call("GET", path, Some(&limited.key), None).await;
            assert!(matches!(status(&answer), 403 | 404), "{path}");
        }
        // Nor does a key made for the native API reach further here.
        let native = json!({"name": "n", "constraints": [{"kind": "prefix", "path": "api/v1/", "methods": ["GET"]}]});
        let issued = roster.call("POST", "/api/v1/users/me/api-keys", Some(&root.key), Some(&native)).await;
        let token = issued.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(status(&roster.call("GET", "/api/v1/whoami", Some(&token), None).await), 200);
        assert_eq!(status(&call(&roster, "GET", "endpoints", Some(&basic(&token, "")), None).await), 403);
    }

    async fn t25_a_limited_key_mints_nothing_that_reaches_further(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let own = json!([allow("prefix", "users/me/", &["get", "post", "delete"])]);
        let limited = ann.limited(own.clone()).await;
        for constraints in [json!([]), Value::Null, json!([allow("verb", "", &["get"])]), json!([own[0].clone(), allow("verb", "", &["get"])])] {
            let new = json!({"name": "x", "expires_in": 60, "constraints": constraints});
            assert_eq!(status(&limited.post("users/me/api_keys", new).await), 400);
        }
        let copy = limited.post("users/me/api_keys", json!({"name": "x", "expires_in": 315_360_000, "constraints": own})).await.json();
        let keys = ann.get("users/me/api_keys").await.json();
        let of = |id: &Value| keys.as_array().unwrap().iter().find(|key| key["id"] == *id).unwrap().clone();
        assert_eq!(keys.as_array().unwrap().len(), 3);
        assert!(of(&copy["id"])["expiresAt"].as_str() <= keys[1]["expiresAt"].as_str(), "nor lives longer");
        let revoked = limited.call("DELETE", &format!("users/me/api_keys/{}", copy["id"]), None).await;
        assert_eq!(status(&revoked), 403, "nor ends one");
    }

    async fn t34_a_prefix_is_a_string_prefix_and_nothing_else_is(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        for (kind, text, path, allowed) in [
            ("prefix", "users/m", "users/me/api_keys", true),
            ("prefix", "users/me/api_keys", "users/me/api_keys", true),
            ("prefix", "/users/me", "users/me/api_keys", true),
            ("exact", "users/me/api_key", "users/me/api_keys", false),
            ("exact", "users/me/api_keys/", "users/me/api_keys", true),
            ("exact", "civis/users/me/api_keys", "users/me/api_keys", false),
            ("regex", "users/me/api", "users/me/api_keys", false),
            ("regex", "sers/me/api_keys", "users/me/api_keys", false),
            ("regex", "users|x", "users/me/api_keys", false),
        ] {
            let limited = ann.limited(json!([allow(kind, text, &["get"])])).await;
            assert_eq!(status(&limited.get(path).await) == 200, allowed, "{kind} {text}");
        }
    }

    async fn t35_patterns_take_no_longer_than_their_path_is_long(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let limited = ann.limited(json!([allow("regex", "(a*)*b|([a-z]+)*x", &["get"])])).await;
        for length in [100, 500, 5000] {
            assert_eq!(status(&limited.get(&"a".repeat(length)).await), 403);
        }
        for pattern in ["(((a{99}){99}){99}){99}", "(?=a)", r"(a)\1", "(", "a)(b"] {
            let new = json!({"name": "x", "expires_in": 60, "constraints": [allow("regex", pattern, &["get"])]});
            assert_eq!(status(&ann.post("users/me/api_keys", new).await), 400, "{pattern}");
        }
    }
}
