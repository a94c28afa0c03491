//! `roster user reset-password` and `set-password`.

use roster_testing::PASSWORD;
use serde_json::json;

use crate::support::Machine;

const NEW: &str = "quiet heron 3141";

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_reset_with_a_code_from_an_sms() {
    let machine = Machine::new().await;
    let ann =
        machine.roster.person_who("ann", |new| new.phone = Some("+441234567890".into())).await;
    ann.put("/api/v1/users/me/phone", json!({})).await;
    let code = machine.roster.only_code().await;
    ann.post("/api/v1/users/me/phone/verification", json!({"code": code.expose()})).await;

    let args = ["user", "reset-password", "-s", machine.url()];
    let mut terminal = machine.at_terminal(None, &args);
    terminal.answers("Username: ", "ann");
    terminal.answers("New password: ", NEW);
    terminal.answers("New password (again): ", "something else");
    terminal.says("not the same");
    terminal.answers("New password: ", NEW);
    terminal.answers("New password (again): ", NEW);
    terminal.answers("Choose 1 to 2: ", "2");
    terminal.answers("One-time code: ", "000000");
    terminal.says("One-time code: ");
    terminal.types(machine.roster.only_code().await.expose());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(!ann.is_signed_in().await);
    let login = ["login", machine.url(), "-un", "ann"];
    assert_eq!(machine.run_with_input(None, &login, PASSWORD).code, 1);
    machine.run_with_input(None, &login, NEW).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_everything_given_nothing_is_asked() {
    let machine = Machine::new().await;
    let mut ann = machine.roster.person("ann").await;
    ann.enrol().await;
    let code = ann.fresh_code();
    let args = ["user", "reset-password", "-s", machine.url(), "-un", "ann", "-np", NEW, "--otp"];
    let wrong = machine.run_with_input(None, &[&args[..], &["000000"]].concat(), "");
    assert!(!wrong.refused().contains(NEW));
    machine.run_with_input(None, &[&args[..], &[&code]].concat(), "").done();
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_password_is_changed_with_the_present_one_and_that_of_others_without() {
    let machine = Machine::new().await;
    let (admin, ann) = (machine.roster.admin().await, machine.roster.person("ann").await);
    let own = ["user", "set-password"];
    let wrong = machine.run_with_input(Some(&ann.token), &own, &format!("wrong\n{NEW}\n"));
    wrong.refused();
    let input = format!("{PASSWORD}\n{NEW}\n");
    machine.run_with_input(Some(&ann.token), &own, &input).done();
    let other = ["user", "set-password", "ann"];
    machine.run_with_input(Some(&admin.token), &other, &format!("{PASSWORD}\n")).done();
    machine.run_with_input(None, &["login", machine.url(), "-un", "ann"], PASSWORD).done();
}
