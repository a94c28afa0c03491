//! Secrets that were put into a server on purpose are looked for in everything that leaves it (threat T26).

use std::path::Path;

use roster_client::{
    Client,
    model::{MessageState, NewApiKey, NewUser, SetPhone},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::served::{PASSWORD, Served, operate};

const KEY: &str = "c0ffee00c0ffee11c0ffee22c0ffee33c0ffee44c0ffee55c0ffee66c0ffee77";
const CLIENT_SECRET: &str = "canary-client-secret";
const WRONG: &str = "canary-wrong-password";

/// Sends a request as it is, and gives the whole answer.
async fn send(server: &Client, line: &str, token: Option<&str>, kind: &str, body: &str) -> String {
    let port = server.base_url().port().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let request = format!(
        "{line} HTTP/1.1\r\nhost: roster\r\nconnection: close\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\n{}\r\n{body}",
        body.len(),
        bearer.unwrap_or_default(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The last message in the file that the server writes instead of sending, once all are sent.
async fn last_message(root: &Client, file: &Path) -> serde_json::Value {
    loop {
        let messages = root.messages().all().await.unwrap();
        if !messages.is_empty() && messages.iter().all(|one| one.state == MessageState::Sent) {
            let lines = std::fs::read_to_string(file).unwrap();
            return serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t26_no_secret_leaves_a_server_by_log_metrics_audit_exports_or_refusals() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let settings = [
        ("ROSTER_LOG", "json,trace"),
        ("ROSTER_SECRET_KEY", KEY),
        ("ROSTER_SSO_GITHUB_CLIENT_ID", "roster"),
        ("ROSTER_SSO_GITHUB_CLIENT_SECRET", CLIENT_SECRET),
        ("ROSTER_SMS", "file:sms.jsonl"),
        ("ROSTER_EMAIL", "file:mail.jsonl"),
    ];
    let server = Served::start(folder.path(), &settings);
    let session = server.root_token().await;
    let client = server.client();
    let root = client.with_token(session.clone());
    let new = NewApiKey {
        name: "ci".into(),
        expires_at: None,
        scopes: Vec::new(),
        constraints: Vec::new(),
    };
    let key = root.create_api_key("me", &new).await.unwrap().token;
    let totp = root.begin_totp("me").await.unwrap().secret;
    root.set_phone("me", &SetPhone { phone: Some("+447911123456".into()) }).await.unwrap();
    let code = last_message(&root, &file("sms.jsonl")).await["code"].as_str().unwrap().to_owned();
    let ann =
        NewUser { username: "ann".into(), email: "ann@example.com".into(), ..NewUser::default() };
    root.create_user(&ann).await.unwrap();
    root.invite_user("ann").await.unwrap();
    let mail = last_message(&root, &file("mail.jsonl")).await["text"].as_str().unwrap().to_owned();
    let link = mail.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let link = link.into_iter().find(|word| word.starts_with("ros_")).unwrap().to_owned();

    let mut left = Vec::new();
    let form = format!("username=root&password={}", PASSWORD.replace(' ', "+"));
    let opened = send(&client, "POST /airt/token", None, FORM, &form).await;
    let opened: serde_json::Value =
        serde_json::from_str(opened.rsplit("\r\n").next().unwrap()).unwrap();
    let airt = opened["access_token"].as_str().unwrap().to_owned();
    // What is refused, and what carries a secret where some client puts it.
    let wrong = [
        ("POST /airt/token", None, FORM, format!("username=root&password={WRONG}")),
        ("POST /airt/token?password=canary-wrong-password", None, FORM, String::new()),
        (
            "POST /api/v1/sessions",
            None,
            JSON,
            format!(r#"{{"login": "root", "password": "{WRONG}"}}"#),
        ),
        (
            "POST /api/v1/sessions",
            None,
            JSON,
            format!(r#"{{"login": "root", "password": ["{WRONG}"]}}"#),
        ),
        ("POST /api/v1/sessions", None, JSON, format!(r#"{{"login": "{WRONG}", "password": 1"#)),
        (
            "POST /api/v1/password-resets",
            None,
            JSON,
            format!(r#"{{"token": "{link}x", "password": "{WRONG}"}}"#),
        ),
        (
            "GET /api/v1/whoami",
            Some("ros_k0canarycanarycanarycanarycanarycanarycanary"),
            JSON,
            String::new(),
        ),
    ]
    .map(|(line, token, kind, body)| (line.to_owned(), token, kind, body));
    let in_addresses = [
        format!("GET /geobox/users/?apikey={}", key.expose()),
        format!("GET /geobox/users/?apikey={}x", key.expose()),
        format!("GET /api/v1/whoami?token={}", session.expose()),
        format!("GET /nowhere/{}", session.expose()),
        format!("DELETE /airt/user/ann?otp={code}"),
        "GET /api/v1/openapi.json".to_owned(),
        "GET /metrics".to_owned(),
        "GET /readyz".to_owned(),
    ]
    .map(|line| (line, Some(airt.as_str()), JSON, String::new()));
    for (line, token, kind, body) in wrong.into_iter().chain(in_addresses) {
        let answer = send(&client, &line, token, kind, &body).await;
        assert!(!answer.starts_with("HTTP/1.1 5"), "{line}: {answer}");
        left.push((line, answer));
    }
    // What somebody at the terminal gets out of it.
    let with_key = |args: &[&str]| {
        let access = ["--server", &server.url];
        let ran = tokio::task::block_in_place(|| {
            let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("roster"));
            command
                .args(args)
                .args(access)
                .env_clear()
                .env("ROSTER_TOKEN", key.expose())
                .env("HOME", folder.path());
            command.current_dir(folder.path()).output().unwrap()
        });
        let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
        assert!(ran.status.success(), "{said}");
        said
    };
    for args in [
        &["audit", "ls", "--output", "json"][..],
        &["message", "ls", "--output", "json"],
        &["session", "ls", "--output", "csv"],
        &["api-key", "ls", "--output", "json"],
        &["user", "ls", "--output", "json"],
        &["export", "-", "--format", "csv"],
        &["export", "-", "--format", "ndjson"],
        &["sso", "ls"],
    ] {
        left.push((args.join(" "), with_key(args)));
    }
    left.push(("log".into(), tokio::task::block_in_place(|| server.stop())));
    std::fs::write(file("roster.toml"), format!("secret_key = \"{KEY}\"\n[sso.github]\nclient_id = \"roster\"\nclient_secret = \"{CLIENT_SECRET}\"\n")).unwrap();
    for args in [&["config", "check"][..], &["doctor"]] {
        let ran = operate(folder.path(), args);
        left.push((args.join(" "), ran.out + &ran.err));
    }

    let log = &left.iter().find(|(place, _)| place == "log").unwrap().1;
    assert!(log.contains("/api/v1/sessions"), "requests were logged");
    let code = format!("\"{code}\"");
    let secrets = [
        PASSWORD,
        WRONG,
        KEY,
        CLIENT_SECRET,
        session.expose(),
        key.expose(),
        &airt,
        totp.expose(),
        &link,
        &code,
        "$argon2id$",
    ];
    for (place, text) in &left {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {place}: {text}");
        }
    }
}
