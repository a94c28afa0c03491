//! `If-Match`, `Idempotency-Key`, and what a body may be.

use roster_api::IDEMPOTENCY_HEADER;
use roster_model::{ErrorCode, Field, ImportReport, Page, User};
use roster_testing::{Roster, on_both_databases};
use serde_json::{Value, json};

use crate::example;

on_both_databases! {
    async fn of_two_changes_to_one_version_the_second_is_refused(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.create(&roster_testing::new_user("ann")).await;
        let path = format!("/api/v1/users/{}", ann.id);
        let read = admin.get(&path).await;
        let tag = read.header("etag").unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", ann.version));

        let city = json!({"city": "Rome"});
        let first = admin.call_with("PATCH", &path, &[("if-match", &tag)], Some(&city)).await;
        let changed: User = first.done(200);
        assert_eq!(first.header("etag"), Some(&*format!("\"{}\"", changed.version)));
        assert_ne!(first.header("etag"), Some(&*tag));

        let other = json!({"city": "Oslo"});
        let second = admin.call_with("PATCH", &path, &[("if-match", &tag)], Some(&other)).await;
        second.refused(412, ErrorCode::PreconditionFailed);
        let after: User = admin.get(&path).await.done(200);
        assert_eq!(after, changed);

        let any = admin.call_with("PATCH", &path, &[("if-match", "*")], Some(&other)).await;
        any.done::<User>(200);
        let mangled = admin.call_with("PATCH", &path, &[("if-match", "7")], Some(&city)).await;
        assert_eq!(mangled.refused(422, ErrorCode::FieldInvalid).field.as_deref(), Some("if_match"));
    }

    async fn a_creation_with_a_key_is_done_once(roster: Roster) {
        let admin = roster.admin().await;
        let header = IDEMPOTENCY_HEADER.to_ascii_lowercase();
        assert_eq!(header, "idempotency-key");
        let key = [("idempotency-key", "import-7")];
        let body = json!({"username": "ann", "email": "ann@example.com"});
        let first: User = admin.call_with("POST", "/api/v1/users", &key, Some(&body)).await.done(201);
        let again: User = admin.call_with("POST", "/api/v1/users", &key, Some(&body)).await.done(201);
        assert_eq!(first, again);
        let page: Page<User> = admin.get("/api/v1/users").await.done(200);
        assert_eq!(page.items.len(), 2);

        let other = json!({"username": "bob", "email": "bob@example.com"});
        let conflict = admin.call_with("POST", "/api/v1/users", &key, Some(&other)).await;
        conflict.refused(409, ErrorCode::IdempotencyConflict);
        let next = [("idempotency-key", "import-8")];
        admin.call_with("POST", "/api/v1/users", &next, Some(&other)).await.done::<User>(201);
        let without = admin.call_with("POST", "/api/v1/users", &[], Some(&body)).await;
        without.refused(409, ErrorCode::AlreadyExists);
    }

    async fn t22_a_key_of_one_caller_is_another_key_of_another(roster: Roster) {
        let (admin, ben) = (
            roster.admin().await,
            roster.person_with_role("ben", roster_model::Role::SystemAdmin).await,
        );
        let key = [("idempotency-key", "same")];
        let body = json!({"username": "ann", "email": "ann@example.com"});
        admin.call_with("POST", "/api/v1/users", &key, Some(&body)).await.done::<User>(201);
        let answer = ben.call_with("POST", "/api/v1/users", &key, Some(&body)).await;
        answer.refused(409, ErrorCode::AlreadyExists);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_say_so() {
    let roster = Roster::on_sqlite().await;
    let admin = roster.admin().await;
    let bearer = format!("Bearer {}", admin.token);
    let body = r#"{"username":"ann","email":"ann@example.com"}"#;
    for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let mut headers = vec![("authorization", &*bearer)];
        headers.extend(kind.map(|kind| ("content-type", kind)));
        let answer = roster.call_with("POST", "/api/v1/users", &headers, body).await;
        answer.refused(415, ErrorCode::BadRequest);
    }
    let json = [("authorization", &*bearer), ("content-type", "application/json")];
    for body in [
        "",
        "{",
        "[]",
        "null",
        "7",
        "\"a\"",
        "{\"username\":\"a\",\"username\":\"b\"}",
        "\u{feff}{}",
    ] {
        let problem = roster.call_with("POST", "/api/v1/users", &json, body).await.problem();
        assert!(matches!(problem.status, 400 | 422), "{body}: {problem:?}");
    }
    let deep = format!("{{\"username\":{}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let problem = roster.call_with("POST", "/api/v1/users", &json, deep).await.problem();
    assert_eq!(problem.status, 400);
    let long = format!("{{\"username\":\"{}\"}}", "a".repeat(10_000_000));
    let problem = roster.call_with("POST", "/api/v1/users", &json, long).await.problem();
    assert_eq!(problem.status, 413);
    let page: Page<User> = admin.get("/api/v1/users").await.done(200);
    assert_eq!(page.items.len(), 1, "nothing was created");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_body_names_the_field_by_its_path() {
    let roster = Roster::on_sqlite().await;
    let admin = roster.admin().await;
    let body = json!({"username": "ann", "email": "a@b", "profile": {"city": 7}});
    let problem = admin.post("/api/v1/users", body).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (422, Some("profile.city")));
    assert_eq!(problem.detail, "profile.city must be a string");
    let body = json!({"username": "ann", "email": "no address"});
    let problem = admin.post("/api/v1/users", body).await.problem();
    assert_eq!((problem.status, problem.field.as_deref()), (422, Some("email")));
    assert_eq!(problem.reason.as_deref(), Some("not_an_email_address"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_as_it_was_sent() {
    let roster = Roster::on_sqlite().await;
    let admin = roster.admin().await;
    let new = |more: Value| {
        let mut body = json!({"username": "ann", "email": "ann@example.com"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let constraints = json!([{"kind": "verb", "methods": "GET"}]);
    let rows = |row: Value| json!({"users": [row]});
    for (method, path, body, field) in [
        ("POST", "users", new(json!({"parent_id": 999})), "parent_id"),
        ("POST", "users", new(json!({"primary_group_id": 999})), "primary_group_id"),
        ("POST", "users", new(json!({"organization_id": 999})), "organization_id"),
        ("POST", "users", new(json!({"group_ids": [999]})), "group_ids"),
        ("POST", "users", new(json!({"plan": "gold"})), "plan"),
        ("PATCH", "users/me", json!({"parent_id": 999}), "parent_id"),
        ("PATCH", "users/me", json!({"primary_group_id": 999}), "primary_group_id"),
        ("POST", "groups", json!({"name": "crew", "owner_id": 999}), "owner_id"),
        (
            "POST",
            "users/me/api-keys",
            json!({"name": "k", "constraints": constraints}),
            "constraints.0.methods",
        ),
        ("POST", "sessions", json!({"login": 1, "password": "x"}), "login"),
        ("POST", "sessions", json!({"nope": 1}), "nope"),
        ("POST", "user-imports", rows(json!({"email": 7})), "users.0.email"),
        ("GET", "users?nope=1", json!({}), "nope"),
        ("GET", "users?limit=soon", json!({}), "limit"),
        ("GET", "users?role=king", json!({}), "role"),
        ("GET", "users?search=a&limit=1&limit=2", json!({}), "limit"),
        ("GET", "users?fields=hair", json!({}), "fields"),
    ] {
        let body = (method != "GET").then_some(&body);
        let problem = admin.call(method, &format!("/api/v1/{path}"), body).await.problem();
        let said = (problem.status, problem.field.as_deref());
        assert_eq!(said, (422, Some(field)), "{path}: {}", problem.detail);
        assert!(problem.detail.starts_with(field), "{path}: {}", problem.detail);
    }
    for (row, field) in [
        (json!({"parent": "nobody"}), Field::Parent),
        (json!({"primary_group": "nowhere"}), Field::PrimaryGroup),
        (json!({"groups": "nowhere"}), Field::Groups),
        (json!({"password_hash": "plain"}), Field::PasswordHash),
    ] {
        let imported = json!({"users": [new(row)]});
        let report: ImportReport = admin.post("/api/v1/user-imports", imported).await.done(200);
        assert_eq!(report.refused[0].field, Some(field));
    }
}

#[test]
fn every_name_of_a_field_is_one_that_the_api_takes() {
    let document = example::document();
    let mut taken: Vec<&str> = vec!["body", "if_match", "idempotency_key"];
    for schema in document["components"]["schemas"].as_object().unwrap().values() {
        taken.extend(
            schema["properties"].as_object().into_iter().flatten().map(|(name, _)| &**name),
        );
    }
    for path in document["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            taken.extend(parameters.filter_map(|one| one["name"].as_str()));
        }
    }
    let unknown: Vec<_> = Field::ALL.iter().filter(|one| !taken.contains(&one.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
