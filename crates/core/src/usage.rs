//! When and how often credentials were used: gathered in memory, written down in batches.
//!
//! A check must not wait for the disk, so what it has to note stands here until the next flush. Until then whoever
//! reads such a number adds what is pending.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    iter::once,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::available_parallelism,
};

use jiff::Timestamp;
use roster_model::{ApiKey, ApiKeyId, CredentialKind, Session, SessionId, User, UserId};
use roster_store::{LiveCredential, Tx};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::{Actor, Core, Result, authz::Operation};

/// Parts of a lane that are locked apart from each other, by user.
const SHARDS: usize = 64;

/// The most lanes.
const LANES: usize = 16;

/// How many credentials are written down in one transaction: a flush must not hold others up.
const BATCH: usize = 256;

/// What was used and is not written down yet.
pub(crate) struct Usage {
    /// Those of the first lane, then those of the next. Each thread notes in a lane of its own as far as there are enough:
    /// a service that has tokens checked shows one and the same key with every request.
    shards: Box<[Mutex<Shard>]>,
    lanes: usize,
    /// Held for writing between a batch's commit and its removal from here, so that who reads numbers while holding it
    /// for reading finds each use exactly once.
    settling: RwLock<()>,
}

/// By user, since who reads a user must not look at everybody's.
type Shard = HashMap<UserId, OfUser, BuildHasherDefault<ByNumber>>;

/// What one user's credentials were used for. Nearly always there is one, and noting its use allocates nothing.
struct OfUser {
    first: Pending,
    others: Vec<Pending>,
}

thread_local! {
    /// How many threads noted anything before this one.
    static THREAD: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

#[derive(Clone)]
struct Pending {
    credential: Arc<LiveCredential>,
    uses: i64,
    last_used_at: Timestamp,
}

/// The numbers of users are given out one after the other, never chosen by anybody, so to spread them is enough.
#[derive(Default)]
struct ByNumber(u64);

impl Hasher for ByNumber {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Pending {
    fn is_of(&self, kind: CredentialKind, id: i64) -> bool {
        self.credential.kind == kind && self.credential.id == id
    }
}

impl OfUser {
    fn iter(&self) -> impl Iterator<Item = &Pending> {
        once(&self.first).chain(&self.others)
    }

    fn find(&self, kind: CredentialKind, id: i64) -> Option<&Pending> {
        self.iter().find(|pending| pending.is_of(kind, id))
    }

    fn find_mut(&mut self, kind: CredentialKind, id: i64) -> Option<&mut Pending> {
        once(&mut self.first).chain(&mut self.others).find(|pending| pending.is_of(kind, id))
    }

    /// Drops what has no uses left; true if nothing is left at all.
    fn tidy(&mut self) -> bool {
        self.others.retain(|pending| pending.uses != 0);
        if self.first.uses != 0 {
            return false;
        }
        match self.others.pop() {
            Some(other) => self.first = other,
            None => return true,
        }
        false
    }
}

impl Usage {
    pub(crate) fn new() -> Self {
        // Threads come and go; with twice as many lanes, two that are there at once seldom share one.
        let lanes = available_parallelism().map_or(1, |cores| (2 * cores.get()).min(LANES));
        let shards = (0..lanes * SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, lanes, settling: RwLock::new(()) }
    }

    /// Notes a use. Gives the latest that is pending in this lane: this one, unless the clock was turned back.
    pub(crate) fn note(&self, credential: &Arc<LiveCredential>, now: Timestamp) -> Timestamp {
        let new = || Pending { credential: Arc::clone(credential), uses: 1, last_used_at: now };
        let lane = THREAD.with(|thread| thread % self.lanes);
        let mut shard = self.shard(lane * SHARDS + place(credential.user.id));
        let of_user = match shard.entry(credential.user.id) {
            Entry::Occupied(of_user) => of_user.into_mut(),
            Entry::Vacant(place) => {
                place.insert(OfUser { first: new(), others: Vec::new() });
                return now;
            }
        };
        match of_user.find_mut(credential.kind, credential.id) {
            Some(pending) => {
                pending.uses += 1;
                pending.last_used_at = pending.last_used_at.max(now);
                pending.last_used_at
            }
            None => {
                of_user.others.push(new());
                now
            }
        }
    }

    /// When a credential was last used, if that is not written down yet.
    pub(crate) fn last_use(&self, credential: &LiveCredential) -> Option<Timestamp> {
        self.of_user(credential.user.id, |of_user| {
            Some(of_user.find(credential.kind, credential.id)?.last_used_at)
        })
        .max()
    }

    /// Holds flushes up while numbers are read that are added to what is pending.
    pub(crate) async fn steady(&self) -> RwLockReadGuard<'_, ()> {
        self.settling.read().await
    }

    /// Adds what is pending to a key just read.
    pub(crate) fn add_to_api_key(&self, api_key: &mut ApiKey) {
        let id = api_key.id.0;
        let pending = self.of_user(api_key.user_id, |of_user| {
            let pending = of_user.find(CredentialKind::ApiKey, id)?;
            Some((pending.uses, pending.last_used_at))
        });
        for (uses, last_used_at) in pending {
            api_key.use_count += uses;
            api_key.last_used_at = api_key.last_used_at.max(Some(last_used_at));
        }
    }

    /// Adds what is pending to a session just read.
    pub(crate) fn add_to_session(
        &self,
        id: SessionId,
        session: &mut Session,
        expires_at: impl Fn(&LiveCredential, Timestamp) -> Timestamp,
    ) {
        let pending = self.of_user(session.user_id, |of_user| {
            let pending = of_user.find(CredentialKind::Session, id.0)?;
            let later = expires_at(&pending.credential, pending.last_used_at);
            Some((pending.last_used_at, later))
        });
        for (last_used_at, later) in pending {
            session.last_used_at = session.last_used_at.max(last_used_at);
            session.expires_at = session.expires_at.max(later);
        }
    }

    /// Adds what is pending to a user just read.
    pub(crate) fn add_to_user(&self, user: &mut User) {
        let latest = self
            .of_user(user.id, |of_user| of_user.iter().map(|pending| pending.last_used_at).max())
            .max();
        user.last_seen_at = user.last_seen_at.max(latest);
    }

    /// Everything that is pending now, each with its shard, in the order in which the database has it: neighbours are
    /// written together.
    fn pending(&self) -> Vec<(usize, Pending)> {
        let mut all = Vec::new();
        for number in 0..self.shards.len() {
            let shard = self.shard(number);
            all.extend(shard.values().flat_map(OfUser::iter).map(|one| (number, one.clone())));
        }
        all.sort_unstable_by_key(|(_, pending)| {
            let credential = &pending.credential;
            (credential.kind == CredentialKind::ApiKey, credential.id)
        });
        all
    }

    /// Takes away what was written down; what was noted meanwhile stays.
    fn settle(&self, written: &[(usize, Pending)]) {
        for (shard, Pending { credential, uses, .. }) in written {
            let mut shard = self.shard(*shard);
            let Entry::Occupied(mut of_user) = shard.entry(credential.user.id) else { continue };
            if let Some(pending) = of_user.get_mut().find_mut(credential.kind, credential.id) {
                pending.uses -= uses;
                if pending.uses == 0 && of_user.get_mut().tidy() {
                    of_user.remove();
                }
            }
        }
    }

    /// What each lane has of a user.
    fn of_user<T>(
        &self,
        user: UserId,
        read: impl Fn(&OfUser) -> Option<T>,
    ) -> impl Iterator<Item = T> {
        (0..self.lanes)
            .filter_map(move |lane| read(self.shard(lane * SHARDS + place(user)).get(&user)?))
    }

    fn shard(&self, number: usize) -> MutexGuard<'_, Shard> {
        self.shards[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a user's shard in each lane.
fn place(user: UserId) -> usize {
    user.0.unsigned_abs() as usize % SHARDS
}

impl Core {
    /// Writes down what was used since the last time, and says of how many credentials. To be called about once a
    /// second, and once more at shutdown.
    ///
    /// # Errors
    /// `Unavailable` while the database is; then nothing is lost, it stays pending.
    pub async fn flush_usage(&self, actor: &Actor) -> Result<u64> {
        self.authorize(actor, Operation::RunJobs).await?;
        let pending = self.usage().pending();
        let of = |(_, pending): &(usize, Pending)| (pending.credential.kind, pending.credential.id);
        let credentials = pending.chunk_by(|one, next| of(one) == of(next)).count();
        for batch in pending.chunks(BATCH) {
            let _settling = self.usage().settling.write().await;
            self.store().write(async |tx: &mut Tx| self.write_usage(tx, batch).await).await?;
            self.usage().settle(batch);
        }
        Ok(credentials as u64)
    }

    async fn write_usage(&self, tx: &mut Tx, batch: &[(usize, Pending)]) -> Result<()> {
        let mut seen = HashMap::new();
        for (_, Pending { credential, uses, last_used_at }) in batch {
            let user_seen = seen.entry(credential.user.id).or_insert(*last_used_at);
            *user_seen = (*user_seen).max(*last_used_at);
            match credential.kind {
                CredentialKind::Session => {
                    let expires_at = self.session_expiry(credential, *last_used_at);
                    tx.note_session_use(SessionId(credential.id), *last_used_at, expires_at)
                        .await?;
                }
                CredentialKind::ApiKey => {
                    tx.note_api_key_use(ApiKeyId(credential.id), *last_used_at, *uses).await?;
                }
            }
        }
        for (user, at) in seen {
            tx.note_user_seen(user, at).await?;
        }
        Ok(())
    }
}
