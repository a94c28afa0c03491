//! What holds for the door as a whole.

use roster_api::ENDPOINTS;
use roster_model::{ErrorCode, ObjectType};
use roster_testing::{Roster, on_both_databases};
use serde_json::{Value, json};

use crate::example;

on_both_databases! {
    async fn every_declared_endpoint_is_mounted_and_asks_for_a_credential(roster: Roster) {
        let document = example::document();
        for one in ENDPOINTS {
            let (path, body) = (example::path(one, "1"), example::body(&document, one));
            let answer = roster.call(one.method.as_str(), &path, None, body.as_ref()).await;
            if one.is_open {
                let status = answer.status().as_u16();
                assert!(!matches!(status, 405 | 500..), "{}: {}", answer.asked, answer.text());
            } else {
                answer.refused(401, ErrorCode::Unauthenticated);
                assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="Roster""#));
            }
        }
    }

    async fn t28_a_token_that_is_none_of_ours_opens_nothing(roster: Roster) {
        let ann = roster.person("ann").await;
        let mangled = [
            "x".to_owned(),
            ann.token.to_uppercase(),
            ann.token[..ann.token.len() - 1].to_owned(),
            format!("{}0", ann.token),
            format!("{}\u{e9}", ann.token),
            "ros_s".to_owned(),
            "a".repeat(5000),
        ];
        for token in mangled {
            let header = format!("Bearer {token}");
            let answer = roster
                .call_with("GET", "/api/v1/whoami", &[("authorization", &header)], "")
                .await;
            answer.refused(401, ErrorCode::Unauthenticated);
        }
        assert!(ann.is_signed_in().await);
    }

    async fn t31_a_token_in_the_address_is_refused(roster: Roster) {
        let ann = roster.person("ann").await;
        let uri = format!("/api/v1/whoami?access_token={}", ann.token);
        roster.call("GET", &uri, None, None).await.refused(400, ErrorCode::BadRequest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_too() {
    let roster = Roster::on_sqlite().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/users", "/api/docs/x"] {
        roster.call("GET", path, None, None).await.refused(404, ErrorCode::NotFound);
        roster.call("POST", path, None, None).await.refused(404, ErrorCode::NotFound);
    }
    let answer = roster.call("PUT", "/api/v1/users", None, Some(&json!({}))).await;
    answer.refused(405, ErrorCode::BadRequest);
    let allow = answer.header("allow").unwrap();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    let answer = roster.call("BREW", "/api/v1/users/me", None, None).await;
    answer.refused(405, ErrorCode::BadRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_id_from_end_to_end() {
    let roster = Roster::on_sqlite().await;
    let headers = [("x-request-id", "trace-7")];
    let answer = roster.call_with("GET", "/api/v1/users/me", &headers, "").await;
    assert_eq!(answer.problem().request_id, "trace-7");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_as_it_is_declared() {
    let roster = Roster::on_sqlite().await;
    let answer = roster.call("GET", "/api/v1/openapi.json", None, None).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.done::<Value>(200), example::document());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_people_runs_nothing_and_loads_nothing_from_elsewhere() {
    let roster = Roster::on_sqlite().await;
    for (path, kind) in [("/api/docs", "text/html"), ("/api/docs/style.css", "text/css")] {
        let answer = roster.call("GET", path, None, None).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.header("content-type").unwrap().starts_with(kind));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_held_back_by_address_and_callers_are_not() {
    let builder = roster_testing::Builder { strangers_per_minute: 3, ..Default::default() };
    let roster = builder.on_sqlite().await;
    let ann = roster.person("ann").await;
    for _ in 0..3 {
        roster
            .call("GET", "/api/v1/whoami", Some("x"), None)
            .await
            .refused(401, ErrorCode::Unauthenticated);
    }
    let login = json!({"login": "ann", "password": roster_testing::PASSWORD});
    for (method, path, body) in [
        ("GET", "/api/v1/whoami", None),
        ("POST", "/api/v1/sessions", Some(&login)),
        ("GET", "/api/v1/sso/providers", None),
    ] {
        let answer = roster.call(method, path, None, body).await;
        answer.refused(429, ErrorCode::RateLimited);
        assert!(answer.header("retry-after").is_some());
    }
    for _ in 0..10 {
        assert!(ann.is_signed_in().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_type_of_an_object_is_told_from_an_unknown_address() {
    let roster = Roster::on_sqlite().await;
    let admin = roster.admin().await;
    let object = json!({"name": "n", "author": "me"});
    let path = "/api/v1/objects/Foo/33";
    for answer in [admin.put(path, object).await, admin.get(path).await] {
        let problem = answer.refused(404, ErrorCode::NotFound);
        let said = (problem.field.as_deref(), problem.reason.as_deref());
        assert_eq!(said, (Some("object_type"), Some("not_one_of")));
        for known in ObjectType::ALL {
            assert!(problem.detail.contains(known.as_str()), "{known}: {}", problem.detail);
        }
    }
    let elsewhere = admin.get("/api/v1/objects/Project/x").await.refused(404, ErrorCode::NotFound);
    assert_eq!(elsewhere.field, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_head_is_as_long_as_the_one_to_a_get() {
    let roster = Roster::on_sqlite().await;
    let admin = roster.admin().await;
    for path in ["/api/v1/whoami", "/api/v1/users", "/api/v1/users/999"] {
        let (get, head) = (admin.get(path).await, admin.call("HEAD", path, None).await);
        assert_eq!((head.status(), head.bytes.len()), (get.status(), 0), "{path}");
        let length = get.bytes.len().to_string();
        assert_eq!(head.header("content-length"), Some(&*length), "{path}");
    }
}
