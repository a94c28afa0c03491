//! A server whose database has a replica.

use std::time::{Duration, Instant};

use postgres_fixture::Cluster;
use roster_server::doctor::{Verdict, examine};

use crate::{server::start, settings};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_answers_lists_while_it_is_there_and_nobody_misses_it_when_it_is_gone() {
    let (primary, replica) = tokio::task::block_in_place(|| {
        let primary = Cluster::start_primary();
        let replica = primary.replica();
        (primary, replica)
    });
    let url = tokio::task::block_in_place(|| primary.database());
    let there = replica.namesake(&url);
    let folder = tempfile::tempdir().unwrap();
    let environment = [
        ("ROSTER_DATABASE_URL", url.as_str()),
        ("ROSTER_DATABASE_REPLICAS", &there),
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    let server = start(folder.path(), &environment).await;
    let at = |path: &str| format!("http://{}{path}", server.address);
    let client = reqwest::Client::new();
    let login = serde_json::json!({"login": "ann", "password": "correct horse battery"});
    let answer = client.post(at("/api/v1/sessions")).json(&login).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    let create = async |name: &str| {
        let new = serde_json::json!({"username": name, "email": format!("{name}@example.com")});
        let request = client.post(at("/api/v1/users")).bearer_auth(token).json(&new);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 201, "{name}");
    };
    let listed = async || {
        let answer = client.get(at("/api/v1/users")).bearer_auth(token).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let names = answer["items"].as_array().unwrap().iter();
        names.map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let by_replica = async || {
        let figures = server.get("/metrics").await.1;
        let line = figures.lines().find_map(|line| {
            line.strip_prefix("roster_store_lists_by_replica_total ").map(str::to_owned)
        });
        line.unwrap().parse::<u64>().unwrap()
    };
    create("ben").await;
    assert_eq!(listed().await, ["ann", "ben"]);
    let began = Instant::now();
    while by_replica().await == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the replica answers nothing");
        assert_eq!(listed().await, ["ann", "ben"]);
    }
    let environment =
        [environment[0], environment[1], ("ROSTER_DATA_DIR", folder.path().to_str().unwrap())];
    let looked = async || {
        let findings = examine(&settings(&environment)).await;
        findings.into_iter().find(|finding| finding.subject == "database_replicas").unwrap()
    };
    let found = looked().await;
    assert!(
        found.verdict != Verdict::Bad && found.said.contains("follows the database"),
        "{found:?}"
    );
    tokio::task::block_in_place(|| replica.stop());
    create("cleo").await;
    assert_eq!(listed().await, ["ann", "ben", "cleo"]);
    assert_eq!(server.get("/readyz").await.0, 200);
    let found = looked().await;
    assert!(found.verdict == Verdict::Bad && found.said.contains("cannot answer"), "{found:?}");
    server.stop().await;
    tokio::task::block_in_place(|| drop((primary, replica)));
}
