//! What the handlers of every door work with.

use std::sync::Arc;

use http::{HeaderMap, request::Parts};
use roster_core::{Actor, Core, Door, Error, Origin, RequestLine, paths};
use roster_model::CredentialKind;

use crate::{Limiter, Refusal, RequestContext, bearer};

/// The rulebook, and the limit on calls that come without a good credential.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The rulebook.
    pub core: Core,
    strangers: Arc<Limiter>,
}

impl Kit {
    /// A kit for `core` that lets each address make so many calls a minute without a good
    /// credential; 0 is no limit.
    pub fn new(core: Core, strangers_per_minute: u32) -> Self {
        Self { core, strangers: Arc::new(Limiter::per_minute(strangers_per_minute)) }
    }

    /// Counts a call without a good credential.
    ///
    /// # Errors
    /// The address has made too many.
    pub fn admit_stranger(&self, context: &RequestContext) -> Result<(), Refusal> {
        self.strangers.admit(context.address()).map_err(Refusal::too_many).map(drop)
    }

    /// Who asks, somebody not signed in.
    ///
    /// # Errors
    /// The address has made too many such calls.
    pub fn stranger(
        &self,
        context: &RequestContext,
        door: Door,
        headers: &HeaderMap,
    ) -> Result<Actor, Refusal> {
        self.admit_stranger(context)?;
        Ok(Actor::nobody(context.origin(door, headers)))
    }

    /// Who asks, by the token in the request.
    ///
    /// # Errors
    /// There is none, or it is not good for this request. Such calls count as a stranger's.
    pub async fn caller(
        &self,
        context: &RequestContext,
        door: Door,
        parts: &Parts,
    ) -> Result<Actor, Refusal> {
        let token = bearer(&parts.headers, parts.uri.query())?;
        self.holder(context, door, parts, token).await
    }

    /// Who asks, by a token that the door has found in a place of its own.
    ///
    /// # Errors
    /// There is none, or it is not good for this request. Such calls count as a stranger's.
    pub async fn holder(
        &self,
        context: &RequestContext,
        door: Door,
        parts: &Parts,
        token: Option<&str>,
    ) -> Result<Actor, Refusal> {
        // The gate has made the path canonical; what is left to do is to decode it.
        let path = paths::canonical(parts.uri.path()).ok_or_else(Refusal::not_found)?;
        let line = RequestLine { method: parts.method.as_str(), path: &path };
        self.holder_at(context, line, context.origin(door, &parts.headers), token).await
    }

    /// Who asks, by an API key that stands in the address, for doors whose clients write it there. A session's token is
    /// none: addresses are kept in logs and histories (threat T31).
    ///
    /// # Errors
    /// There is none, or it is not good for this request. Such calls count as a stranger's.
    pub async fn key_holder(
        &self,
        context: &RequestContext,
        door: Door,
        parts: &Parts,
        key: Option<&str>,
    ) -> Result<Actor, Refusal> {
        let actor = self.holder(context, door, parts, key).await?;
        let kind = actor.credential().map(|credential| credential.kind);
        if kind == Some(CredentialKind::ApiKey) {
            return Ok(actor);
        }
        self.admit_stranger(context)?;
        Err(Refusal { had_credential: true, ..Error::Unauthenticated.into() })
    }

    /// Who asks, by a token, where the constraints of keys are held against a path that the door gives.
    ///
    /// # Errors
    /// There is none, or it is not good for this request. Such calls count as a stranger's.
    pub async fn holder_at(
        &self,
        context: &RequestContext,
        line: RequestLine<'_>,
        origin: Origin,
        token: Option<&str>,
    ) -> Result<Actor, Refusal> {
        let Some(token) = token else {
            self.admit_stranger(context)?;
            return Err(Error::Unauthenticated.into());
        };
        match self.core.authenticate(token, line, origin).await {
            Ok(actor) => Ok(actor),
            Err(error @ Error::Unauthenticated) => {
                self.admit_stranger(context)?;
                Err(Refusal { had_credential: true, ..error.into() })
            }
            Err(error) => Err(context.refusal(error)),
        }
    }
}
