//! A SQLite database moved to PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use roster_model::UserRef;

use crate::testing::{hash, noon, user, write};
use crate::{Error, Location, Options, Store, Tx};

struct House {
    folder: tempfile::TempDir,
    target: Location,
}

impl House {
    /// With Ann, who has the younger Bob for a parent, and a gap in the numbers after them.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let target = tokio::task::spawn_blocking(postgres_fixture::database);
        let target = Location::Postgres(target.await.unwrap());
        let house = Self { folder, target };
        let store = Store::open(&house.source(), &Options::default()).await.unwrap();
        write(&store, async |tx: &mut Tx| {
            let mut ann = user(tx, "ann").await?;
            ann.parent_id = Some(user(tx, "bob").await?.id);
            ann.flags.robot = true;
            tx.update_user(&mut ann).await?;
            tx.set_password_hash(ann.id, "$argon2id$x", noon(), None).await?;
            tx.execute("INSERT INTO messages (channel, destination, template, sealed, state, attempts, created_at) \
                        VALUES ('sms', '44', 'x', $1, 'waiting', 0, $2)", &[&hash("x").0, &noon()]).await?;
            tx.execute("INSERT INTO search_journal (user_id) VALUES (7)", &[]).await?;
            tx.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'users'", &[]).await.map(drop)
        })
        .await;
        store.close().await.unwrap();
        house
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("roster.sqlite")
    }

    fn source(&self) -> Location {
        Location::File(self.path())
    }

    async fn relocate(&self) -> Result<u64, Error> {
        Store::relocate(&self.source(), &self.target, &|_, _| {}).await
    }

    async fn target(&self) -> Store {
        Store::open(&self.target, &Options::default()).await.unwrap()
    }

    fn in_sqlite(&self, sql: &str) {
        rusqlite::Connection::open(self.path()).unwrap().execute_batch(sql).unwrap();
    }
}

async fn users(store: &Store) -> Vec<String> {
    let sql = "SELECT username FROM users ORDER BY id";
    store.read(async |tx: &mut Tx| tx.list(sql, &[], |row| row.get(0)).await).await.unwrap()
}

#[tokio::test]
async fn everything_is_there_afterwards_and_numbers_go_on() {
    let house = House::new().await;
    let heard = Mutex::new(Vec::new());
    let hear = |table: &str, rows: u64| heard.lock().unwrap().push((table.to_owned(), rows));
    let rows = Store::relocate(&house.source(), &house.target, &hear).await.unwrap();
    assert_eq!(heard.into_inner().unwrap().last().unwrap(), &("users".to_owned(), rows));

    let source = Store::open(&house.source(), &Options::default()).await.unwrap();
    let target = house.target().await;
    let both = async |name: &'static str| {
        let find = async |store: &Store| {
            write(store, async |tx: &mut Tx| {
                tx.find_user(&UserRef::Name(roster_model::fold(name))).await
            })
            .await
            .unwrap()
        };
        (find(&source).await, find(&target).await)
    };
    let (before, after) = both("ANN@example.com").await;
    assert_eq!(before, after);
    assert!(after.flags.robot);
    let ann = after.id;
    let (before, after) = both("bob").await;
    assert_eq!(before, after);
    let kept = write(&target, async |tx: &mut Tx| tx.find_password_hash(ann).await).await;
    assert_eq!(kept.as_deref(), Some("$argon2id$x"));
    let next = write(&target, async |tx: &mut Tx| user(tx, "cid").await).await;
    assert_eq!(next.id.0, 41);
    // References hold again, and what was written is searched.
    let dangling = "UPDATE users SET parent_id = 4711 WHERE id = 1";
    let refused =
        target.write(async |tx: &mut Tx| tx.execute(dangling, &[]).await).await.unwrap_err();
    assert!(matches!(refused, Error::ForeignKey), "{refused}");
    let waiting = "SELECT user_id FROM search_journal WHERE user_id < 41 ORDER BY user_id";
    let waiting: Vec<i64> =
        write(&target, async |tx: &mut Tx| tx.list(waiting, &[], |row| row.get(0)).await).await;
    assert_eq!(waiting, [1, 2]);
}

#[tokio::test]
async fn t51_what_fails_half_way_leaves_nothing_and_can_be_made_again() {
    let house = House::new().await;
    // Users come last, so much has been copied by then.
    house.in_sqlite("UPDATE users SET title = 'a' || char(0) WHERE username = 'bob'");
    let refused = house.relocate().await.unwrap_err();
    assert_eq!(refused.to_string(), "column title holds text with a NUL character");
    let target = house.target().await;
    assert_eq!(users(&target).await, [""; 0]);
    let left = "SELECT 1 FROM organizations";
    let left = write(&target, async |tx: &mut Tx| tx.find(left, &[], |_| Ok(())).await).await;
    assert_eq!(left, None);
    target.close().await.unwrap();
    house.in_sqlite("UPDATE users SET title = NULL");
    house.relocate().await.unwrap();
    assert_eq!(users(&house.target().await).await, ["ann", "bob"]);
}

#[tokio::test]
async fn a_database_in_use_on_either_side_is_refused() {
    let house = House::new().await;
    let server = Store::open(&house.source(), &Options::default()).await.unwrap();
    let refused = house.relocate().await.unwrap_err().to_string();
    assert!(refused.contains("another server"), "{refused}");
    server.close().await.unwrap();
    drop(server);

    let target = house.target().await;
    write(&target, async |tx: &mut Tx| user(tx, "eve").await).await;
    target.close().await.unwrap();
    let refused = house.relocate().await.unwrap_err().to_string();
    assert!(refused.contains("is in use by a Roster"), "{refused}");
    assert_eq!(users(&house.target().await).await, ["eve"]);
}

#[tokio::test]
async fn only_a_sqlite_file_is_moved_and_only_to_postgresql() {
    let house = House::new().await;
    let missing = Location::File(Path::new("/nowhere/roster.sqlite").to_owned());
    for (from, to, why) in [
        (Location::Memory, house.target.clone(), "from a file"),
        (house.target.clone(), house.target.clone(), "from a file"),
        (house.source(), Location::Memory, "to PostgreSQL"),
        (missing, house.target.clone(), "there is no database"),
    ] {
        let refused = Store::relocate(&from, &to, &|_, _| {}).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    assert!(!Path::new("/nowhere").exists());
}
