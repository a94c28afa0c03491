//! The tables are brought up to date once, whole, and by one at a time.

use super::*;

const SECOND: Migration = Migration {
    version: 2,
    name: "tags",
    sql: "CREATE TABLE tags (id {id}, name {key} NOT NULL) {strict};",
    fill: None,
};
const BROKEN: Migration = Migration {
    version: 2,
    name: "tags",
    sql: "CREATE TABLE tags (id {id}, name {key} NOT NULL) {strict}; INSERT INTO nothing VALUES (1);",
    fill: None,
};

async fn empty_on_both() -> [(Location, Option<tempfile::TempDir>); 2] {
    let folder = tempfile::tempdir().unwrap();
    let file = Location::File(folder.path().join("roster.db"));
    [(file, Some(folder)), (fresh_postgres("nothing", &[]).await, None)]
}

async fn open_with(location: &Location, migrations: &[Migration]) -> Result<Store, Error> {
    Store::open_with(location, &Options::default(), Arc::new(()), migrations).await
}

async fn close(store: Result<Store, Error>) {
    store.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn steps_are_applied_once_and_later_ones_are_added() {
    for (location, _folder) in empty_on_both().await {
        close(open_with(&location, NOTES).await).await;
        let both = [NOTES[0], SECOND];
        close(open_with(&location, &both).await).await;
        let store = open_with(&location, &both).await.unwrap();
        write(&store, "a").await.unwrap();
    }
}

#[tokio::test]
async fn t51_a_step_that_fails_half_way_leaves_nothing_and_can_be_made_again() {
    for (location, _folder) in empty_on_both().await {
        assert!(open_with(&location, &[NOTES[0], BROKEN]).await.is_err());
        close(open_with(&location, NOTES).await).await;
        close(open_with(&location, &[NOTES[0], SECOND]).await).await;
    }
}

#[tokio::test]
async fn a_database_of_a_newer_roster_is_refused() {
    for (location, _folder) in empty_on_both().await {
        close(open_with(&location, &[NOTES[0], SECOND]).await).await;
        let Err(Error::Refused(text)) = open_with(&location, NOTES).await else { panic!("taken") };
        assert!(text.contains("version 2, this program knows 1"), "{text}");
    }
}

#[tokio::test]
async fn a_step_that_was_changed_afterwards_is_refused() {
    for (location, _folder) in empty_on_both().await {
        close(open_with(&location, NOTES).await).await;
        let changed = Migration { sql: SECOND.sql, ..NOTES[0] };
        let Err(Error::Refused(text)) = open_with(&location, &[changed]).await else {
            panic!("taken")
        };
        assert!(text.contains("migration 1 (notes)"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_all_succeed() {
    let location = fresh_postgres("nothing", &[]).await;
    // The template has the table of migrations already; here everything is to be made at once.
    let store = open_with(&location, &[]).await.unwrap();
    let dropped: Result<(), Error> =
        store.write(async |tx: &mut Tx| tx.batch("DROP TABLE schema_migrations").await).await;
    dropped.unwrap();
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let location = location.clone();
            tokio::spawn(
                async move { close(open_with(&location, &[NOTES[0], SECOND]).await).await },
            )
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
}

#[test]
fn the_real_steps_count_from_one() {
    for (position, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.version as usize, position + 1, "{}", migration.name);
    }
}
