//! `roster doctor`.

use std::os::unix::fs::PermissionsExt;

use roster_server::doctor::{Finding, Verdict, examine};

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
