//! `roster doctor`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use roster_server::doctor::{Finding, Verdict, examine};

use crate::server::start;
use crate::settings;

fn find<'a>(findings: &'a [Finding], subject: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.subject == subject).unwrap()
}

#[tokio::test]
async fn a_new_installation_has_nothing_wrong_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let environment =
        [("ROSTER_DATA_DIR", data.to_str().unwrap()), ("ROSTER_LISTEN", "127.0.0.1:0")];
    let findings = examine(&settings(&environment)).await;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Note), "{findings:?}");
    assert!(!data.exists());
}

#[tokio::test]
async fn what_is_broken_is_named_with_its_setting_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(folder.path().join("secret.key"), "nonsense").unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (smtp, postgres, issuer) = (
        format!("smtp://ann:CANARY@{closed}"),
        format!("postgres://ann:CANARY@{closed}/roster"),
        format!("http://{closed}"),
    );
    let environment = [
        ("ROSTER_DATA_DIR", folder.path().to_str().unwrap()),
        ("ROSTER_LISTEN", "127.0.0.1:0"),
        ("ROSTER_EMAIL", &smtp),
        ("ROSTER_EMAIL_FROM", "roster@example.com"),
        ("ROSTER_SMS", "file:texts.jsonl"),
        ("ROSTER_DATABASE_URL", &postgres),
        ("ROSTER_SSO_TEST_CLIENT_ID", "roster"),
        ("ROSTER_SSO_TEST_CLIENT_SECRET", "CANARY"),
        ("ROSTER_SSO_TEST_ISSUER", &issuer),
    ];
    let findings = examine(&settings(&environment)).await;
    assert_eq!(find(&findings, "sms").said, "it goes to texts.jsonl and nowhere else");
    for subject in ["data_dir", "secret_key_file", "database_url", "email", "sso.test"] {
        assert_eq!(
            find(&findings, subject).verdict,
            Verdict::Bad,
            "{:?}",
            find(&findings, subject)
        );
    }
    assert!(!format!("{findings:?}").contains("CANARY"));
}

/// The names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What doctor says of the right key, of another and of none, for the database that a server with `database` uses, while
/// that server runs and afterwards.
async fn a_key_is_held_against_the_database(database: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.key");
    let admin = [
        ("ROSTER_ADMIN_USERNAME", "ann"),
        ("ROSTER_ADMIN_EMAIL", "ann@example.com"),
        ("ROSTER_ADMIN_PASSWORD", "correct horse battery"),
    ];
    let running = start(folder.path(), &[&admin, database].concat()).await;
    let right = std::fs::read_to_string(&path).unwrap();
    let another = "ab".repeat(32);
    let data = ("ROSTER_DATA_DIR", folder.path().to_str().unwrap());
    let mut environment = vec![data, ("ROSTER_LISTEN", "127.0.0.1:0")];
    environment.extend(database);
    let look = async |more: &[(&str, &str)], subject: &str| {
        let before = names(folder.path());
        let findings = examine(&settings(&[&environment, more].concat())).await;
        assert_eq!(names(folder.path()), before, "nothing is made or left behind");
        assert_eq!(find(&findings, "database_url").verdict, Verdict::Good, "{findings:?}");
        let found = find(&findings, subject).clone();
        assert!(!found.said.contains(&another) && !found.said.contains(right.trim()));
        found
    };
    let check = async || {
        let (file, given) = ("secret_key_file", "secret_key");
        assert_eq!(look(&[], file).await.verdict, Verdict::Good);
        let both = format!("{another},{right}");
        assert_eq!(look(&[("ROSTER_SECRET_KEY", &both)], given).await.verdict, Verdict::Good);
        let found = look(&[("ROSTER_SECRET_KEY", &another)], given).await;
        assert_eq!(found.verdict, Verdict::Bad);
        assert!(found.said.contains("another secret key"), "{}", found.said);
        assert!(found.said.contains("put that key back"), "{}", found.said);
        std::fs::write(&path, &another).unwrap();
        let found = look(&[], file).await;
        assert_eq!(found.verdict, Verdict::Bad);
        assert!(found.said.contains("another secret key"), "{}", found.said);
        std::fs::remove_file(&path).unwrap();
        let found = look(&[], file).await;
        assert_eq!(found.verdict, Verdict::Bad);
        assert!(found.said.contains("the secret key is missing"), "{}", found.said);
        std::fs::write(&path, &right).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    check().await;
    running.stop().await;
    check().await;
}

#[tokio::test]
async fn the_key_of_another_database_is_found_on_sqlite() {
    a_key_is_held_against_the_database(&[]).await;
}

#[tokio::test]
async fn the_key_of_another_database_is_found_on_postgresql() {
    let url = tokio::task::spawn_blocking(postgres_fixture::database).await.unwrap();
    a_key_is_held_against_the_database(&[("ROSTER_DATABASE_URL", &url)]).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("notes.txt");
    std::fs::write(&database, "hello, this is no database at all").unwrap();
    let url = format!("sqlite:{}", database.display());
    let environment = [
        ("ROSTER_DATA_DIR", folder.path().to_str().unwrap()),
        ("ROSTER_LISTEN", "127.0.0.1:0"),
        ("ROSTER_DATABASE_URL", &url),
    ];
    let findings = examine(&settings(&environment)).await;
    let found = find(&findings, "database_url");
    assert_eq!(found.verdict, Verdict::Bad);
    assert!(found.said.ends_with("notes.txt is no SQLite database"), "{}", found.said);
    assert_eq!(names(folder.path()), ["notes.txt"]);
}
