//! The rulebook of Roster: what may be done, by whom, and what follows from it. It knows no HTTP and no SQL.
//!
//! Every operation is a method of [`Core`] that takes an [`Actor`]; there is no way to ask without one. Each begins with
//! [`authz`], then asks for a second factor where the table says so, then reads its input, then acts.

mod actor;
mod api_keys;
mod audit;
mod audit_log;
mod authenticate;
mod authorize;
pub mod authz;
mod byte_set;
pub mod clock;
pub mod cql2;
pub mod credentials;
mod door;
mod error;
mod favorites;
mod feature_flags;
mod figures;
mod filters;
mod groups;
mod idempotency;
pub mod installation;
mod jobs;
pub mod messages;
mod objects;
mod organizations;
mod paging;
pub mod paths;
mod plans;
pub mod random;
mod restore;
mod selection;
mod sessions;
mod settings;
mod sign_in;
pub mod sso;
#[cfg(test)]
mod testing;
mod themes;
mod usage;
mod users;

use std::{fmt, sync::Arc};

use clock::Clock;
use credentials::{Constraints, Turns, hasher::PasswordHasher, secret_key::Keyring};
use idempotency::Once;
use jiff::Timestamp;
use random::Random;
use roster_store::Store;
use sso::provider::IdentityProviders;
use usage::Usage;
use users::Imports;

pub use actor::{Actor, Idempotency, Origin, Principal, Proof, network};
pub use authenticate::RequestLine;
pub use byte_set::ByteSet;
pub use door::Door;
pub use error::{Error, Kind, Result};
pub use figures::Figures;
pub use plans::PlansOfUsers;
pub use roster_store::ApiKeyRef as KeyRef;
pub use selection::{Selected, Selection};
pub use settings::{Limits, Profile, Registration, SessionLife, Settings};
pub use users::{Account, DirectorySelection, SignUp, UserSelection};

/// The rulebook at work. Clones are the same one.
#[derive(Clone)]
pub struct Core(Arc<Inner>);

struct Inner {
    parts: Parts,
    usage: Usage,
    constraints: Constraints,
    turns: Turns,
    once: Once,
    imports: Imports,
}

/// What the rulebook stands on.
pub struct Parts {
    /// What is kept.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub random: Arc<dyn Random>,
    /// Who hashes passwords.
    pub hasher: PasswordHasher,
    /// What seals secrets.
    pub keys: Keyring,
    /// What the operator decides.
    pub settings: Settings,
    /// Where else people can sign in.
    pub providers: Arc<dyn IdentityProviders>,
}

impl Core {
    /// A rulebook on `parts`.
    pub fn new(parts: Parts) -> Self {
        let turns = Turns::new(parts.settings.limits.failures_before_wait);
        let (usage, constraints, once) = (Usage::new(), Constraints::new(), Once::new());
        let imports = Imports::default();
        Self(Arc::new(Inner { parts, usage, constraints, turns, once, imports }))
    }

    /// What the operator decides.
    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.parts.random
    }

    pub(crate) fn hasher(&self) -> &PasswordHasher {
        &self.0.parts.hasher
    }

    pub(crate) fn keys(&self) -> &Keyring {
        &self.0.parts.keys
    }

    pub(crate) fn providers(&self) -> &dyn IdentityProviders {
        &*self.0.parts.providers
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }

    pub(crate) fn constraints(&self) -> &Constraints {
        &self.0.constraints
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn once(&self) -> &Once {
        &self.0.once
    }

    pub(crate) fn imports(&self) -> &Imports {
        &self.0.imports
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("settings", &self.0.parts.settings).finish_non_exhaustive()
    }
}
