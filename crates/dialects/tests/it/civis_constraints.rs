//! API keys with constraints at the Civis door: no spelling of a request leads round them (threats T25, T33, T34, T35).

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roster_core::random::{RandomExt, SeededRandom};
use roster_model::Role;
use roster_testing::Roster;
use serde_json::{Value, json};

use crate::civis::{Guest, basic, call, on_both_databases, on_sqlite, says, status};

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

/// How many requests are tried, unless it is said when the tests are built:
///
/// `ROSTER_CASES=10000000 cargo test --release -p roster-dialects --test it t33_router`
const CASES: u64 = 4_000;
/// How many keys they come with, each with constraints of its own.
const KEYS: usize = 48;
/// So many answers are remembered, each to be had once more.
const REMEMBERED: usize = 100_000;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Pieces of request targets: words, and what some reader of paths has fallen for.
const PIECES: [&str; 40] = [
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
    "/",
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

/// Pieces of the texts of constraints, behind a first word.
const TEXTS: [&str; 11] =
    ["/me", "/", "/1", "2", "/api_keys", "s", "/ä", "/é", " ", "/users", "/groups/"];
const WORDS: [&str; 6] = ["users", "user", "groups", "endpoints", "/users", "u"];

/// What stands in a plain path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'_').remove(b'-').remove(b'.');

/// Whole patterns, with what they stand for.
type Pattern = (&'static str, fn(&str) -> bool);
const PATTERNS: [Pattern; 7] = [
    ("users|groups", |path| path == "users" || path == "groups"),
    ("endpoints|users/1/api_keys", |path| path == "endpoints" || path == "users/1/api_keys"),
    ("users/[0-9]+", |path| {
        path.strip_prefix("users/")
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    }),
    ("users/me(/api_keys)?", |path| path == "users/me" || path == "users/me/api_keys"),
    (".*api_keys", |path| path.ends_with("api_keys")),
    ("[^/]+", |path| !path.is_empty() && !path.contains('/')),
    ("(?i)USERS/me", |path| path.eq_ignore_ascii_case("users/me")),
];

/// What the canonical path of section 4 of the contract is; none where it says 400 or 404. A second layer of encoding
/// and path parameters are refused as well, though the contract would only let them lead nowhere.
fn canonical(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let mut kept = Vec::new();
    let is_escape = |text: &str, at: usize| {
        text.get(at + 1..at + 3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    for raw in path.split('/').filter(|segment| !segment.is_empty()) {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(raw).collect();
        let segment = String::from_utf8(bytes).ok()?;
        let is_bad = raw.match_indices('%').any(|(at, _)| !is_escape(raw, at))
            || segment.match_indices('%').any(|(at, _)| is_escape(&segment, at))
            || segment == "."
            || segment == ".."
            || segment.contains(|c: char| c.is_control() || ['/', '\\', ';'].contains(&c));
        if is_bad {
            return None;
        }
        kept.push(segment);
    }
    Some(kept.join("/"))
}

/// A constraint as it was made, and as section 8.1 of the contract has it.
struct Made {
    methods: Vec<&'static str>,
    fits: Box<dyn Fn(&str) -> bool>,
}

/// Whether a path is one of those that a constraint names.
type Fits = Box<dyn Fn(&str) -> bool>;

/// Some constraint, for the door and for this test.
fn some_constraint(below: &dyn Fn(usize) -> usize) -> (Value, Made) {
    let methods: Vec<_> = METHODS[..6].iter().copied().filter(|_| below(2) == 0).collect();
    let methods = if methods.is_empty() { vec!["GET"] } else { methods };
    let mut text = WORDS[below(WORDS.len())].to_owned();
    text.extend((0..below(4)).map(|_| TEXTS[below(TEXTS.len())]));
    let (kind, text, fits): (_, _, Fits) = match below(8) {
        0 => ("verb", String::new(), Box::new(|_| true)),
        1 | 2 => {
            let (pattern, fits) = PATTERNS[below(PATTERNS.len())];
            ("regex", pattern.to_owned(), Box::new(fits))
        }
        3 | 4 => {
            let wanted = text.strip_prefix('/').unwrap_or(&text);
            let wanted = wanted.strip_suffix('/').unwrap_or(wanted).to_owned();
            ("exact", text, Box::new(move |path| path == wanted))
        }
        _ => {
            let wanted = text.strip_prefix('/').unwrap_or(&text).to_owned();
            ("prefix", text, Box::new(move |path| path.starts_with(&wanted)))
        }
    };
    let flags: Vec<_> = methods.iter().map(|method| method.to_ascii_lowercase()).collect();
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    (allow(kind, &text, &flags), Made { methods, fits })
}

/// However a path is spelled: a key reaches what its constraints let it reach by the plain path, and nothing else.
#[tokio::test]
async fn t33_router_and_constraints_read_every_path_alike() {
    let cases = option_env!("ROSTER_CASES").map_or(CASES, |text| text.parse().unwrap());
    let roster = on_sqlite().await;
    let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
    // It may go everywhere, and is otherwise as limited as the others.
    let every = METHODS[..6].iter().map(|method| method.to_ascii_lowercase()).collect::<Vec<_>>();
    let every: Vec<_> = every.iter().map(String::as_str).collect();
    let free = root.limited(json!([allow("verb", "", &every)])).await;
    let dice = SeededRandom::new(34);
    let below = |end: usize| u32::from_le_bytes(dice.array()) as usize % end;
    let mut keys = Vec::new();
    for _ in 0..KEYS {
        let (given, made): (Vec<_>, Vec<_>) =
            (0..=below(3)).map(|_| some_constraint(&below)).unzip();
        keys.push((root.limited(Value::Array(given)).await, made));
    }
    let mut plain = HashMap::new();
    let (mut allowed, mut refused) = (0, 0);
    for case in 0..cases {
        let target: String = (0..=below(6)).map(|_| PIECES[below(PIECES.len())]).collect();
        let method = METHODS[below(METHODS.len())];
        let (key, constraints) = &keys[below(keys.len())];
        let answer = key.call(method, &target, None).await;
        let (status, reached) = (status(&answer), roster.last_route());
        let Some(path) = canonical(&target) else {
            assert!(matches!(status, 400 | 404), "case {case}: {method} {target}: {status}");
            assert_eq!(reached, "-", "case {case}: {method} {target}");
            continue;
        };
        let may = |one: &Made| one.methods.contains(&method) && (one.fits)(&path);
        if !constraints.iter().any(may) {
            assert_eq!((status, reached), (403, "-"), "case {case}: {method} {target}");
            refused += 1;
            continue;
        }
        if plain.len() >= REMEMBERED {
            plain.clear();
        }
        let due = match plain.get(&(method, path.clone())) {
            Some(due) => *due,
            None => {
                let spelled = utf8_percent_encode(&path, PLAIN).to_string();
                let answer = free.call(method, &spelled, None).await;
                let due = (crate::civis::status(&answer), roster.last_route());
                plain.insert((method, path), due);
                due
            }
        };
        assert_eq!((status, reached), due, "case {case}: {method} {target}");
        allowed += 1;
    }
    assert!(allowed > cases / 50 && refused > cases / 10, "{allowed} and {refused} say little");
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
        let refused = limited.get("users").await;
        assert_eq!(says(&refused), "this API key's constraints do not let this request through");
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
