//! `roster import` and `roster export`.

use std::fs;

use roster_testing::Roster;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::Machine;

const ROWS: &str = "username,email,first_name,status,robot
ann,ann@example.com,'=1+1,active,true
,nobody@example.com,,,
bob,bob@example.com,Bob,,maybe
\"cid\",cid@example.com,\"Cid
the second\",,
dan,dan@example.com,Dan,new,
";

async fn import_and_export(roster: Roster) {
    let machine = Machine::with(roster).await;
    let admin = machine.roster.admin().await;
    fs::write(machine.file("people.csv"), ROWS).unwrap();

    let tried = machine.run(&admin, &["import", "people.csv", "--dry-run"]);
    assert_eq!(tried.code, 1, "{}", tried.err);
    assert!(tried.err.contains("would be created: 2;"), "{}", tried.err);
    let nobody = machine.run(&admin, &["user", "details", "-u", "ann"]);
    assert_eq!(nobody.code, 1, "a dry run makes nobody");

    let taken = machine.run(&admin, &["import", "people.csv"]);
    assert_eq!(taken.code, 1);
    for said in [
        "line 3: username must not be empty",
        "line 4: robot must be true or false",
        "line 5: first_name must not contain control characters",
        "created: 2; there already: 0; lines refused: 3.",
    ] {
        assert!(taken.err.contains(said), "{said:?} in {}", taken.err);
    }

    let filter = "username IN ('ann', 'dan')";
    let written = machine.run(&admin, &["export", "out.csv", "--filter", filter]);
    assert!(written.err.contains("out.csv: 2."), "{}", written.err);
    written.done();
    let file = fs::read_to_string(machine.file("out.csv")).unwrap();
    assert!(file.contains("\nann,ann@example.com,'=1+1,"), "{file}");
    let again = machine.run(&admin, &["import", "out.csv"]);
    assert!(again.err.contains("created: 0; there already: 2;"), "{}", again.err);
    again.done();

    let lines = machine.run(&admin, &["export", "-", "--format", "ndjson", "--filter", filter]);
    let lines = lines.done();
    assert!(lines.contains("\"first_name\":\"=1+1\""), "{lines}");
    let from_pipe = machine.run_with_input(
        Some(&admin.token),
        &["import", "-", "--format", "ndjson"],
        "{\"username\": \"eve\", \"email\": \"eve@example.com\"}\n",
    );
    from_pipe.done();
}

/// What goes out of one installation comes into another as it was: groups, ranks, account admins, hashes.
async fn move_house(old: Roster, new: Roster) {
    let (old, new) = (Machine::with(old).await, Machine::with(new).await);
    let admin = old.roster.admin().await;
    fs::write(
        old.file("groups.csv"),
        "name,slug,description\nHiking club,hiking,'=boots\nSailing,,\n",
    )
    .unwrap();
    let rows = "username,email,status,role,groups,primary_group,parent\n\
                kid,kid@example.com,active,,hiking,hiking,boss\n\
                boss,boss@example.com,active,account_admin,hiking:owner;Sailing:manager,,\n\
                lost,lost@example.com,,,nowhere,,\n\
                orphan,orphan@example.com,,,,,nobody\n";
    fs::write(old.file("people.csv"), rows).unwrap();
    let groups = old.run(&admin, &["import", "groups.csv", "--groups"]);
    assert!(
        groups.err.contains("Groups created: 2; there already: 0; lines refused: 0."),
        "{}",
        groups.err
    );
    groups.done();
    let dry = old.run(&admin, &["import", "people.csv", "--dry-run"]);
    assert!(dry.err.contains("account admin is not there yet: 2."), "{}", dry.err);
    let people = old.run(&admin, &["import", "people.csv"]);
    for said in [
        "line 4: groups must name a group: there is none called \"nowhere\"",
        "line 5: parent must name an administrator of the organization, and names none",
        "Users created: 2; there already: 0; lines refused: 2.",
    ] {
        assert_eq!(people.err.matches(said).count(), 1, "{said:?} in {}", people.err);
    }
    assert_eq!(people.code, 1);

    old.run(&admin, &["export", "g.ndjson", "--groups"]).done();
    let filter = "username IN ('kid', 'boss')";
    old.run(&admin, &["export", "u.csv", "--filter", filter]).done();
    let written = fs::read_to_string(old.file("u.csv")).unwrap();
    assert!(!written.contains("password_hash"), "{written}");
    let mut all = Vec::new();
    for file in ["g.ndjson", "u.csv"] {
        fs::copy(old.file(file), new.file(file)).unwrap();
    }
    let admin = new.roster.admin().await;
    let groups = new.run(&admin, &["import", "g.ndjson", "--groups"]);
    assert!(groups.err.contains("Groups created: 2; there already: 1;"), "{}", groups.err);
    let people = new.run(&admin, &["import", "u.csv"]);
    assert!(
        people.err.contains("Users created: 2; there already: 0; lines refused: 0."),
        "{}",
        people.err
    );
    people.done();
    new.run(&admin, &["export", "again.csv", "--filter", filter]).done();
    for line in fs::read_to_string(new.file("again.csv")).unwrap().lines() {
        all.push(line.to_owned());
    }
    assert_eq!(all, written.lines().collect::<Vec<_>>());
    assert!(written.contains(",hiking:owner;sailing:manager,,,"), "{written}");
    assert!(written.contains(",hiking,hiking,boss,"), "{written}");
    let shown =
        new.run(&admin, &["group", "ls", "--filter", "slug = 'hiking'", "--output", "json"]).done();
    assert!(shown.contains("=boots"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_who_is_in_them_move_from_sqlite_to_postgres() {
    move_house(Roster::on_sqlite().await, Roster::on_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_who_is_in_them_move_from_postgres_to_sqlite() {
    move_house(Roster::on_postgres().await, Roster::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t38_files_go_in_and_come_out_on_sqlite() {
    import_and_export(Roster::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t38_files_go_in_and_come_out_on_postgres() {
    import_and_export(Roster::on_postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_cannot_begin_is_not_said_to_go_on() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let one = "username,email\nann,ann@example.com\n";
    for (file, rows, more, said) in [
        ("a.csv", "username\nann\n", &[][..], "the file has no column \"email\""),
        ("b.csv", one, &["--organization", "987"], "organization"),
        ("c.csv", one, &["--groups"], "the column \"username\" is not known"),
        ("d.csv", &format!("{one}\"{}", "x".repeat(300_000)), &[], "a row is too long"),
    ] {
        fs::write(machine.file(file), rows).unwrap();
        let refused = machine.run(&admin, &[&["import", file], more].concat());
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains(said), "{said:?} in {}", refused.err);
        assert!(!refused.err.contains("broken off"), "{}", refused.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_are_not_looked_for_where_there_is_no_database() {
    let machine = Machine::new().await;
    let admin = machine.roster.admin().await;
    let refused = machine.run(&admin, &["export", "x.ndjson", "--hashes"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("there is no database"), "{}", refused.err);
    assert!(refused.err.contains("--data-dir"), "{}", refused.err);
    assert!(!machine.file("x.ndjson").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_leaves_no_file_and_none_is_written_over() {
    let machine = Machine::new().await;
    let viewer = machine.roster.person("viewer").await;
    let refused = machine.run(&viewer, &["export", "out.csv"]);
    assert_eq!(refused.code, 1);
    assert!(!machine.file("out.csv").exists());
    fs::write(machine.file("out.csv"), "kept").unwrap();
    let admin = machine.roster.admin().await;
    assert_eq!(machine.run(&admin, &["export", "out.csv"]).code, 1);
    assert_eq!(fs::read_to_string(machine.file("out.csv")).unwrap(), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_for_which_the_server_has_no_time_are_sent_again() {
    let machine = Machine::new().await;
    let server = MockServer::start().await;
    let imports = || Mock::given(method("POST")).and(path("/api/v1/user-imports"));
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "0");
    imports().respond_with(busy).up_to_n_times(6).with_priority(1).expect(6).mount(&server).await;
    let made = serde_json::json!({"created": 2, "present": 1, "refused": []});
    let made = ResponseTemplate::new(200).set_body_json(made);
    imports().respond_with(made).expect(1).mount(&server).await;
    let rows = "username,email\nann,ann@example.com\nbob,bob@example.com\ncid,cid@example.com\n";
    fs::write(machine.file("people.csv"), rows).unwrap();
    let admin = machine.roster.admin().await;
    let sent = machine.run(&admin, &["import", "people.csv", "--server", &server.uri()]);
    assert!(sent.err.contains("created: 2; there already: 1; lines refused: 0."), "{}", sent.err);
    sent.done();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_does_not_wait_for_ever_for_a_server() {
    let machine = Machine::new().await;
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "0");
    Mock::given(method("POST")).respond_with(busy).expect(8).mount(&server).await;
    fs::write(machine.file("people.csv"), "username,email\nann,ann@example.com\n").unwrap();
    let admin = machine.roster.admin().await;
    let sent = machine.run(&admin, &["import", "people.csv", "--server", &server.uri()]);
    assert_eq!(sent.code, 1, "{}", sent.err);
    assert!(sent.err.contains("503"), "{}", sent.err);
}
