//! A fresh store on either database, for the tests of this crate.

use std::sync::Arc;

use jiff::Timestamp;
use roster_model::{Group, TokenHash, User, fold};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::sql::{MIGRATIONS, Migration};
use crate::{Error, Location, Options, Store, Tx, Work};

/// Writes each test twice, once for each database: `async fn name(store: Store) { … }`.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        postgres_fixture::on_both! {
            with (crate::testing::on_sqlite, crate::testing::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

/// A fresh store on SQLite.
pub(crate) async fn on_sqlite() -> Store {
    Store::open(&Location::Memory, &Options::default()).await.unwrap()
}

/// A fresh store on PostgreSQL.
pub(crate) async fn on_postgres() -> Store {
    let location = fresh_postgres("roster", MIGRATIONS).await;
    Store::open(&location, &Options::default()).await.unwrap()
}

/// A fresh store with migrations of the test's own.
pub(crate) async fn open(location: &Location, migrations: &[Migration]) -> Store {
    Store::open_with(location, &Options::default(), Arc::new(()), migrations).await.unwrap()
}

/// A fresh PostgreSQL database to which `migrations`, known as `name`, have been applied.
pub(crate) async fn fresh_postgres(
    name: &'static str,
    migrations: &'static [Migration],
) -> Location {
    let made = tokio::task::spawn_blocking(move || {
        postgres_fixture::database_like(name, |url| {
            let location = Location::Postgres(url.to_owned());
            tokio::runtime::Handle::current().block_on(async {
                open(&location, migrations).await.close().await.unwrap();
            });
        })
    });
    Location::Postgres(made.await.unwrap())
}

/// The time of tests.
pub(crate) fn noon() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// A transaction that must succeed.
pub(crate) async fn write<T, F>(store: &Store, work: F) -> T
where
    F: AsyncFn(&mut Tx) -> Result<T, Error>
        + for<'t> Work<&'t mut Tx, Result<T, Error>, Fut: Send>
        + Send
        + Sync,
{
    store.write(work).await.unwrap()
}

/// Adds a plain user in an organization and group of its own.
pub(crate) async fn user(tx: &mut Tx, username: &str) -> Result<User, Error> {
    let now = noon();
    let uuid = uuid(username);
    let organization = tx.ensure_organization(uuid, username, username, now).await?;
    let group = Group::plain(organization, "public", "public", now);
    let primary_group_id = tx.insert_group(&group).await?.expect("the organization is new");
    let home = (organization, primary_group_id);
    let mut user = User::new(uuid, username, &format!("{username}@example.com"), home, now);
    user.id = tx.insert_user(&user).await?;
    for name in [&user.username, &user.email] {
        assert!(tx.claim_identifier(&fold(name), user.id).await?, "{name} is taken");
    }
    Ok(user)
}

/// A UUID made of a text.
pub(crate) fn uuid(text: &str) -> Uuid {
    Uuid::from_bytes(hash(text).0[..16].try_into().unwrap())
}

/// A hash of a token made of a text.
pub(crate) fn hash(text: &str) -> TokenHash {
    TokenHash(Sha256::digest(text).into())
}
