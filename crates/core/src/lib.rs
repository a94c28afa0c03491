//! The rulebook of Roster: what may be done, by whom, and what follows from it. It knows no HTTP and no SQL.
//!
//! Every operation is a method of [`Core`] that takes an [`Actor`]; there is no way to ask without one. Each begins with
//! [`authz`], then asks for a second factor where the table says so, then reads its input, then acts.

mod actor;
mod audit;
mod authorize;
pub mod authz;
pub mod clock;
pub mod credentials;
mod error;
mod figures;
pub mod messages;
pub mod paths;
pub mod random;
mod settings;
pub mod sso;

use std::{fmt, sync::Arc};

use clock::Clock;
use credentials::{hasher::PasswordHasher, secret_key::Keyring};
use jiff::Timestamp;
use random::Random;
use roster_store::Store;
use sso::provider::IdentityProviders;

pub use actor::{Actor, Door, Idempotency, Origin, Principal, Proof};
pub use error::{Error, Kind, Result};
pub use figures::Figures;
pub use settings::{Limits, Profile, Registration, SessionLife, Settings};

/// The rulebook at work. Clones are the same one.
#[derive(Clone)]
pub struct Core(Arc<Parts>);

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
        Self(Arc::new(parts))
    }

    /// What the operator decides.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn hasher(&self) -> &PasswordHasher {
        &self.0.hasher
    }

    pub(crate) fn keys(&self) -> &Keyring {
        &self.0.keys
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
