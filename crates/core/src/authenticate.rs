//! What a token is worth, here and now: the hottest path of all.
//!
//! Everything is held against the clock at the moment of use, never against what a cleaner has left standing.

use std::sync::Arc;

use jiff::Timestamp;
use roster_model::{CredentialKind, Introspection, IntrospectionRequest, UserRef, Whoami};
use roster_store::{LiveCredential, Tx};

use crate::{
    Actor, Core, Door, Error, Origin, Result,
    authz::Operation,
    credentials::token::{Token, TokenKind},
    paths,
    sessions::later,
    users::is_owner_available,
};

/// What of a request the constraints of an API key look at.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The canonical path below the door's mount: what [`paths::canonical`] gives and the router routes.
    pub path: &'a str,
}

impl Core {
    /// Who shows this token, through which request.
    ///
    /// # Errors
    /// `Unauthenticated` for a token that is mangled, unknown, expired or revoked, or whose owner may not sign in;
    /// `BeyondConstraints` for a key that may not reach this path with this method.
    pub async fn authenticate(
        &self,
        token: &str,
        request: RequestLine<'_>,
        origin: Origin,
    ) -> Result<Actor> {
        let now = self.now();
        let token = Token::parse(token).map_err(|_| Error::Unauthenticated)?;
        let credential = self.find_good_credential(&token, now).await?;
        let credential = credential.ok_or(Error::Unauthenticated)?;
        if !self.constraints().allow(&credential.constraints, request) {
            return Err(Error::BeyondConstraints);
        }
        self.usage().note(&credential, now);
        Ok(Actor::of(credential, origin))
    }

    /// Who the caller is, and by what.
    ///
    /// # Errors
    /// `Unauthenticated` from nobody.
    pub async fn whoami(&self, actor: &Actor) -> Result<Whoami> {
        self.authorize(actor, Operation::Whoami).await?;
        let credential = actor.credential().ok_or(Error::Unauthenticated)?;
        let user = UserRef::Id(credential.user.id);
        let found = self.store().point_read(async |tx: &mut Tx| tx.find_user(&user).await).await?;
        let mut user = found.ok_or(Error::Unauthenticated)?;
        self.usage().add_to_user(&mut user);
        Ok(Whoami {
            user,
            credential: credential.kind,
            expires_at: self.effective_expiry(credential),
            scopes: credential.scopes.clone(),
            impersonator_id: credential.impersonator_id,
        })
    }

    /// What a service is told about a token that one of its callers has shown (RFC 7662).
    ///
    /// A key with constraints is good only for a method and path that they let through; without both it is not active.
    ///
    /// # Errors
    /// `Unauthenticated` from nobody. A token that is worth nothing is no error.
    pub async fn introspect(
        &self,
        actor: &Actor,
        input: &IntrospectionRequest,
    ) -> Result<Introspection> {
        self.authorize(actor, Operation::Introspect).await?;
        let now = self.now();
        let Ok(token) = Token::parse(input.token.expose()) else {
            return Ok(Introspection::default());
        };
        let Some(credential) = self.find_good_credential(&token, now).await? else {
            return Ok(Introspection::default());
        };
        // Services hand on what they were asked for; what stands after the `?` does not count.
        let path = input.path.as_deref().and_then(|path| path.split('?').next());
        let path = path.and_then(paths::canonical);
        let is_allowed = match (&input.method, &path) {
            (Some(method), Some(path)) => {
                self.constraints().allow(&credential.constraints, RequestLine { method, path })
            }
            // A path that cannot be read is one that no constraint lets through.
            _ => credential.constraints.is_empty() && (input.path.is_none() || path.is_some()),
        };
        if !is_allowed || must_enrol(&credential) {
            return Ok(Introspection::default());
        }
        let used_at = self.usage().note(&credential, now);
        Ok(Introspection {
            active: true,
            sub: Some(credential.user.uuid),
            user_id: Some(credential.user.id),
            username: Some(credential.user.username.clone()),
            role: Some(credential.user.role),
            token_type: Some(credential.kind),
            scope: (!credential.scopes.is_empty()).then(|| credential.scopes.join(" ")),
            exp: self.expiry_after_use(&credential, Some(used_at)).map(Timestamp::as_second),
            iat: Some(credential.created_at.as_second()),
        })
    }

    /// The credential behind a token, if it is good at `now`.
    async fn find_good_credential(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Option<Arc<LiveCredential>>> {
        let kind = match token.kind() {
            TokenKind::Session => CredentialKind::Session,
            TokenKind::ApiKey => CredentialKind::ApiKey,
            TokenKind::Link | TokenKind::Ticket => return Ok(None),
        };
        let hash = token.hash();
        let Some(found) = self.store().find_live_credential(kind, &hash).await? else {
            return Ok(None);
        };
        if self.is_good(&found, now) {
            return Ok(Some(found));
        }
        // What was read long ago may say that a session is over which was used ever since.
        if kind == CredentialKind::Session && found.ends_at.is_none_or(|end| now < end) {
            let found = self.store().reread_live_credential(kind, &hash).await?;
            return Ok(found.filter(|found| self.is_good(found, now)));
        }
        Ok(None)
    }

    fn is_good(&self, credential: &LiveCredential, now: Timestamp) -> bool {
        let owner = &credential.user;
        let is_live = credential.expires_at.is_none_or(|end| now < end)
            || self.effective_expiry(credential).is_none_or(|end| now < end);
        is_live && is_owner_available(owner, now)
    }

    /// When a credential ends, with what is not yet written down of its use.
    pub(crate) fn effective_expiry(&self, credential: &LiveCredential) -> Option<Timestamp> {
        self.expiry_after_use(credential, self.usage().last_use(credential))
    }

    /// When a credential ends whose latest use, if it is not yet written down, was at `used_at`.
    fn expiry_after_use(
        &self,
        credential: &LiveCredential,
        used_at: Option<Timestamp>,
    ) -> Option<Timestamp> {
        let stored = credential.expires_at?;
        match used_at.filter(|_| credential.kind == CredentialKind::Session) {
            Some(at) => Some(self.session_expiry(credential, at).max(stored)),
            None => Some(stored),
        }
    }

    /// When a session ends that was last used at `last_used_at`.
    pub(crate) fn session_expiry(
        &self,
        session: &LiveCredential,
        last_used_at: Timestamp,
    ) -> Timestamp {
        let end = session.ends_at.unwrap_or(Timestamp::MAX);
        // The word is one of ours; should an older release have known other doors, theirs are the native's rules.
        let door = Door::from_word(&session.door).unwrap_or(Door::Native);
        let idle = self.settings().session_life(door).idle;
        later(last_used_at, idle).min(end)
    }
}

/// Whether the owner of a session has second factors to set up before it can do anything else with it. Keys go on: they
/// are made for programs, which have none.
pub(crate) fn must_enrol(credential: &LiveCredential) -> bool {
    credential.kind == CredentialKind::Session
        && credential.user.otp_required_for_login
        && !credential.user.is_mfa_active
}
