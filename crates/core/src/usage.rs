//! When and how often credentials were used: gathered in memory, written down in batches.
//!
//! A check must not wait for the disk, so what it has to note stands here until the next flush. Until then whoever
//! reads such a number adds what is pending.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use roster_model::{ApiKey, ApiKeyId, CredentialKind, Session, SessionId, User, UserId};
use roster_store::{LiveCredential, Tx};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::{Actor, Core, Result, authz::Operation};

/// Parts that are locked apart from each other, by user.
const SHARDS: usize = 64;

/// How many credentials are written down in one transaction: a flush must not hold others up.
const BATCH: usize = 256;

/// What was used and is not written down yet.
pub(crate) struct Usage {
    shards: Box<[Mutex<Shard>]>,
    /// Held for writing between a batch's commit and its removal from here, so that who reads numbers while holding it
    /// for reading finds each use exactly once.
    settling: RwLock<()>,
}

/// By user, since who reads a user must not look at everybody's.
type Shard = HashMap<UserId, HashMap<Key, Pending>>;

/// A credential, as long as it stands among pending ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    kind: CredentialKind,
    id: i64,
}

#[derive(Clone)]
struct Pending {
    credential: Arc<LiveCredential>,
    uses: i64,
    last_used_at: Timestamp,
}

impl Usage {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, settling: RwLock::new(()) }
    }

    /// Notes a use.
    pub(crate) fn note(&self, credential: &Arc<LiveCredential>, now: Timestamp) {
        let key = Key { kind: credential.kind, id: credential.id };
        let mut shard = self.shard(credential.user.id);
        let of_user = shard.entry(credential.user.id).or_default();
        match of_user.get_mut(&key) {
            Some(pending) => {
                pending.uses += 1;
                pending.last_used_at = pending.last_used_at.max(now);
            }
            None => {
                let credential = Arc::clone(credential);
                of_user.insert(key, Pending { credential, uses: 1, last_used_at: now });
            }
        }
    }

    /// When a credential was last used, if that is not written down yet.
    pub(crate) fn last_use(&self, credential: &LiveCredential) -> Option<Timestamp> {
        let key = Key { kind: credential.kind, id: credential.id };
        self.shard(credential.user.id)
            .get(&credential.user.id)?
            .get(&key)
            .map(|pending| pending.last_used_at)
    }

    /// Holds flushes up while numbers are read that are added to what is pending.
    pub(crate) async fn steady(&self) -> RwLockReadGuard<'_, ()> {
        self.settling.read().await
    }

    /// Adds what is pending to a key just read.
    pub(crate) fn add_to_api_key(&self, api_key: &mut ApiKey) {
        let key = Key { kind: CredentialKind::ApiKey, id: api_key.id.0 };
        let shard = self.shard(api_key.user_id);
        if let Some(pending) = shard.get(&api_key.user_id).and_then(|of_user| of_user.get(&key)) {
            api_key.use_count += pending.uses;
            api_key.last_used_at = api_key.last_used_at.max(Some(pending.last_used_at));
        }
    }

    /// Adds what is pending to a session just read.
    pub(crate) fn add_to_session(
        &self,
        id: SessionId,
        session: &mut Session,
        expires_at: impl Fn(&LiveCredential, Timestamp) -> Timestamp,
    ) {
        let key = Key { kind: CredentialKind::Session, id: id.0 };
        let shard = self.shard(session.user_id);
        if let Some(pending) = shard.get(&session.user_id).and_then(|of_user| of_user.get(&key)) {
            session.last_used_at = session.last_used_at.max(pending.last_used_at);
            let later = expires_at(&pending.credential, pending.last_used_at);
            session.expires_at = session.expires_at.max(later);
        }
    }

    /// Adds what is pending to a user just read.
    pub(crate) fn add_to_user(&self, user: &mut User) {
        let shard = self.shard(user.id);
        let uses = shard.get(&user.id).into_iter().flat_map(HashMap::values);
        let latest = uses.map(|pending| pending.last_used_at).max();
        user.last_seen_at = user.last_seen_at.max(latest);
    }

    /// Everything that is pending now.
    fn pending(&self) -> Vec<(Key, Pending)> {
        let shards = self.shards.iter();
        shards
            .flat_map(|shard| {
                let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                let uses = shard.values().flatten();
                uses.map(|(key, pending)| (*key, pending.clone())).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Takes away what was written down; what was noted meanwhile stays.
    fn settle(&self, written: &[(Key, Pending)]) {
        for (key, written) in written {
            let user = written.credential.user.id;
            let mut shard = self.shard(user);
            let Some(of_user) = shard.get_mut(&user) else { continue };
            if let Some(pending) = of_user.get_mut(key) {
                pending.uses -= written.uses;
                if pending.uses == 0 {
                    of_user.remove(key);
                }
            }
            if of_user.is_empty() {
                shard.remove(&user);
            }
        }
    }

    fn shard(&self, user: UserId) -> MutexGuard<'_, Shard> {
        let place = user.0.unsigned_abs() as usize % SHARDS;
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        for batch in pending.chunks(BATCH) {
            let _settling = self.usage().settling.write().await;
            self.store().write(async |tx: &mut Tx| self.write_usage(tx, batch).await).await?;
            self.usage().settle(batch);
        }
        Ok(pending.len() as u64)
    }

    async fn write_usage(&self, tx: &mut Tx, batch: &[(Key, Pending)]) -> Result<()> {
        let mut seen = HashMap::new();
        for (key, Pending { credential, uses, last_used_at }) in batch {
            let user_seen = seen.entry(credential.user.id).or_insert(*last_used_at);
            *user_seen = (*user_seen).max(*last_used_at);
            match key.kind {
                CredentialKind::Session => {
                    let expires_at = self.session_expiry(credential, *last_used_at);
                    tx.note_session_use(SessionId(key.id), *last_used_at, expires_at).await?;
                }
                CredentialKind::ApiKey => {
                    tx.note_api_key_use(ApiKeyId(key.id), *last_used_at, *uses).await?;
                }
            }
        }
        for (user, at) in seen {
            tx.note_user_seen(user, at).await?;
        }
        Ok(())
    }
}
