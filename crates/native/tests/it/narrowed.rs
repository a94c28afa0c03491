//! Lists of sessions, members, messages and audit events take the filter language, as those of users do.

use std::time::Duration;

use roster_model::{AuditEvent, ErrorCode, Group, GroupMember, Message, Page, Role, Session};
use roster_testing::{Person, Roster, on_both_databases};
use serde_json::{Value, json};

/// The address of a list with these parameters.
fn uri(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("{path}?{}", query.finish())
}

async fn list<T: serde::de::DeserializeOwned>(
    person: &Person,
    path: &str,
    parameters: &[(&str, &str)],
) -> Page<T> {
    person.get(&uri(path, parameters)).await.done(200)
}

/// The four lists, as an administrator asks for them.
async fn paths(admin: &Person) -> [String; 4] {
    let group = admin.user.primary_group_id;
    [
        "/api/v1/users/me/sessions".to_owned(),
        format!("/api/v1/groups/{group}/members"),
        "/api/v1/messages".to_owned(),
        "/api/v1/audit-events".to_owned(),
    ]
}

on_both_databases! {
    async fn sessions_are_found_by_how_and_when_they_were_used(roster: Roster) {
        let ann = roster.person("ann").await;
        roster.advance(Duration::from_secs(3600));
        let second = roster.session_of(&ann.user).await.session;
        let path = "/api/v1/users/me/sessions";
        let found = async |parameters: &[(&str, &str)]| -> Vec<uuid::Uuid> {
            let page: Page<Session> = list(&ann, path, parameters).await;
            page.items.into_iter().map(|session| session.uuid).collect()
        };
        let all = found(&[]).await;
        assert_eq!((all.len(), all[0]), (2, second.uuid), "newest first");
        let first = all[1];
        assert_eq!(found(&[("filter", "is_current = TRUE")]).await, [first]);
        assert_eq!(found(&[("order_by", "id")]).await, [first, second.uuid]);
        // The call itself is the latest use, which is not written down yet.
        assert_eq!(found(&[("order_by", "-created_at")]).await, [second.uuid, first]);
        let used = format!("last_used_at >= '{}' AND method = 'pwd'", second.created_at);
        assert_eq!(found(&[("filter", &used)]).await, all);
        let older = format!("created_at < '{}'", second.created_at);
        assert_eq!(found(&[("filter", &older)]).await, [first]);
        assert!(found(&[("filter", "method = 'sso' OR mfa_at IS NOT NULL")]).await.is_empty());
        let page: Page<Session> =
            list(&ann, path, &[("filter", "id > 0"), ("limit", "1"), ("count", "true")]).await;
        assert_eq!((page.items[0].uuid, page.total), (second.uuid, Some(2)));
        let cursor = page.next.unwrap();
        let next: Page<Session> =
            list(&ann, path, &[("filter", "id > 0"), ("cursor", &cursor)]).await;
        assert_eq!(next.items[0].uuid, first);
    }

    async fn members_are_found_by_name_rank_and_state(roster: Roster) {
        let admin = roster.admin().await;
        for (name, last) in [("zoe", "Straße"), ("ann", "Archer"), ("bob", "STRASSE")] {
            roster.person_who(name, |new| new.last_name = Some(last.into())).await;
        }
        let group: Group = admin.post("/api/v1/groups", json!({"name": "Crew"})).await.done(201);
        let path = format!("/api/v1/groups/{}/members", group.id);
        for (name, rank) in [("zoe", "manager"), ("ann", "member"), ("bob", "member")] {
            admin.put(&format!("{path}/{name}"), json!({"rank": rank})).await.done::<Value>(200);
        }
        admin.ask("/api/v1/users/ann/disable").await.done::<Value>(200);
        let found = async |parameters: &[(&str, &str)]| -> Vec<String> {
            let page: Page<GroupMember> = list(&admin, &path, parameters).await;
            page.items.into_iter().map(|member| member.user.username).collect()
        };
        assert_eq!(found(&[]).await, ["zoe", "ann", "bob"], "by number");
        assert_eq!(found(&[("order_by", "username")]).await, ["ann", "bob", "zoe"]);
        assert_eq!(found(&[("filter", "rank = 'manager'")]).await, ["zoe"]);
        assert_eq!(found(&[("filter", "is_active = FALSE")]).await, ["ann"]);
        assert_eq!(found(&[("filter", "last_name ILIKE 'strasse'")]).await, ["zoe", "bob"]);
        assert_eq!(found(&[("search", "STRASSE"), ("order_by", "-id")]).await, ["bob", "zoe"]);
        let page: Page<GroupMember> =
            list(&admin, &path, &[("filter", "rank = 'member'"), ("limit", "1"), ("count", "true")])
                .await;
        assert_eq!((page.items.len(), page.total), (1, Some(2)));
    }

    async fn messages_are_found_by_where_they_went_and_how_far_they_have_come(roster: Roster) {
        let admin = roster.admin().await;
        for name in ["ann", "Bob"] {
            roster.person(name).await;
            let body = json!({"login": name, "purpose": "reset_password", "channel": "email"});
            roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        }
        let claimed = roster.core.claim_messages(&roster.system(), 10).await.unwrap();
        roster.core.message_sent(&roster.system(), claimed[0].id).await.unwrap();
        roster.core.message_failed(&roster.system(), &claimed[1], "Mailbox full", true).await.unwrap();
        let found = async |parameters: &[(&str, &str)]| -> Vec<String> {
            let page: Page<Message> = list(&admin, "/api/v1/messages", parameters).await;
            page.items.into_iter().map(|message| message.to).collect()
        };
        assert_eq!(found(&[]).await, ["Bob@example.com", "ann@example.com"], "newest first");
        assert_eq!(found(&[("order_by", "to")]).await, ["ann@example.com", "Bob@example.com"]);
        assert_eq!(found(&[("filter", "state = 'sent'")]).await, ["ann@example.com"]);
        assert_eq!(found(&[("filter", "last_error ILIKE '%FULL'")]).await, ["Bob@example.com"]);
        assert_eq!(found(&[("search", "BOB@")]).await, ["Bob@example.com"]);
        assert_eq!(found(&[("filter", "\"to\" LIKE 'bob%'")]).await, [""; 0], "LIKE is exact");
    }

    async fn audit_events_are_found_by_what_was_done(roster: Roster) {
        let admin = roster.admin().await;
        let ann = roster.person("ann").await;
        ann.api_key("ci").await;
        let login = json!({"login": "ann", "password": "wrong horse battery"});
        roster.call("POST", "/api/v1/sessions", None, Some(&login)).await;
        let found = async |person: &Person, parameters: &[(&str, &str)]| -> Vec<AuditEvent> {
            list(person, "/api/v1/audit-events", parameters).await.items
        };
        let failed = found(&admin, &[("filter", "outcome = 'failure'")]).await;
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].user_id, Some(ann.user.id));
        let keys = found(&admin, &[("filter", "subject LIKE 'api_key:%' AND action LIKE 'api_key.%'")]).await;
        assert_eq!(keys.len(), 1);
        let oldest = found(&admin, &[("order_by", "id"), ("limit", "1")]).await;
        let newest = found(&admin, &[("limit", "1")]).await;
        assert!(oldest[0].id < newest[0].id);
        // Together with what the list could be narrowed to before.
        let both = found(&admin, &[("user", "ann"), ("filter", "outcome = 'success'"), ("search", "SESSION.")]).await;
        assert!(!both.is_empty() && both.iter().all(|event| event.action == "session.opened"));
        // Whoever sees only what concerns oneself sees no more by asking otherwise.
        let filter = format!("actor_id = {} OR user_id = {}", admin.user.id, admin.user.id);
        for event in found(&ann, &[("filter", &filter), ("order_by", "action")]).await {
            assert!([event.actor_id, event.user_id].contains(&Some(ann.user.id)), "{event:?}");
        }
    }

    async fn records_are_cut_down_to_fields(roster: Roster) {
        let admin = roster.admin().await;
        let body = json!({"login": "admin", "purpose": "reset_password", "channel": "email"});
        roster.call("POST", "/api/v1/one-time-codes", None, Some(&body)).await;
        for path in paths(&admin).await {
            let created = if path.ends_with("audit-events") { "at" } else { "created_at" };
            let page: Value = admin.get(&uri(&path, &[("fields", created)])).await.done(200);
            let items = page["items"].as_array().unwrap();
            assert!(!items.is_empty(), "{path}");
            for item in items {
                assert_eq!(item.as_object().unwrap().keys().collect::<Vec<_>>(), [created], "{path}");
            }
        }
    }

    async fn t35_t36_what_is_no_condition_is_refused_with_its_place(roster: Roster) {
        let admin = roster.admin().await;
        for path in paths(&admin).await {
            for filter in [
                "", "id", "id = ", "id = 'x'", "token_hash = 'x'", "password = 'x'", "changes = 'x'",
                "sealed IS NULL", "id = 1; DROP TABLE users", "1 = 1",
            ] {
                let answer = admin.get(&uri(&path, &[("filter", filter)])).await;
                let problem = answer.refused(422, ErrorCode::FieldInvalid);
                assert_eq!(problem.field.as_deref(), Some("filter"), "{path} {filter}");
            }
            for order in ["nothing", "id;", "id desc", "-"] {
                let answer = admin.get(&uri(&path, &[("order_by", order)])).await;
                let problem = answer.refused(422, ErrorCode::FieldInvalid);
                assert_eq!(problem.field.as_deref(), Some("order_by"), "{path}");
            }
            let deep = format!("{}id = 1{}", "(".repeat(100), ")".repeat(100));
            admin.get(&uri(&path, &[("filter", &deep)])).await.refused(422, ErrorCode::FieldInvalid);
            let page: Page<Value> = list(&admin, &path, &[("search", "' OR '1'='1")]).await;
            assert!(page.items.is_empty(), "{path}");
        }
        // A cursor of one list is none of another.
        roster.session_of(&admin.user).await;
        let sessions = "/api/v1/users/me/sessions";
        let page: Page<Session> = list(&admin, sessions, &[("limit", "1")]).await;
        let cursor = page.next.unwrap();
        let other = uri(sessions, &[("cursor", &cursor), ("order_by", "id")]);
        admin.get(&other).await.refused(422, ErrorCode::FieldInvalid);
        let viewer = roster.person_with_role("viewer", Role::Viewer).await;
        let filter = uri("/api/v1/messages", &[("filter", "id > 0")]);
        viewer.get(&filter).await.refused(403, ErrorCode::Forbidden);
    }
}
