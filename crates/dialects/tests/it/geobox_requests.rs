//! What Geobox's client sends, well-formed and not, and what it gets (threats T12, T26, T35, T36, T45, T46).

use roster_model::Role;
use roster_testing::{PASSWORD, Roster};
use serde_json::json;

use crate::geobox::{Guest, call, hidden, on_both_databases, status, token};

/// Pieces that mean something to a database or a program behind it.
const HOSTILE: [&str; 9] =
    ["'", "''", "\"", "%", "_", "\\", "'; DROP TABLE users; --", "$1", "\u{202E}"];

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

on_both_databases! {
    async fn every_spelling_of_the_address_leads_to_the_same_door(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        for path in ["/geobox/v1/users/me", "/geobox/v1/users/me/", "/geobox/users/me/", "/geobox//v1//users/me", "/v1/users/me/"] {
            let answer = roster.call("GET", path, Some(&ann.token), None).await;
            assert_eq!((status(&answer), &answer.json()["id"]), (200, &json!(ann.id)), "{path}");
        }
        for path in ["/geobox", "/v1", "/geobox/v1", "/geobox/v2/users/me", "/geobox/v1/v1/users/me", "/geobox/v1/layers"] {
            let answer = roster.call("GET", path, Some(&ann.token), None).await;
            assert_eq!(status(&answer), 404, "{path}");
            assert!(answer.json()["detail"].is_string());
        }
    }

    async fn a_sign_in_is_a_form_and_a_refusal_always_of_one_kind(roster: Roster) {
        Guest::new(&roster, "ann").await;
        let done = token(&roster, "ann", PASSWORD).await.json();
        assert_eq!((&done["token_type"], &done["expires_in"]), (&json!("bearer"), &json!(86_400)));
        assert_eq!(status(&token(&roster, "ANN@example.com", PASSWORD).await), 200);
        let wrong = token(&roster, "ann", "wrong").await;
        let unknown = token(&roster, "nobody", "wrong").await;
        assert_eq!((status(&wrong), wrong.text()), (401, unknown.text()), "t01");
        roster.core.disable_user(&roster.system(), &roster_model::UserRef::parse("ann")).await.unwrap();
        assert_eq!(status(&token(&roster, "ann", PASSWORD).await), 401);
        assert_eq!(token(&roster, "ann", "wrong").await.text(), wrong.text());
        for (fields, expected) in [
            ("", 422),
            ("username=ann", 422),
            ("password=x", 422),
            ("username=a&username=b&password=x", 422),
            ("username=%00&password=%FF", 422),
        ] {
            let refused = crate::geobox::form(&roster, "/auth/token", None, fields).await;
            assert_eq!(status(&refused), expected, "{fields}");
            assert_eq!(refused.json()["detail"][0]["loc"][0], json!("body"), "{fields}");
        }
    }

    async fn t09_a_second_factor_is_not_passed_by(roster: Roster) {
        let mut ann = roster.person("ann").await;
        ann.enrol().await;
        let refused = token(&roster, "ann", PASSWORD).await;
        assert_eq!(status(&refused), 401);
        assert!(refused.text().contains("API key"), "{}", refused.text());
        let key = roster.call("GET", "/geobox/v1/users/me", Some(&ann.token), None).await;
        assert_eq!(status(&key), 200);
        ann.let_mfa_age();
        let late = call(&roster, "PUT", "/users/me", Some(&ann.token), Some(json!({"first_name": "x"}))).await;
        assert_eq!(status(&late), 403);
    }

    async fn t12_what_is_no_object_of_texts_is_refused(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        for body in [json!([]), json!("x"), json!({"username": ["a", "b"]}), json!({"email": {"a": 1}})] {
            assert_eq!(status(&root.post("/users", body.clone()).await), 422, "{body}");
            assert_eq!(status(&root.post("/plans", body.clone()).await), 422, "{body}");
            assert_eq!(status(&root.post("/groups", body).await), 422);
        }
        let update = root.put("/users/me", json!({"expiration_date": 7})).await;
        assert_eq!(update.json()["detail"][0]["loc"], json!(["body", "expiration_date"]));
        let update = root.put("/users/me", json!({"plan_id": "abc"})).await.json();
        assert_eq!(update["detail"][0]["msg"], "must be a whole number up to 9223372036854775807");
        let far = root.put("/users/me", json!({"expiration_date": "9999-12-31T23:59:59"})).await;
        assert_eq!(far.json()["expiration_date"], json!("9999-12-30T22:00:00.000000"));
        let all = root.get("/users?q=created_at%20<%20'9999-12-31T23:59:59'".replace('<', "%3C").as_str()).await;
        assert_eq!(all.json().as_array().map(Vec::len), Some(1));
    }

    async fn t31_the_address_takes_keys_and_no_session_tokens(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let session = token(&roster, "ann", PASSWORD).await.json()["access_token"].as_str().unwrap().to_owned();
        let key = ann.form("/apikeys", "name=mine").await.json()["key"].as_str().unwrap().to_owned();
        for (token, expected) in [(&key, 200), (&session, 401)] {
            let uri = format!("/geobox/v1/users/me?apikey={token}");
            assert_eq!(status(&roster.call("GET", &uri, None, None).await), expected);
        }
        assert_eq!(status(&roster.call("GET", "/geobox/v1/users/me", Some(&session), None).await), 200);
    }

    async fn t45_what_is_too_long_is_invalid_and_never_413(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let long = "x".repeat(2_000_000);
        assert_eq!(status(&root.post("/users", json!({"username": long})).await), 422);
        let bearer = format!("Bearer {}", root.token);
        let headers = [("authorization", &*bearer), ("content-length", "99999999")];
        let early = roster.call_with("POST", "/geobox/v1/users", &headers, "x").await;
        assert_eq!(status(&early), 422);
        let strange = roster.call("GET", "/geobox/v1/users/%2e%2e%2f..", Some(&root.token), None).await;
        assert!(matches!(status(&strange), 404 | 422), "{}", strange.text());
    }

    async fn t35_hostile_filters_are_refused_with_words_and_soon(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        for q in ["(".repeat(4000), "NOT ".repeat(1500), "id=1 OR ".repeat(900), "id IN (".to_owned() + &"1,".repeat(3000)] {
            let refused = root.get(&format!("/users?q={}", escaped(&q))).await;
            assert_eq!(status(&refused), 422, "{}", &q[..20]);
        }
        let quotes = root.get(&format!("/users?q={}", escaped("username = ‘ann’"))).await;
        assert!(quotes.text().to_lowercase().contains("quot"), "{}", quotes.text());
    }

    async fn t36_no_text_reaches_the_database_as_sql(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        for piece in HOSTILE {
            let piece = escaped(piece);
            for list in ["users", "plans", "groups"] {
                for query in [format!("search={piece}"), format!("q=name={piece}"), format!("q={piece}"),
                    format!("order_by={piece}"), format!("search=x&search_fields={piece}")] {
                    let answer = root.get(&format!("/{list}?{query}")).await;
                    assert!(matches!(status(&answer), 200 | 422), "{list} {query}: {}", answer.text());
                }
            }
            let keys = root.get(&format!("/apikeys?search={piece}")).await;
            assert_eq!(status(&keys), 200);
        }
        for query in ["search=%00", "q=%00", "search=%FF%FE", "limit=%00"] {
            assert_eq!(status(&root.get(&format!("/users?{query}")).await), 422, "{query}");
        }
        assert!(root.is_known().await);
    }

    async fn a_search_finds_the_same_before_and_after_the_index_knows(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let ann = Guest::new(&roster, "annette").await;
        let ben = Guest::new(&roster, "ben.annett").await;
        for is_indexed in [false, true] {
            if is_indexed {
                roster.core.index_users(&roster.system()).await.unwrap();
            }
            for (query, found) in [
                ("search=ANNETT", vec![ann.id, ben.id]),
                ("search=annette", vec![ann.id]),
                ("search=annett&order_by=username%20D", vec![ben.id, ann.id]),
                ("search=annett&search_fields=first_name", vec![]),
                ("search=tt", vec![ann.id, ben.id]),
                ("search=qqqq", vec![]),
                ("q=username%20LIKE%20%27%25nnette%25%27", vec![ann.id]),
            ] {
                assert_eq!(root.ids(&format!("/users?{query}")).await, found, "{query}");
                let counted = root.get(&format!("/users?{query}&return_count=true")).await.json();
                assert_eq!(counted, json!({"count": found.len()}), "{query}");
            }
            assert_eq!(root.ids("/users/search?search=annett").await, [ann.id, ben.id]);
        }
    }

    async fn t46_numbers_at_the_edges_name_nobody(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        for id in ["0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "%20", "1.0", "ⅷ"] {
            for path in ["users", "plans", "groups", "apikeys"] {
                let answer = root.get(&format!("/{path}/{}", escaped(id))).await;
                assert!(matches!(status(&answer), 404 | 422), "{path} {id}: {}", answer.text());
            }
        }
        for (query, expected) in [
            ("skip=9223372036854775807", 200),
            ("skip=9223372036854775808", 422),
            ("limit=10000", 200),
            ("limit=10001", 422),
        ] {
            let answer = root.get(&format!("/users?{query}")).await;
            assert_eq!(status(&answer), expected, "{query}: {}", answer.text());
        }
    }

    async fn a_password_is_given_to_the_rulebook_in_plain(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let field = |password: &str| format!("new_password={}", escaped(&hidden(password)));
        let done = ann.form("/users/me/change-password", &field("ümber walrus 1618")).await;
        assert_eq!(status(&done), 204);
        assert_eq!(status(&token(&roster, "ann", "ümber walrus 1618").await), 200);
        assert_eq!(status(&token(&roster, "ann", PASSWORD).await), 401);
        for wrong in ["new_password=plain", "new_password=", "", &field("short"), &field("password")] {
            assert_eq!(status(&ann.form("/users/me/change-password", wrong).await), 422, "{wrong}");
        }
    }

    async fn t26_no_reply_holds_a_password_or_a_hash(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        root.form("/apikeys", "name=mine").await;
        let secret = roster.call("GET", "/geobox/v1/apikeys", Some(&root.token), None).await.json();
        let shown = secret[0]["key"].as_str().unwrap().to_owned();
        assert!(shown.ends_with("********") && shown.len() < 24, "{shown}");
        for path in ["/users", "/users/me", "/users/me/sessions", "/apikeys", "/groups", "/users/search"] {
            let text = root.get(path).await.text();
            for canary in ["argon2", root.token.as_str(), "token_hash", "password"] {
                assert!(!text.contains(canary), "{path}: {canary}");
            }
        }
    }

    async fn bodiless_posts_are_not_parsed(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let key = root.form("/apikeys", "name=mine").await.json()["id"].as_i64().unwrap();
        let bearer = format!("Bearer {}", root.token);
        let headers = [("authorization", &*bearer), ("content-type", "application/json"), ("content-length", "0")];
        for (path, expected) in [
            (format!("/apikeys/{key}/revoke"), 200),
            (format!("/apikeys/{key}/revoke"), 200),
            (format!("/apikeys/{key}/grant"), 200),
            (format!("/apikeys/{key}/grant"), 200),
            ("/users/me/renewPlan".to_owned(), 422),
        ] {
            let uri = format!("/geobox/v1{path}");
            let answer = roster.call_with("POST", &uri, &headers, "").await;
            assert_eq!(status(&answer), expected, "{path}: {}", answer.text());
        }
    }
}
