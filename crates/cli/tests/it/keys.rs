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
