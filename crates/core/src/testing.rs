//! A rulebook on either database, under a clock moved by hand, for the tests of this crate.

use std::sync::Arc;

use roster_model::{NewUser, Secret};
use roster_store::{Location, Options, Store};

use crate::{
    Actor, Core, Door, Origin, Parts, Settings,
    clock::ManualClock,
    credentials::{
        hasher::{HashingSettings, PasswordHasher},
        secret_key::Keyring,
    },
    random::SeededRandom,
    sso::provider::NoProviders,
};

/// Writes each test twice, once for each database: `async fn name(fixture: Fixture) { … }`.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        postgres_fixture::on_both! {
            with (crate::testing::Fixture::on_sqlite, crate::testing::Fixture::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

/// A new installation.
pub(crate) struct Fixture {
    pub(crate) core: Core,
    pub(crate) clock: Arc<ManualClock>,
}

impl Fixture {
    pub(crate) async fn on_sqlite() -> Self {
        Self::on(&Location::Memory).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let url = tokio::task::spawn_blocking(|| {
            postgres_fixture::database_like("roster", |url| {
                let location = Location::Postgres(url.to_owned());
                tokio::runtime::Handle::current().block_on(async {
                    let store = Store::open(&location, &Options::default()).await.unwrap();
                    store.close().await.unwrap();
                });
            })
        });
        Self::on(&Location::Postgres(url.await.unwrap())).await
    }

    async fn on(location: &Location) -> Self {
        let random = Arc::new(SeededRandom::new(1));
        let clock = Arc::new(ManualClock::new("2026-11-24T00:00:00Z".parse().unwrap()));
        // As cheap as it gets: the work is counted, not felt.
        let hashing = HashingSettings { memory_kib: 8, passes: 1, lanes: 1, threads: 1, queue: 64 };
        let core = Core::new(Parts {
            store: Store::open(location, &Options::default()).await.unwrap(),
            clock: clock.clone(),
            hasher: PasswordHasher::start(hashing, random.clone()).unwrap(),
            keys: Keyring::generate(&*random),
            random,
            settings: Settings::new("https://roster.example.com".parse().unwrap()),
            providers: Arc::new(NoProviders),
        });
        core.prepare(&Self::system()).await.unwrap();
        Self { core, clock }
    }

    /// The server itself.
    pub(crate) fn system() -> Actor {
        Actor::system("test")
    }

    /// Somebody not signed in.
    pub(crate) fn nobody() -> Actor {
        Actor::nobody(Origin { door: Door::Native, ..Origin::system() })
    }
}

/// The good password of every user here.
pub(crate) const PASSWORD: &str = "a long enough password";

/// What a user of this name is to be.
pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        username: name.into(),
        email: format!("{name}@example.com"),
        password: Some(Secret::new(PASSWORD)),
        ..NewUser::default()
    }
}
