//! The forms of output, and what must never reach a terminal.

use serde_json::{Value, json};

use crate::support::Machine;

/// Somebody whose title is set past the CLI, to whatever the server takes.
async fn titled(machine: &Machine, title: &str) -> roster_testing::Person {
    let ann = machine.roster.person("ann").await;
    let answer = ann.patch("/api/v1/users/me", json!({ "title": title })).await;
    assert!(answer.status().is_success(), "{}", answer.text());
    ann
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_whole_in_json_and_narrowed_by_format() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let json = |args: &[&str]| -> Value {
        let out = machine.run(&ann, &[&["user", "details", "--output", "json"], args].concat());
        serde_json::from_str(&out.done()).unwrap()
    };
    let whole = json(&[]);
    assert_eq!(whole["username"], "ann");
    assert_eq!(whole["id"], ann.user.id.0);
    assert_eq!(json(&["-f", "username,name"]), json!({"username": "ann", "name": "Ann Archer"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn t38_a_formula_is_text_in_a_csv_file() {
    let machine = Machine::new().await;
    let ann = titled(&machine, "=HYPERLINK(\"http://x\")").await;
    let args = ["user", "details", "-f", "title,id", "--output", "csv"];
    let out = machine.run(&ann, &args).done();
    assert!(out.contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t39_no_control_character_of_a_record_reaches_a_terminal() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let preferences = json!({"preferences": {"x": "\u{1b}[31mred\u{9b}2J\u{202e}\u{7}"}});
    let answer = ann.patch("/api/v1/users/me", preferences).await;
    assert!(answer.status().is_success(), "{}", answer.text());
    for form in ["table", "json", "csv"] {
        let args = ["user", "details", "-f", "preferences,username", "--output", form];
        let (said, code) = machine.at_terminal(Some(&ann), &args).ends();
        assert_eq!(code, 0, "{said}");
        let harmful = |c: char| (c.is_control() && !matches!(c, '\r' | '\n')) || c == '\u{202e}';
        assert!(!said.contains(harmful), "{form}: {said:?}");
        assert!(said.contains("red"), "{form}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_named() {
    let machine = Machine::new().await;
    let args = ["whoami", "-s", "http://127.0.0.1:1", "--timeout", "5"];
    let command = machine.run_with_input(Some("ros_s_secret"), &args, "");
    let said = command.refused();
    assert!(said.starts_with("Error: cannot reach http://127.0.0.1:1: "), "{said}");
    assert!(!said.contains("ros_s_secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_are_made_for_every_shell() {
    let machine = Machine::new().await;
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = machine.run_with_input(None, &["completions", shell], "").done();
        assert!(script.contains("register-phone-number"), "{shell}");
    }
}
