//! Ids of other people's things, and fields that are not the caller's to write.

use roster_model::{ApiKey, ErrorCode, Group, Page, Role, Session, User};
use roster_testing::{PASSWORD, Roster, on_both_databases};
use serde_json::{Value, json};

on_both_databases! {
    async fn t23_a_key_is_found_only_below_its_owner(roster: Roster) {
        let (ann, ben) = (roster.person("ann").await, roster.person("ben").await);
        ann.api_key("of-ann").await;
        let keys: Page<ApiKey> = ann.get("/api/v1/users/me/api-keys").await.done(200);
        let key = &keys.items[0];
        for name in [key.id.to_string(), key.uuid.to_string(), key.name.clone()] {
            for method in ["GET", "DELETE"] {
                let path = format!("/api/v1/users/me/api-keys/{name}");
                ben.call(method, &path, None).await.refused(404, ErrorCode::NotFound);
                let path = ann.path(&format!("/api-keys/{name}"));
                let problem = ben.call(method, &path, None).await.problem();
                assert!(matches!(problem.status, 403 | 404), "{problem:?}");
            }
            let path = ann.path(&format!("/api-keys/{name}"));
            assert!(ann.get(&path).await.done::<ApiKey>(200).revoked_at.is_none());
        }
    }

    async fn t23_a_session_is_ended_only_below_its_user(roster: Roster) {
        let (ann, ben) = (roster.person("ann").await, roster.person("ben").await);
        let sessions: Page<Session> = ann.get("/api/v1/users/me/sessions").await.done(200);
        let session = sessions.items[0].uuid;
        ben.delete(&format!("/api/v1/users/me/sessions/{session}")).await.refused(404, ErrorCode::NotFound);
        ben.delete(&ben.path(&format!("/sessions/{session}"))).await.refused(404, ErrorCode::NotFound);
        assert!(ann.is_signed_in().await);
    }

    async fn t22_the_credential_decides_and_no_id_in_the_body(roster: Roster) {
        let (ann, ben) = (roster.person("ann").await, roster.person("ben").await);
        for field in ["id", "uuid", "user_id", "user", "login", "username_of"] {
            let body = json!({"city": "Rome", field: ben.user.id});
            ann.patch("/api/v1/users/me", body).await.refused(422, ErrorCode::FieldInvalid);
            let body = json!({"new_password": "another walrus 3141", "password": PASSWORD, field: ben.user.id});
            let problem = ann.post("/api/v1/users/me/password", body).await.problem();
            assert_eq!(problem.status, 422);
        }
        let after: User = ben.get("/api/v1/users/me").await.done(200);
        assert_eq!(after.version, ben.user.version);
    }

    async fn t16_nobody_writes_what_only_others_may_grant(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.person("ann").await;
        let before: Value = admin.get(&ann.path("")).await.done(200);
        let may_write = [
            "username", "email", "unconfirmed_email", "first_name", "last_name", "city", "state", "time_zone",
            "initials", "department", "title", "github_username", "prefers_sms_otp", "preferences",
            "last_checked_announcements_at",
        ];
        for (field, value) in before.as_object().unwrap() {
            if may_write.contains(&&**field) {
                continue;
            }
            let other = match value {
                Value::Bool(is) => json!(!is),
                Value::Number(_) => json!(987_654),
                Value::Null => json!("2030-01-01T00:00:00Z"),
                _ => match &**field {
                    "role" => json!("system_admin"),
                    "status" => json!("pending"),
                    _ => json!("2030-01-01T00:00:00Z"),
                },
            };
            let answer = ann.patch("/api/v1/users/me", json!({field: other})).await;
            let problem = answer.problem();
            assert!(matches!(problem.status, 403 | 422), "{field}: {problem:?}");
        }
        let after: Value = admin.get(&ann.path("")).await.done(200);
        for (field, value) in before.as_object().unwrap() {
            if field != "last_seen_at" {
                assert_eq!(&after[field], value, "{field}");
            }
        }
    }

    async fn t16_a_new_user_has_no_more_rights_than_its_maker(roster: Roster) {
        let other = roster.organization("other").await;
        let boss = roster.person_with_role("boss", Role::AccountAdmin).await;
        for (extra, status) in [
            (json!({"role": "system_admin"}), 403),
            (json!({"organization_id": other}), 404),
            (json!({"id": 7}), 422),
            (json!({"phone_verified_at": "2030-01-01T00:00:00Z"}), 422),
            (json!({"is_mfa_active": true}), 422),
            (json!({"version": 7}), 422),
            (json!({"password_changed_at": "2030-01-01T00:00:00Z"}), 422),
        ] {
            let mut body = json!({"username": "new", "email": "new@example.com"});
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let problem = boss.post("/api/v1/users", body).await.problem();
            assert_eq!(problem.status, status, "{extra}: {problem:?}");
        }
        let users: Page<User> = boss.get("/api/v1/users").await.done(200);
        assert_eq!(users.items.len(), 1);
    }

    async fn t22_what_is_of_another_organization_looks_absent(roster: Roster) {
        let admin = roster.admin().await;
        let other = roster.organization("other").await;
        let boss = roster
            .person_who("boss", |new| {
                new.role = Some(Role::AccountAdmin);
                new.organization_id = Some(other);
            })
            .await;
        let group: Group = admin.post("/api/v1/groups", json!({"name": "Ours"})).await.done(201);
        let path = format!("/api/v1/groups/{}", group.id);
        let member = format!("{path}/members/boss");
        let home = format!("/api/v1/organizations/{}", admin.user.organization_id);
        boss.get(&path).await.refused(404, ErrorCode::NotFound);
        boss.patch(&path, json!({"name": "Theirs"})).await.refused(404, ErrorCode::NotFound);
        boss.get(&format!("{path}/members")).await.refused(404, ErrorCode::NotFound);
        boss.put(&member, json!({"rank": "manager"})).await.refused(404, ErrorCode::NotFound);
        boss.delete(&member).await.refused(404, ErrorCode::NotFound);
        boss.delete(&path).await.refused(404, ErrorCode::NotFound);
        boss.get(&home).await.refused(404, ErrorCode::NotFound);
        boss.patch(&home, json!({"name": "Theirs"})).await.refused(404, ErrorCode::NotFound);
        let body = json!({"name": "New", "organization_id": admin.user.organization_id});
        boss.post("/api/v1/groups", body).await.refused(404, ErrorCode::NotFound);
        let after: Group = admin.get(&path).await.done(200);
        assert_eq!(after, group);
    }

    async fn an_id_beyond_64_bits_names_nobody(roster: Roster) {
        let admin = roster.admin().await;
        for id in ["0", "9223372036854775807", "9223372036854775808", "99999999999999999999999999"] {
            for path in [
                format!("/api/v1/users/{id}"),
                format!("/api/v1/users/{id}/sessions"),
                format!("/api/v1/users/me/api-keys/{id}"),
                format!("/api/v1/groups/{id}"),
                format!("/api/v1/organizations/{id}"),
                format!("/api/v1/plans/{id}"),
            ] {
                admin.get(&path).await.refused(404, ErrorCode::NotFound);
            }
        }
        for id in ["-1", "+1", "1.0", "0x1", "1e3", "x"] {
            admin.get(&format!("/api/v1/groups/{id}")).await.refused(404, ErrorCode::NotFound);
        }
        let path = "/api/v1/users/me/sessions/no-uuid";
        admin.delete(path).await.refused(404, ErrorCode::NotFound);
    }

    async fn a_user_is_named_in_every_way(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.person_who("Ann B", |new| new.email = "Ann.B@Example.com".into()).await;
        for name in [
            ann.user.id.to_string(),
            ann.user.uuid.to_string(),
            "ann%20b".into(),
            "ANN%20B".into(),
            "ann.b@example.com".into(),
            "ann.b%40example.com".into(),
        ] {
            let found: User = admin.get(&format!("/api/v1/users/{name}")).await.done(200);
            assert_eq!(found.id, ann.user.id, "{name}");
        }
        let me: User = ann.get("/api/v1/users/me").await.done(200);
        assert_eq!(me.id, ann.user.id);
    }
}
