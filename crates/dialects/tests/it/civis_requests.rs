//! What Civis' client sends, well-formed and not, and what it gets (threats T12, T22, T26, T28, T36, T45, T46).

use http::Method;
use roster_model::{ListFilter, PageRequest, Role, UserId, UserRef};
use roster_testing::{PASSWORD, Roster};
use serde_json::{Value, json};

use crate::civis::{Guest, basic, call, checked, on_both_databases, says, status};

on_both_databases! {
    async fn the_answer_to_a_head_is_as_long_as_the_one_to_a_get(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        for path in ["users/me", "users/999", "groups"] {
            let authorization = basic(&ann.key, "");
            let headers = [("authorization", &*authorization)];
            let uri = format!("/civis/{path}");
            let get = roster.call_with("GET", &uri, &headers, "").await;
            let head = roster.call_with("HEAD", &uri, &headers, "").await;
            assert_eq!((head.status(), head.bytes.len()), (get.status(), 0), "{path}");
            let length = get.bytes.len().to_string();
            assert_eq!(head.header("content-length"), Some(&*length), "{path}");
        }
    }

    async fn the_description_and_the_routes_are_one(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let described = root.get("endpoints").await.json();
        let paths = described["paths"].as_object().unwrap();
        assert!(!paths.is_empty());
        let bare = |path: &str| path.trim_matches('/').replace(['{', '}'], "");
        for (path, verbs) in paths {
            for (verb, operation) in verbs.as_object().unwrap() {
                let method = verb.to_ascii_uppercase();
                // Every route that is described is there, whatever it thinks of this request ...
                let answer = root.call(&method, &bare(path), None).await;
                assert_ne!(says(&answer), "there is no such address here", "{method} {path}");
                let open = path == "/users/confirmation";
                let stranger = call(&roster, &method, &bare(path), None, None).await;
                assert_eq!(status(&stranger) == 401, !open, "{method} {path}");
                for parameter in operation["parameters"].as_array().unwrap() {
                    assert!(parameter["required"].is_boolean() && parameter["in"].is_string(), "{path}");
                    let in_path = path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap()));
                    assert_eq!(parameter["in"] == "path", in_path, "{path}: {parameter}");
                }
            }
            // ... and no other method is.
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                if verbs[method.to_ascii_lowercase()].is_null() {
                    let answer = root.call(method, &bare(path), None).await;
                    assert!(matches!(status(&answer), 400 | 404), "{method} {path}: {}", answer.text());
                }
            }
        }
    }

    async fn t28_only_a_good_credential_lets_anybody_in(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let (good, bearer) = (basic(&ann.key, ""), format!("Bearer {}", ann.key));
        for authorization in [good.as_str(), bearer.as_str()] {
            assert_eq!(status(&call(&roster, "GET", "endpoints", Some(authorization), None).await), 200);
        }
        let with_password = basic("ann", PASSWORD);
        for authorization in ["", "Basic", "Basic !!", "Bearer", "Bearer x", "Digest x", &basic("ann", ""), &basic("", ""),
            &basic(&ann.key, "x"), &with_password, &basic("x", &ann.key)] {
            let answer = call(&roster, "GET", "endpoints", Some(authorization), None).await;
            assert_eq!(status(&answer), 401, "{authorization}");
        }
        let headers = [("authorization", &*good), ("authorization", &*bearer)];
        assert_eq!(status(&checked(roster.call_with("GET", "/civis/endpoints", &headers, "").await)), 400);
        assert_eq!(status(&call(&roster, "GET", "endpoints", None, None).await), 401);
        assert_eq!(status(&call(&roster, "GET", &format!("endpoints?api_key={}", ann.key), None, None).await), 401);
    }

    async fn t04_a_password_buys_a_key_with_the_same_tries_as_everywhere(roster: Roster) {
        Guest::new(&roster, "ann").await;
        let new = json!({"name": "first", "expires_in": 60});
        let buy = async |password: &str| {
            call(&roster, "POST", "users/me/api_keys", Some(&basic("ann", password)), Some(&new)).await
        };
        let bought = buy(PASSWORD).await;
        assert_eq!(status(&bought), 200, "{}", bought.text());
        let unknown = call(&roster, "POST", "users/me/api_keys", Some(&basic("nobody", "x")), Some(&new)).await;
        assert_eq!((status(&unknown), unknown.text()), (401, buy("wrong").await.text()), "t01");
        for _ in 0..10 {
            buy("wrong").await;
        }
        assert_eq!(status(&buy(PASSWORD).await), 429);
        let native = json!({"login": "ann", "password": PASSWORD});
        assert_eq!(status(&roster.call("POST", "/api/v1/sessions", None, Some(&native)).await), 429);
    }

    async fn t30_a_password_that_came_with_nonsense_leaves_no_session_behind(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        for body in [json!({"name": ["x"], "expires_in": 60}), json!([])] {
            let path = "users/me/api_keys";
            let refused = call(&roster, "POST", path, Some(&basic("ann", PASSWORD)), Some(&body)).await;
            assert_eq!(status(&refused), 400, "{}", refused.text());
        }
        let (user, page) = (UserRef::Id(UserId(ann.id)), PageRequest::default());
        let left = roster.core.list_sessions(&roster.system(), &user, &ListFilter::default(), &page).await.unwrap();
        assert!(left.items.is_empty());
    }

    async fn t06_an_enrolment_that_waits_for_its_first_code_is_wiped_too(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let mut ann = roster.person("ann").await;
        let begun = ann.ask("/api/v1/users/me/mfa/totp").await;
        assert!(begun.status().is_success(), "{}", begun.text());
        ann.has_authenticator(&serde_json::from_value(begun.json()).unwrap());
        for _ in 0..2 {
            let wiped = root.call("DELETE", &format!("users/{}/2fa", ann.user.id), None).await;
            assert_eq!(status(&wiped), 200, "{}", wiped.text());
        }
        let late = ann.post("/api/v1/users/me/mfa/totp/activation", json!({"code": ann.code()})).await;
        assert!(!late.status().is_success());
    }

    async fn t09_a_second_factor_is_not_passed_by(roster: Roster) {
        let mut ann = roster.person("ann").await;
        ann.enrol().await;
        let new = json!({"name": "first", "expires_in": 60});
        let answer = call(&roster, "POST", "users/me/api_keys", Some(&basic("ann", PASSWORD)), Some(&new)).await;
        assert!(matches!(status(&answer), 401 | 403), "{}", answer.text());
    }

    async fn t12_bodies_are_objects_of_the_right_types(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let authorization = basic(&ann.key, "");
        let headers = [("authorization", &*authorization), ("content-type", "application/json")];
        for body in ["[]", "x", "{", "1", "null", "\"x\"", r#"{"name":"a","name":"b"}"#, "\u{feff}{}"] {
            let answer = checked(roster.call_with("POST", "/civis/users/me/api_keys", &headers, body.to_owned()).await);
            assert_eq!(status(&answer), 400, "{body}");
            assert_eq!(status(&checked(roster.call_with("GET", "/civis/endpoints", &headers, body.to_owned()).await)), 200);
        }
        for body in [json!({"name": ["a"], "expires_in": 1}), json!({"name": "a", "expires_in": "1"}), json!({"name": "a\0", "expires_in": 1}),
            json!({"name": "a", "expires_in": 1, "expiresIn": 1}), json!({"name": "a", "expires_in": 1, "constraints": [1]})] {
            assert_eq!(status(&ann.post("users/me/api_keys", body).await), 400);
        }
        assert_eq!(ann.get("users/me/api_keys").await.json().as_array().unwrap().len(), 1, "nothing half-made");
    }

    async fn a_refusal_names_what_the_caller_has_sent(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let ann = Guest::new(&roster, "ann").await;
        let path = format!("users/{}", ann.id);
        let body = json!({"accountStatus": "Active", "active": false});
        assert!(says(&root.call("PATCH", &path, Some(&body)).await).as_str().unwrap().starts_with("accountStatus "));
        let roles = root.post("groups", json!({"name": "x", "role_ids": [99]})).await;
        assert_eq!(says(&roles), "roleIds does not exist");
        let alone = ann.get("users/me/favorites?object_id=1").await;
        assert_eq!(says(&alone), "objectType must be given with the number of an object");
    }

    async fn t23_a_key_of_somebody_else_is_not_found_below_ones_own_name(roster: Roster) {
        let (ann, ben) = (Guest::new(&roster, "ann").await, Guest::new(&roster, "ben").await);
        let key = ann.get("users/me/api_keys").await.json()[0]["id"].clone();
        for owner in ["me".to_owned(), ben.id.to_string()] {
            for method in ["GET", "DELETE"] {
                let answer = ben.call(method, &format!("users/{owner}/api_keys/{key}"), None).await;
                assert_eq!(status(&answer), 404);
            }
        }
        let refused = ben.get(&format!("users/{}/api_keys", ann.id)).await;
        assert_eq!(status(&refused), 403);
        assert_eq!(status(&ann.get("users/me/api_keys").await), 200);
    }

    async fn t26_a_key_is_shown_once(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let made = ann.post("users/me/api_keys", json!({"name": "x", "expires_in": 60})).await.json();
        let token = made["token"].as_str().unwrap();
        assert!(token.len() >= 43);
        for path in ["users/me/api_keys".to_owned(), format!("users/me/api_keys/{}", made["id"]), "endpoints".to_owned()] {
            let text = ann.get(&path).await.text();
            assert!(!text.contains(token) && !text.contains("argon2") && !text.contains("token_hash"), "{path}");
        }
        let revoked = ann.call("DELETE", &format!("users/me/api_keys/{}", made["id"]), None).await;
        assert!(!revoked.text().contains(token));
        assert_eq!(status(&call(&roster, "GET", "endpoints", Some(&basic(token, "")), None).await), 401, "t30: at once");
    }

    async fn t45_t46_what_is_too_large_or_too_long_is_refused_in_this_doors_words(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let long = json!({"name": "x".repeat(2_000_000)});
        assert_eq!(status(&ann.post("users/me/api_keys", long).await), 413);
        assert_eq!(status(&ann.get(&"a/".repeat(5000)).await), 400);
        for query in ["limit=0", "limit=51", "limit=99999999999999999999", "page_num=0", "page_num=-1", "limit=x", "order=name",
            "order_dir=up", "limit=", "limit=1&limit=2", "order=%00"] {
            assert_eq!(status(&ann.get(&format!("users/me/api_keys?{query}")).await), 400, "{query}");
        }
        for query in ["page_num=9223372036854775807", "page_num=99999999999999999999", "page_num=2"] {
            assert_eq!(ann.get(&format!("users/me/api_keys?{query}")).await.json(), json!([]), "{query}");
        }
        assert_eq!(status(&ann.get("users/me/api_keys?unknown=%ff").await), 200);
        for id in ["0", "-1", "9007199254740992", "99999999999999999999999", "1e3", "x", "%20", "me"] {
            assert_eq!(status(&ann.get(&format!("users/me/api_keys/{id}")).await), 404, "{id}");
        }
    }

    async fn a_head_is_a_get_without_its_body(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let authorization = basic(&ann.key, "");
        let headers = [("authorization", &*authorization)];
        let head = roster.call_with(Method::HEAD.as_str(), "/civis/users/me/api_keys", &headers, "").await;
        assert_eq!((status(&head), head.bytes.len()), (200, 0));
        assert_eq!(head.header("x-pagination-total-entries"), Some("1"));
        let options = ann.call("OPTIONS", "users/me/api_keys", None).await;
        assert_eq!(status(&options), 404);
        let _: Value = ann.get("endpoints").await.json();
    }
}

#[tokio::test]
async fn every_answer_says_how_many_requests_are_left_where_they_are_limited() {
    let mut builder = crate::civis::builder();
    builder.gate.requests_per_minute = 5;
    let roster = builder.on_sqlite().await;
    let ann = Guest::new(&roster, "ann").await;
    for (path, wanted, remaining) in [
        ("users/me", 200, "4"),
        ("nothing", 404, "3"),
        ("users/%2e%2e", 400, "2"),
        ("users?limit=0", 400, "1"),
        ("users/me", 200, "0"),
        ("users/me", 429, "0"),
    ] {
        let answer = ann.get(path).await;
        assert_eq!(status(&answer), wanted, "{path}");
        assert_eq!(answer.header("x-ratelimit-limit"), Some("5"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining), "{path}");
        assert_eq!(answer.header("retry-after").is_some(), wanted == 429);
    }
    let native = roster.call("GET", "/api/v1/whoami", Some(&ann.key), None).await;
    assert_eq!((status(&native), native.header("x-ratelimit-limit")), (429, None));
}
