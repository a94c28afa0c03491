//! The bounded table of live credentials, which answers a token check without the database.
//!
//! It is right by construction only where one process owns the database: the writer changes it after each commit and
//! before anybody is told of that commit. A miss is read from the database and filled in, unless something was
//! forgotten meanwhile: what was read may then already be old.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use roster_model::UserId;

use crate::{Change, Follow};

/// The SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// Parts that are locked apart from each other.
const SHARDS: usize = 64;

/// Something that belongs to a user.
pub trait Owned {
    /// The user.
    fn user(&self) -> UserId;
}

/// Live credentials by the hash of their token.
pub struct Live<V> {
    shards: Box<[RwLock<Shard<V>>]>,
    /// Of each shard.
    capacity: usize,
}

/// Notes when a miss began, so that `fill` can tell whether its answer is still true.
#[derive(Debug, Clone, Copy)]
pub struct Miss {
    hash: TokenHash,
    forgotten: u64,
}

/// What a check found.
#[derive(Debug)]
pub enum Check<V> {
    /// It is live.
    Hit(Arc<V>),
    /// Ask the database, then `fill`.
    Miss(Miss),
}

struct Shard<V> {
    entries: HashMap<TokenHash, Entry<V>, BuildHasherDefault<Prefix>>,
    /// The same tokens by their users; a set of each user's own would take more room than the credentials.
    by_user: BTreeSet<(UserId, TokenHash)>,
    /// Candidates for eviction, oldest first; may name what is gone.
    queue: VecDeque<TokenHash>,
    /// How often something was forgotten here.
    forgotten: u64,
}

struct Entry<V> {
    value: Arc<V>,
    used: AtomicBool,
}

/// A token's hash is as good as random already, so its beginning serves as the hash of the map.
#[derive(Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length of the array says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<V: Owned> Live<V> {
    /// A table of about `capacity` credentials.
    pub fn new(capacity: usize) -> Self {
        Self::sharded(SHARDS, capacity)
    }

    fn sharded(shards: usize, capacity: usize) -> Self {
        let capacity = capacity.div_ceil(shards).max(1);
        Self { shards: (0..shards).map(|_| RwLock::default()).collect(), capacity }
    }

    /// Looks a token up.
    pub fn check(&self, hash: &TokenHash) -> Check<V> {
        let shard = self.shard(hash);
        match shard.entries.get(hash) {
            Some(entry) => {
                // Written only when it changes, so that checks do not fight for the cache line.
                if !entry.used.load(Ordering::Relaxed) {
                    entry.used.store(true, Ordering::Relaxed);
                }
                Check::Hit(entry.value.clone())
            }
            None => Check::Miss(Miss { hash: *hash, forgotten: shard.forgotten }),
        }
    }

    /// Keeps what the database answered to a miss, unless something was forgotten meanwhile.
    pub fn fill(&self, miss: Miss, value: Arc<V>) {
        let mut shard = self.shard_mut(&miss.hash);
        if shard.forgotten != miss.forgotten || shard.entries.contains_key(&miss.hash) {
            return;
        }
        shard.make_room(self.capacity);
        shard.by_user.insert((value.user(), miss.hash));
        shard.entries.insert(miss.hash, Entry { value, used: AtomicBool::new(false) });
        shard.queue.push_back(miss.hash);
    }

    /// Forgets one token.
    pub fn forget_token(&self, hash: &TokenHash) {
        let mut shard = self.shard_mut(hash);
        shard.forgotten += 1;
        shard.remove(hash);
    }

    /// Forgets everything of a user.
    pub fn forget_user(&self, user: UserId) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.forgotten += 1;
            let all = (user, [0; 32])..=(user, [255; 32]);
            let found: Vec<_> = shard.by_user.range(all).copied().collect();
            for both in found {
                shard.by_user.remove(&both);
                shard.entries.remove(&both.1);
            }
        }
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            *shard = Shard { forgotten: shard.forgotten + 1, ..Shard::default() };
        }
    }

    /// How many credentials are in the table.
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).entries.len())
            .sum()
    }

    /// Whether none is in the table.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&self, hash: &TokenHash) -> &RwLock<Shard<V>> {
        // Another byte than those that place an entry inside the map.
        &self.shards[usize::from(hash[31]) % self.shards.len()]
    }

    fn shard(&self, hash: &TokenHash) -> RwLockReadGuard<'_, Shard<V>> {
        self.place(hash).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard_mut(&self, hash: &TokenHash) -> RwLockWriteGuard<'_, Shard<V>> {
        self.place(hash).write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Owned + Send + Sync + 'static> Follow for Live<V> {
    fn follow(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::ForgetToken(hash) => self.forget_token(hash),
                Change::ForgetUser(user) => self.forget_user(*user),
                Change::ForgetAll => self.forget_all(),
            }
        }
    }
}

impl<V> Default for Shard<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            by_user: BTreeSet::new(),
            queue: VecDeque::new(),
            forgotten: 0,
        }
    }
}

impl<V: Owned> Shard<V> {
    fn remove(&mut self, hash: &TokenHash) {
        let Some(entry) = self.entries.remove(hash) else { return };
        self.by_user.remove(&(entry.value.user(), *hash));
    }

    /// Drops the oldest credential that was not used since it was last looked at.
    fn make_room(&mut self, capacity: usize) {
        while self.entries.len() >= capacity {
            let Some(oldest) = self.queue.pop_front() else { return };
            match self.entries.get(&oldest) {
                Some(entry) if entry.used.swap(false, Ordering::Relaxed) => {
                    self.queue.push_back(oldest)
                }
                Some(_) => self.remove(&oldest),
                None => {}
            }
        }
        // Tokens that were forgotten are still queued; do not let them outnumber the living.
        if self.queue.len() > 2 * capacity {
            let entries = &self.entries;
            self.queue.retain(|hash| entries.contains_key(hash));
        }
    }
}
