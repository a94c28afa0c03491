//! The users and groups in a database of NIST Dioptra's own server (tables of release 1.2.2), for `roster import`. It is
//! only read.

use std::path::PathBuf;

use jiff::{Timestamp, civil, tz::TimeZone};
use roster_model::Secret;

use crate::sql::{Cell, Column, ForeignDatabase, Misread};
use crate::{Error, Location, Tx};

/// A database of Dioptra's own server.
pub struct DioptraDatabase(ForeignDatabase);

/// A user of it.
#[derive(Debug)]
pub struct DioptraUser {
    /// Its number there.
    pub id: i64,
    /// The name to sign in with.
    pub username: String,
    /// The address, which need not be one.
    pub email: String,
    /// The hash of the password, as passlib writes it.
    pub password_hash: Option<Secret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it has ever signed in.
    pub has_signed_in: bool,
    /// When the password must be changed.
    pub password_expires_at: Timestamp,
    /// When it was deleted; its names are reserved since.
    pub deleted_at: Option<Timestamp>,
}

/// A group that has not been deleted.
#[derive(Debug)]
pub struct DioptraGroup {
    /// Its number there.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The number of whoever made it.
    pub creator_id: i64,
}

/// Somebody in a group who has not been deleted.
#[derive(Debug)]
pub struct DioptraMember {
    /// The number of the user there.
    pub user_id: i64,
    /// The name of the user.
    pub username: String,
    /// Whether it may manage the group.
    pub is_manager: bool,
}

/// Times stand there without a zone, in UTC.
struct Written(Timestamp);

impl Column for Written {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        let text = String::read(cell)?;
        let time = text.parse::<civil::DateTime>().and_then(|time| time.to_zoned(TimeZone::UTC));
        time.map(|time| Self(time.timestamp())).map_err(|_| Misread("text that is no time".into()))
    }
}

const USERS: &str = "SELECT users.user_id, users.username, users.email_address, users.password, \
     CAST(users.created_on AS TEXT), users.last_login_on IS NOT NULL, \
     CAST(users.password_expire_on AS TEXT), CAST(user_locks.created_on AS TEXT) \
     FROM users LEFT JOIN user_locks ON user_locks.user_id = users.user_id \
     AND user_locks.user_lock_type = 'delete' \
     WHERE users.user_id > $1 ORDER BY users.user_id LIMIT $2";

const GROUPS: &str = "SELECT \"groups\".group_id, \"groups\".name, \"groups\".user_id \
     FROM \"groups\" \
     WHERE NOT EXISTS (SELECT 1 FROM group_locks WHERE group_locks.group_id = \"groups\".group_id \
     AND group_locks.group_lock_type = 'delete') ORDER BY \"groups\".group_id";

const MEMBERS: &str = "SELECT users.user_id, users.username, group_managers.user_id IS NOT NULL \
     FROM group_members JOIN users ON users.user_id = group_members.user_id \
     LEFT JOIN group_managers ON group_managers.user_id = group_members.user_id \
     AND group_managers.group_id = group_members.group_id \
     WHERE group_members.group_id = $1 AND users.user_id > $2 \
     AND NOT EXISTS (SELECT 1 FROM user_locks WHERE user_locks.user_id = users.user_id \
     AND user_locks.user_lock_type = 'delete') ORDER BY users.user_id LIMIT $3";

impl DioptraDatabase {
    /// Opens the database at a URL as Dioptra's own settings have it (`sqlite:////PATH`, `postgresql+psycopg2://…`), at
    /// one as Roster's have it, or in a SQLite file.
    ///
    /// # Errors
    /// `Refused` for what is no such URL or file; `Unavailable` while the server cannot be reached.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let database = Self(ForeignDatabase::open(&locate(url)?)?);
        // Whatever else the file or the database may be, it is told here, in words.
        match database.count_users().await {
            Err(Error::Internal(_)) => Err(Error::Refused(
                "this is no database of Dioptra's server 1.2.2: it has not the tables of its users"
                    .to_owned(),
            )),
            counted => counted.map(|_| database),
        }
    }

    /// How many users there are, deleted ones included.
    pub async fn count_users(&self) -> Result<u64, Error> {
        let sql = "SELECT COUNT(*) FROM users LEFT JOIN user_locks \
             ON user_locks.user_id = users.user_id AND user_locks.user_lock_type = 'delete'";
        self.0.read(async |tx: &mut Tx| tx.one(sql, &[], |row| row.get(0)).await).await
    }

    /// The next users after a number, in the order in which they were made.
    pub async fn list_users(&self, after: i64, limit: i64) -> Result<Vec<DioptraUser>, Error> {
        self.0
            .read(async |tx: &mut Tx| {
                tx.list(USERS, &[&after, &limit], |row| {
                    let mut columns = row.columns();
                    Ok(DioptraUser {
                        id: columns.take()?,
                        username: columns.take()?,
                        email: columns.take()?,
                        password_hash: columns.take::<Option<String>>()?.map(Secret::new),
                        created_at: columns.take::<Written>()?.0,
                        has_signed_in: columns.take()?,
                        password_expires_at: columns.take::<Written>()?.0,
                        deleted_at: columns.take::<Option<Written>>()?.map(|time| time.0),
                    })
                })
                .await
            })
            .await
    }

    /// All groups that have not been deleted.
    pub async fn list_groups(&self) -> Result<Vec<DioptraGroup>, Error> {
        self.0
            .read(async |tx: &mut Tx| {
                tx.list(GROUPS, &[], |row| {
                    Ok(DioptraGroup { id: row.get(0)?, name: row.get(1)?, creator_id: row.get(2)? })
                })
                .await
            })
            .await
    }

    /// The next members of a group after a number.
    pub async fn list_members(
        &self,
        group: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<DioptraMember>, Error> {
        self.0
            .read(async |tx: &mut Tx| {
                tx.list(MEMBERS, &[&group, &after, &limit], |row| {
                    let (user_id, username) = (row.get(0)?, row.get(1)?);
                    Ok(DioptraMember { user_id, username, is_manager: row.get(2)? })
                })
                .await
            })
            .await
    }
}

/// Where a URL leads. Dioptra's name the driver, and count slashes: three before a relative path, four before another.
fn locate(url: &str) -> Result<Location, Error> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Ok(Location::File(PathBuf::from(url)));
    };
    match scheme.split_once('+').map_or(scheme, |(scheme, _)| scheme) {
        "sqlite" => match rest.strip_prefix("///") {
            Some("") | None => url.parse(),
            Some(path) => Ok(Location::File(PathBuf::from(path))),
        },
        "postgres" | "postgresql" => format!("postgresql:{rest}").parse(),
        _ => Err(Error::Refused(
            "the database must be the path of a SQLite file, sqlite:///PATH or postgresql://…"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use postgres_fixture::on_both;

    use super::*;

    /// The tables as Dioptra's migrations leave them, as far as they are read.
    const TABLES: &str = "
        CREATE TABLE users (user_id BIGINT PRIMARY KEY, alternative_id CHAR(32), username TEXT, password TEXT,
            email_address TEXT, created_on TIMESTAMP, last_modified_on TIMESTAMP, last_login_on TIMESTAMP,
            password_expire_on TIMESTAMP);
        CREATE TABLE user_locks (user_id BIGINT, user_lock_type TEXT, created_on TIMESTAMP);
        CREATE TABLE \"groups\" (group_id BIGINT PRIMARY KEY, name TEXT, user_id BIGINT);
        CREATE TABLE group_locks (group_id BIGINT, group_lock_type TEXT);
        CREATE TABLE group_members (user_id BIGINT, group_id BIGINT);
        CREATE TABLE group_managers (user_id BIGINT, group_id BIGINT);
        INSERT INTO users VALUES
            (1, 'a', 'Ann', '$pbkdf2-sha256$x', 'ann', '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05.678901',
                '2026-01-03 00:00:00.000000', '2027-01-02 03:04:05.678901'),
            (3, 'b', 'bob', NULL, 'bob@x', '2026-01-02 03:04:05.000000', '2026-01-02 03:04:05.000000', NULL,
                '2027-01-02 03:04:05.000000'),
            (7, 'c', 'cid', 'h', 'c', '2026-01-02 03:04:05.100000', '2026-01-02 03:04:05.000000', NULL,
                '2027-01-02 03:04:05.000000');
        INSERT INTO user_locks VALUES (7, 'delete', '2026-02-03 04:05:06.000001');
        INSERT INTO \"groups\" VALUES (1, 'public', 1), (2, 'gone', 1), (3, 'red', 3);
        INSERT INTO group_locks VALUES (2, 'delete');
        INSERT INTO group_members VALUES (1, 1), (3, 1), (7, 1), (3, 3);
        INSERT INTO group_managers VALUES (1, 1), (3, 3);
    ";

    /// A database of Dioptra's, and whatever must live as long.
    type Made = (String, Option<tempfile::TempDir>);

    async fn filled_sqlite() -> Made {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dioptra.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(TABLES).unwrap();
        (format!("sqlite:///{}", path.display()), Some(folder))
    }

    async fn filled_postgres() -> Made {
        let url = tokio::task::spawn_blocking(postgres_fixture::database).await.unwrap();
        let config = url.parse::<tokio_postgres::Config>().unwrap();
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        client.batch_execute(TABLES).await.unwrap();
        drop(client);
        driver.await.unwrap().unwrap();
        (url.replace("postgres://", "postgresql+psycopg2://"), None)
    }

    on_both! {
        with (filled_sqlite, filled_postgres);

        async fn users_are_read_in_their_order_with_all_that_is_moved(made: Made) {
            let database = DioptraDatabase::open(&made.0).await.unwrap();
            assert_eq!(database.count_users().await.unwrap(), 3);
            let first = database.list_users(0, 1).await.unwrap();
            let [ann] = first.as_slice() else { panic!("{first:?}") };
            assert_eq!((ann.id, &*ann.username, &*ann.email, ann.has_signed_in), (1, "Ann", "ann", true));
            assert_eq!(ann.password_hash.as_ref().unwrap().expose(), "$pbkdf2-sha256$x");
            assert_eq!(ann.created_at.to_string(), "2026-01-02T03:04:05.678901Z");
            assert_eq!(ann.password_expires_at.to_string(), "2027-01-02T03:04:05.678901Z");
            let rest = database.list_users(1, 10).await.unwrap();
            let [bob, cid] = rest.as_slice() else { panic!("{rest:?}") };
            assert!(bob.password_hash.is_none() && !bob.has_signed_in && bob.deleted_at.is_none());
            assert_eq!(cid.deleted_at.unwrap().to_string(), "2026-02-03T04:05:06.000001Z");
            assert!(database.list_users(7, 10).await.unwrap().is_empty());
        }

        async fn groups_are_read_with_those_who_are_still_there(made: Made) {
            let database = DioptraDatabase::open(&made.0).await.unwrap();
            let groups = database.list_groups().await.unwrap();
            let names: Vec<_> = groups.iter().map(|one| (one.id, &*one.name, one.creator_id)).collect();
            assert_eq!(names, [(1, "public", 1), (3, "red", 3)]);
            let members = database.list_members(1, 0, 10).await.unwrap();
            let names: Vec<_> = members.iter().map(|one| (&*one.username, one.is_manager)).collect();
            assert_eq!(names, [("Ann", true), ("bob", false)]);
            assert_eq!(database.list_members(1, 1, 10).await.unwrap().len(), 1);
        }

        async fn nothing_can_be_written_into_it(made: Made) {
            let DioptraDatabase(foreign) = DioptraDatabase::open(&made.0).await.unwrap();
            let written = foreign.read(async |tx: &mut Tx| tx.execute("DELETE FROM users", &[]).await).await;
            assert!(written.is_err());
            assert_eq!(DioptraDatabase::open(&made.0).await.unwrap().count_users().await.unwrap(), 3);
        }
    }

    #[tokio::test]
    async fn what_is_no_database_of_dioptra_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        rusqlite::Connection::open(path("empty.db"))
            .unwrap()
            .execute_batch("CREATE TABLE x (y)")
            .unwrap();
        std::fs::write(path("text"), "hello, this is no database at all").unwrap();
        for (url, told) in [
            (path("empty.db"), "no database of Dioptra"),
            (path("text"), "text is no SQLite database"),
            (path("missing.db"), "there is no database"),
            ("mysql://a:hunter2@b/c".to_owned(), "must be the path"),
            ("sqlite:".to_owned(), "database URL"),
        ] {
            let Err(refused) = DioptraDatabase::open(&url).await else { panic!("{url}") };
            let refused = refused.to_string();
            assert!(refused.contains(told) && !refused.contains("hunter2"), "{url}: {refused}");
        }
        assert!(!std::fs::exists(path("missing.db")).unwrap());
    }

    #[test]
    fn urls_are_read_as_dioptra_writes_them() {
        let file = |path: &str| Location::File(PathBuf::from(path));
        let postgres = || Location::Postgres("postgresql://a@b/c".to_owned());
        for (url, location) in [
            ("dioptra.db", file("dioptra.db")),
            ("/var/dioptra.db", file("/var/dioptra.db")),
            ("sqlite:///dioptra.db", file("dioptra.db")),
            ("sqlite:////var/dioptra.db", file("/var/dioptra.db")),
            ("sqlite:/var/dioptra.db", file("/var/dioptra.db")),
            ("postgresql+psycopg2://a@b/c", postgres()),
            ("postgres://a@b/c", postgres()),
        ] {
            assert!(locate(url).unwrap() == location, "{url}");
        }
    }
}
