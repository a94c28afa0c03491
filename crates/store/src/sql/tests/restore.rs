//! A backup in the place of the database.

use std::path::{Path, PathBuf};

use crate::testing::{user, write};
use crate::{Error, Location, Options, Store, Tx};

/// A folder with a database in which there is Ann, and a backup of it.
struct House {
    folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        let store = house.open().await;
        add(&store, "ann").await;
        store.backup(&house.backup()).await.unwrap();
        store.close().await.unwrap();
        house
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("data/roster.db")
    }

    fn backup(&self) -> PathBuf {
        self.folder.path().join("backup.db")
    }

    async fn open(&self) -> Store {
        open(&self.database()).await
    }

    async fn restore(&self, from: &Path) -> Result<Option<PathBuf>, Error> {
        Store::restore(&Location::File(self.database()), from).await
    }

    /// What stands beside the database.
    fn names(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = folder.map(|entry| name(entry).into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn open(path: &Path) -> Store {
    Store::open(&Location::File(path.to_owned()), &Options::default()).await.unwrap()
}

async fn add(store: &Store, name: &'static str) {
    write(store, async |tx: &mut Tx| user(tx, name).await.map(drop)).await;
}

async fn names_of_users(store: &Store) -> Vec<String> {
    store
        .read(async |tx: &mut Tx| {
            tx.list("SELECT username FROM users ORDER BY id", &[], |row| row.get(0)).await
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_backup_is_put_in_place_and_what_was_there_stays_beside() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::new().await;
    let store = house.open().await;
    add(&store, "bob").await;
    store.close().await.unwrap();
    drop(store);
    let kept = house.restore(&house.backup()).await.unwrap().unwrap();
    let mode = std::fs::metadata(house.database()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(names_of_users(&open(&kept).await).await, ["ann", "bob"]);
    let store = house.open().await;
    assert_eq!(names_of_users(&store).await, ["ann"]);
    // The backup itself can be used again, and each database that was replaced is kept.
    store.close().await.unwrap();
    drop(store);
    let second = house.restore(&house.backup()).await.unwrap().unwrap();
    assert_ne!(kept, second);
}

#[tokio::test]
async fn what_only_the_log_holds_of_the_replaced_database_is_kept() {
    let house = House::new().await;
    let killed = house.folder.path().join("data/killed.db");
    let store = house.open().await;
    add(&store, "bob").await;
    // As after kill -9: the file and its log, by another name.
    for ending in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(name(&house.database()), name(&killed)).unwrap();
    }
    let kept = Store::restore(&Location::File(killed), &house.backup()).await.unwrap().unwrap();
    assert_eq!(names_of_users(&open(&kept).await).await, ["ann", "bob"]);
}

#[tokio::test]
async fn an_empty_folder_takes_a_backup() {
    let house = House::new().await;
    let database = house.folder.path().join("new/roster.db");
    let kept = Store::restore(&Location::File(database.clone()), &house.backup()).await.unwrap();
    assert_eq!(kept, None);
    assert_eq!(names_of_users(&open(&database).await).await, ["ann"]);
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let house = House::new().await;
    let store = house.open().await;
    let refused = house.restore(&house.backup()).await.unwrap_err().to_string();
    assert!(refused.contains("another server") && refused.contains("stop it first"), "{refused}");
    add(&store, "bob").await;
    assert_eq!(names_of_users(&store).await, ["ann", "bob"]);
}

#[tokio::test]
async fn what_is_no_good_backup_is_refused_and_changes_nothing() {
    let house = House::new().await;
    let before = house.names();
    let file = |name: &str| house.folder.path().join(name);
    std::fs::write(file("text"), "this is not a database, whatever its name says".repeat(20))
        .unwrap();
    std::fs::write(file("empty"), "").unwrap();
    let mut bytes = std::fs::read(house.backup()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xAA);
    std::fs::write(file("damaged"), &bytes).unwrap();
    let changed = |name: &str, sql: &str| {
        std::fs::copy(house.backup(), file(name)).unwrap();
        rusqlite::Connection::open(file(name)).unwrap().execute_batch(sql).unwrap();
    };
    changed("foreign", "DROP TABLE schema_migrations");
    changed("other", "UPDATE schema_migrations SET checksum = 'x'");
    changed("newer", "INSERT INTO schema_migrations VALUES (9999, 'later', 'x', 0)");
    for (name, why) in [
        ("missing", "there is no file"),
        ("text", "is no SQLite database"),
        ("empty", "is no database of Roster"),
        ("damaged", "is damaged"),
        ("foreign", "is no database of Roster"),
        ("other", "of different origin"),
        ("newer", "used by a newer Roster"),
    ] {
        let refused = house.restore(&file(name)).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{name}: {refused}");
        assert_eq!(house.names(), before, "{name}");
    }
    assert_eq!(names_of_users(&house.open().await).await, ["ann"]);
}

#[tokio::test]
async fn postgresql_has_tools_of_its_own() {
    let location = Location::Postgres("postgres://nobody@127.0.0.1:1/none".to_owned());
    let refused = Store::backup_of(&location, Path::new("copy.db")).await.unwrap_err();
    assert!(refused.to_string().contains("pg_dump"), "{refused}");
    let refused = Store::restore(&location, Path::new("copy.db")).await.unwrap_err();
    assert!(refused.to_string().contains("pg_restore"), "{refused}");
}
