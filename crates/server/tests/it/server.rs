//! A whole server, from its configuration to its end.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use roster_server::Server;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::settings;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    notices: Vec<String>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

async fn try_start(data: &Path, more: &[(&str, &str)]) -> anyhow::Result<Running> {
    let mut environment = vec![
        ("ROSTER_LISTEN", "127.0.0.1:0"),
        ("ROSTER_DATA_DIR", data.to_str().unwrap()),
        // As cheap as Argon2id gets.
        ("ROSTER_PASSWORDS_MEMORY_KIB", "8"),
        ("ROSTER_PASSWORDS_PASSES", "1"),
    ];
    environment.extend(more);
    let server = Server::start(&settings(&environment)).await?;
    let (address, notices) = (server.address(), server.notices().to_vec());
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    Ok(Running { address, notices, stop, ended })
}

pub(crate) async fn start(data: &Path, more: &[(&str, &str)]) -> Running {
    try_start(data, more).await.unwrap()
}

impl Running {
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("http://{}{path}", self.address)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn an_empty_folder_is_enough_and_everything_in_it_is_the_owners() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("deep/roster-data");
    let running = start(&data, &[]).await;
    assert_eq!(running.get("/healthz").await, (200, "alive\n".into()));
    assert_eq!(running.get("/readyz").await, (200, "ready\n".into()));
    let (status, problem) = running.get("/nothing/here").await;
    assert!(status == 404 && problem.contains("\"request_id\""), "{problem}");
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    running.stop().await;
    start(&data, &[]).await.stop().await;
}

#[tokio::test]
async fn the_first_administrator_signs_in_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let admin = [
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    let running = start(folder.path(), &admin).await;
    let client = reqwest::Client::new();
    let url = format!("http://{}/api/v1", running.address);
    let login = serde_json::json!({"login": "ann", "password": "correct horse battery"});
    let answer = client.post(format!("{url}/sessions")).json(&login).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    let whoami = client.get(format!("{url}/whoami")).bearer_auth(token).send().await.unwrap();
    let whoami: serde_json::Value = whoami.json().await.unwrap();
    assert_eq!(whoami["user"]["role"], "system_admin", "{whoami}");
    running.stop().await;
}

#[tokio::test]
async fn a_database_in_use_is_served_with_its_own_secret_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("secret.key");
    start(folder.path(), &[]).await.stop().await;
    let admin = [
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    start(folder.path(), &admin).await.stop().await;
    let right = std::fs::read_to_string(&key).unwrap();
    let refused = async |more: &[(&str, &str)]| {
        format!("{:#}", try_start(folder.path(), more).await.err().unwrap())
    };
    std::fs::remove_file(&key).unwrap();
    let said = refused(&[]).await;
    assert!(said.contains("the secret key is missing") && said.contains("secret.key"), "{said}");
    assert!(!key.exists(), "no new key is in the right one's way");
    let new = "ab".repeat(32);
    let said = refused(&[("ROSTER_SECRET_KEY", &new)]).await;
    assert!(said.contains("another secret key") && !said.contains(&new), "{said}");
    // A new key before the old one takes its place.
    let both = format!("{new},{right}");
    start(folder.path(), &[("ROSTER_SECRET_KEY", &both)]).await.stop().await;
    start(folder.path(), &[("ROSTER_SECRET_KEY", &new)]).await.stop().await;
    let said = refused(&[("ROSTER_SECRET_KEY", &right)]).await;
    assert!(said.contains("another secret key"), "{said}");
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(folder.path(), &[]).await;
    let refused = try_start(folder.path(), &[]).await.err().unwrap();
    let said = format!("{refused:#}");
    assert!(said.contains("roster.sqlite") && said.contains("database_url"), "{said}");
    assert_eq!(first.get("/readyz").await.0, 200);
    first.stop().await;
    start(folder.path(), &[]).await.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]).await;
    let other = tempfile::tempdir().unwrap();
    let taken = running.address.to_string();
    let refused = try_start(other.path(), &[("ROSTER_LISTEN", &taken)]).await.err().unwrap();
    assert!(
        format!("{refused:#}").starts_with(&format!("cannot listen on {taken} (see `listen`)"))
    );
    running.stop().await;
}

#[tokio::test]
async fn metrics_count_requests_and_can_be_off() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[]).await;
    running.get("/healthz").await;
    let (status, text) = running.get("/metrics").await;
    assert_eq!(status, 200);
    let line = r#"roster_http_requests_total{route="/healthz",method="GET",status="200"} 1"#;
    assert!(text.contains(line), "{text}");
    for name in [
        "roster_password_hashes_total ",
        "roster_store_commits_total ",
        "roster_store_statements_total ",
        "roster_password_hashes_waiting ",
    ] {
        assert!(text.contains(name), "{name}: {text}");
    }
    running.stop().await;
    let off = start(folder.path(), &[("ROSTER_METRICS", "false")]).await;
    assert_eq!(off.get("/metrics").await.0, 404);
    off.stop().await;
}

#[tokio::test]
async fn what_will_not_work_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let running = start(folder.path(), &[("ROSTER_EMAIL", "file:mail.jsonl")]).await;
    let notices = running.notices.join("\n");
    assert!(notices.contains("No transport for text messages"), "{notices}");
    assert!(!notices.contains("No transport for e-mail"), "{notices}");
    assert!(notices.contains("chmod 700"), "{notices}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_serve_one_postgresql_database_and_outlive_its_absence() {
    let cluster = tokio::task::spawn_blocking(postgres_fixture::Cluster::start).await.unwrap();
    let url = tokio::task::block_in_place(|| cluster.database());
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let key = "ab".repeat(32);
    let shared = [
        ("ROSTER_DATABASE_URL", url.as_str()),
        ("ROSTER_SECRET_KEY", &key),
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    let nodes = [start(folders[0].path(), &shared).await, start(folders[1].path(), &shared).await];
    let client = reqwest::Client::new();
    let login = serde_json::json!({"login": "ann", "password": "correct horse battery"});
    let url = format!("http://{}/api/v1/sessions", nodes[0].address);
    let answer = client.post(url).json(&login).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    let whoami = async |node: &Running| {
        let url = format!("http://{}/api/v1/whoami", node.address);
        client.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    let create = async |node: &Running, name: &str| {
        let url = format!("http://{}/api/v1/users", node.address);
        let new = serde_json::json!({"username": name, "email": format!("{name}@example.com")});
        client.post(url).bearer_auth(token).json(&new).send().await.unwrap().status().as_u16()
    };
    for node in &nodes {
        assert_eq!(node.get("/readyz").await.0, 200);
        assert_eq!(whoami(node).await, 200);
    }
    tokio::task::block_in_place(|| cluster.stop());
    for node in &nodes {
        let (status, said) = node.get("/readyz").await;
        assert!(status == 503 && said.starts_with("the database does not answer"), "{said}");
        assert_eq!(node.get("/healthz").await.0, 200);
        // Neither let in nor told that the credential is bad, which would make clients forget it.
        assert_eq!(whoami(node).await, 503, "t28");
        assert_eq!(create(node, "ben").await, 503);
    }
    tokio::task::block_in_place(|| cluster.start_again());
    for (node, name) in nodes.into_iter().zip(["ben", "cem"]) {
        assert_eq!(node.get("/readyz").await.0, 200);
        assert_eq!(whoami(&node).await, 200);
        assert_eq!(create(&node, name).await, 201, "nothing refused was kept");
        node.stop().await;
    }
}
#[tokio::test]
async fn the_first_administrator_is_made_once_as_configured() {
    let folder = tempfile::tempdir().unwrap();
    let admin = [
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    let first = start(folder.path(), &admin).await;
    assert!(
        first.notices.iter().any(|notice| notice.contains("ann was made")),
        "{:?}",
        first.notices
    );
    first.stop().await;
    let second = start(folder.path(), &admin).await;
    assert!(
        !second.notices.iter().any(|notice| notice.contains("ann was made")),
        "{:?}",
        second.notices
    );
    second.stop().await;
    let third = start(folder.path(), &[]).await;
    assert!(!third.notices.iter().any(|notice| notice.contains("no users")), "{:?}", third.notices);
    third.stop().await;
}

#[tokio::test]
async fn an_administrator_that_the_rules_refuse_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let admin = [
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "tiny12"),
    ];
    let refused = try_start(folder.path(), &admin).await.err().unwrap();
    let said = format!("{refused:#}");
    assert!(said.contains("`admin`") && !said.contains("tiny12"), "{said}");
}

#[tokio::test]
async fn without_users_a_link_to_make_the_first_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let running =
        start(folder.path(), &[("ROSTER_PUBLIC_URL", "https://roster.example.com")]).await;
    let notice = running.notices.iter().find(|notice| notice.contains("no users")).unwrap();
    assert!(notice.contains("https://roster.example.com/setup?token=ros_"), "{notice}");
    running.stop().await;
}

#[tokio::test]
async fn a_password_on_the_operators_list_is_refused_in_the_strict_profile() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("breached.txt");
    // The SHA-1 hash of the password that is refused below.
    std::fs::write(&list, "828DAD3969AE3841114D8C2EE6092E3C102FF090:37\n").unwrap();
    let password = "an unheard-of walrus song";
    let settings = [
        ("ROSTER_PROFILE", "strict"),
        ("ROSTER_PASSWORDS_BREACHED_LIST", list.to_str().unwrap()),
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", password),
    ];
    let running = start(folder.path(), &settings).await;
    let client = reqwest::Client::new();
    let url = format!("http://{}/api/v1", running.address);
    let login = serde_json::json!({"login": "ann", "password": password});
    let answer = client.post(format!("{url}/sessions")).json(&login).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["token"].as_str().unwrap();
    let change = async |new: &str| {
        let change = serde_json::json!({"password": password, "new_password": new});
        let url = format!("{url}/users/me/password");
        let answer = client.post(url).bearer_auth(token).json(&change).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, problem) = change("a password that everybody has seen").await;
    assert_eq!(status, 422, "{problem}");
    assert!(
        problem.contains("new_password") && problem.contains("attackers try first"),
        "{problem}"
    );
    let (status, problem) = change("a password that nobody has seen").await;
    assert!(status < 300, "{status} {problem}");
    running.stop().await;
}

#[tokio::test]
async fn a_list_of_breached_passwords_that_cannot_be_read_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("breached.txt");
    let path = list.to_str().unwrap();
    let settings = [("ROSTER_PROFILE", "strict"), ("ROSTER_PASSWORDS_BREACHED_LIST", path)];
    for content in [None, Some("password\n"), Some("")] {
        if let Some(content) = content {
            std::fs::write(&list, content).unwrap();
        }
        let refused = try_start(folder.path(), &settings).await.err().unwrap();
        let said = format!("{refused:#}");
        assert!(said.contains(path) && said.contains("`passwords.breached_list`"), "{said}");
    }
}

#[tokio::test]
async fn t34_a_door_is_found_by_whole_segments_and_whole_host_names() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(folder.path(), &[("ROSTER_DIALECTS_AIRT_HOST", "airt.example.com")]).await;
    let client = reqwest::Client::new();
    let ask = async |host: &str, path: &str| {
        let url = format!("http://{}{path}", running.address);
        let answer = client.get(url).header("host", host).send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind)
    };
    let native = (404, "application/problem+json".to_owned());
    let user = "/user/details";
    let at_airt = ask("roster.example.com", &format!("/airt{user}")).await;
    assert_ne!(at_airt, native);
    assert_eq!(ask("AIRT.example.com:8750", user).await, at_airt);
    for host in ["evilairt.example.com", "airt.example.com.evil.example", "example.com"] {
        assert_eq!(ask(host, user).await, native, "{host}");
    }
    for path in ["/airtevil/user/details", "/evil/airt/user/details", "/api/v1evil/whoami"] {
        assert_eq!(ask("roster.example.com", path).await, native, "{path}");
    }
    running.stop().await;
}
