//! What the handlers of every door work with.

use std::sync::Arc;

use http::HeaderMap;
use roster_core::{Actor, Core, Door};

use crate::{Limiter, Refusal, RequestContext};

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
        self.strangers.admit(context.address()).map_err(Refusal::too_many)
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
}
