//! Numbers that stay right and costs that stay the same, however many there are.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::StatusCode;
use roster_model::{Role, UserImport, UserRow};
use roster_testing::{Answer, Roster};
use serde_json::json;

use crate::civis::{Guest, on_both_databases, status};

/// Members of the large group.
const MANY: usize = 10_000;
/// Clients that use a key at the same time, and how often each does.
const CLIENTS: usize = 64;
const USES: usize = 16;

async fn group_of(root: &Guest, name: &str, members: usize) -> i64 {
    let made = root.post("groups", json!({"name": name, "slug": name})).await.json();
    let rows: Vec<_> = (0..members)
        .map(|number| UserRow {
            username: format!("{name}{number:05}"),
            email: format!("{name}{number:05}@example.com"),
            first_name: Some(name.to_owned()),
            groups: Some(name.to_owned()),
            ..UserRow::default()
        })
        .collect();
    for part in rows.chunks(1000) {
        let import = UserImport { organization_id: None, dry_run: false, users: part.to_vec() };
        let report = root.roster.core.import_users(&root.roster.system(), import).await.unwrap();
        assert_eq!(report.created, part.len() as u64, "{report:?}");
    }
    made["id"].as_i64().unwrap()
}

/// An answer, and how many statements it took.
async fn counted(roster: &Roster, ask: impl Future<Output = Answer>) -> (Answer, u64) {
    let before = roster.core.figures().store.statements;
    let answer = ask.await;
    (answer, roster.core.figures().store.statements - before)
}

fn rows(answer: &Answer) -> usize {
    answer.json().as_array().unwrap().len()
}

on_both_databases! {
    async fn a_group_with_ten_thousand_members_takes_the_statements_of_one_with_two(roster: Roster) {
        let root = Guest::of_role(&roster, "root", Role::SystemAdmin).await;
        let (small, large) = (group_of(&root, "small", 2).await, group_of(&root, "large", MANY).await);
        let guest = Guest::new(&roster, "guest").await;
        guest.get("users/me").await;
        for (method, path, body) in [
            ("GET", "groups/{id}", None),
            ("GET", "groups?include_members=true&query={name}", None),
            ("GET", "groups?user_ids[]={member}", None),
            ("GET", "groups/{id}/shares", None),
            ("GET", "groups/{id}/child_groups", None),
            ("GET", "users?group_id={id}", None),
            ("GET", "users?group_id={id}&limit=10000", None),
            ("GET", "users?group_ids[]={id}&page_num=2&limit=1&order=user", None),
            ("GET", "users/{member}", None),
            ("PUT", "groups/{id}/members/{guest}", None),
            ("DELETE", "groups/{id}/members/{guest}", None),
            ("PATCH", "groups/{id}", Some(json!({"description": "Everybody"}))),
            ("PUT", "groups/{id}/shares/groups", Some(json!({"group_ids": [1], "permission_level": "read"}))),
        ] {
            let mut taken = Vec::new();
            for (group, name) in [(small, "small"), (large, "large")] {
                let member = root.get(&format!("users?query={name}00001")).await.json()[0]["id"].clone();
                let path = path
                    .replace("{id}", &group.to_string())
                    .replace("{name}", name)
                    .replace("{member}", &member.to_string())
                    .replace("{guest}", &guest.id.to_string());
                let (answer, statements) = counted(&roster, root.call(method, &path, body.as_ref())).await;
                assert!(answer.status().is_success(), "{path}: {}", answer.text());
                taken.push(statements);
            }
            assert_eq!(taken[0], taken[1], "{method} {path}");
            assert!(taken[1] <= 30, "{method} {path}: {taken:?}");
        }
        for path in [
            "/api/v1/groups/{id}",
            "/api/v1/groups?search={name}",
            "/api/v1/groups/{id}/members?limit=1000&count=true",
            "/api/v1/groups/{id}/shares",
            "/api/v1/people?group_id={id}&limit=1000&count=true",
            "/api/v1/users?group_id={id}&limit=1000&count=true",
            "/api/v1/directory?group_id={id}&limit=1000",
        ] {
            let mut taken = Vec::new();
            for (group, name) in [(small, "small"), (large, "large")] {
                let path = path.replace("{id}", &group.to_string()).replace("{name}", name);
                let ask = roster.call("GET", &path, Some(&root.key), None);
                let (answer, statements) = counted(&roster, ask).await;
                assert_eq!(answer.status(), StatusCode::OK, "{path}: {}", answer.text());
                taken.push(statements);
            }
            assert_eq!(taken[0], taken[1], "{path}");
        }
        whole_and_counted(&roster, &root, large).await;
    }

    async fn every_use_of_a_key_is_counted_however_many_come_at_once(roster: Roster) {
        let ann = Guest::new(&roster, "ann").await;
        let allowed = json!([{"constraintType": "prefix", "constraint": "users/me", "getAllowed": true}]);
        let used = ann.limited(allowed).await;
        let id = ann.get("users/me/api_keys").await.json()[0]["id"].clone();
        let (core, system) = (roster.core.clone(), roster.system());
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        // What was noted is written down meanwhile, as the server does.
        let writer = tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                core.flush_usage(&system).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let used = used.clone();
                tokio::spawn(async move {
                    for turn in 0..USES {
                        // Two of three are let through, the third is no use.
                        let path = ["users/me", "users/me/api_keys", "groups"][(client + turn) % 3];
                        let due = if path == "groups" { 403 } else { 200 };
                        assert_eq!(status(&used.get(path).await), due);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        let uses = (0..CLIENTS).flat_map(|client| (0..USES).map(move |turn| client + turn));
        let uses = uses.filter(|number| number % 3 != 2).count();
        let shown = async || ann.get(&format!("users/me/api_keys/{id}")).await.json();
        assert_eq!(shown().await["useCount"], uses);
        roster.core.flush_usage(&roster.system()).await.unwrap();
        let written = shown().await;
        assert_eq!(written["useCount"], uses);
        assert_eq!(written["lastUsedAt"], written["createdAt"], "the clock stands still");
    }
}

/// Nobody is missing or there twice, in one answer and over pages.
async fn whole_and_counted(roster: &Roster, root: &Guest, large: i64) {
    let whole = root.get(&format!("groups/{large}")).await.json();
    assert_eq!((&whole["memberCount"], &whole["totalMemberCount"]), (&json!(MANY), &json!(MANY)));
    let members = whole["members"].as_array().unwrap();
    assert_eq!(members.len(), MANY);
    assert!(members.is_sorted_by_key(|member| member["id"].as_i64()));
    let first = root.get(&format!("users?group_id={large}&order=user")).await;
    assert_eq!((rows(&first), first.header("x-pagination-total-entries")), (20, Some("10000")));
    let mut seen = Vec::new();
    for page in 1..=4 {
        let path = format!("users?group_id={large}&order=user&limit=3000&page_num={page}");
        let page = root.get(&path).await.json();
        seen.extend(
            page.as_array().unwrap().iter().map(|row| row["user"].as_str().unwrap().to_owned()),
        );
    }
    let due: Vec<_> = (0..MANY).map(|number| format!("large{number:05}")).collect();
    assert_eq!(seen, due);
    let mut ids = Vec::new();
    let mut path = format!("/api/v1/groups/{large}/members?limit=1000");
    loop {
        let page = roster.call("GET", &path, Some(&root.key), None).await.json();
        ids.extend(page["items"].as_array().unwrap().iter().map(|one| one["user"]["id"].as_i64()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/groups/{large}/members?limit=1000&cursor={next}");
    }
    assert_eq!(ids.len(), MANY);
    assert!(ids.is_sorted_by(|one, next| one < next));
}
