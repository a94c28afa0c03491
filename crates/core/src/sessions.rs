//! Sessions: opening, seeing and ending them. How long they live stands in the settings.

use std::time::Duration;

use jiff::Timestamp;
use roster_model::{
    AuthenticationMethod, CredentialKind, EndedSessions, ListFilter, Page, PageRequest,
    SESSION_FIELDS, Secret, Session, SessionField, SessionId, SignedIn, Status, User, UserId,
    UserRef,
};
use roster_store::{Mark, NewSession, StoredSession, Tx};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Actor, Core, Door, Error, Kind, Result, SessionLife,
    audit::Entry,
    authorize::{get_authorized, get_user},
    authz::Operation,
    clock::whole_microseconds,
    credentials::token::{Token, TokenKind},
    paging::Paging,
    random::RandomExt,
    selection::{ALL, ShortList},
    users::is_available,
};

/// How long an administrator may act in somebody's name.
const IMPERSONATION: Duration = Duration::from_secs(3600);

/// A session about to be opened. Made outside of the transaction, which may run more than once.
pub(crate) struct Opening {
    token: Token,
    uuid: Uuid,
    door: Door,
    method: AuthenticationMethod,
    mfa_at: Option<Timestamp>,
    impersonator: Option<UserId>,
    life: SessionLife,
    now: Timestamp,
}

impl Opening {
    pub(crate) fn new(
        core: &Core,
        door: Door,
        method: AuthenticationMethod,
        mfa_at: Option<Timestamp>,
    ) -> Self {
        let now = core.now();
        Self {
            token: Token::issue(TokenKind::Session, core.random()),
            uuid: core.random().uuid_v7(now),
            door,
            method,
            mfa_at,
            impersonator: None,
            life: core.settings().session_life(door),
            now,
        }
    }

    /// The reply that issues the token.
    pub(crate) fn signed_in(&self, session: Session, user: User) -> SignedIn {
        SignedIn { token: Secret::new(self.token.expose()), session, user }
    }
}

impl Core {
    /// Opens a session. Every way to a session token leads through here, so each asks whether the account may be used
    /// (threat T09); who it is, and by what that was proved, is the caller's business.
    ///
    /// # Errors
    /// `AccountUnavailable` for a user who may not sign in.
    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        user: &mut User,
        opening: &Opening,
    ) -> Result<Session> {
        let Opening { now, life, .. } = *opening;
        if !is_available(user, now) {
            return Err(Error::AccountUnavailable);
        }
        if opening.impersonator.is_none() {
            tx.count_sign_in(user.id, now).await?;
            user.sign_in_count += 1;
            user.last_sign_in_at = user.current_sign_in_at.replace(now).or(user.last_sign_in_at);
            if user.status == Status::New {
                user.status = Status::Active;
                user.version += 1;
            }
        }
        let ends_at = later(now, life.absolute);
        let mut session = Session {
            id: SessionId(0),
            uuid: opening.uuid,
            user_id: user.id,
            created_at: now,
            last_used_at: now,
            expires_at: later(now, life.idle).min(ends_at),
            address: actor.origin.address.map(|address| address.to_string()),
            user_agent: actor.origin.user_agent.as_deref().map(str::to_owned),
            method: opening.method,
            mfa_at: opening.mfa_at,
            impersonator_id: opening.impersonator,
            is_current: true,
        };
        let new = NewSession {
            uuid: session.uuid,
            user_id: user.id,
            token_hash: opening.token.hash(),
            door: opening.door.as_str(),
            method: session.method,
            mfa_at: session.mfa_at,
            impersonator_id: session.impersonator_id,
            address: session.address.clone(),
            user_agent: session.user_agent.as_deref(),
            created_at: now,
            expires_at: session.expires_at,
            ends_at,
        };
        session.id = tx.insert_session(&new).await?;
        Entry::done("session.opened", user.id)
            .about(format!("session:{}", session.uuid))
            .with(json!({ "method": session.method.as_str() }))
            .write(tx, actor, now)
            .await?;
        Ok(session)
    }

    /// Ends the caller's own session.
    ///
    /// # Errors
    /// `WrongState` for a caller with an API key: keys are revoked.
    pub async fn sign_out(&self, actor: &Actor) -> Result<()> {
        self.authorize(actor, Operation::SignOut).await?;
        let credential = actor.credential().ok_or(Error::Unauthenticated)?;
        if credential.kind == CredentialKind::ApiKey {
            return Err(Error::WrongState("an API key is no session; revoke it instead"));
        }
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if tx.end_session(credential.user.id, credential.uuid).await?.is_some() {
                    Entry::done("session.ended", credential.user.id)
                        .about(format!("session:{}", credential.uuid))
                        .write(tx, actor, now)
                        .await?;
                }
                Ok(())
            })
            .await
    }

    /// The live sessions of a user, the newest first unless asked otherwise.
    ///
    /// # Errors
    /// `Invalid` for a filter, order or page that cannot be.
    pub async fn list_sessions(
        &self,
        actor: &Actor,
        user: &UserRef,
        filter: &ListFilter,
        page: &PageRequest,
    ) -> Result<Page<Session>> {
        let user = self.authorize_on(actor, Operation::ListSessions, user).await?.id;
        let list = ShortList::read(filter, &SESSION_FIELDS, SessionField::SEARCHED)?.newest_first();
        let paging = Paging::read(page, list.name(&format!("sessions:{user}")))?;
        let now = self.now();
        let _steady = self.usage().steady().await;
        if !list.is_plain() {
            let all = async |tx: &mut Tx| tx.list_sessions(user, now, &ALL).await;
            let all = self.store().scan(all).await?.into_iter();
            // Only so it is known when they were last used, and when they end.
            let all = all.map(|stored| self.as_it_stands(actor, stored.session)).collect();
            return Ok(list.page(all, &paging));
        }
        let (rows, total) = self
            .store()
            .read(async |tx: &mut Tx| {
                let rows = tx.list_sessions(user, now, &paging.window()).await?;
                let total = match paging.wants_total() {
                    true => Some(tx.count_sessions(user, now).await?),
                    false => None,
                };
                Ok::<_, Error>((rows, total))
            })
            .await?;
        let page = paging.page(rows, total, |row: &StoredSession| Mark::id(row.session.id.0));
        Ok(page.map(|stored| self.as_it_stands(actor, stored.session)))
    }

    /// One live session of a user.
    ///
    /// # Errors
    /// `NotFound` if that user has no such session.
    pub async fn get_session(
        &self,
        actor: &Actor,
        user: &UserRef,
        session: Uuid,
    ) -> Result<Session> {
        let user = self.authorize_on(actor, Operation::ListSessions, user).await?.id;
        let now = self.now();
        let _steady = self.usage().steady().await;
        let found = self
            .store()
            .point_read(async |tx: &mut Tx| tx.find_session(user, session, now).await)
            .await?;
        let found = found.ok_or(Error::NotFound(Kind::Session))?;
        Ok(self.as_it_stands(actor, found.session))
    }

    /// A session with what is not yet written down of its use, and whether it is the one that asks.
    fn as_it_stands(&self, actor: &Actor, mut session: Session) -> Session {
        let expiry = |credential: &_, at| self.session_expiry(credential, at);
        self.usage().add_to_session(session.id, &mut session, expiry);
        session.is_current = current_session(actor) == Some(session.uuid);
        session
    }

    /// Ends one session of a user.
    ///
    /// # Errors
    /// `NotFound` if that user has no such session.
    pub async fn end_session(&self, actor: &Actor, user: &UserRef, session: Uuid) -> Result<()> {
        let user = self.authorize_on(actor, Operation::EndSession, user).await?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                if tx.end_session(user.id, session).await?.is_none() {
                    return Err(Error::NotFound(Kind::Session));
                }
                Entry::done("session.ended", user.id)
                    .about(format!("session:{session}"))
                    .write(tx, actor, now)
                    .await?;
                Ok(())
            })
            .await
    }

    /// Ends all sessions of a user, and those in which it acts in others' names; with `keep_current` all but the one
    /// that asks.
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        user: &UserRef,
        keep_current: bool,
    ) -> Result<EndedSessions> {
        let user = self.authorize_on(actor, Operation::EndSession, user).await?;
        let kept = current_session(actor).filter(|_| keep_current);
        self.end_all_sessions(actor, &user, kept).await
    }

    /// Ends all sessions of a user whom the caller manages, through whichever door they were opened. Keys live on.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for those who do not manage it, which nobody does itself without being an administrator.
    pub async fn terminate_sessions(&self, actor: &Actor, user: &UserRef) -> Result<EndedSessions> {
        let (first, others) = (Operation::ManageUser, [Operation::EndSession]);
        let user = self.authorize_on_also(actor, |_| first, &others, user, "").await?;
        self.end_all_sessions(actor, &user, None).await
    }

    async fn end_all_sessions(
        &self,
        actor: &Actor,
        user: &User,
        kept: Option<Uuid>,
    ) -> Result<EndedSessions> {
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let count = tx.end_sessions_of(user.id, kept).await?;
                Entry::done("session.all_ended", user.id)
                    .with(json!({ "count": count }))
                    .write(tx, actor, now)
                    .await?;
                Ok(EndedSessions { count })
            })
            .await
    }

    /// Opens a session in which the caller acts in the name of another user, for an hour at most. What happens in it is
    /// audited under both names; it reaches no credentials, and no further name.
    ///
    /// # Errors
    /// `Forbidden` for users with more rights than the caller has, and for oneself; `AccountUnavailable` for a user who
    /// may not sign in.
    pub async fn impersonate(&self, actor: &Actor, user: &UserRef) -> Result<SignedIn> {
        let target = self.authorize_on(actor, Operation::Impersonate, user).await?;
        let impersonator = actor.credential().ok_or(Error::Forbidden)?;
        if target.id == impersonator.user.id {
            return Err(Error::Forbidden);
        }
        // The step-up that was asked for here, or the one that made it needless.
        let mfa_at = impersonator.user.is_mfa_active.then(|| self.now());
        let method = AuthenticationMethod::Impersonation;
        let mut opening = Opening::new(self, actor.origin.door, method, mfa_at);
        opening.impersonator = Some(impersonator.user.id);
        opening.life = SessionLife { idle: IMPERSONATION, absolute: IMPERSONATION };
        let opened = self
            .store()
            .write(async |tx: &mut Tx| {
                let mut user =
                    get_authorized(tx, actor, &[Operation::Impersonate], &target).await?;
                // Read again with the rights of both as they are now.
                let acting = get_user(tx, impersonator.user.id).await?;
                if !is_available(&acting, self.now())
                    || user.effective_role().rank() > acting.effective_role().rank()
                {
                    return Err(Error::Forbidden);
                }
                let session = self.open_session(tx, actor, &mut user, &opening).await?;
                Ok((session, user))
            })
            .await;
        let (session, user) = opened?;
        Ok(opening.signed_in(session, user))
    }
}

/// The session that asks, if it is one.
pub(crate) fn current_session(actor: &Actor) -> Option<Uuid> {
    let credential = actor.credential()?;
    (credential.kind == CredentialKind::Session).then_some(credential.uuid)
}

/// So much later, or the end of time.
pub(crate) fn later(now: Timestamp, by: Duration) -> Timestamp {
    whole_microseconds(now.checked_add(by).unwrap_or(Timestamp::MAX))
}
