//! Who may do what at the Geobox door (threats T03, T16, T22, T23, T24, T25).

use roster_model::{Role, User, UserRef};
use roster_testing::Roster;
use serde_json::{Value, json};

use crate::geobox::{Guest, call, hidden, on_both_databases, status};

fn somebody(name: &str) -> Value {
    json!({
        "username": name, "email": format!("{name}@example.com"), "password": hidden("amber walrus 1618"),
        "role": "Viewer", "first_name": "Bea", "last_name": "Baker", "status": "Active",
    })
}

on_both_databases! {
    async fn t16_nobody_raises_itself_by_any_field(roster: Roster) {
        for (name, role) in [("ann", Role::Viewer), ("boss", Role::AccountAdmin)] {
            let guest = Guest::of_role(&roster, name, role).await;
            let before: Value = guest.get("/users/me").await.json();
            for field in ["role", "status", "plan_id", "expiration_date"] {
                let value = match field {
                    "role" => json!("System Admin"),
                    "status" => json!("Active"),
                    "plan_id" => json!(1),
                    _ => json!("2040-01-01"),
                };
                let refused = guest.put("/users/me", json!({ field: value })).await;
                assert_eq!(status(&refused), 403, "{name} {field}");
            }
            let user: User =
                roster.core.get_user(&roster.system(), &UserRef::parse(name)).await.unwrap();
            let Value::Object(mut fields) = serde_json::to_value(&user).unwrap() else { panic!() };
            for known in ["username", "email", "first_name", "last_name", "role", "status", "plan_id"] {
                fields.remove(known);
            }
            fields.insert("parent_id".into(), json!(1));
            fields.insert("is_super_user".into(), json!(true));
            let passed_over = guest.put("/users/me", Value::Object(fields)).await;
            assert_eq!(passed_over.json(), before);
        }
    }

    async fn t16_a_new_user_gets_nothing_that_the_client_cannot_say(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let mut body = somebody("ben");
        for (field, value) in [
            ("parent_id", json!(root.id)), ("plan_id", json!(1)), ("phone_verified_at", json!("2020-01-01")),
            ("organization_id", json!(77)), ("flags", json!({"sso_disabled": true})), ("id", json!(5)),
        ] {
            body[field] = value;
        }
        let made = root.post("/users", body).await.json();
        assert_eq!((&made["parent_id"], &made["plan_id"]), (&Value::Null, &Value::Null));
        assert_ne!(made["id"], json!(5));
    }

    async fn the_directory_is_filtered_and_ordered_as_lists_of_users_are(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let group = root.post("/groups", json!({"name": "crew", "description": ""})).await.json();
        let ann = Guest::new(&roster, "ann").await;
        for name in ["ben", "cid"] {
            let made = root.post("/users", somebody(name)).await.json();
            let path = format!("/groups/{}/members/{}", group["id"], made["id"]);
            assert_eq!(status(&root.call("POST", &path, None).await), 200);
        }
        let names = async |guest: &Guest, path: &str| {
            let found = guest.get(path).await.json();
            let names = found.as_array().unwrap_or_else(|| panic!("{path}: {found}")).iter();
            names.map(|one| one["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let members = format!("/groups/{}/members", group["id"]);
        for (query, expected) in [
            ("q=username%3D'ben'", vec!["ben"]),
            ("q=first_name%3D'Eve'", vec![]),
            ("order_by=username%20D", vec!["cid", "ben"]),
            ("search=CID", vec!["cid"]),
            ("search=baker&search_fields=last_name", vec!["ben", "cid"]),
        ] {
            for guest in [&ann, &root] {
                let mut found = names(guest, &format!("{members}?{query}")).await;
                found.retain(|name| name != "root");
                assert_eq!(found, expected, "{query}");
            }
        }
        let count = ann.get(&format!("{members}?q=username%3D'ben'&return_count=True")).await.json();
        assert_eq!(count["count"], json!(1));
        // Of what is not shown nothing can be asked, and what cannot be is told.
        for query in ["q=role%3D'Viewer'", "q=mobile%20IS%20NULL", "order_by=role", "search=x&search_fields=mobile", "q=x%3D1"] {
            assert_eq!(status(&ann.get(&format!("{members}?{query}")).await), 422, "{query}");
        }
        // Both look through the same: two fields are not one text.
        for guest in [&ann, &root] {
            assert_eq!(names(guest, "/users/search?search=baker").await, ["ben", "cid"]);
            assert!(names(guest, "/users/search?search=bea%20baker").await.is_empty());
        }
    }

    async fn t25_a_key_for_the_directory_looks_into_it_whoever_its_owner_is(roster: Roster) {
        let root = roster.admin().await;
        let body = json!({"name": "directory", "scopes": ["directory"]});
        let key = root.post("/api/v1/users/me/api-keys", body).await.json();
        let key = key["token"].as_str().unwrap();
        roster.person("ann").await;
        let found = call(&roster, "GET", "/users/search?search=ann%40", Some(key), None).await;
        assert_eq!(status(&found), 200, "{}", found.text());
        assert_eq!(found.json().as_array().unwrap().len(), 1);
        let refused = call(&roster, "GET", "/users", Some(key), None).await;
        assert_eq!(status(&refused), 403);
    }

    async fn t22_the_path_decides_about_whom_and_the_credential_who_asks(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let eve = Guest::new(&roster, "eve").await;
        let session = ann.get("/users/me/sessions").await.json()[0]["uuid"].as_str().unwrap().to_owned();
        let path = format!("/users/{}/sessions/{session}", eve.id);
        let body = json!({"user_id": ann.id, "session_uuid": session});
        assert_eq!(status(&eve.post(&path, body.clone()).await), 404);
        let path = format!("/users/{}/sessions/{session}", ann.id);
        assert_eq!(status(&eve.post(&path, body).await), 403);
        let password = format!("new_password={}", hidden("amber walrus 1618").replace('+', "%2B"));
        let path = format!("/users/{}/change-password", ann.id);
        assert_eq!(status(&eve.form(&path, &password).await), 403);
        assert_eq!(status(&eve.form("/apikeys", &format!("name=x&user_id={}", ann.id)).await), 403);
        assert!(ann.is_known().await);
    }

    async fn t23_somebody_elses_key_is_not_there(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let eve = Guest::new(&roster, "eve").await;
        let key = ann.form("/apikeys", "name=mine").await.json()["id"].as_i64().unwrap();
        for (method, path) in [
            ("GET", format!("/apikeys/{key}")), ("PUT", format!("/apikeys/{key}")),
            ("DELETE", format!("/apikeys/{key}")), ("POST", format!("/apikeys/{key}/revoke")),
            ("POST", format!("/apikeys/{key}/grant")), ("GET", "/apikeys/987654".to_owned()),
        ] {
            let theirs = call(&roster, method, &path, Some(&eve.token), None).await;
            assert_eq!(status(&theirs), 404, "{method} {path}");
            assert_eq!(theirs.json()["detail"], json!("there is no such API key"));
        }
        assert_eq!(ann.get(&format!("/apikeys/{key}")).await.json()["revoked"], json!(false));
    }

    async fn t03_whoever_may_read_nobody_hears_the_same_of_everybody(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let eve = Guest::new(&roster, "eve").await;
        for (method, rest) in [
            ("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/sessions"), ("POST", "/renewPlan"), ("GET", "/members"),
        ] {
            let body = (method == "PUT").then(|| json!({"first_name": "x"}));
            let mut said = Vec::new();
            for id in [ann.id.to_string(), "987654".to_owned(), "0".to_owned(), "ann".to_owned()] {
                let path = format!("/users/{id}{rest}");
                let answer = call(&roster, method, &path, Some(&eve.token), body.clone()).await;
                assert_eq!(status(&answer), 403, "{method} {path}");
                said.push(answer.text());
            }
            assert!(said.iter().all(|one| *one == said[0]), "{method} {rest}: {said:?}");
        }
    }

    async fn t24_an_account_admin_has_no_power_over_other_admins(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let boss = Guest::of_role(&roster, "boss", Role::AccountAdmin).await;
        let other = Guest::of_role(&roster, "other", Role::AccountAdmin).await;
        for target in [&root, &other] {
            let path = format!("/users/{}", target.id);
            assert_eq!(status(&boss.get(&path).await), 403);
            assert_eq!(status(&boss.put(&path, json!({"first_name": "x"})).await), 403);
            assert_eq!(status(&boss.call("DELETE", &path, None).await), 403);
            assert_eq!(status(&boss.get(&format!("{path}/sessions")).await), 403);
            assert_eq!(status(&boss.call("POST", &format!("/users/me/members/{}", target.id), None).await), 403);
            assert!(target.is_known().await);
        }
        let mut strong = somebody("strong");
        strong["role"] = json!("System Admin");
        assert_eq!(status(&boss.post("/users", strong).await), 403);
        let last = root.call("DELETE", "/users/me", None).await;
        assert_eq!(status(&last), 422, "the last system admin stays");
        let last = root.put("/users/me", json!({"status": "Disabled"})).await;
        assert_eq!(status(&last), 422);
        let last = root.put("/users/me", json!({"role": "Viewer"})).await;
        assert_eq!(status(&last), 422);
    }

    async fn lists_show_system_admins_all_and_account_admins_their_own(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let boss = Guest::of_role(&roster, "boss", Role::AccountAdmin).await;
        let ann = Guest::new(&roster, "ann").await;
        let own = boss.post("/users", somebody("own")).await.json();
        let own = own["id"].as_i64().unwrap();
        assert_eq!(root.ids("/users").await, [root.id, boss.id, ann.id, own]);
        assert_eq!(boss.ids("/users").await, [boss.id, own]);
        assert_eq!(boss.ids("/users/search?search=OWN@").await, [own]);
        for filter in ["q=id%20%3E%200", "q=parent_id%20IS%20NULL%20OR%20id%20%3E%200", "search=example"] {
            assert_eq!(boss.ids(&format!("/users?{filter}")).await, [boss.id, own], "{filter}");
        }
        let count = boss.get("/users?return_count=True").await.json();
        assert_eq!(count, json!({"count": 2}));
        assert_eq!(status(&ann.get("/users").await), 403);
        assert_eq!(status(&ann.get("/users?return_count=True&limit=0").await), 403);
        assert_eq!(boss.ids("/users/me/members").await, [own]);
        assert_eq!(status(&boss.get(&format!("/users?user_id={}", ann.id)).await), 403);
        assert_eq!(boss.ids(&format!("/users?user_id={}", boss.id)).await, [boss.id, own]);
    }

    async fn t25_a_key_does_what_its_owner_may(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let key = ann.form("/apikeys", "name=mine").await.json()["key"].as_str().unwrap().to_owned();
        let get = async |path: &str| {
            let uri = format!("/geobox/v1{path}?apikey={key}");
            roster.call("GET", &uri, None, None).await.status().as_u16()
        };
        assert_eq!((get("/users/me").await, get("/users").await, get("/plans").await), (200, 403, 200));
        let both = roster.call("GET", &format!("/geobox/v1/users/me?apikey={key}"), Some("ros_s0"), None).await;
        assert_eq!(status(&both), 401, "the header decides");
    }
}
