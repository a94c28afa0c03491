//! `roster api-key`.

use crate::support::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_printed_once_works_and_is_revoked() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let key = machine.run(&ann, &["api-key", "create", "nightly", "-e", "400", "-q"]).done();
    let key = key.trim();
    let with_key = |args: &[&str]| machine.run_with_input(Some(key), args, "");
    assert_eq!(with_key(&["whoami", "-f", "username"]).done(), "ann\n");

    let limited = [
        "api-key",
        "create",
        "reader",
        "--allow",
        "GET prefix users/",
        "--allow",
        "get exact api/v1/whoami",
        "-q",
    ];
    let limited = machine.run(&ann, &limited).done();
    let limited_may = |args: &[&str]| machine.run_with_input(Some(limited.trim()), args, "").code;
    assert_eq!((limited_may(&["whoami"]), limited_may(&["session", "ls"])), (0, 1));
    let allowed = ["api-key", "details", "reader", "-f", "allow"];
    assert_eq!(machine.run(&ann, &allowed).done(), "GET prefix users/,GET exact api/v1/whoami\n");
    let wrong = machine.run(&ann, &["api-key", "create", "x", "--allow", "users/"]);
    assert_eq!(wrong.code, 2);
    machine.run(&ann, &["api-key", "delete", "reader", "--yes"]).done();

    let list = machine.run(&ann, &["api-key", "ls"]).done();
    assert!(
        list.contains("nightly") && list.contains("in 1 year") && !list.contains(key),
        "{list}"
    );
    let details = ["api-key", "details", "nightly", "-f", "name"];
    assert_eq!(machine.run(&ann, &details).done(), "nightly\n");

    machine.run(&ann, &["api-key", "revoke", "nightly"]).done();
    assert_eq!(with_key(&["whoami"]).code, 1);
    assert_eq!(machine.run(&ann, &["api-key", "ls", "-q"]).done(), "");
    let revoked = ["api-key", "ls", "--disabled", "-f", "disabled"];
    assert_eq!(machine.run(&ann, &revoked).done(), "yes\n");
}
