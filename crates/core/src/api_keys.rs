//! API keys: tokens that people make for their programs (design section 3.6).

use roster_model::{
    ApiKey, Field, IssuedApiKey, NewApiKey, Page, PageRequest, Reason, Secret, UserRef, fold,
    is_invisible,
};
use roster_store::{ApiKeyRef, Mark, NewApiKeyRow, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result,
    audit::Entry,
    authorize::get_user,
    authz::Operation,
    clock::whole_microseconds,
    credentials::{
        check_constraints,
        token::{Token, TokenKind},
    },
    paging::Paging,
    random::RandomExt,
    sessions::later,
    users::is_available,
};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 320;
/// The most scopes of a key.
const MAX_SCOPES: usize = 100;
/// The longest scope, in characters.
const MAX_SCOPE: usize = 100;

impl Core {
    /// Makes a key for the caller. Its token is in the reply and nowhere else.
    ///
    /// # Errors
    /// Those of step-up; `Invalid` for a malformed name, scope or constraint and an end that is over; `AlreadyExists`
    /// if the caller has a live key of that name.
    pub async fn create_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        new: &NewApiKey,
    ) -> Result<IssuedApiKey> {
        let operation = Operation::CreateApiKey;
        self.create_once(actor, operation, self.issue_api_key(actor, user, new)).await
    }

    async fn issue_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        new: &NewApiKey,
    ) -> Result<IssuedApiKey> {
        let operation = Operation::CreateApiKey;
        let user = self.authorize_on(actor, operation, user).await?;
        let now = self.now();
        check_name(&new.name)?;
        check_scopes(&new.scopes)?;
        check_constraints(&new.constraints)?;
        let expires_at = match new.expires_at {
            Some(end) if end <= now => {
                return Err(Error::invalid(Field::ExpiresAt, Reason::InThePast));
            }
            Some(end) => Some(whole_microseconds(end)),
            None => self.settings().api_key_life(actor.origin.door).map(|life| later(now, life)),
        };
        let token = Token::issue(TokenKind::ApiKey, self.random());
        let uuid = self.random().uuid_v7(now);
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_user(tx, user.id).await?;
                if !is_available(&user, now) {
                    return Err(Error::AccountUnavailable);
                }
                let row = NewApiKeyRow {
                    uuid,
                    user_id: user.id,
                    name: &new.name,
                    token_hash: token.hash(),
                    prefix: token.shown_prefix(),
                    scopes: &new.scopes,
                    constraints: &new.constraints,
                    created_at: now,
                    expires_at,
                };
                let id = tx.insert_api_key(&row).await?;
                let id = id.ok_or(Error::AlreadyExists { field: Field::Name })?;
                let api_key = ApiKey {
                    id,
                    uuid,
                    name: new.name.clone(),
                    user_id: user.id,
                    prefix: token.shown_prefix().to_owned(),
                    scopes: new.scopes.clone(),
                    constraints: new.constraints.clone(),
                    created_at: now,
                    expires_at,
                    revoked_at: None,
                    last_used_at: None,
                    use_count: 0,
                };
                Entry::done("api_key.created", user.id)
                    .about(format!("api_key:{id}"))
                    .with(json!({ "name": api_key.name, "scopes": api_key.scopes }))
                    .write(tx, actor, now)
                    .await?;
                let issued = IssuedApiKey { token: Secret::new(token.expose()), api_key };
                self.keep_reply(tx, actor, operation, &issued, now).await?;
                Ok(issued)
            })
            .await
    }

    /// The keys of a user, the oldest first, with the revoked ones if they are asked for.
    ///
    /// # Errors
    /// `Invalid` for a page that cannot be.
    pub async fn list_api_keys(
        &self,
        actor: &Actor,
        user: &UserRef,
        include_revoked: bool,
        page: &PageRequest,
    ) -> Result<Page<ApiKey>> {
        let user = self.authorize_on(actor, Operation::ListApiKeys, user).await?.id;
        let paging = Paging::read(page, format!("api_keys:{user}:{include_revoked}"))?;
        let _steady = self.usage().steady().await;
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_api_keys(user, include_revoked, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_api_keys(user, include_revoked).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        let page = paging.page(rows, total, |key: &ApiKey| Mark::id(key.id.0));
        Ok(page.map(|mut key| {
            self.usage().add_to_api_key(&mut key);
            key
        }))
    }

    /// A key of a user, live or revoked. A name means the live key, if there is one.
    ///
    /// # Errors
    /// `NotFound` if that user has no such key.
    pub async fn get_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        key: &ApiKeyRef,
    ) -> Result<ApiKey> {
        let user = self.authorize_on(actor, Operation::ListApiKeys, user).await?.id;
        let _steady = self.usage().steady().await;
        let found =
            self.store().point_read(async |tx: &mut Tx| tx.find_api_key(user, key).await).await?;
        let mut found = found.ok_or(Error::NotFound(Kind::ApiKey))?;
        self.usage().add_to_api_key(&mut found);
        Ok(found)
    }

    /// Ends a key for good; the very next request with it fails.
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
                Ok(found)
            })
            .await?;
        self.usage().add_to_api_key(&mut revoked);
        Ok(revoked)
    }
}

fn check_name(name: &str) -> Result<()> {
    let refuse = |reason| Err(Error::invalid(Field::Name, reason));
    if fold(name).as_str().trim().is_empty() {
        return refuse(Reason::Empty);
    }
    if name.chars().nth(MAX_NAME).is_some() {
        return refuse(Reason::TooLong { max: MAX_NAME });
    }
    if name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace) {
        return refuse(Reason::BlankAtEnd);
    }
    if name.chars().any(char::is_control) {
        return refuse(Reason::ControlCharacter);
    }
    if name.chars().any(is_invisible) {
        return refuse(Reason::InvisibleCharacter);
    }
    Ok(())
}

/// Scopes are tokens of RFC 6749, section 3.3: visible ASCII but for the quotation mark and the backslash. They may be
/// other services' words.
fn check_scopes(scopes: &[String]) -> Result<()> {
    let refuse = |reason| Err(Error::invalid(Field::Scopes, reason));
    if scopes.len() > MAX_SCOPES {
        return refuse(Reason::TooLong { max: MAX_SCOPES });
    }
    for scope in scopes {
        let is_token =
            scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        if scope.is_empty() {
            return refuse(Reason::Empty);
        }
        if scope.len() > MAX_SCOPE {
            return refuse(Reason::TooLong { max: MAX_SCOPE });
        }
        if !is_token {
            let sentence = "must be made of visible ASCII characters without quotation marks";
            return refuse(Reason::Other(sentence.to_owned()));
        }
    }
    Ok(())
}
