//! A fresh store on either database, for the tests of this crate.

use std::sync::Arc;

use crate::sql::{MIGRATIONS, Migration};
use crate::{Location, Options, Store};

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
    open(&Location::Memory, MIGRATIONS).await
}

/// A fresh store on PostgreSQL.
pub(crate) async fn on_postgres() -> Store {
    open(&fresh_postgres("roster", MIGRATIONS).await, MIGRATIONS).await
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
