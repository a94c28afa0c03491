//! A rulebook of its own for each test, under a clock moved by hand.

use std::{ops::Deref, sync::Arc, time::Duration};

use jiff::Timestamp;
use roster_core::{
    Actor, Core, Door, Origin, Parts, RequestLine, Result, Settings,
    clock::ManualClock,
    credentials::{
        hasher::{HashingSettings, PasswordHasher},
        secret_key::Keyring,
        totp::{TotpSecret, step_at},
    },
    random::{RandomExt, SeededRandom},
};
use roster_model::{
    ActivateMfa, Group, GroupId, OrganizationId, OrganizationSettings, Role, Secret, SignIn,
    SignedIn, Status, User, UserRef, fold,
};
use roster_store::{Location, Options, Store, Tx};

use crate::{
    interruption::{Interruptible, Interruption},
    providers::FakeProviders,
};

/// Writes each test twice, once for each database: `async fn name(roster: Roster) { … }`.
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        postgres_fixture::on_both! {
            with (crate::fixture::on_sqlite, crate::fixture::on_postgres);
            $($tests)*
        }
    };
}
pub(crate) use on_both_databases;

/// The password of everybody whom the fixture makes.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A rulebook with what it stands on.
pub(crate) struct Roster {
    pub(crate) core: Core,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) providers: Arc<FakeProviders>,
    /// What happens when the rulebook next reads the time.
    pub(crate) at_clock: Arc<Interruption>,
    /// What happens when it next rolls dice.
    pub(crate) at_random: Arc<Interruption>,
    random: Arc<SeededRandom>,
    hash: String,
    organization: OrganizationId,
    group: GroupId,
}

impl Deref for Roster {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

pub(crate) async fn on_sqlite() -> Roster {
    Roster::on(&Location::Memory, |_| {}).await
}

pub(crate) async fn on_postgres() -> Roster {
    Roster::on(&postgres().await, |_| {}).await
}

/// A fresh PostgreSQL database.
pub(crate) async fn postgres() -> Location {
    let made = tokio::task::spawn_blocking(|| {
        postgres_fixture::database_like("core", |url| {
            let location = Location::Postgres(url.to_owned());
            tokio::runtime::Handle::current().block_on(async {
                let store = Store::open(&location, &Options::default()).await.unwrap();
                store.close().await.unwrap();
            });
        })
    });
    Location::Postgres(made.await.unwrap())
}

impl Roster {
    /// A rulebook on a database, with settings of the test's own.
    pub(crate) async fn on(location: &Location, set: impl FnOnce(&mut Settings)) -> Self {
        let store = Store::open(location, &Options::default()).await.unwrap();
        let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
        let random = Arc::new(SeededRandom::new(1));
        let hashing =
            HashingSettings { memory_kib: 8, passes: 1, lanes: 1, threads: 2, queue: 1024 };
        let hasher = PasswordHasher::start(hashing, random.clone()).unwrap();
        let hash = hasher.hash(&PASSWORD.into()).await.unwrap();
        let mut settings = Settings::new("https://roster.example".parse().unwrap());
        set(&mut settings);
        let providers = Arc::new(FakeProviders::default());
        let (at_clock, at_random) = (Arc::default(), Arc::default());
        let core = Core::new(Parts {
            store: store.clone(),
            clock: Arc::new(Interruptible::new(clock.clone(), &at_clock)),
            random: Arc::new(Interruptible::new(random.clone(), &at_random)),
            hasher,
            keys: Keyring::generate(&*random),
            settings,
            providers: providers.clone(),
        });
        let (organization, group) = ground(&store, &random, core.now()).await;
        Self {
            core,
            store,
            clock,
            providers,
            at_clock,
            at_random,
            random,
            hash,
            organization,
            group,
        }
    }

    /// A user of this name with the common password.
    pub(crate) async fn user(&self, username: &str, role: Role) -> User {
        self.user_like(username, role, |_| {}).await
    }

    /// A user that differs from a plain one.
    pub(crate) async fn user_like(
        &self,
        username: &str,
        role: Role,
        change: impl FnOnce(&mut User),
    ) -> User {
        self.insert(username, role, change, Some(&self.hash)).await
    }

    /// A user who has never set a password.
    pub(crate) async fn user_without_password(&self, username: &str) -> User {
        self.insert(username, Role::Viewer, |_| {}, None).await
    }

    async fn insert(
        &self,
        username: &str,
        role: Role,
        change: impl FnOnce(&mut User),
        hash: Option<&str>,
    ) -> User {
        let now = self.now();
        let uuid = self.random.uuid_v7(now);
        let home = (self.organization, self.group);
        let mut user = User {
            first_name: username.to_owned(),
            status: Status::Active,
            role,
            password_changed_at: Some(now),
            ..User::new(uuid, username, &format!("{username}@example.com"), home, now)
        };
        change(&mut user);
        user.id = self
            .write(async |tx: &mut Tx| {
                let id = tx.insert_user(&user).await?;
                for name in [&user.username, &user.email] {
                    assert!(tx.claim_identifier(&fold(name), id).await?, "{name} is taken");
                }
                if let Some(hash) = hash {
                    tx.replace_password_hash(id, hash).await?;
                }
                Ok(id)
            })
            .await;
        user
    }

    /// Changes a user behind the rulebook's back.
    pub(crate) async fn alter(&self, user: &User, change: impl Fn(&mut User) + Send + Sync) {
        let reference = UserRef::Id(user.id);
        self.write(async |tx: &mut Tx| {
            let mut user = tx.find_user(&reference).await?.unwrap();
            change(&mut user);
            tx.update_user(&mut user).await
        })
        .await;
    }

    /// Changes the settings of everybody's organization behind the rulebook's back.
    pub(crate) async fn set_organization(
        &self,
        change: impl Fn(&mut OrganizationSettings) + Send + Sync,
    ) {
        self.write(async |tx: &mut Tx| {
            let mut organization = tx.find_organization(self.organization).await?.unwrap();
            change(&mut organization.settings);
            tx.update_organization(&organization).await
        })
        .await;
    }

    /// A transaction that must succeed.
    pub(crate) async fn write<T, F>(&self, work: F) -> T
    where
        F: AsyncFn(&mut Tx) -> Result<T, roster_store::Error>
            + for<'t> roster_store::Work<&'t mut Tx, Result<T, roster_store::Error>, Fut: Send>
            + Send
            + Sync,
    {
        self.store.write(work).await.unwrap()
    }

    /// Signs in with the common password.
    pub(crate) async fn signed_in(&self, user: &User) -> SignedIn {
        self.try_sign_in(&user.username, PASSWORD, None).await.unwrap()
    }

    /// Tries to sign in.
    pub(crate) async fn try_sign_in(
        &self,
        login: &str,
        password: &str,
        code: Option<&Secret>,
    ) -> Result<SignedIn> {
        let input =
            SignIn { login: login.to_owned(), password: password.into(), code: code.cloned() };
        self.sign_in(&nobody(), &input).await
    }

    /// Whoever shows this token with a plain request.
    pub(crate) async fn actor(&self, token: &Secret) -> Result<Actor> {
        let request = RequestLine { method: "GET", path: "/whoami" };
        self.authenticate(token.expose(), request, origin()).await
    }

    /// A user signed in just now.
    pub(crate) async fn acting(&self, user: &User) -> Actor {
        self.actor(&self.signed_in(user).await.token).await.unwrap()
    }

    /// Turns second factors on. Codes are good once, so the clock moves on behind it.
    pub(crate) async fn enrol(&self, actor: &Actor) -> TotpSecret {
        let enrolment = self.begin_totp(actor, &UserRef::Me).await.unwrap();
        let bytes =
            data_encoding::BASE32_NOPAD.decode(enrolment.secret.expose().as_bytes()).unwrap();
        let secret = TotpSecret::from_bytes(&bytes).unwrap();
        let input = ActivateMfa { code: self.code(&secret) };
        self.activate_totp(actor, &UserRef::Me, &input).await.unwrap();
        self.advance(Duration::from_secs(60));
        secret
    }

    /// What the authenticator app shows now.
    pub(crate) fn code(&self, secret: &TotpSecret) -> Secret {
        secret.code(step_at(self.now()))
    }

    /// Another organization and its group of everybody.
    pub(crate) async fn elsewhere(&self) -> (OrganizationId, GroupId) {
        let (uuid, now) = (self.random.uuid_v7(self.now()), self.now());
        self.write(async |tx: &mut Tx| {
            let organization = tx.ensure_organization(uuid, "Other", "other", now).await?;
            let group = public_group(organization, now);
            Ok((organization, tx.insert_group(&group).await?.unwrap()))
        })
        .await
    }

    /// A user of another organization.
    pub(crate) async fn stranger(
        &self,
        username: &str,
        role: Role,
        place: (OrganizationId, GroupId),
    ) -> User {
        self.user_like(username, role, |user| {
            (user.organization_id, user.primary_group_id) = place;
        })
        .await
    }

    /// Moves the clock on.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// Somebody not signed in, at the native door.
pub(crate) fn nobody() -> Actor {
    Actor::nobody(origin())
}

pub(crate) fn origin() -> Origin {
    Origin {
        door: Door::Native,
        address: "192.0.2.7".parse().ok(),
        user_agent: Some("tests".into()),
        request_id: None,
    }
}

async fn ground(store: &Store, random: &SeededRandom, now: Timestamp) -> (OrganizationId, GroupId) {
    let uuid = random.uuid_v7(now);
    let made: Result<_, roster_store::Error> = store
        .write(async |tx: &mut Tx| {
            let organization = tx.ensure_organization(uuid, "Default", "default", now).await?;
            let group = public_group(organization, now);
            Ok((organization, tx.insert_group(&group).await?.unwrap()))
        })
        .await;
    made.unwrap()
}

fn public_group(organization: OrganizationId, now: Timestamp) -> Group {
    Group::plain(organization, "public", "public", now)
}
