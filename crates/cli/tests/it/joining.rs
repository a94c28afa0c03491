//! `roster user register`, `user invite`, `invitation`, and `user delete --self`.

use roster_testing::{Builder, PASSWORD, Registration, Roster};

use crate::support::Machine;

async fn machine(registration: Registration) -> Machine {
    let mut builder = Builder::default();
    builder.settings.registration = registration;
    Machine::with(builder.on_sqlite().await).await
}

/// The token in the only mail that waits.
async fn mailed(roster: &Roster) -> String {
    let messages = roster.messages().await;
    let [message] = &messages[..] else { panic!("{messages:?}") };
    let (_, rest) = message.text.expose().split_once("token=").unwrap();
    rest.split(['&', '\n', ' ']).next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_gets_a_mail_and_then_an_account() {
    let machine = machine(Registration::Open).await;
    machine.roster.admin().await;
    let register = ["user", "register", "-s", machine.url()];
    let mut terminal = machine.at_terminal(None, &register);
    terminal.answers("E-mail address: ", "ann@example.com");
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("on its way") && said.contains("--token"), "{said}");
    let token = mailed(&machine.roster).await;

    let with_token = [&register[..], &["--token", &token]].concat();
    let mut terminal = machine.at_terminal(None, &with_token);
    terminal.answers("Username: ", "ann");
    terminal.answers("Password: ", PASSWORD);
    terminal.answers("Password (again): ", PASSWORD);
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ann is made"), "{said}");
    let login = ["login", machine.url(), "-un", "ann@example.com"];
    machine.run_with_input(None, &login, PASSWORD).done();

    let again = [&with_token[..], &["-un", "bob"]].concat();
    let refused = machine.run_with_input(None, &again, PASSWORD).refused();
    assert!(refused.contains("not valid"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn t01_registering_says_the_same_of_a_taken_address() {
    let machine = machine(Registration::Open).await;
    machine.roster.person("ann").await;
    let register = |email: &str| {
        let args = ["user", "register", "-s", machine.url(), "--email", email];
        let ran = machine.run_with_input(None, &args, "");
        (ran.code, ran.out, ran.err)
    };
    assert_eq!(register("ann@example.com"), register("free@example.com"));
    assert_eq!(machine.roster.messages().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_registration_is_closed_a_sentence_says_whom_to_ask() {
    let machine = machine(Registration::Closed).await;
    let admin = machine.roster.admin().await;
    let args = ["user", "register", "-s", machine.url(), "--email", "ann@example.com"];
    let refused = machine.run_with_input(None, &args, "").refused();
    assert!(refused.contains("ask an administrator"), "{refused}");
    let refused = machine.run(&admin, &["user", "invite", "ann@example.com"]).refused();
    assert!(refused.contains("registration is closed"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_seen_sent_to_again_and_revoked() {
    let machine = machine(Registration::Invite).await;
    let (roster, admin) = (&machine.roster, machine.roster.admin().await);
    let invite = ["user", "invite", "ann@example.com", "--role", "editor", "--output", "csv"];
    let out = machine.run(&admin, &[&invite[..], &["-f", "email,role"]].concat()).done();
    assert_eq!(out, "email,role\nann@example.com,editor\n");
    let first = mailed(roster).await;
    let id = machine.run(&admin, &["user", "invite", "bob@example.com", "-q"]).done();
    mailed(roster).await;

    let ls = machine.run(&admin, &["invitation", "ls"]).done();
    assert!(ls.contains("expires_at") && ls.contains("ann@example.com"), "{ls}");
    let ls = ["invitation", "ls", "--filter", "role = 'editor'", "-f", "email", "--output", "csv"];
    assert_eq!(machine.run(&admin, &ls).done(), "email\nann@example.com\n");

    let ann = machine.run(&admin, &["invitation", "ls", "--search", "ann", "-q"]).done();
    machine.run(&admin, &["invitation", "resend", ann.trim()]).done();
    let second = mailed(roster).await;
    let revoked = machine.run(&admin, &["invitation", "revoke", id.trim()]);
    assert_eq!(revoked.code, 0);
    assert!(revoked.err.contains("taken back"), "{}", revoked.err);
    let again = machine.run(&admin, &["invitation", "revoke", id.trim()]).refused();
    assert!(again.contains("no such invitation"), "{again}");

    let accept = |token: &str| {
        let args = ["user", "register", "-s", machine.url(), "-un", "ann", "--token", token];
        machine.run_with_input(None, &args, PASSWORD)
    };
    assert!(accept(&first).refused().contains("not valid"));
    assert_eq!(accept(&second).code, 0);
    assert_eq!(machine.run(&admin, &["invitation", "ls", "-q"]).done(), "");
    let refused = machine.run(&admin, &["user", "invite", "ann@example.com"]).refused();
    assert!(refused.contains("already in use"), "{refused}");
    // Whoever has an account gets a link to set the password with.
    let refused = machine.run(&admin, &["user", "access-email", "nobody@example.com"]).refused();
    assert!(refused.contains("no such user"), "{refused}");
    machine.run(&admin, &["user", "access-email", "ann"]).done();
    assert_eq!(roster.messages().await[0].template, "reset_password");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_deletes_oneself_with_the_password() {
    let machine = Machine::new().await;
    machine.roster.admin().await;
    let ann = machine.roster.person("ann").await;
    let delete = ["user", "delete", "--self"];
    let refused = machine.run_with_input(Some(&ann.token), &delete, PASSWORD).refused();
    assert!(refused.contains("--yes"), "{refused}");
    let yes = [&delete[..], &["--yes"]].concat();
    let wrong = machine.run_with_input(Some(&ann.token), &yes, "wrong").refused();
    assert!(wrong.contains("password"), "{wrong}");
    assert!(ann.is_signed_in().await);
    let both = machine.run(&ann, &["user", "delete", "--self", "bob"]);
    assert_eq!(both.code, 2, "{}", both.err);

    let mut terminal = machine.at_terminal(Some(&ann), &delete);
    terminal.answers("Delete yourself, ann? [yes/no]: ", "yes");
    terminal.answers("Password: ", PASSWORD);
    let (said, code) = terminal.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("You are deleted"), "{said}");
    assert!(!ann.is_signed_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_members_messages_and_events_are_narrowed_and_ordered() {
    let machine = Machine::new().await;
    let (roster, admin) = (&machine.roster, machine.roster.admin().await);
    let ann = roster.person("ann").await;
    let ask = serde_json::json!({"login": "ann", "purpose": "reset_password", "channel": "email"});
    roster.call("POST", "/api/v1/one-time-codes", None, Some(&ask)).await;
    let csv = |args: &[&str]| machine.run(&admin, &[args, &["--output", "csv"]].concat()).done();
    let ls = ["session", "ls", "--filter", "is_current = TRUE AND method = 'pwd'", "-f", "method"];
    assert_eq!(csv(&ls), "method\npwd\n");
    let ls = ["group", "members", "public", "--order-by", "-username", "-f", "username"];
    assert_eq!(csv(&ls), "username\nann\nadmin\n");
    let ls = ["group", "members", "public", "--search", "ANN@", "-f", "username"];
    assert_eq!(csv(&ls), "username\nann\n");
    let ls = ["message", "ls", "--filter", "state = 'pending'", "-f", "to"];
    assert_eq!(csv(&ls), "to\nann@example.com\n");
    let own = format!("user_id = {} AND action = 'code.requested'", ann.user.id);
    let ls = ["audit", "ls", "--filter", &own, "--order-by", "at", "-f", "outcome"];
    assert_eq!(csv(&ls), "outcome\nsuccess\n");
    let refused = machine.run(&admin, &["audit", "ls", "--filter", "changes = 'x'"]).refused();
    assert!(refused.contains("\"changes\" is no field"), "{refused}");
}
