//! `roster user create`, `ls`, `details`, `update`, `disable`, `enable`, `delete`, `restore`.

use roster_testing::PASSWORD;

use crate::support::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn create_takes_the_options_of_airt() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let args = [
        "user",
        "create",
        "-un",
        "ann",
        "-fn",
        "Ann",
        "-ln",
        "Archer",
        "-e",
        "ann@example.com",
        "-p",
        PASSWORD,
        "-st",
        "small",
        "-su",
        "-ph",
        "+441234567890",
        "-f",
        "{'username': '{}', 'subscription_type': '{}', 'super_user': '{}', 'phone_number': '{}'}",
        "--output",
        "csv",
    ];
    let out = machine.run(&admin, &args).done();
    assert_eq!(
        out,
        "username,subscription_type,super_user,phone_number\nann,small,true,441234567890\n"
    );
    let args = [
        "user",
        "create",
        "--username",
        "bob",
        "--first_name",
        "Bob",
        "--last_name",
        "Baker",
        "--email",
        "bob@example.com",
        "--password",
        PASSWORD,
        "--subscription_type",
        "large",
        "--phone_number",
        "+441234567891",
        "-d",
        "-q",
    ];
    let uuid = machine.run(&admin, &args).done();
    let args = ["user", "details", "-u", uuid.trim(), "-f", "username"];
    assert_eq!(machine.run(&admin, &args).done(), "bob\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn create_asks_for_what_is_missing() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let mut terminal = machine.at_terminal(Some(&admin), &["user", "create"]);
    terminal.answers("Username: ", "ann");
    terminal.answers("E-mail address: ", "ann@example.com");
    terminal.answers("Password: ", PASSWORD);
    terminal.answers("Password (again): ", PASSWORD);
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("username") && said.contains("ann@example.com"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_as_airt_lists_them() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let (ann, bob) = (machine.roster.person("ann").await, machine.roster.person("bob").await);
    machine.run(&admin, &["user", "disable", "bob"]).done();
    let names = |args: &[&str]| {
        let args = [&["user", "ls", "-f", "username"], args].concat();
        machine.run(&admin, &args).done().replace('\n', " ")
    };
    assert_eq!(names(&[]), "admin ann ");
    assert_eq!(names(&["--disabled"]), "bob ");
    assert_eq!(names(&["--status", "any"]), "admin ann bob ");
    assert_eq!(names(&["-o", "1", "-l", "1"]), "ann ");
    assert_eq!(names(&["-o", "9"]), "");
    assert_eq!(names(&["--all", "--order-by", "-username"]), "ann admin ");
    let uuids = machine.run(&admin, &["user", "ls", "-q", "--status", "any"]).done();
    let expected = [&admin, &ann, &bob].map(|one| format!("{}\n", one.user.uuid)).concat();
    assert_eq!(uuids, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_users_are_changed_in_the_order_given_until_one_is_refused() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    machine.roster.person("ann").await;
    machine.roster.person("bob").await;
    let disable = ["user", "disable", "bob", "ann", "-f", "username,disabled", "--output", "csv"];
    assert_eq!(machine.run(&admin, &disable).done(), "username,disabled\nbob,true\nann,true\n");
    let enable = ["user", "enable", "ann", "nobody", "bob", "-f", "username"];
    let ran = machine.run(&admin, &enable);
    assert_eq!((ran.code, &*ran.out), (1, "ann\n"));
    assert!(ran.err.contains("Error: user nobody: "), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_updated_and_fields_are_emptied() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    let columns = ["-f", "username,first_name,city", "--output", "csv"];
    let update =
        |args: &[&str]| machine.run(&admin, &[&["user", "update"], args, &columns].concat()).done();
    let out = update(&["--user", "ann", "-un", "anne", "-fn", "Anne", "--city", "Graz"]);
    assert_eq!(out, "username,first_name,city\nanne,Anne,Graz\n");
    assert_eq!(update(&["anne", "--city", ""]), "username,first_name,city\nanne,Anne,\n");
    let own = machine.run(&ann, &["user", "update", "--title", "Pilot", "-f", "title"]).done();
    assert_eq!(own, "Pilot\n");
    let refused = machine.run(&ann, &["user", "update", "--role", "system_admin"]).refused();
    assert!(refused.starts_with("Error: "), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_confirmed_and_can_be_undone() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let bob = machine.roster.person("bob").await;
    assert!(machine.run(&admin, &["user", "delete", "bob"]).refused().contains("--yes"));
    let mut terminal = machine.at_terminal(Some(&admin), &["user", "delete", "bob"]);
    terminal.answers("Delete bob (bob@example.com)? [yes/no]: ", "no");
    assert_eq!(terminal.ends().1, 1);
    machine.run(&admin, &["user", "delete", "bob", "--yes"]).done();
    assert!(!bob.is_signed_in().await);
    let deleted = machine.run(&admin, &["user", "ls", "--deleted", "-f", "username"]).done();
    assert_eq!(deleted, "bob\n");
    let id = bob.user.id.to_string();
    machine.run(&admin, &["user", "restore", &id, "-f", "username"]).done();
}

#[tokio::test(flavor = "multi_thread")]
async fn misuse_is_told_apart_from_refusal() {
    let machine = Machine::new().await;
    let ann = machine.roster.person("ann").await;
    for args in [
        &["user", "disable"][..],
        &["user", "ls", "--limit", "x"],
        &["user", "no-such-verb"],
        &["user", "create", "--no-such-option"],
        &[],
    ] {
        let ran = machine.run(&ann, args);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{args:?}");
        assert!(ran.err.contains("--help"), "{args:?}: {}", ran.err);
    }
    for args in [
        &["user", "ls"][..],
        &["user", "details", "-f", "{'username'}"],
        &["user", "details", "-f", "no_such_column"],
    ] {
        assert!(machine.run(&ann, args).refused().contains("Error: "), "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restoring_somebody_who_is_not_deleted_says_so() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    machine.roster.person("ann").await;
    let refused = machine.run(&admin, &["user", "restore", "ann"]).refused();
    assert!(refused.contains("this user is not deleted"), "{refused}");
    let refused = machine.run(&admin, &["user", "restore", "nobody"]).refused();
    assert!(refused.contains("no such user"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_token_that_was_used_or_is_wrong_says_so() {
    let machine = Machine::new().await;
    let token = machine.roster.set_up_token().await;
    let set_up = |token: &str, name: &str| {
        let email = format!("{name}@example.com");
        let args = ["setup", machine.url(), "--token", token, "-un", name, "-em", &email];
        machine.run_with_input(None, &args, PASSWORD)
    };
    let refused = set_up("x", "ann").refused();
    assert!(refused.contains("token is not the one that the server showed last"), "{refused}");
    assert_eq!(set_up(token.expose(), "ann").code, 0);
    for token in [token.expose(), "x"] {
        let refused = set_up(token, "bob").refused();
        assert!(refused.contains("set-up token was used"), "{refused}");
    }
}
