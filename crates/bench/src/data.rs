//! The installation to be measured: many users, and a tenth of them signed in.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use postgres_fixture::Cluster;
use roster_core::Actor;
use roster_core::clock::{Clock as _, SystemClock};
use roster_core::credentials::hasher::PasswordHasher;
use roster_core::credentials::token::{Token, TokenKind};
use roster_core::random::{RandomExt as _, SeededRandom, SystemRandom};
use roster_model::{
    AuthenticationMethod, NewUser, Role, Secret, Status, UserId, UserImport, UserRef, UserRow, fold,
};
use roster_server::config::Settings;
use roster_server::open_core;
use roster_store::{Engine, NewSession, Store, Tx};
use tempfile::TempDir;

use crate::child::{self, Served};
use crate::options::Options;
use crate::{machine, people, selects};

/// The password of every user but the administrator.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// At most so many sessions.
const SESSIONS: u32 = 100_000;
/// Users in one request, as `roster import` has them, or sessions in one transaction.
const BATCH: u32 = 1000;
/// So many such transactions at once, as `roster import` has them: they are written one after the other.
const AT_ONCE: usize = 32;
/// How long sessions live.
const LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

type Result<T> = std::result::Result<T, roster_store::Error>;

/// The installation to be measured.
pub(crate) struct Data {
    /// In which database it is.
    pub(crate) engine: Engine,
    /// The folder of its SQLite database and its other files.
    pub(crate) folder: PathBuf,
    /// Its PostgreSQL database.
    pub(crate) database: Option<String>,
    /// Users in it.
    pub(crate) users: u32,
    /// Sessions in it.
    pub(crate) sessions: u32,
    tokens: Vec<Token>,
    /// The process above those that serve the PostgreSQL database.
    postmaster: Option<u32>,
    /// What is gone with this value.
    _folder: Option<TempDir>,
    _cluster: Option<Cluster>,
}

impl Data {
    /// An installation in a database of this kind: the one that the options name and that is filled already, or a new
    /// one.
    pub(crate) fn open(engine: Engine, options: &Options) -> anyhow::Result<Self> {
        let kept = options.data.as_ref().filter(|_| engine == Engine::Sqlite);
        let temporary = match kept {
            Some(_) => None,
            None => Some(tempfile::Builder::new().prefix("roster-bench-").tempdir()?),
        };
        let folder = kept.cloned().or(temporary.as_ref().map(|folder| folder.path().to_owned()));
        let mut cluster = None;
        let database = match (engine, &options.postgres) {
            (Engine::Sqlite, _) => None,
            (Engine::Postgres, Some(url)) => Some(url.clone()),
            (Engine::Postgres, None) => Some(cluster.insert(Cluster::durable()).database()),
        };
        let sessions = (options.users / 10).min(SESSIONS);
        // The same tokens each time, so that an installation can be used again.
        let random = SeededRandom::new(1);
        let tokens = (0..sessions).map(|_| Token::issue(TokenKind::Session, &random)).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let postmaster = match &database {
            Some(url) => Some(runtime.block_on(selects::postmaster(url))?),
            None => None,
        };
        let data = Self {
            engine,
            folder: folder.context("a folder")?,
            database,
            users: options.users,
            sessions,
            tokens,
            postmaster,
            _folder: temporary,
            _cluster: cluster,
        };
        runtime.block_on(data.fill())?;
        Ok(data)
    }

    /// The token of a session; the first is the administrator's.
    pub(crate) fn token(&self, number: u64) -> &str {
        // No more than 2^32 tokens, so nothing is lost.
        self.tokens[(number % u64::from(self.sessions)) as usize].expose()
    }

    /// The name of a user; they begin with 1.
    pub(crate) fn login(number: u64) -> String {
        format!("user{number:07}")
    }

    /// The settings of a server on it.
    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        child::settings(&self.folder, self.database.as_deref())
    }

    /// The CPU time that a server has had, and its database where that has processes of its own.
    pub(crate) fn cpu_time(&self, server: &Served) -> anyhow::Result<Duration> {
        Ok(machine::cpu_time(server.id())? + self.database_time()?)
    }

    /// The CPU time that the processes of the database have had.
    pub(crate) fn database_time(&self) -> anyhow::Result<Duration> {
        self.postmaster.map_or(Ok(Duration::ZERO), machine::cpu_time_of_family)
    }

    /// So many new sessions, to be ended again. No server may run on a SQLite database meanwhile.
    pub(crate) async fn open_sessions(&self, count: u32) -> anyhow::Result<Vec<Token>> {
        let tokens: Vec<_> =
            (0..count).map(|_| Token::issue(TokenKind::Session, &SystemRandom)).collect();
        let store = self.store().await?;
        let now = SystemClock.now();
        store
            .write(async |tx: &mut Tx| -> Result<()> {
                for (token, number) in tokens.iter().zip(1..) {
                    let name = UserRef::Name(fold(&Self::login(number)));
                    if let Some(user) = tx.find_user(&name).await? {
                        open_session(tx, token, user.id, now).await?;
                    }
                }
                Ok(())
            })
            .await?;
        store.close().await?;
        Ok(tokens)
    }

    /// Its database. No server may run on a SQLite database meanwhile.
    pub(crate) async fn store(&self) -> anyhow::Result<Store> {
        Ok(Store::open(&self.settings()?.location()?, &roster_store::Options::default()).await?)
    }

    /// Makes the administrator and the users, unless they are there.
    async fn fill(&self) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let core = open_core(&settings).await?;
        let actor = Actor::system("measurement");
        core.prepare(&actor).await?;
        let admin = NewUser {
            username: "admin".to_owned(),
            email: "admin@example.com".to_owned(),
            password: Some(Secret::new("an administrator's password")),
            role: Some(Role::SystemAdmin),
            ..NewUser::default()
        };
        let Some(admin) = core.create_first_administrator(&actor, &admin).await? else {
            // Of an older Roster's database the index knows nothing yet.
            core.index_users(&actor).await?;
            core.close().await?;
            let store = self.store().await?;
            let last = UserRef::Name(fold(&Self::login(u64::from(self.users) - 1)));
            let last = store.read(async |tx: &mut Tx| tx.find_user(&last).await).await?;
            store.close().await?;
            ensure!(last.is_some(), "other users are there than those to be measured");
            return Ok(());
        };
        println!("making {} users", self.users);
        let hasher = PasswordHasher::start(settings.hashing(), Arc::new(SystemRandom))?;
        let hash = hasher.hash(&Secret::new(PASSWORD)).await?;
        let batches = (1..self.users).step_by(BATCH as usize).map(|first| {
            let import = UserImport {
                organization_id: None,
                dry_run: false,
                users: (first..(first + BATCH).min(self.users)).map(|it| row(it, &hash)).collect(),
            };
            let (core, actor) = (&core, &actor);
            async move {
                let report = core.import_users(actor, import).await?;
                ensure!(report.refused.is_empty(), "{:?}", report.refused);
                Ok(())
            }
        });
        stream::iter(batches).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        core.index_users(&actor).await?;
        core.close().await?;
        let store = self.store().await?;
        let now = SystemClock.now();
        let first = &self.tokens[0];
        store.write(async |tx: &mut Tx| open_session(tx, first, admin.id, now).await).await?;
        let batches = (1..self.sessions).step_by(BATCH as usize).map(|first| {
            let numbers = first..(first + BATCH).min(self.sessions);
            self.sign_in(&store, numbers, now)
        });
        stream::iter(batches).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        store.close().await?;
        Ok(())
    }

    async fn sign_in(&self, store: &Store, numbers: Range<u32>, now: Timestamp) -> Result<()> {
        let _place = store.stand_in_line().await;
        store
            .write(async |tx: &mut Tx| -> Result<()> {
                for number in numbers.clone() {
                    let name = UserRef::Name(fold(&Self::login(number.into())));
                    if let Some(user) = tx.find_user(&name).await? {
                        open_session(tx, &self.tokens[number as usize], user.id, now).await?;
                    }
                }
                Ok(())
            })
            .await
    }
}

async fn open_session(tx: &mut Tx, token: &Token, user: UserId, now: Timestamp) -> Result<()> {
    let end = now.checked_add(LIFE).unwrap_or(Timestamp::MAX);
    let session = NewSession {
        uuid: SystemRandom.uuid_v7(now),
        user_id: user,
        token_hash: token.hash(),
        door: "native",
        method: AuthenticationMethod::Password,
        mfa_at: None,
        impersonator_id: None,
        address: Some("127.0.0.1".to_owned()),
        user_agent: Some("roster-bench"),
        created_at: now,
        expires_at: end,
        ends_at: end,
    };
    tx.insert_session(&session).await.map(drop)
}

/// A user as `roster import` reads it.
pub(crate) fn row(number: u32, hash: &str) -> UserRow {
    let (first_name, last_name, email) = people::person(number);
    UserRow {
        username: Data::login(number.into()),
        email,
        first_name: Some(first_name),
        last_name: Some(last_name),
        status: Some(Status::Active),
        password_hash: Some(Secret::new(hash)),
        ..UserRow::default()
    }
}
