//! `roster login`, `logout` and `whoami`.

use std::{os::unix::fs::PermissionsExt, sync::Arc};

use roster_testing::{Builder, FakeProvider, PASSWORD, new_user};

use crate::support::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_three_times_and_the_login_is_kept() {
    let machine = Machine::new().await;
    machine.roster.create(&new_user("ann")).await;
    let mut terminal = machine.at_terminal(None, &["login", machine.url()]);
    terminal.answers("Username: ", "ann");
    terminal.answers("Password: ", "wrong");
    terminal.answers("Password: ", "wrong again");
    let said = terminal.says("Password: ");
    terminal.types(PASSWORD);
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("as ann"), "{rest}");
    assert!(!said.contains("wrong again") && !rest.contains(PASSWORD), "a password was shown");

    let mode = std::fs::metadata(machine.logins()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let whoami = ["whoami", "--format", "username,credential", "--output", "csv"];
    let out = machine.run_with_input(None, &whoami, "").done();
    assert_eq!(out, "username,credential\nann,session\n");

    assert!(machine.run_with_input(None, &["logout"], "").err.contains("logged out"));
    let refused = machine.run_with_input(None, &["whoami"], "").refused();
    assert!(refused.contains("not logged in"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_wrong_password_ends_the_login() {
    let machine = Machine::new().await;
    machine.roster.create(&new_user("ann")).await;
    let mut terminal = machine.at_terminal(None, &["login", machine.url(), "-un", "ann"]);
    for _ in 0..3 {
        terminal.answers("Password: ", "wrong");
    }
    assert_eq!(terminal.ends().1, 1);
    assert!(!machine.logins().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gives_the_password_on_standard_input() {
    let machine = Machine::new().await;
    machine.roster.create(&new_user("ann")).await;
    let args = ["login", machine.url(), "--username", "ann"];
    let ran = machine.run_with_input(None, &args, &format!("{PASSWORD}\n"));
    assert!(!ran.err.contains("Warning"), "{}", ran.err);
    assert_eq!(ran.done(), "");
    let args = ["login", machine.url(), "-un", "ann", "-p", PASSWORD];
    let ran = machine.run_with_input(None, &args, "");
    assert!(ran.err.contains("Warning: --password"), "{}", ran.err);
    assert_eq!(ran.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_comes_from_the_app_or_by_sms() {
    let machine = Machine::new().await;
    let mut ann =
        machine.roster.person_who("ann", |new| new.phone = Some("+441234567890".into())).await;
    verify_phone(&ann).await;
    ann.enrol().await;

    let mut terminal = machine.at_terminal(None, &["login", machine.url(), "-un", "ann"]);
    terminal.answers("Password: ", PASSWORD);
    terminal.answers("Choose 1 to 2: ", "x");
    terminal.answers("Choose 1 to 2: ", "1");
    terminal.answers("One-time code: ", "000000");
    terminal.says("One-time code: ");
    terminal.types(&ann.fresh_code());
    assert_eq!(terminal.ends().1, 0);

    let mut terminal = machine.at_terminal(None, &["login", machine.url(), "-un", "ann"]);
    terminal.answers("Password: ", PASSWORD);
    terminal.answers("Choose 1 to 2: ", "2");
    terminal.says("One-time code: ");
    terminal.types(machine.roster.only_code().await.expose());
    assert_eq!(terminal.ends().1, 0);
}

/// Verifies the number that is set.
async fn verify_phone(person: &roster_testing::Person) {
    person.put("/api/v1/users/me/phone", serde_json::json!({})).await;
    let code = person.roster.only_code().await;
    let proof = serde_json::json!({"code": code.expose()});
    let answer = person.post("/api/v1/users/me/phone/verification", proof).await;
    assert!(answer.status().is_success(), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_used_at_its_own_server_only() {
    let machine = Machine::new().await;
    machine.roster.create(&new_user("ann")).await;
    let args = ["login", machine.url(), "-un", "ann", "--name", "work"];
    machine.run_with_input(None, &args, PASSWORD).done();
    let other = machine.run_with_input(None, &["whoami", "-s", "http://127.0.0.1:1"], "");
    assert!(other.refused().contains("not logged in at http://127.0.0.1:1"));
    machine.run_with_input(None, &["whoami", "--login", "work"], "").done();
    let other = machine.run_with_input(None, &["whoami", "--login", "home"], "");
    assert!(other.refused().contains("no login is saved as \"home\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_kept_from_standard_input() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let key = ann.api_key("laptop").await;
    let args = ["login", machine.url(), "--with-token"];
    machine.run_with_input(None, &args, &key).done();
    let out = machine.run_with_input(None, &["whoami", "-f", "credential"], "").done();
    assert_eq!(out, "api_key\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_to_be_ones_own_before_signing_in_at_a_provider() {
    let provider = Arc::new(FakeProvider::default());
    let builder = Builder { providers: provider.clone(), ..Builder::default() };
    let machine = Machine::with(builder.on_sqlite().await).await;
    let joe = machine.roster.person("joe").await;
    machine.run(&joe, &["sso", "enable", "google", "--email", "joe@elsewhere.example"]).done();
    provider.will_say("google-7", "joe@elsewhere.example", true);
    let login = ["login", machine.url(), "--provider", "google", "--username", "joe"];
    let mut terminal = machine.at_terminal(None, &login);
    terminal.answers("Password: ", PASSWORD);
    let said = terminal.says("&nonce=");
    let (_, state) = said.rsplit_once("state=").unwrap();
    machine.roster.come_back_from("google", state).await;
    let (said, code) = terminal.ends();
    assert!(code == 0 && said.contains("as joe"), "{said}");

    let mut terminal = machine.at_terminal(None, &login);
    terminal.answers("Password: ", "wrong walrus 2718");
    assert_eq!(terminal.ends().1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_out_comes_back_to_the_same_server() {
    let machine = Machine::new().await;
    machine.roster.person("ann").await;
    let login = ["login", machine.url(), "-un", "ann"];
    machine.run_with_input(None, &login, PASSWORD).done();
    assert_eq!(machine.run_with_input(None, &["logout"], "").code, 0);
    let kept = std::fs::read_to_string(machine.logins()).unwrap();
    assert!(kept.contains(machine.url()) && !kept.contains("ros_"), "{kept}");
    let refused = machine.run_with_input(None, &["whoami"], "").refused();
    assert!(refused.contains(&format!("not logged in at {}", machine.url())), "{refused}");
    let again = machine.run_with_input(None, &["logout"], "");
    assert!(again.code == 0 && again.err.contains("not logged in"), "{}", again.err);
    machine.run_with_input(None, &["login", "-un", "ann"], PASSWORD).done();
    machine.run_with_input(None, &["whoami"], "").done();
}
