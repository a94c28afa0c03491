//! Creations that are done once, however often they are asked for: a client that heard no answer asks again with the
//! same `Idempotency-Key` and gets the first answer.

use std::{
    hash::{Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;
use roster_model::UserId;
use roster_store::{KeptReply, Tx};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    Actor, Core, Error, Idempotency, Result, authz::Operation, credentials::secret_key::Purpose,
    sessions::later,
};

/// How long a reply is kept.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// Lets requests with the same key in one after the other, in this process.
pub(crate) struct Once(Box<[Mutex<()>]>);

/// Requests share places only by chance, and then merely wait a little.
const PLACES: usize = 256;

impl Once {
    pub(crate) fn new() -> Self {
        Self((0..PLACES).map(|_| Mutex::new(())).collect())
    }

    async fn wait(&self, caller: UserId, once: &Idempotency) -> MutexGuard<'_, ()> {
        let mut hasher = std::hash::DefaultHasher::new();
        (caller, &once.key).hash(&mut hasher);
        self.0[(hasher.finish() % PLACES as u64) as usize].lock().await
    }
}

impl Core {
    /// Does `work` unless its reply is kept already, and then gives that reply.
    ///
    /// `work` begins with its own authorization, second factor included, and calls
    /// [`keep_reply`](Self::keep_reply) in the transaction that creates. A repeated request is asked for permission
    /// again, but not for a second factor: its code was spent the first time.
    ///
    /// # Errors
    /// `IdempotencyConflict` if the key came with another request before; else those of `work`.
    pub(crate) async fn create_once<T: Serialize + DeserializeOwned>(
        &self,
        actor: &Actor,
        operation: Operation,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let (Some(caller), Some(once)) = (actor.user_id(), &actor.idempotency) else {
            return work.await;
        };
        Self::permit(actor, operation)?;
        // A client that did not want to wait asks again while the first request is still at work.
        let _alone = self.once().wait(caller, once).await;
        if let Some(reply) = self.find_reply(caller, operation, once).await? {
            return Ok(reply);
        }
        match work.await {
            Ok(reply) => Ok(reply),
            // On another node the same request may have been faster, and what was refused here is its reply there.
            Err(error) => self.find_reply(caller, operation, once).await?.ok_or(error),
        }
    }

    /// Keeps the reply of a creation in its transaction, if the caller has asked for that.
    ///
    /// # Errors
    /// `IdempotencyConflict` if there is one under this key; the creation is then undone.
    pub(crate) async fn keep_reply<T: Serialize>(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        operation: Operation,
        reply: &T,
        now: Timestamp,
    ) -> Result<()> {
        let (Some(caller), Some(once)) = (actor.user_id(), &actor.idempotency) else {
            return Ok(());
        };
        let json = zeroize::Zeroizing::new(serde_json::to_vec(reply).map_err(Error::internal)?);
        let sealed = self.keys().seal(Purpose::Idempotency, caller.0, &json, self.random());
        let digest = self.keys().keyed_hash(Purpose::Idempotency, &[&once.digest]);
        let reply = KeptReply { digest, sealed };
        let (key, end) = (name(operation, once), later(now, KEPT_FOR));
        let is_kept = tx.keep_reply(&caller.to_string(), &key, &reply, now, end).await?;
        if is_kept { Ok(()) } else { Err(Error::IdempotencyConflict) }
    }

    async fn find_reply<T: DeserializeOwned>(
        &self,
        caller: UserId,
        operation: Operation,
        once: &Idempotency,
    ) -> Result<Option<T>> {
        let (who, key, now) = (caller.to_string(), name(operation, once), self.now());
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_reply(&who, &key, now).await)
            .await?;
        let Some(found) = found else { return Ok(None) };
        // Keyed: a request may hold a password, and whoever has the database must not guess it from a plain hash.
        let parts: [&[u8]; 1] = [&once.digest];
        let mut same = self.keys().keyed_hashes(Purpose::Idempotency, &parts);
        if !same.any(|digest| digest == found.digest) {
            return Err(Error::IdempotencyConflict);
        }
        let json = self
            .keys()
            .open(Purpose::Idempotency, caller.0, &found.sealed)
            .map_err(Error::internal)?;
        serde_json::from_slice(&json).map(Some).map_err(Error::internal)
    }
}

/// Under what a reply is kept: one key may serve several operations. Hashed, for clients choose the text.
fn name(operation: Operation, once: &Idempotency) -> String {
    let key = data_encoding::HEXLOWER.encode(&Sha256::digest(&once.key));
    format!("{}:{key}", operation.as_str())
}
