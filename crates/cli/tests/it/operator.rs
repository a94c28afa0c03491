//! Servers in processes of their own: backup and restore, full disks, memory, a second server.

use std::{collections::BTreeSet, path::Path};

use futures_util::{TryStreamExt, future::join_all};
use roster_client::{
    Client,
    model::{ErrorCode, NewApiKey, NewUser, SignIn},
};

use crate::served::{PASSWORD, Served, operate};

async fn create(roster: &Client, name: &str) -> Result<(), roster_client::Error> {
    let new = NewUser {
        username: name.into(),
        email: format!("{name}@example.com"),
        ..NewUser::default()
    };
    roster.create_user(&new).await.map(drop)
}

async fn usernames(roster: &Client) -> BTreeSet<String> {
    let users: Vec<_> = roster.users().stream().try_collect().await.unwrap();
    users.into_iter().map(|user| user.username).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn largest_file(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_from_a_running_server_is_restored_once_it_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &[]);
    let token = server.root_token().await;
    let before = server.client().with_token(token.clone());
    create(&before, "ann").await.unwrap();
    operate(folder.path(), &["backup", "monday.sqlite"]).done();
    create(&before, "bob").await.unwrap();
    let restore = ["restore", "monday.sqlite", "--yes"];
    let refused = operate(folder.path(), &restore).refused();
    assert!(refused.contains("another server (process "), "{refused}");
    assert_eq!(usernames(&before).await, set(&["root", "ann", "bob"]));
    server.stop();

    let unsure = operate(folder.path(), &["restore", "monday.sqlite"]).refused();
    assert!(unsure.contains("--yes"), "{unsure}");
    let restored = operate(folder.path(), &restore);
    let said = restored.err.clone();
    restored.done();
    assert!(said.contains("roster.sqlite.before-restore"), "{said}");
    assert!(said.contains("have ended: 1"), "{said}");

    let server = Served::start(folder.path(), &[]);
    let after = server.root().await;
    assert_eq!(usernames(&after).await, set(&["root", "ann"]));
    // Its end may have come after the backup.
    let revived = server.client().with_token(token).whoami().await.unwrap_err();
    assert_eq!(revived.code(), Some(ErrorCode::Unauthenticated), "t32");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_without_its_secret_key_is_not_restored() {
    let folder = tempfile::tempdir().unwrap();
    Served::start(folder.path(), &[]).stop();
    operate(folder.path(), &["backup", "monday.sqlite"]).done();
    let other = tempfile::tempdir().unwrap();
    let from = folder.path().join("monday.sqlite");
    let restore = ["restore", from.to_str().unwrap(), "--yes"];
    let refused = operate(other.path(), &restore).refused();
    assert!(refused.contains("the secret key is missing"), "{refused}");
    assert_eq!(std::fs::read_dir(other.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_on_where_it_was_after_its_database_was_moved_to_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let url = tokio::task::spawn_blocking(postgres_fixture::database).await.unwrap();
    let server = Served::start(folder.path(), &[]);
    let token = server.root_token().await;
    create(&server.client().with_token(token.clone()), "ann").await.unwrap();
    let move_it = ["migrate-db", "--to", &url];
    let refused = operate(folder.path(), &move_it).refused();
    assert!(refused.contains("another server (process "), "{refused}");
    server.stop();

    let moved = operate(folder.path(), &move_it);
    let said = moved.err.clone();
    moved.done();
    assert!(said.contains("Everything is in the PostgreSQL database"), "{said}");
    let again = operate(folder.path(), &move_it).refused();
    assert!(again.contains("is in use by a Roster"), "{again}");

    let server = Served::start(folder.path(), &[("ROSTER_DATABASE_URL", &url)]);
    let root = server.client().with_token(token);
    assert_eq!(usernames(&root).await, set(&["root", "ann"]));
    create(&root, "bob").await.unwrap();
    server.stop();
    let server = Served::start(folder.path(), &[]);
    assert_eq!(
        usernames(&server.root().await).await,
        set(&["root", "ann"]),
        "what was moved stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_in_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let first = Served::start(folder.path(), &[]);
    let refused = operate(folder.path(), &["serve"]).refused();
    assert!(refused.contains("another server (process "), "{refused}");
    create(&first.root().await, "ann").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t50_a_full_disk_is_answered_503_and_nothing_refused_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &[]);
    let root = server.root().await;
    let mut kept = set(&["root"]);
    server.limit_files(Some(largest_file(&folder.path().join("roster-data")) + 100_000));
    let mut refused = 0;
    for number in 0..60 {
        let name = format!("user-{number}");
        match create(&root, &name).await {
            Ok(()) => assert!(kept.insert(name)),
            Err(error) => {
                assert_eq!(error.code(), Some(ErrorCode::Unavailable), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    // What only reads goes on.
    assert_eq!(usernames(&root).await, kept);
    server.limit_files(None);
    create(&root, "after").await.unwrap();
    kept.insert("after".into());
    assert_eq!(usernames(&root).await, kept);
    server.stop();
    // Nor does anything refused turn up when the database is opened again.
    let server = Served::start(folder.path(), &[]);
    assert_eq!(usernames(&server.root().await).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn t47_nothing_that_opens_anything_can_be_read_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let server = Served::start(folder.path(), &[]);
    let session = server.root_token().await;
    let root = server.client().with_token(session.clone());
    let new = NewApiKey {
        name: "ci".into(),
        expires_at: None,
        scopes: Vec::new(),
        constraints: Vec::new(),
    };
    let key = root.create_api_key("me", &new).await.unwrap().token;
    let totp = root.begin_totp("me").await.unwrap().secret;
    server.stop();
    let files = std::fs::read_dir(folder.path().join("roster-data")).unwrap();
    let files: Vec<_> = files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    let is_kept = |text: &str| {
        files.iter().any(|file| file.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert!(is_kept("root@example.com"), "what is no secret is found");
    for secret in [session.expose(), key.expose(), totp.expose(), PASSWORD] {
        assert!(!is_kept(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t44_parallel_logins_take_no_more_memory_than_the_hashing_threads_have() {
    const HASH_KIB: u64 = 19_456;
    const THREADS: u64 = 2;
    /// For 200 connections, their requests, and what the allocator does not give back.
    const REST_KIB: u64 = 40_000;
    let folder = tempfile::tempdir().unwrap();
    let hashing =
        [("ROSTER_PASSWORDS_MEMORY_KIB", HASH_KIB), ("ROSTER_PASSWORDS_THREADS", THREADS)];
    let hashing = hashing.map(|(name, number)| (name, number.to_string()));
    let settings = hashing.each_ref().map(|(name, number)| (*name, number.as_str()));
    let server = Served::start(folder.path(), &settings);
    let before = server.peak_memory();
    let client = server.client();
    let logins = (0..200).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            let login = format!("nobody-{number}");
            let sign_in = SignIn { login, password: "wrong horse".into(), code: None };
            client.sign_in(&sign_in).await.unwrap_err().code()
        })
    });
    for answer in join_all(logins).await {
        let code = answer.unwrap();
        let known = [Some(ErrorCode::InvalidCredentials), Some(ErrorCode::Unavailable)];
        assert!(known.contains(&code), "{code:?}");
    }
    let grown = server.peak_memory() - before;
    assert!(grown < THREADS * HASH_KIB + REST_KIB, "{grown} KiB more than before");
}

#[test]
fn a_backup_cannot_take_the_place_of_a_postgresql_database() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("roster.toml"), "database_url = \"postgres://db/roster\"\n")
        .unwrap();
    std::fs::write(folder.path().join("monday.sqlite"), "").unwrap();
    // Nobody is asked whether it is sure first.
    let refused = operate(folder.path(), &["restore", "monday.sqlite"]).refused();
    assert!(refused.contains("use pg_restore"), "{refused}");
}
