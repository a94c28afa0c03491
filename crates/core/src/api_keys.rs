//! API keys: tokens that people make for their programs (design section 3.6). What becomes of them afterwards stands in
//! `lifecycle`.

mod lifecycle;

use std::collections::HashMap;

use jiff::Timestamp;
use roster_model::{
    API_KEY_FIELDS, ApiKey, ApiKeyField, ApiKeyId, Field, IssuedApiKey, ListFilter, NewApiKey,
    Page, PageRequest, Reason, Secret, Unit, UserRef, fold, is_invisible,
};
use roster_store::{ApiKeyRef, LiveCredential, Mark, NewApiKeyRow, Tx};
use serde_json::json;

use crate::{
    Actor, Core, Error, Kind, Result, Selected, Selection,
    audit::Entry,
    authorize::get_authorized,
    authz::Operation,
    clock::whole_microseconds,
    credentials::{
        are_same_constraints, check_constraints,
        token::{Token, TokenKind},
    },
    filters,
    paging::Paging,
    random::RandomExt,
    selection::ShortList,
    sessions::later,
    users::is_available,
};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 320;
/// How many keys a user may have that are not revoked.
const MAX_LIVE: u64 = 1_000;
/// How many keys a user may have, revoked ones that are not deleted among them.
const MAX_KEYS: u64 = 10_000;
/// The most scopes of a key.
const MAX_SCOPES: usize = 100;
/// The longest scope, in characters.
const MAX_SCOPE: usize = 100;

impl Core {
    /// Makes a key for the caller, or for a user that it administers. Its token is in the reply and nowhere else.
    ///
    /// # Errors
    /// Those of step-up; `AccountUnavailable` for a user who may not sign in; `Invalid` for a malformed name, scope or
    /// constraint and an end that is over; `AlreadyExists` if the user has a live key of that name; `WrongState` for one
    /// more than fit in.
    pub async fn create_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        new: &NewApiKey,
    ) -> Result<IssuedApiKey> {
        let operation = creation(actor, self.names_oneself(actor, user).await?);
        self.create_once(actor, operation, self.issue_api_key(actor, user, new)).await
    }

    async fn issue_api_key(
        &self,
        actor: &Actor,
        user: &UserRef,
        new: &NewApiKey,
    ) -> Result<IssuedApiKey> {
        let operation = creation(actor, self.names_oneself(actor, user).await?);
        let creation = |is_oneself| creation(actor, is_oneself);
        let user = self.authorize_on_as(actor, creation, user, "").await?;
        let now = self.now();
        check_name(&new.name)?;
        check_scopes(&new.scopes)?;
        check_constraints(&new.constraints)?;
        let expires_at = match new.expires_at {
            Some(end) if end <= now => {
                return Err(Error::invalid(Field::ExpiresAt, Reason::InThePast));
            }
            Some(end) => Some(whole_microseconds(end)),
            None => actor.habits().key_life.map(|life| later(now, life)),
        };
        let model = actor.credential().filter(|_| operation == Operation::CopyApiKey);
        let expires_at = match model {
            Some(model) => copied_end(model, new, expires_at)?,
            None => expires_at,
        };
        let copy_of = model.map(|model| ApiKeyId(model.id));
        let token = Token::issue(TokenKind::ApiKey, self.random());
        let uuid = self.random().uuid_v7(now);
        self.store()
            .write(async |tx: &mut Tx| {
                let user = get_authorized(tx, actor, &[operation], &user).await?;
                if !is_available(&user, now) {
                    return Err(Error::AccountUnavailable);
                }
                if let Some(model) = copy_of
                    && !tx.is_api_key_live(model).await?
                {
                    // It was revoked since the request came in, and its copies with it.
                    return Err(Error::Unauthenticated);
                }
                if tx.count_api_keys(user.id, false).await? >= MAX_LIVE {
                    let sentence = "this user has 1,000 API keys; revoke some that are not needed";
                    return Err(Error::WrongState(sentence));
                }
                if tx.count_api_keys(user.id, true).await? >= MAX_KEYS {
                    let sentence = "this user has 10,000 API keys; delete some that are revoked";
                    return Err(Error::WrongState(sentence));
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
                    shares_name: actor.habits().shares_key_names,
                    copy_of,
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
                    .with(match copy_of {
                        None => json!({ "name": api_key.name, "scopes": api_key.scopes }),
                        Some(model) => json!({ "name": api_key.name, "copy_of": model }),
                    })
                    .write(tx, actor, now)
                    .await?;
                let issued = IssuedApiKey { token: Secret::new(token.expose()), api_key };
                self.keep_reply(tx, actor, operation, &issued, now).await?;
                Ok(issued)
            })
            .await
    }

    /// Whether the caller means itself.
    async fn names_oneself(&self, actor: &Actor, user: &UserRef) -> Result<bool> {
        let Some(caller) = actor.user_id() else { return Ok(false) };
        if matches!(user, UserRef::Me) {
            return Ok(true);
        }
        let found = self.store().point_read(async |tx: &mut Tx| tx.find_user(user).await).await?;
        Ok(found.is_some_and(|found| found.id == caller))
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
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<ApiKey>> {
        let user = self.authorize_on(actor, Operation::ListApiKeys, user).await?.id;
        let list = ShortList::read(filter, &API_KEY_FIELDS, ApiKeyField::SEARCHED)?;
        let paging = Paging::read(page, list.name(&format!("api_keys:{user}:{include_revoked}")))?;
        let _steady = self.usage().steady().await;
        if !list.is_plain() {
            return self
                .store()
                .scan(async |tx: &mut Tx| {
                    let mut keys = tx.list_api_keys_briefly(user, include_revoked).await?;
                    keys.iter_mut().for_each(|key| self.usage().add_to_api_key(key));
                    let mut page = list.page(keys, &paging);
                    complete(tx, &mut page.items).await?;
                    Ok(page)
                })
                .await;
        }
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

    /// Keys of a user, live and revoked, that a door has a language of its own to ask for.
    ///
    /// # Errors
    /// `Invalid` for a filter that cannot be.
    pub async fn select_api_keys(
        &self,
        actor: &Actor,
        user: &UserRef,
        selection: &Selection<ApiKeyField>,
    ) -> Result<Selected<ApiKey>> {
        let user = self.authorize_on(actor, Operation::ListApiKeys, user).await?.id;
        filters::check(&selection.filter)?;
        let _steady = self.usage().steady().await;
        self.store()
            .scan(async |tx: &mut Tx| {
                let mut keys = tx.list_api_keys_briefly(user, true).await?;
                keys.iter_mut().for_each(|key| self.usage().add_to_api_key(key));
                let mut selected = selection.of(keys);
                complete(tx, &mut selected.items).await?;
                Ok(selected)
            })
            .await
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
}

/// Gives the keys that are shown their scopes and constraints.
async fn complete(tx: &mut Tx, keys: &mut [ApiKey]) -> Result<()> {
    let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    let whole = tx.list_api_keys_among(&ids).await?;
    let mut whole: HashMap<_, _> = whole.into_iter().map(|key| (key.id, key)).collect();
    for key in keys {
        if let Some(found) = whole.remove(&key.id) {
            key.scopes = found.scopes;
            key.constraints = found.constraints;
        }
    }
    Ok(())
}

/// Whose key it is to be, and where it is asked for, decides what is asked of the table.
fn creation(actor: &Actor, is_oneself: bool) -> Operation {
    let habits = actor.habits();
    // A key that is limited by its constraints alone: what such a key can have is another one like it.
    let is_constrained =
        actor.credential().is_some_and(|key| key.scopes.is_empty() && !key.constraints.is_empty());
    match is_oneself {
        true if habits.copies_keys && is_constrained => Operation::CopyApiKey,
        true => Operation::CreateApiKey,
        false if habits.reserves_issuing => Operation::IssueAnyApiKey,
        false => Operation::IssueApiKey,
    }
}

/// The end of a key that is made with another: it reaches the same, and not for longer (contract of Civis, section 8.1).
fn copied_end(
    model: &LiveCredential,
    new: &NewApiKey,
    end: Option<Timestamp>,
) -> Result<Option<Timestamp>> {
    if !are_same_constraints(&model.constraints, &new.constraints) {
        let sentence = "must be those of the key that asks for the new one";
        return Err(Error::invalid(Field::Constraints, Reason::Other(sentence.to_owned())));
    }
    Ok(match (model.expires_at, end) {
        (Some(own), Some(end)) => Some(end.min(own)),
        (own, end) => own.or(end),
    })
}

fn check_name(name: &str) -> Result<()> {
    let refuse = |reason| Err(Error::invalid(Field::Name, reason));
    if fold(name).as_str().trim().is_empty() {
        return refuse(Reason::Empty);
    }
    if name.chars().nth(MAX_NAME).is_some() {
        return refuse(Reason::TooLong { max: MAX_NAME, unit: Unit::Characters });
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
        return refuse(Reason::TooLong { max: MAX_SCOPES, unit: Unit::Entries });
    }
    for scope in scopes {
        let is_token =
            scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        if scope.is_empty() {
            return refuse(Reason::Empty);
        }
        if scope.len() > MAX_SCOPE {
            return refuse(Reason::TooLong { max: MAX_SCOPE, unit: Unit::Characters });
        }
        if !is_token {
            let sentence = "must be made of visible ASCII characters without quotation marks";
            return refuse(Reason::Other(sentence.to_owned()));
        }
    }
    Ok(())
}
