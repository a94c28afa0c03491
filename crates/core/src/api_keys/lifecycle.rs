//! What becomes of API keys: revoked, let work again, renamed, given another end, removed.

use jiff::Timestamp;
use roster_model::{ApiKey, ApiKeyId, ApiKeyUpdate, Field, Reason, UserId, UserRef};
use roster_store::{ApiKeyRef, Tx};
use serde_json::json;

use super::check_name;
use crate::{
    Actor, Core, Error, Kind, Result, audit::Entry, authz::Operation, clock::whole_microseconds,
};

impl Core {
    /// Whose key this is, for doors whose addresses do not say it.
    ///
    /// # Errors
    /// `NotFound` for a key that is not there, and for one of a user whose keys the caller may not see.
    pub async fn owner_of_api_key(&self, actor: &Actor, key: ApiKeyId) -> Result<UserId> {
        Self::permit(actor, Operation::Whoami)?;
        let owner =
            self.store().point_read(async |tx: &mut Tx| tx.find_api_key_owner(key).await).await?;
        let owner = owner.ok_or(Error::NotFound(Kind::ApiKey))?;
        match self.authorize_on(actor, Operation::ListApiKeys, &UserRef::Id(owner)).await {
            Ok(owner) => Ok(owner.id),
            Err(Error::Forbidden | Error::NotFound(_)) => Err(Error::NotFound(Kind::ApiKey)),
            Err(error) => Err(error),
        }
    }

    /// Ends a key and the copies that were made with it; the very next request with any of them fails.
    ///
    /// # Errors
    /// Those of step-up; `NotFound` if that user has no such key; `WrongState` if it is revoked already.
    pub async fn revoke_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        key: &ApiKeyRef,
    ) -> Result<ApiKey> {
        let operation = Operation::RevokeApiKey;
        let user = self.authorize_on_part(actor, operation, user, &format!("{key:?}")).await?.id;
        let now = self.now();
        let _steady = self.usage().steady().await;
        let mut revoked = self
            .store()
            .write(async |tx: &mut Tx| {
                let found = tx.find_api_key(user, key).await?;
                let mut found = found.ok_or(Error::NotFound(Kind::ApiKey))?;
                if !tx.revoke_api_key(found.id, now).await? {
                    return Err(Error::WrongState("this API key is revoked already"));
                }
                found.revoked_at = Some(now);
                Entry::done("api_key.revoked", user)
                    .about(format!("api_key:{}", found.id))
                    .with(json!({ "name": found.name }))
                    .write(tx, actor, now)
                    .await?;
                revoke_copies(tx, actor, &found, now).await?;
                Ok(found)
            })
            .await?;
        self.usage().add_to_api_key(&mut revoked);
        Ok(revoked)
    }

    /// Lets a revoked key work again; copies that ended with it do not.
    ///
    /// # Errors
    /// Those of step-up; `NotFound` if that user has no such key; `WrongState` if it is not revoked; `AlreadyExists` if
    /// a live key has its name by now.
    pub async fn restore_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        key: &ApiKeyRef,
    ) -> Result<ApiKey> {
        self.alter(actor, Operation::RestoreApiKey, user, key, "api_key.restored", |key| {
            if key.revoked_at.take().is_none() {
                return Err(Error::WrongState("this API key is not revoked"));
            }
            Ok(())
        })
        .await
    }

    /// Changes the name or the end of a key, live or revoked. No copy of it works longer.
    ///
    /// # Errors
    /// Those of step-up; `NotFound` if that user has no such key; `Invalid` for a malformed name and an end that is over;
    /// `AlreadyExists` if another live key has the name.
    pub async fn update_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        key: &ApiKeyRef,
        update: &ApiKeyUpdate,
    ) -> Result<ApiKey> {
        let now = self.now();
        self.alter(actor, Operation::UpdateApiKey, user, key, "api_key.updated", |key| {
            if let Some(name) = &update.name {
                check_name(name)?;
                key.name.clone_from(name);
            }
            if let Some(end) = update.expires_at {
                let end = end.map(whole_microseconds);
                if end.is_some_and(|end| end <= now) {
                    return Err(Error::invalid(Field::ExpiresAt, Reason::InThePast));
                }
                key.expires_at = end;
            }
            Ok(())
        })
        .await
    }

    async fn alter(
        &self,
        actor: &Actor,
        operation: Operation,
        user: &UserRef,
        key: &ApiKeyRef,
        action: &'static str,
        change: impl Fn(&mut ApiKey) -> Result<()> + Send + Sync,
    ) -> Result<ApiKey> {
        let user = self.authorize_on_part(actor, operation, user, &format!("{key:?}")).await?.id;
        let now = self.now();
        let _steady = self.usage().steady().await;
        let mut changed = self
            .store()
            .write(async |tx: &mut Tx| {
                let found = tx.find_api_key(user, key).await?;
                let before = found.ok_or(Error::NotFound(Kind::ApiKey))?;
                let mut key = before.clone();
                change(&mut key)?;
                if key == before {
                    return Ok(key);
                }
                let lays_claim = (&key.name, key.revoked_at) != (&before.name, before.revoked_at);
                if lays_claim
                    && key.revoked_at.is_none()
                    && tx.is_api_key_name_taken(user, &key.name, key.id, now).await?
                {
                    return Err(Error::AlreadyExists { field: Field::Name });
                }
                tx.update_api_key(&key).await?;
                Entry::done(action, user)
                    .about(format!("api_key:{}", key.id))
                    .with(json!({ "name": key.name }))
                    .write(tx, actor, now)
                    .await?;
                if key.expires_at != before.expires_at {
                    shorten_copies(tx, actor, &key, now).await?;
                }
                Ok(key)
            })
            .await?;
        self.usage().add_to_api_key(&mut changed);
        Ok(changed)
    }

    /// Removes a key and revokes its copies; the very next request with any of them fails, and nothing of the key
    /// itself can be seen any more but in the audit log.
    ///
    /// # Errors
    /// Those of step-up; `NotFound` if that user has no such key.
    pub async fn delete_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        key: &ApiKeyRef,
    ) -> Result<()> {
        let operation = Operation::DeleteApiKey;
        let user = self.authorize_on_part(actor, operation, user, &format!("{key:?}")).await?.id;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let found = tx.find_api_key(user, key).await?;
                let found = found.ok_or(Error::NotFound(Kind::ApiKey))?;
                revoke_copies(tx, actor, &found, now).await?;
                tx.delete_api_key(found.id).await?;
                Entry::done("api_key.deleted", user)
                    .about(format!("api_key:{}", found.id))
                    .with(json!({ "name": found.name }))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }
}

/// Ends what was made with a key that is no more: who had it may have copied it (threat T25).
async fn revoke_copies(tx: &mut Tx, actor: &Actor, model: &ApiKey, now: Timestamp) -> Result<()> {
    for copy in tx.list_copies_of_api_key(model.id).await? {
        tx.revoke_api_key(copy.id, now).await?;
        record_copy(tx, actor, "api_key.revoked", &copy, model, now).await?;
    }
    Ok(())
}

/// Lets no copy of a key work longer than the key.
async fn shorten_copies(tx: &mut Tx, actor: &Actor, model: &ApiKey, now: Timestamp) -> Result<()> {
    let Some(end) = model.expires_at else { return Ok(()) };
    for mut copy in tx.list_copies_of_api_key(model.id).await? {
        if copy.expires_at.is_none_or(|own| own > end) {
            copy.expires_at = Some(end);
            tx.update_api_key(&copy).await?;
            record_copy(tx, actor, "api_key.updated", &copy, model, now).await?;
        }
    }
    Ok(())
}

async fn record_copy(
    tx: &mut Tx,
    actor: &Actor,
    action: &'static str,
    copy: &ApiKey,
    model: &ApiKey,
    now: Timestamp,
) -> Result<()> {
    Entry::done(action, copy.user_id)
        .about(format!("api_key:{}", copy.id))
        .with(json!({ "name": copy.name, "with": model.id }))
        .write(tx, actor, now)
        .await?;
    Ok(())
}
