//! Users and groups at the Dioptra door (contract, sections 4 to 8, 10 and 11).

use std::time::Duration;

use jiff::Timestamp;
use roster_core::{Profile, Registration};
use roster_model::Role;
use roster_testing::{PASSWORD, Roster, new_user};
use serde_json::{Value, json};

use crate::dioptra::{Client, builder, error, fields, keys, on_both_databases, with_boss};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn account(username: &str, email: &str, password: &str) -> Value {
    json!({
        "username": username, "email": email, "password": password, "confirmPassword": password,
    })
}

fn change(old: &str, new: &str) -> Value {
    json!({"oldPassword": old, "newPassword": new, "confirmNewPassword": new})
}

fn time(value: &Value) -> Timestamp {
    let text = value.as_str().unwrap();
    assert!(text.ends_with("+00:00"), "{text}");
    text.parse().unwrap()
}

on_both_databases! {
    async fn anybody_makes_an_account_and_no_session(roster: Roster) {
        let mut client = Client::new(&roster);
        let answer = client.post("/users", account("ann", "a word", "p")).await;
        assert_eq!(answer.header("set-cookie"), None);
        let ann: Value = answer.done(200);
        let all = [
            "createdOn", "email", "groups", "id", "lastLoginOn", "lastModifiedOn",
            "passwordExpiresOn", "username",
        ];
        assert_eq!(keys(&ann), all);
        assert_eq!((&ann["username"], &ann["email"]), (&json!("ann"), &json!("a word")));
        assert_eq!(ann["lastLoginOn"], Value::Null);
        assert_eq!(ann["createdOn"], ann["lastModifiedOn"]);
        let year = time(&ann["passwordExpiresOn"]).duration_since(time(&ann["createdOn"]));
        assert_eq!(year.as_secs(), 365 * 24 * 3600);
        let group = ann["groups"][0].clone();
        let url = json!(format!("/api/v1/groups/{}", group["id"]));
        assert_eq!((&group["name"], &group["url"]), (&json!("public"), &url));
        assert_eq!(ann["groups"].as_array().unwrap().len(), 1);

        client.log_in("ann", "p").await;
        let now: Value = client.get("/users/current").await.done(200);
        assert!(now["lastLoginOn"].is_string());
        assert_eq!(now["lastModifiedOn"], ann["lastModifiedOn"], "a login is no change");
        client.create("bob").await;
        assert_eq!(client.get("/users/current").await.json()["username"], "ann");
    }

    async fn t16_nothing_but_the_four_fields_is_taken(roster: Roster) {
        let mut client = Client::new(&roster);
        for (name, value) in [("id", json!(1)), ("role", json!("system_admin")), ("x", json!(null))] {
            let mut body = account("ann", "ann@x", "pass");
            body[name] = value;
            assert_eq!(fields(&client.post("/users", body).await), [name]);
        }
        let missing = client.post("/users", json!({})).await;
        assert_eq!(fields(&missing), ["confirmPassword", "email", "password", "username"], "R4");
        let body = json!({"username": null, "email": 1, "password": [], "confirmPassword": {}});
        assert_eq!(fields(&client.post("/users", body).await).len(), 4);
        client.log_in("boss", PASSWORD).await;
        for body in [
            json!({"username": "x", "email": "x", "role": "system_admin"}),
            json!({"username": "x", "email": "x", "password": "x"}),
        ] {
            assert_eq!(fields(&client.call("PUT", "/users/current", Some(body)).await).len(), 1);
        }
    }

    async fn t15_names_that_would_deceive_are_refused(roster: Roster) {
        let mut client = Client::new(&roster);
        client.post("/users", account("ann", "ann@example.com", "pass")).await.done::<Value>(200);
        for name in [
            "", " ann", "ann ", "a\u{0}b", "a\nb", "me", "ME", "42", "４２",
            "01890a5d-ac96-774b-bcce-b302099a8057", "ann@example.com", "ANN@example.com",
            "a\u{200b}b", &"x".repeat(321),
        ] {
            let answer = client.post("/users", account(name, "other", "pass")).await;
            assert_eq!(fields(&answer), ["username"], "{name:?}");
        }
        for name in ["two words", "ünï", "a@b", "x/y?z", "<b>", &"y".repeat(320)] {
            let answer = client.post("/users", account(name, &format!("{name}!"), "pass")).await;
            let user = if name.len() == 320 { continue } else { answer.done::<Value>(200) };
            assert_eq!(user["username"], json!(name));
        }
        assert_eq!(fields(&client.post("/users", account("x", "", "pass")).await), ["email"]);
        assert_eq!(fields(&client.post("/users", account("x", "x", "")).await), ["password"], "R3");
    }

    async fn a_taken_name_or_address_is_told_with_its_holder(roster: Roster) {
        let mut client = Client::new(&roster);
        let ann = client.create("ann").await["id"].clone();
        let refused = client.post("/users", account("ANN", "ann@example.com", "x")).await;
        assert_eq!(error(&refused, 409), "EntityExistsError");
        assert_eq!(refused.json()["originating_path"], "/api/v1/users?");
        let detail = json!({
            "entity_type": "user", "existing_id": ann, "entity_attributes": {"username": "ANN"},
        });
        assert_eq!(refused.json()["detail"], detail, "the name before the address");
        let refused = client.post("/users", account("bob", "Ann@Example.com", "x")).await;
        assert_eq!(error(&refused, 409), "EntityExistsError");
        let attributes = json!({"email_address": "Ann@Example.com"});
        assert_eq!(refused.json()["detail"]["entity_attributes"], attributes);
        let differ = json!({
            "username": "ann", "email": "e", "password": "a", "confirmPassword": "b",
        });
        let refused = client.post("/users", differ).await;
        assert_eq!(error(&refused, 400), "QueryParameterValidationError", "told before the rest");
    }

    async fn of_parallel_registrations_one_wins(roster: Roster) {
        let tries = (0..8).map(|number| {
            let mut client = Client::new(&roster);
            let email = format!("{number}@example.com");
            tokio::spawn(async move { client.post("/users", account("ann", &email, "x")).await })
        });
        let mut won = 0;
        for attempt in tries.collect::<Vec<_>>() {
            let answer = attempt.await.unwrap();
            match answer.status().as_u16() {
                200 => won += 1,
                _ => assert_eq!(error(&answer, 409), "EntityExistsError"),
            }
        }
        assert_eq!(won, 1, "R7");
    }

    async fn users_are_listed_by_number_in_pages(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        for name in ["bob", "cyd", "dee"] {
            ann.create(name).await;
        }
        let page: Value = ann.get("/users?pageLength=2&index=1&other=1").await.done(200);
        let all = [
            "data", "first", "index", "isComplete", "next", "prev", "totalNumResults",
        ];
        assert_eq!(keys(&page), all);
        let names: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
        assert_eq!(names, ["ann", "bob"]);
        assert_eq!(keys(&page["data"][0]), ["email", "id", "username"]);
        assert_eq!((&page["index"], &page["totalNumResults"]), (&json!(1), &json!(5)));
        assert_eq!(page["next"], "/api/v1/users?index=3&pageLength=2");
        assert_eq!(page["prev"], "/api/v1/users?index=0&pageLength=2");
        let far: Value = ann.get("/users?index=99").await.done(200);
        assert_eq!((&far["data"], &far["isComplete"]), (&json!([]), &json!(true)));
        assert_eq!(fields(&ann.get("/users?index=-1&pageLength=0").await), ["index", "pageLength"]);
        assert_eq!(fields(&ann.get("/users?index=9223372036854775808").await), ["index"], "R5");
    }

    async fn a_user_is_read_by_number(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let id = ann.get("/users/current").await.json()["id"].clone();
        let expected = json!({"id": id, "username": "ann", "email": "ann@example.com"});
        assert_eq!(ann.get(&format!("/users/{id}")).await.json(), expected);
        for unknown in ["0", "999", "9223372036854775807", "99999999999999999999"] {
            let answer = ann.get(&format!("/users/{unknown}?a=b")).await;
            assert_eq!(error(&answer, 401), "UserDoesNotExistError", "R5");
            let path = format!("/api/v1/users/{unknown}?a=b");
            assert_eq!(answer.json()["originating_path"], path);
        }
        assert!(ann.is_signed_in().await);
    }

    async fn one_renames_oneself_and_stays(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        ann.create("bob").await;
        let before: Value = ann.get("/users/current").await.done(200);
        roster.advance(Duration::from_secs(5));
        let body = json!({"username": "anna", "email": "anna"});
        let after: Value = ann.call("PUT", "/users/current", Some(body.clone())).await.done(200);
        assert_eq!((&after["username"], &after["email"]), (&json!("anna"), &json!("anna")));
        for same in ["id", "createdOn", "lastLoginOn", "passwordExpiresOn", "groups"] {
            assert_eq!(after[same], before[same], "{same}");
        }
        assert!(time(&after["lastModifiedOn"]) > time(&before["lastModifiedOn"]));
        assert!(ann.is_signed_in().await);
        assert_eq!(Client::new(&roster).try_log_in("ann", PASSWORD).await.status(), 401);
        roster.advance(Duration::from_secs(5));
        let same: Value = ann.call("PUT", "/users/current", Some(body)).await.done(200);
        assert!(time(&same["lastModifiedOn"]) > time(&after["lastModifiedOn"]), "always");
        for body in [
            json!({"username": "BOB", "email": "anna"}),
            json!({"username": "anna", "email": "bob@EXAMPLE.com"}),
        ] {
            let refused = ann.call("PUT", "/users/current", Some(body)).await;
            assert_eq!(error(&refused, 409), "EntityExistsError", "R2");
        }
        assert_eq!(ann.get("/users/current").await.json()["username"], "anna");
        Client::new(&roster).create("ann").await;
    }

    async fn one_changes_the_password_and_every_session_ends(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let mut other = Client::new(&roster);
        other.log_in("ann", PASSWORD).await;
        let path = "/users/current/password";
        for (body, text) in [
            (change("wrong", "new"), "The old password is not correct."),
            (change(PASSWORD, PASSWORD), "newPassword must differ from the present one"),
            (
                json!({"oldPassword": PASSWORD, "newPassword": "a", "confirmNewPassword": "b"}),
                "newPassword is not the same as its repetition",
            ),
        ] {
            let refused = ann.post(path, body).await;
            assert_eq!(error(&refused, 403), "UserPasswordChangeError");
            assert_eq!(refused.json()["message"], format!("Forbidden - {text}"));
        }
        let missing = fields(&ann.post(path, json!({})).await);
        assert_eq!(missing, ["confirmNewPassword", "newPassword", "oldPassword"], "R4");
        assert_eq!(fields(&ann.post(path, change(PASSWORD, "")).await), ["newPassword"], "R3");
        roster.advance(DAY);
        let changed = ann.post(path, change(PASSWORD, "new")).await;
        assert_eq!(changed.done::<Value>(200), json!({"status": "Password Change Success"}));
        assert!(!ann.is_signed_in().await && !other.is_signed_in().await);
        ann.log_in("ann", "new").await;
        let user: Value = ann.get("/users/current").await.done(200);
        let year = time(&user["passwordExpiresOn"]).duration_since(time(&user["lastModifiedOn"]));
        assert_eq!(year.as_secs(), 365 * 24 * 3600);
        assert!(time(&user["lastModifiedOn"]) > time(&user["createdOn"]));
    }

    async fn whoever_has_the_old_password_changes_it_without_a_session(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let mut bob = Client::registered(&roster, "bob").await;
        let id = ann.get("/users/current").await.json()["id"].clone();
        let path = format!("/users/{id}/password");
        let mut nobody = Client::new(&roster);
        let wrong = nobody.post(&path, change("wrong", "new")).await;
        assert_eq!(error(&wrong, 403), "UserPasswordChangeError");
        assert_eq!(wrong.json()["detail"], json!({}));
        assert!(ann.is_signed_in().await);
        nobody.post(&path, change(PASSWORD, "new")).await.done::<Value>(200);
        assert!(!ann.is_signed_in().await, "R1");
        bob.post(&path, change("new", "newer")).await.done::<Value>(200);
        assert!(bob.is_signed_in().await, "the caller's session stays");
        for unknown in ["999", "0", "99999999999999999999"] {
            let answer = nobody.post(&format!("/users/{unknown}/password"), change("a", "b")).await;
            assert_eq!(error(&answer, 401), "UserDoesNotExistError");
        }
        let empty = nobody.post("/users/999/password", change("a", "")).await;
        assert_eq!(fields(&empty), ["newPassword"], "what was sent before whom it is about");
    }

    async fn t18_an_expired_password_does_one_thing(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let id = ann.get("/users/current").await.json()["id"].clone();
        roster.advance(360 * DAY);
        ann.log_in("ann", PASSWORD).await;
        roster.advance(6 * DAY);
        assert!(ann.is_signed_in().await, "open sessions go on");
        assert_eq!(ann.try_log_in("ann", PASSWORD).await.status(), 401);
        let body = Some(json!({"password": PASSWORD}));
        let answer = ann.call("DELETE", "/users/current", body).await;
        assert_eq!(error(&answer, 401), "UserPasswordError");
        let path = format!("/users/{id}/password");
        Client::new(&roster).post(&path, change(PASSWORD, "new")).await.done::<Value>(200);
        ann.log_in("ann", "new").await;
    }

    async fn t22_a_second_factor_is_not_gone_around(roster: Roster) {
        let mut client = Client::new(&roster);
        let id = client.create("ann").await["id"].clone();
        let ann = roster.core.get_user(&roster.system(), &"ann".parse().unwrap()).await.unwrap();
        roster.sign_in(ann).await.enrol().await;
        let answer = client.post(&format!("/users/{id}/password"), change(PASSWORD, "new")).await;
        assert_eq!(error(&answer, 403), "UserPasswordChangeError");
        let answer = client.post(&format!("/users/{id}/password"), change("wrong", "new")).await;
        assert_eq!(error(&answer, 403), "UserPasswordChangeError");
    }

    async fn t29_whoever_deletes_oneself_is_gone_and_the_names_stay_taken(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let mut other = Client::new(&roster);
        other.log_in("ann", PASSWORD).await;
        let id = ann.get("/users/current").await.json()["id"].clone();
        for body in [json!({}), json!({"password": null}), json!({"password": "x", "id": 1})] {
            assert_eq!(fields(&ann.call("DELETE", "/users/current", Some(body)).await).len(), 1);
        }
        assert_eq!(ann.call("DELETE", "/users/current", None).await.status(), 400);
        let wrong = ann.call("DELETE", "/users/current", Some(json!({"password": "wrong"}))).await;
        assert_eq!(error(&wrong, 401), "UserPasswordError");
        assert!(ann.is_signed_in().await);
        let body = Some(json!({"password": PASSWORD}));
        let deleted = ann.clone().call("DELETE", "/users/current", body).await;
        assert_eq!(deleted.json(), json!({"id": [id], "status": "Success"}));
        assert!(!ann.is_signed_in().await && !other.is_signed_in().await);
        assert_eq!(other.try_log_in("ann", PASSWORD).await.status(), 401);

        let mut boss = Client::boss(&roster).await;
        assert_eq!(boss.get("/users").await.json()["totalNumResults"], 1);
        assert_eq!(boss.get(&format!("/users/{id}")).await.status(), 401);
        // So it is in the bin, and after the bin was emptied.
        for days in [0, 31] {
            roster.advance(days * DAY);
            roster.core.clear_away(&roster.system()).await.unwrap();
            for body in [account("Ann", "x", "x"), account("x", "ANN@example.com", "x")] {
                let refused = other.post("/users", body).await;
                assert_eq!(error(&refused, 409), "EntityExistsError");
                assert_eq!(refused.json()["detail"]["existing_id"], id);
            }
        }
        let user = id.to_string().parse().unwrap();
        let restored = roster.core.restore_user(&roster.system(), &user).await;
        assert!(restored.is_err(), "after thirty days nothing is left to bring back");
    }

    async fn an_administrator_brings_back_who_has_deleted_oneself(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let id = ann.get("/users/current").await.json()["id"].clone();
        ann.call("DELETE", "/users/current", Some(json!({"password": PASSWORD}))).await;
        roster.advance(29 * DAY);
        let chief = new_user("chief");
        let chief = roster_model::NewUser { role: Some(Role::SystemAdmin), ..chief };
        let chief = roster.sign_in(roster.create(&chief).await).await;
        chief.ask(&format!("/api/v1/users/{id}/restore")).await.done::<Value>(200);
        ann.log_in("ann", PASSWORD).await;
    }

    async fn t24_the_last_administrator_stays(roster: Roster) {
        let mut boss = Client::boss(&roster).await;
        let answer =
            boss.call("DELETE", "/users/current", Some(json!({"password": PASSWORD}))).await;
        assert_eq!(answer.status(), 403);
        assert!(boss.is_signed_in().await);
    }

    async fn everybody_is_in_the_group_public(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let list: Value = ann.get("/groups").await.done(200);
        assert_eq!((&list["totalNumResults"], &list["isComplete"]), (&json!(1), &json!(true)));
        assert_eq!(list["first"], "/api/v1/groups?index=0&pageLength=10");
        let group = &list["data"][0];
        assert_eq!(keys(group), ["createdOn", "id", "lastModifiedOn", "members", "name", "user"]);
        assert_eq!((&group["name"], &group["user"]["username"]), (&json!("public"), &json!("boss")));
        let members = group["members"].as_array().unwrap();
        assert_eq!(members.len(), 2);
        let permissions = |all| json!({
            "read": true, "write": true, "shareRead": all, "shareWrite": all, "owner": all,
            "admin": all,
        });
        assert_eq!(members[0]["permissions"], permissions(true), "its creator");
        let group_ref = json!({
            "id": group["id"], "name": "public", "url": format!("/api/v1/groups/{}", group["id"]),
        });
        let me: Value = ann.get("/users/current").await.json();
        let expected = json!({
            "user": {
                "id": me["id"], "username": "ann", "url": format!("/api/v1/users/{}", me["id"]),
            },
            "group": group_ref, "permissions": permissions(false),
        });
        assert_eq!(members[1], expected);
        assert_eq!(me["groups"], json!([group_ref]));
        assert_eq!(ann.get(&format!("/groups/{}", group["id"])).await.json(), *group);
        let body = json!({"username": "anna", "email": "anna"});
        ann.call("PUT", "/users/current", Some(body)).await;
        let group: Value = ann.get(&format!("/groups/{}", group["id"])).await.json();
        assert_eq!(group["members"][1]["user"]["username"], "anna", "at once");
    }

    async fn an_unknown_group_is_told_with_its_number(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let answer = ann.get("/groups/999").await;
        assert_eq!(error(&answer, 404), "EntityDoesNotExistError");
        assert_eq!(answer.json()["detail"], json!({"entity_type": "group", "group_id": 999}));
        for unknown in ["0", "9223372036854775807", "99999999999999999999"] {
            let answer = ann.get(&format!("/groups/{unknown}")).await;
            assert_eq!(error(&answer, 404), "EntityDoesNotExistError", "R5");
        }
    }

    async fn t27_people_of_another_organization_are_not_there(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        let elsewhere = roster.organization("elsewhere").await;
        let eve = roster_model::NewUser { organization_id: Some(elsewhere), ..new_user("eve") };
        let eve = roster.create(&eve).await;
        assert_eq!(ann.get("/users").await.json()["totalNumResults"], 2);
        let answer = ann.get(&format!("/users/{}", eve.id)).await;
        assert_eq!(error(&answer, 401), "UserDoesNotExistError");
        assert_eq!(ann.get("/groups").await.json()["totalNumResults"], 1);
        let mut boss = Client::boss(&roster).await;
        assert_eq!(boss.get("/groups").await.json()["totalNumResults"], 1, "one named public");
        assert_eq!(ann.get(&format!("/groups/{}", eve.primary_group_id)).await.status(), 404);
    }
}

#[tokio::test]
async fn registration_is_open_where_the_operator_says_so() {
    let new = account("ann", "ann@example.com", PASSWORD);
    for (registration, status) in
        [(Registration::Closed, 403), (Registration::Invite, 403), (Registration::Open, 202)]
    {
        let builder = builder(Profile::Default, registration, "http://127.0.0.1");
        let roster = with_boss(builder.on_sqlite().await).await;
        let answer = Client::new(&roster).post("/users", new.clone()).await;
        assert_eq!(answer.status().as_u16(), status, "{}", answer.text());
        let mut client = Client::boss(&roster).await;
        if status == 403 {
            assert_eq!(error(&answer, 403), "RegistrationClosedError", "R11");
            client.create("ann").await;
            client.log_in("ann", PASSWORD).await;
            let another = account("bob", "bob@example.com", PASSWORD);
            let answer = client.post("/users", another).await;
            assert_eq!(
                error(&answer, 403),
                "RegistrationClosedError",
                "for all but administrators"
            );
        }
        client.cookie = None;
        let answer = client.post("/users", account("cyd", "cyd@example.com", "short")).await;
        assert!(answer.status().is_client_error(), "the policy of the profile holds");
    }
}

async fn open_on_sqlite() -> Roster {
    let open = builder(Profile::Default, Registration::Open, "http://127.0.0.1:8750");
    with_boss(open.on_sqlite().await).await
}

async fn open_on_postgres() -> Roster {
    let open = builder(Profile::Default, Registration::Open, "http://127.0.0.1:8750");
    with_boss(open.on_postgres().await).await
}

roster_testing::postgres_fixture::on_both! {
    with (crate::dioptra_users::open_on_sqlite, crate::dioptra_users::open_on_postgres);

    async fn t01_outside_of_compat_registration_tells_nothing_of_names_and_addresses(roster: Roster) {
        let mut boss = Client::boss(&roster).await;
        let made = boss.create("ann").await;
        assert_eq!(made["username"], "ann", "for administrators it is at once");
        let taken = boss.post("/users", account("ann", "other@example.com", PASSWORD)).await;
        assert_eq!(error(&taken, 409), "EntityExistsError", "and they see everybody anyway");
        let mut gone = Client::new(&roster);
        boss.create("gone").await;
        gone.log_in("gone", PASSWORD).await;
        let body = json!({"password": PASSWORD});
        assert_eq!(gone.call("DELETE", "/users/current", Some(body)).await.status(), 200);

        let mut ann = Client::new(&roster);
        ann.log_in("ann", PASSWORD).await;
        let hashes = roster.core.figures().password_hashes;
        for mut client in [Client::new(&roster), ann] {
            let free = client.post("/users", account("bob", "bob@example.com", PASSWORD)).await;
            assert_eq!(free.status(), 202, "{}", free.text());
            assert_eq!(keys(&free.json()), ["message", "status"]);
            for (name, email) in [
                ("ann", "new@example.com"), ("new", "ann@example.com"), ("ANN", "ANN@example.com"),
                ("gone", "gone@example.com"), ("boss", "gone@example.com"),
            ] {
                let answer = client.post("/users", account(name, email, PASSWORD)).await;
                assert_eq!(answer.status(), free.status(), "{name} {email}");
                assert_eq!(answer.bytes, free.bytes, "{name} {email}");
                let headers = |answer: &roster_testing::Answer| {
                    let mut headers = answer.parts.headers.clone();
                    headers.remove("x-request-id");
                    headers
                };
                assert_eq!(headers(&answer), headers(&free), "{name} {email}");
            }
        }
        assert_eq!(roster.core.figures().password_hashes, hashes, "T02");
        let mails: Vec<_> = roster.messages().await;
        assert_eq!(mails.len(), 12);
        assert!(mails.iter().any(|mail| mail.template == "already_registered"));
        let answer = Client::new(&roster).try_log_in("bob", PASSWORD).await;
        assert_eq!(error(&answer, 401), "UserAuthenticationError", "there is no account yet");
    }

    async fn outside_of_compat_the_account_is_made_by_the_mailed_link(roster: Roster) {
        let mut client = Client::new(&roster);
        let answer = client.post("/users", account("bob", "bob@example.com", PASSWORD)).await;
        assert_eq!(answer.header("set-cookie"), None);
        let text = roster.messages().await.remove(0).text.expose().to_owned();
        let token = text.split_once("token=").unwrap().1.split('&').next().unwrap();
        assert!(text.contains("&username=bob"), "{text}");
        let body = json!({"username": "bob", "password": PASSWORD, "invitation": token});
        let made = roster.call("POST", "/api/v1/register", None, Some(&body)).await;
        assert_eq!(made.status(), 201, "{}", made.text());
        client.log_in("bob", PASSWORD).await;
        let bob: Value = client.get("/users/current").await.done(200);
        assert_eq!(bob["email"], "bob@example.com");
    }

    async fn what_cannot_be_a_name_an_address_or_a_password_is_told_as_ever(roster: Roster) {
        let mut client = Client::new(&roster);
        for (new, field) in [
            (account("me", "me@example.com", PASSWORD), "username"),
            (account("bob", "a word", PASSWORD), "email"),
            (account("bob", "bob@example.com", "short"), "password"),
        ] {
            assert_eq!(fields(&client.post("/users", new).await), [field]);
        }
        assert!(roster.messages().await.is_empty());
    }
}

#[tokio::test]
async fn nobody_registers_before_there_is_an_administrator() {
    let builder = builder(Profile::Compat, Registration::Open, "http://127.0.0.1");
    let roster = builder.on_sqlite().await;
    let answer = Client::new(&roster).post("/users", account("ann", "ann", "pass")).await;
    assert_eq!(answer.status(), 403);
    assert!(answer.json()["message"].as_str().unwrap().contains("administrator"));
    roster.set_up_token().await;
}
