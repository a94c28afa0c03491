//! `roster import` and `roster export`.

use std::fs;

use roster_testing::Roster;

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
        "line 4: robot: ",
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

#[tokio::test(flavor = "multi_thread")]
async fn t38_files_go_in_and_come_out_on_sqlite() {
    import_and_export(Roster::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t38_files_go_in_and_come_out_on_postgres() {
    import_and_export(Roster::on_postgres().await).await;
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
