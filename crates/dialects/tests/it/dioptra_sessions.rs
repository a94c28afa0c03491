//! Sessions at the Dioptra door (contract, sections 2 and 3).

use std::time::Duration;

use http::StatusCode;
use roster_core::{Profile, Registration};
use roster_model::{Role, Session};
use roster_testing::{Answer, PASSWORD, Roster, new_user};
use serde_json::{Value, json};

use crate::dioptra::{Client, builder, error, fields, on_both_databases, with_boss};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a stranger sees of an answer, ids aside.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let headers = answer.parts.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status(), headers.collect(), answer.text())
}

on_both_databases! {
    async fn a_login_opens_a_session_of_fourteen_days(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        roster.advance(14 * DAY - Duration::from_secs(1));
        assert!(ann.is_signed_in().await);
        roster.advance(Duration::from_secs(1));
        assert!(!ann.is_signed_in().await, "however much it was used");
    }

    async fn the_session_is_one_of_rosters_own(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let boss = roster.sign_in(roster.create(&with_role("chief", Role::SystemAdmin)).await).await;
        let sessions: Value = boss.get("/api/v1/users/ann/sessions").await.json();
        let session: Session = serde_json::from_value(sessions["items"][0].clone()).unwrap();
        assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
        boss.delete(&format!("/api/v1/users/ann/sessions/{}", session.uuid)).await.empty();
        assert!(!ann.is_signed_in().await);
    }

    async fn t31_the_cookie_keeps_to_this_door(roster: Roster) {
        let mut ann = Client::new(&roster);
        ann.create("ann").await;
        let answer = ann.try_log_in("ann", PASSWORD).await;
        let cookie = answer.header("set-cookie").unwrap();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        assert!(pair.starts_with("roster_dioptra=ros_s"));
        assert_eq!(attributes, "Max-Age=1209600; Path=/dioptra; HttpOnly; SameSite=Lax");
        // Another door does not look into it.
        let native = roster.call_with("GET", "/api/v1/whoami", &[("cookie", pair)], "").await;
        assert_eq!(native.status(), 401);
        // And what was made for another door is no session here, nor is an API key.
        let native = roster.sign_in(roster.create(&new_user("bob")).await).await;
        for token in [native.token.clone(), native.api_key("key").await] {
            let mut client = Client { cookie: Some(token), ..ann.clone() };
            assert_eq!(client.get("/users/current").await.status(), 401);
        }
    }

    async fn t31_a_header_beside_the_cookie_is_passed_over(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        for header in ["Basic YTpi", "Bearer nonsense", "?"] {
            let answer =
                ann.call_with("GET", "/users/current", &[("authorization", header)], None).await;
            assert_eq!(answer.status(), 200, "{header}");
        }
        let native = roster.sign_in(roster.create(&new_user("bob")).await).await;
        let bearer = format!("Bearer {}", native.token);
        let mut nobody = Client::new(&roster);
        let answer =
            nobody.call_with("GET", "/users/current", &[("authorization", &bearer)], None).await;
        assert_eq!(answer.status(), 401);
    }

    async fn t28_a_mangled_cookie_is_no_session(roster: Roster) {
        let ann = Client::registered(&roster, "ann").await;
        let good = ann.cookie.clone().unwrap();
        let mut cut = good.clone();
        cut.pop();
        for token in ["x", "", "ros_s", &cut, &format!("{good}x"), &"a".repeat(5000)] {
            let mut client = Client { cookie: Some(token.to_owned()), ..ann.clone() };
            let answer = client.get("/users/current").await;
            assert_eq!(answer.status(), 401, "{token}");
            assert!(answer.json().get("error").is_none());
        }
    }

    async fn a_logout_ends_this_session_and_everywhere_all(roster: Roster) {
        let mut here = Client::registered(&roster, "ann").await;
        let mut there = Client::new(&roster);
        there.log_in("ANN", PASSWORD).await;
        let copy = here.clone();
        let answer = here.log_out("False").await;
        let expected =
            json!({"username": "ann", "everywhere": false, "status": "Logout successful"});
        assert_eq!(answer.json(), expected);
        assert_eq!(here.cookie, None, "the client forgets the cookie");
        assert!(!copy.clone().is_signed_in().await, "a copy is worth nothing (R6)");
        assert!(there.is_signed_in().await);
        here.log_in("ann", PASSWORD).await;
        assert_eq!(here.log_out("True").await.json()["everywhere"], json!(true));
        assert!(!there.is_signed_in().await);
        assert_eq!(there.log_out("False").await.status(), 401);
    }

    async fn a_flag_that_is_none_keeps_the_session(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        for flag in ["", "yes", "2"] {
            assert_eq!(fields(&ann.log_out(flag).await), ["everywhere"]);
        }
        assert!(ann.is_signed_in().await);
        // Nobody is told that before the session is asked for.
        assert_eq!(Client::new(&roster).log_out("yes").await.status(), 401);
    }

    async fn another_login_takes_the_place_of_the_session(roster: Roster) {
        let mut client = Client::registered(&roster, "ann").await;
        let before = client.clone();
        client.create("bob").await;
        assert_eq!(error(&client.try_log_in("bob", "wrong").await, 401), "UserAuthenticationError");
        assert_eq!(client.get("/users/current").await.json()["username"], "ann");
        client.log_in("bob", PASSWORD).await;
        assert_eq!(client.get("/users/current").await.json()["username"], "bob");
        assert!(!before.clone().is_signed_in().await);
    }

    async fn t01_every_refused_login_looks_the_same(roster: Roster) {
        let mut client = Client::new(&roster);
        for name in ["ann", "gone", "old", "off", "secured"] {
            client.create(name).await;
        }
        let boss = roster.sign_in(roster.create(&with_role("chief", Role::SystemAdmin)).await).await;
        boss.delete("/api/v1/users/gone").await.empty();
        boss.ask("/api/v1/users/off/suspend").await.done::<Value>(200);
        let secured = roster.core.get_user(&roster.system(), &"secured".parse().unwrap()).await;
        roster.sign_in(secured.unwrap()).await.enrol().await;
        roster.advance(366 * DAY);
        let unknown = client.try_log_in("nobody", "wrong").await;
        assert_eq!(error(&unknown, 401), "UserAuthenticationError");
        assert_eq!(unknown.json()["detail"], json!({}));
        for (name, password) in [
            ("ann", "wrong"), ("ann@example.com", "wrong"), ("gone", PASSWORD), ("old", PASSWORD),
            ("off", PASSWORD), ("secured", PASSWORD), ("", "x"), ("a\0b", "x"),
        ] {
            let answer = client.try_log_in(name, password).await;
            assert_eq!(seen(&answer), seen(&unknown), "{name}");
        }
    }

    async fn t02_every_refused_login_costs_one_hash(roster: Roster) {
        let mut client = Client::new(&roster);
        client.create("ann").await;
        for name in ["ann", "nobody", "", "a\0b", "9"] {
            let before = roster.core.figures().password_hashes;
            client.try_log_in(name, "wrong").await;
            assert_eq!(roster.core.figures().password_hashes, before + 1, "{name}");
        }
    }

    async fn t04_the_count_of_failures_is_one_for_every_way(roster: Roster) {
        let mut client = Client::new(&roster);
        let ann = client.create("ann").await["id"].clone();
        let body = json!({
            "oldPassword": "wrong", "newPassword": "x", "confirmNewPassword": "x",
        });
        for round in 0..11 {
            match round % 2 {
                0 => assert_eq!(client.try_log_in("Ann", "wrong").await.status(), 401),
                _ => {
                    let path = format!("/users/{ann}/password");
                    let answer = client.post(&path, body.clone()).await;
                    assert_eq!(error(&answer, 403), "UserPasswordChangeError");
                }
            }
        }
        let refused = client.try_log_in("ann", PASSWORD).await;
        assert_eq!(refused.status(), 429);
        assert!(refused.header("retry-after").is_some());
        let body = json!({
            "oldPassword": PASSWORD, "newPassword": "x", "confirmNewPassword": "x",
        });
        let answer = client.post(&format!("/users/{ann}/password"), body).await;
        assert_eq!(answer.status(), 429);
        roster.advance(Duration::from_secs(31));
        client.log_in("ann", PASSWORD).await;
    }

    async fn t41_another_site_can_change_nothing_and_log_nobody_in(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let login = json!({"username": "ann", "password": PASSWORD});
        for (header, value) in [
            ("origin", "https://evil.example"), ("origin", "null"),
            ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"),
        ] {
            for (method, path, body) in [
                ("POST", "/auth/logout", None),
                ("POST", "/auth/login", Some(login.clone())),
                ("PUT", "/users/current", Some(json!({"username": "x", "email": "x"}))),
                ("DELETE", "/users/current", Some(json!({"password": PASSWORD}))),
            ] {
                let answer = ann.call_with(method, path, &[(header, value)], body).await;
                assert_eq!(answer.status(), 403, "{method} {path} {header}: {value}");
                assert_eq!(answer.header("set-cookie"), None);
            }
        }
        assert!(ann.is_signed_in().await);
        // A form needs no leave of the browser; but it cannot send JSON.
        for kind in ["text/plain", "application/x-www-form-urlencoded"] {
            let answer = roster
                .call_with(
                    "POST", "/dioptra/api/v1/auth/login", &[("content-type", kind)],
                    login.to_string(),
                )
                .await;
            assert_eq!(answer.status(), 400, "{kind}");
        }
        // Our own pages may.
        let here = ann
            .call_with("POST", "/auth/logout", &[("sec-fetch-site", "same-origin")], None)
            .await;
        assert_eq!(here.status(), 200);
    }

    async fn t30_whatever_shuts_somebody_out_ends_the_session_at_once(roster: Roster) {
        let boss = roster.sign_in(roster.create(&with_role("chief", Role::SystemAdmin)).await).await;
        for (number, how) in ["suspension", "deletion", "password"].into_iter().enumerate() {
            let name = format!("ann{number}");
            let mut ann = Client::registered(&roster, &name).await;
            assert!(ann.is_signed_in().await);
            let path = format!("/api/v1/users/{name}");
            match how {
                "suspension" => drop(boss.ask(&format!("{path}/suspend")).await.done::<Value>(200)),
                "deletion" => boss.delete(&path).await.empty(),
                _ => {
                    let body = json!({"new_password": "another one 1234"});
                    boss.post(&format!("{path}/password"), body).await.empty();
                }
            }
            assert!(!ann.is_signed_in().await, "{how}");
        }
    }

    async fn unknown_routes_and_methods_are_told_apart(roster: Roster) {
        let mut nobody = Client::new(&roster);
        for (method, path, status) in [
            ("GET", "/nothing", 404), ("GET", "/users/x", 404), ("GET", "/users/1x", 404),
            ("GET", "/groups/-1", 404), ("GET", "/users/1/groups", 404), ("GET", "", 404),
            ("DELETE", "/users/1", 405), ("PUT", "/groups/1", 405), ("GET", "/auth/login", 405),
            ("POST", "/users/current", 405), ("GET", "/users/1/password", 405),
            ("DELETE", "/users", 405), ("POST", "/groups", 405),
        ] {
            assert_eq!(nobody.call(method, path, None).await.status(), status, "{method} {path}");
        }
        assert_eq!(roster.call_with("GET", "/dioptra", &[], "").await.status(), 404);
        assert_eq!(roster.call_with("GET", "/dioptra/api/v2/users", &[], "").await.status(), 404);
    }

    async fn both_spellings_of_a_collection_lead_to_it(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        for path in ["/users", "/users/", "/groups", "/groups/"] {
            assert_eq!(ann.get(path).await.status(), 200, "{path}");
        }
        assert_eq!(fields(&ann.post("/users/", json!({})).await).len(), 4);
    }

    async fn the_session_is_asked_for_before_anything_else(roster: Roster) {
        let mut nobody = Client::new(&roster);
        for (method, path, body) in [
            ("GET", "/users?index=x", None), ("GET", "/groups?pageLength=0", None),
            ("GET", "/users/999", None), ("GET", "/groups/999", None),
            ("PUT", "/users/current", Some(json!({}))),
            ("DELETE", "/users/current", Some(json!({}))),
            ("POST", "/users/current/password", Some(json!({}))),
        ] {
            let answer = nobody.call(method, path, body).await;
            assert_eq!(answer.status(), 401, "{method} {path}");
            assert!(answer.json().get("error").is_none(), "{method} {path}");
        }
    }
}

fn with_role(name: &str, role: Role) -> roster_model::NewUser {
    roster_model::NewUser { role: Some(role), ..new_user(name) }
}

#[tokio::test]
async fn t31_where_people_come_by_tls_the_cookie_needs_it() {
    let builder =
        builder(Profile::Compat, Registration::Closed, "https://roster.example.com/accounts/");
    let roster = with_boss(builder.on_sqlite().await).await;
    let answer = Client::new(&roster).try_log_in("boss", PASSWORD).await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("Path=/accounts/dioptra; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    // A cookie of the plain name may have come over a plain connection, from anybody.
    let pair = cookie.split_once(';').unwrap().0;
    let plain = pair.strip_prefix("__Secure-").unwrap();
    for (pair, status) in [(pair, 200), (plain, 401)] {
        let path = "/dioptra/api/v1/users/current";
        let answer = roster.call_with("GET", path, &[("cookie", pair)], "").await;
        assert_eq!(answer.status(), status, "{pair}");
    }
}
