//! One-time codes: when they are asked for, how often, and in which ways.

use roster_testing::Person;

use crate::support::Machine;

async fn admin_with_app(machine: &Machine) -> Person {
    let mut admin = machine.roster.admin().await;
    admin.enrol().await;
    admin.let_mfa_age();
    admin
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_asked_for_when_one_is_wanted_and_only_then() {
    let machine = Machine::new().await;
    let admin = admin_with_app(&machine).await;
    machine.roster.person("bob").await;
    let mut terminal = machine.at_terminal(Some(&admin), &["user", "disable", "bob"]);
    terminal.answers("One-time code: ", "000000");
    terminal.says("One-time code: ");
    terminal.types(&admin.fresh_code());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("disabled"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_codes_are_enough() {
    let machine = Machine::new().await;
    let admin = admin_with_app(&machine).await;
    machine.roster.person("bob").await;
    let mut terminal = machine.at_terminal(Some(&admin), &["user", "disable", "bob"]);
    for _ in 0..3 {
        terminal.answers("One-time code: ", "000000");
    }
    let (said, code) = terminal.ends();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("Error: user bob: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_given_as_an_option_is_tried_once() {
    let machine = Machine::new().await;
    let admin = admin_with_app(&machine).await;
    machine.roster.person("bob").await;
    let refused = machine.run(&admin, &["user", "disable", "bob", "--otp", "000000"]).refused();
    assert!(refused.contains("Warning: --otp"), "{refused}");
    let code = admin.fresh_code();
    machine.run(&admin, &["user", "disable", "bob", "--otp", &code]).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_without_a_code_is_told_what_is_missing() {
    let machine = Machine::new().await;
    let admin = admin_with_app(&machine).await;
    machine.roster.person("bob").await;
    let refused = machine.run(&admin, &["user", "disable", "bob"]).refused();
    assert!(refused.contains("One-time code is needed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_enrolled_by_qr_code_and_turned_off_with_a_code() {
    let machine = Machine::new().await;
    let mut ann = machine.roster.person("ann").await;
    let mut terminal = machine.at_terminal(Some(&ann), &["user", "mfa", "enable"]);
    let shown = terminal.says("Code that the app shows: ");
    assert!(shown.contains("████ ▄▄▄▄▄ █"), "no QR code in {shown}");
    let secret = shown.split("type the secret into it:").nth(1).unwrap().trim();
    ann.has_authenticator(&roster_client::model::TotpEnrolment {
        otpauth_url: "".into(),
        secret: secret.into(),
    });
    terminal.types("000000");
    terminal.says("Code that the app shows: ");
    terminal.types(&ann.fresh_code());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("recovery codes") && said.contains("no phone number"), "{said}");

    let active = machine.run(&ann, &["mfa", "status", "-f", "is_active"]).done();
    assert_eq!(active, "yes\n");
    ann.let_mfa_age();
    let mut terminal = machine.at_terminal(Some(&ann), &["user", "mfa", "disable"]);
    terminal.answers("Choose 1 to 2: ", "1");
    terminal.says("One-time code: ");
    terminal.types(&ann.fresh_code());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("off for ann"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_ends_after_three_wrong_codes() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let mut terminal = machine.at_terminal(Some(&ann), &["user", "mfa", "enable"]);
    for _ in 0..3 {
        terminal.answers("Code that the app shows: ", "000000");
    }
    let (said, code) = terminal.ends();
    assert_eq!(code, 1, "{said}");
    let active = machine.run(&ann, &["user", "mfa", "status", "-f", "is_active"]).done();
    assert_eq!(active, "no\n");
}
