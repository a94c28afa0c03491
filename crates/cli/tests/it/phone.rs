//! `roster user register-phone-number`.

use crate::support::Machine;

const REGISTER: [&str; 4] = ["user", "register-phone-number", "-p", "+44 1234567890"];

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_verified_with_the_code_from_the_sms() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let mut terminal = machine.at_terminal(Some(&ann), &REGISTER);
    terminal.answers("Code from the SMS: ", "000000");
    terminal.says("Code from the SMS: ");
    terminal.types(machine.roster.only_code().await.expose());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("+441234567890 is verified"), "{said}");
    let columns = ["user", "details", "-f", "{'is_phone_number_verified': '{}'}"];
    assert_eq!(machine.run(&ann, &columns).done(), "yes\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_codes_end_the_registration() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let mut terminal = machine.at_terminal(Some(&ann), &REGISTER);
    for _ in 0..10 {
        terminal.answers("Code from the SMS: ", "000000");
    }
    let (said, code) = terminal.ends();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("set, but not verified"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_number_is_asked_for_it() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let mut terminal = machine.at_terminal(Some(&ann), &REGISTER[..2]);
    terminal.answers("Phone number, with country code: ", "+44 1234567890");
    terminal.says("Code from the SMS: ");
    terminal.types(machine.roster.only_code().await.expose());
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_none_is_refused_with_a_sentence() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let args = ["user", "register-phone-number", "--phone-number", "12"];
    assert!(machine.run(&ann, &args).refused().contains("phone"));
}
