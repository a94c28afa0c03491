//! Sessions, groups, organizations, plans, messages and the audit log.

use crate::support::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn other_sessions_are_ended() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    let elsewhere = machine.roster.sign_in(ann.user.clone()).await;
    let list = machine.run(&ann, &["session", "ls", "-q"]).done();
    assert_eq!(list.lines().count(), 2);
    let ended = machine.run(&ann, &["session", "end", "--others"]);
    assert!(ended.err.contains("1 session ended"), "{}", ended.err);
    assert!(ann.is_signed_in().await && !elsewhere.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_made_filled_and_emptied_by_name() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    machine.roster.person("ann").await;
    machine.run(&admin, &["group", "create", "Night crew", "--slug", "crew"]).done();
    machine.run(&admin, &["group", "add", "crew", "ann", "--manager"]).done();
    let members = ["group", "members", "Night crew", "-f", "username,rank", "--output", "csv"];
    assert_eq!(machine.run(&admin, &members).done(), "username,rank\nann,manager\n");
    machine.run(&admin, &["group", "remove", "crew", "ann"]).done();
    machine.run(&admin, &["group", "delete", "crew", "-y"]).done();
    assert!(machine.run(&admin, &["group", "details", "crew"]).refused().contains("no group crew"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_can_be_looked_at() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let register = ["user", "register-phone-number", "-p", "+441234567890"];
    assert!(machine.run(&admin, &register).refused().contains("is on its way"));
    for args in [
        &["plan", "ls"][..],
        &["plan", "details", "small"],
        &["org", "ls"],
        &["org", "details", "1"],
        &["org", "update", "1", "--name", "Works"],
        &["messages", "ls"],
        &["audit", "ls", "--action", "user.created"],
        &["user", "directory"],
        &["sso", "providers"],
        &["user", "sso", "ls"],
        &["config", "check"],
        &["config", "template"],
    ] {
        machine.run(&admin, args).done();
    }
}
