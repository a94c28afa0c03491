//! Bad input, made from the schemas: it is refused with a problem, and nothing is changed.

use roster_api::{ENDPOINTS, EndpointDescription};
use roster_model::{AuditEvent, AuditEventId, Outcome, Page, Problem};
use roster_testing::{Person, Roster, on_both_databases};
use serde_json::{Map, Value, json};

use crate::example;

/// Fields that may hold anything: what cannot be right is answered like what is not known.
const DOES_NOT_MATTER: &[(&str, &str)] = &[
    // An inactive token (RFC 7662, section 2.2).
    ("Introspect", "token"),
    ("Introspect", "method"),
    ("Introspect", "path"),
    // Other parameters are not for us (RFC 7662, section 2.1).
    ("Introspect", "surprise"),
    // The same answer for every login, or it would tell who is there (T01).
    ("SendCode", "login"),
    // An administrator needs no old password.
    ("ChangeUserPassword", "password"),
];

/// A way to spoil a body.
struct Spoiled {
    /// The field that is wrong, if it is wrong at all.
    field: String,
    what: String,
    body: Value,
    /// Whether it may pass, because the field may hold such a thing.
    may_pass: bool,
}

/// The properties of a schema, and whether each must be there.
fn properties(document: &Value, schema: &Value) -> Vec<(String, Value, bool)> {
    let schema = resolve(document, schema);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    fields
        .into_iter()
        .map(|(name, field)| {
            let is_required = required.contains(&json!(name));
            (name, resolve(document, &field).clone(), is_required)
        })
        .collect()
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    if let Some(to) = schema["$ref"].as_str() {
        return document.pointer(to.trim_start_matches('#')).unwrap();
    }
    match schema["oneOf"].as_array() {
        Some(several) => {
            let known = several.iter().find(|one| one["type"] != "null").unwrap();
            resolve(document, known)
        }
        None => schema,
    }
}

fn is_a(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind
        || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
}

fn spoil(
    document: &Value,
    endpoint: &EndpointDescription,
    good: &Map<String, Value>,
) -> Vec<Spoiled> {
    let name = (endpoint.body.as_ref().unwrap().name)();
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    let (mut all, mut has_huge) = (Vec::new(), false);
    for (name, schema, is_required) in properties(document, &schema) {
        let mut with = |what: &str, value: Option<Value>, may_pass: bool| {
            let mut body = good.clone();
            match value {
                Some(value) => drop(body.insert(name.clone(), value)),
                None => drop(body.remove(&name)),
            }
            all.push(Spoiled {
                field: name.clone(),
                what: format!("{name} {what}"),
                body: Value::Object(body),
                may_pass,
            });
        };
        // A password may hold anything.
        let is_password = name.contains("password");
        with("missing", None, !is_required);
        with("null", Some(Value::Null), !is_required);
        let samples = [
            ("boolean", json!(true)),
            ("integer", json!(7)),
            ("number", json!(1.5)),
            ("array", json!([["x"]])),
            ("object", json!({"x": {"y": 1}})),
        ];
        for (kind, value) in samples {
            let fits = is_a(&schema, kind) || (kind == "integer" && is_a(&schema, "number"));
            if !fits {
                with(kind, Some(value), false);
            }
        }
        if is_a(&schema, "integer") {
            with("beyond 64 bits", Some(json!(1e30)), false);
            with("negative", Some(json!(-1)), false);
        }
        if is_a(&schema, "string") {
            with("empty", Some(json!("")), !is_required);
            with("NUL", Some(json!("a\0b")), is_password);
            with("escape", Some(json!("a\u{1b}[31mb")), is_password);
            with("line feed", Some(json!("a\r\nb: c")), is_password);
            with("invisible", Some(json!("a\u{200b}\u{202e}b")), true);
            with("confusable", Some(json!("\u{430}nn@ex\u{430}mple.com")), true);
            with("long", Some(json!("x".repeat(5_000))), false);
            if !has_huge {
                with("huge", Some(json!("x".repeat(10_000_000))), false);
                has_huge = true;
            }
        } else {
            with("text", Some(json!("x")), false);
        }
    }
    let mut body = good.clone();
    body.insert("surprise".into(), json!(1));
    all.push(Spoiled {
        field: "surprise".into(),
        what: "unknown field".into(),
        body: Value::Object(body),
        may_pass: false,
    });
    all
}

/// The latest entry of the audit log, and what was done since `before`.
async fn done_since(admin: &Person, before: AuditEventId) -> (AuditEventId, Vec<String>) {
    let events: Page<AuditEvent> = admin.get("/api/v1/audit-events?limit=10").await.done(200);
    let latest = events.items.first().map_or(before, |event| event.id);
    let done = events.items.into_iter().filter(|event| event.id > before);
    let done = done.filter(|event| event.outcome == Outcome::Success);
    (latest, done.map(|event| event.action).collect())
}

/// Whether a refusal speaks of something that was sent, or of the field that was not: what else is in the body or the path
/// may be wrong as well, and be found first.
fn names(problem: &Problem, endpoint: &EndpointDescription, spoiled: &Spoiled) -> bool {
    let named = problem.field.as_deref().and_then(|path| path.split('.').next());
    // Some parts of the body are read as a whole, and what is wrong in them is called by its own name.
    named.is_some_and(|name| {
        name == spoiled.field
            || spoiled.body.to_string().contains(&format!("\"{name}\":"))
            || endpoint.params.iter().any(|param| param.name == name)
    })
}

on_both_databases! {
    async fn bad_input_is_refused_with_a_problem_and_changes_nothing(roster: Roster) {
        let document = example::document();
        let (mut passed, mut misnamed) = (Vec::new(), Vec::new());
        for one in ENDPOINTS.iter().filter(|one| one.body.is_some_and(|body| body.is_json())) {
            let good = example::body(&document, one).unwrap();
            for user in ["me", "target"] {
                if user == "target" && one.params.iter().all(|param| param.name != "user") {
                    continue;
                }
                // Whoever may try; what passes may change things, so each endpoint has its own people.
                let suffix = one.operation().replace('_', "-");
                let admin = roster.person_with_role(&format!("admin-{user}-{suffix}"), roster_model::Role::SystemAdmin).await;
                let target = roster.create(&roster_testing::new_user(&format!("target-{user}-{suffix}"))).await;
                let user = if user == "me" { user.to_owned() } else { target.id.to_string() };
                let path = example::path(one, &user);
                let (mut latest, _) = done_since(&admin, AuditEventId(0)).await;
                for spoiled in spoil(&document, one, good.as_object().unwrap()) {
                    let answer = admin.call(one.method.as_str(), &path, Some(&spoiled.body)).await;
                    let what = format!("{} {}: {} {}", one.name, spoiled.what, answer.status(), answer.text());
                    assert!(!answer.status().is_server_error(), "{what}");
                    let (now, done) = done_since(&admin, latest).await;
                    latest = now;
                    if answer.status().is_success() {
                        let matters = !DOES_NOT_MATTER.contains(&(one.name, &*spoiled.field));
                        if !spoiled.may_pass && matters {
                            passed.push(what.clone());
                        }
                    } else {
                        let problem = answer.problem();
                        assert!(!problem.detail.is_empty() && problem.detail.len() < 400, "{what}");
                        if problem.status == 422 && !names(&problem, one, &spoiled) {
                            misnamed.push(what.clone());
                        }
                        assert!(done.is_empty(), "{what} {done:?}");
                    }
                    if spoiled.what.ends_with("huge") {
                        assert_eq!(answer.status().as_u16(), 413, "{what}");
                    }
                }
            }
        }
        assert!(passed.is_empty(), "{passed:#?}");
        assert!(misnamed.is_empty(), "{misnamed:#?}");
    }
}
