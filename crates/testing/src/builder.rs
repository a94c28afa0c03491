//! Putting a Roster together.

use std::sync::{Arc, Mutex, atomic::AtomicUsize};

use axum::Router;
use jiff::Timestamp;
use roster_core::{
    Actor, Core, Parts, Settings,
    clock::ManualClock,
    credentials::{
        hasher::{HashingSettings, PasswordHasher},
        secret_key::Keyring,
    },
    random::SeededRandom,
    sso::provider::{IdentityProviders, NoProviders},
};
use roster_http_kit::{Gate, GateSettings, Kit, Metrics, Mount, Renderer};
use roster_model::Channel;
use roster_store::{Location, Options, Store};
use url::Url;

use crate::Roster;

/// When every test begins, unless it says otherwise.
const START: i64 = 1_800_000_000;

/// What a test may decide about its Roster.
pub struct Builder {
    /// What the operator decides. Both channels have a transport.
    pub settings: Settings,
    /// Providers for single sign-on.
    pub providers: Arc<dyn IdentityProviders>,
    /// Calls a minute without a good credential; 0 is no limit.
    pub strangers_per_minute: u32,
    /// Limits on requests.
    pub gate: GateSettings,
    /// The doors; the native API is there from the start.
    pub routers: Vec<fn(Kit) -> Router>,
    /// Where doors are, and how they say refusals that come before their handlers.
    pub mounts: Vec<Mount>,
}

impl Default for Builder {
    fn default() -> Self {
        let public_url = Url::parse("https://roster.example.com").unwrap();
        let mut settings = Settings::new(public_url);
        settings.channels = vec![Channel::Sms, Channel::Email];
        Self {
            settings,
            providers: Arc::new(NoProviders),
            strangers_per_minute: 0,
            gate: GateSettings::default(),
            routers: vec![roster_native::router],
            mounts: Vec::new(),
        }
    }
}

impl Builder {
    /// With another door beside the native API. `renderer` says the refusals below `prefix` that
    /// come before the door's handlers.
    #[must_use]
    pub fn door(
        mut self,
        router: fn(Kit) -> Router,
        prefix: &'static str,
        renderer: Renderer,
    ) -> Self {
        self.routers.push(router);
        self.mounts.push(Mount::new(prefix, renderer));
        self
    }

    /// On SQLite in memory.
    pub async fn on_sqlite(self) -> Roster {
        self.on(&Location::Memory).await
    }

    /// On a private PostgreSQL database.
    pub async fn on_postgres(self) -> Roster {
        let url = tokio::task::spawn_blocking(|| {
            postgres_fixture::database_like("roster", |url| {
                let location = Location::Postgres(url.to_owned());
                tokio::runtime::Handle::current().block_on(async {
                    open(&location).await.close().await.unwrap();
                });
            })
        });
        self.on(&Location::Postgres(url.await.unwrap())).await
    }

    /// On a database of the test's own.
    pub async fn on(self, location: &Location) -> Roster {
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(START).unwrap()));
        let random = Arc::new(SeededRandom::new(7));
        let hasher = PasswordHasher::start(cheap(), random.clone()).unwrap();
        let store = open(location).await;
        let core = Core::new(Parts {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            hasher,
            keys: Keyring::generate(&*random),
            settings: self.settings,
            providers: self.providers,
        });
        core.prepare(&Actor::system("test")).await.unwrap();
        let kit = Kit::new(core.clone(), self.strangers_per_minute);
        let mut router = Router::new();
        for door in self.routers {
            router = router.merge(door(kit.clone()));
        }
        let seen = Arc::new(Seen::default());
        let metrics = seen.clone();
        let gate = Gate::with_doors(router, GateSettings { metrics, ..self.gate }, self.mounts);
        Roster { core, store, clock, gate, seen }
    }
}

async fn open(location: &Location) -> Store {
    Store::open(location, &Options::default()).await.unwrap()
}

/// Hashes that take no time; the work is counted, not felt.
fn cheap() -> HashingSettings {
    HashingSettings { memory_kib: 8, passes: 1, lanes: 1, threads: 1, queue: 256 }
}

/// What the gate tells of requests.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Panics of handlers, of which a test may have none.
    pub(crate) panics: AtomicUsize,
    /// The declared path that the last request has met.
    pub(crate) route: Mutex<&'static str>,
}

impl Metrics for Seen {
    fn answered(
        &self,
        route: &'static str,
        _: &http::Method,
        _: http::StatusCode,
        _: std::time::Duration,
    ) {
        *self.route.lock().unwrap() = route;
    }

    fn panicked(&self, _: &'static str) {
        self.panics.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}
