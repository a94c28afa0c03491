//! A connection for as long as somebody uses it: alone, or together with others.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::{ClientWrapper, Object, Pool};

use super::fault::{self, Fault};
use crate::Error;

/// How many connections single statements share.
const SHARED: usize = 2;

/// A connection out of the pool.
#[expect(clippy::large_enum_variant, reason = "a box would cost each transaction an allocation")]
pub(super) enum Lease {
    /// For one transaction.
    Alone(Object),
    /// For single statements of many tasks at one time: they travel behind each other without waiting for answers.
    Shared(Arc<Object>),
}

/// The connections that single statements share.
pub(super) struct Shared {
    pool: Pool,
    places: [Place; SHARED],
    turn: AtomicUsize,
}

/// One shared connection.
#[derive(Default)]
struct Place {
    current: Mutex<Option<Arc<Object>>>,
    /// Held while a connection is made, so that those who come meanwhile wait for that one.
    making: tokio::sync::Mutex<()>,
}

impl Shared {
    /// Out of a pool of their own, so that transactions cannot take them all; it is asked for `POOL` connections.
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, places: Default::default(), turn: AtomicUsize::new(0) }
    }

    /// How many connections the pool must have: lost ones may still be in use while new ones are made.
    pub(super) const POOL: usize = 2 * SHARED;

    /// One of them, made or made anew if need be.
    pub(super) async fn take(&self) -> Result<Lease, (Error, Fault)> {
        let place = &self.places[self.turn.fetch_add(1, Ordering::Relaxed) % SHARED];
        if let Some(object) = place.usable() {
            return Ok(Lease::Shared(object));
        }
        let _making = place.making.lock().await;
        if let Some(object) = place.usable() {
            return Ok(Lease::Shared(object));
        }
        let fresh = Arc::new(self.pool.get().await.map_err(fault::of_pool)?);
        *place.current() = Some(fresh.clone());
        Ok(Lease::Shared(fresh))
    }

    /// Refuses from now on.
    pub(super) fn close(&self) {
        self.pool.close();
        for place in &self.places {
            *place.current() = None;
        }
    }
}

impl Place {
    fn current(&self) -> MutexGuard<'_, Option<Arc<Object>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn usable(&self) -> Option<Arc<Object>> {
        let mut current = self.current();
        if current.as_ref().is_some_and(|object| object.is_closed()) {
            *current = None;
        }
        current.clone()
    }
}

impl Lease {
    /// Closes the connection, if it is nobody else's.
    pub(super) fn discard(self) {
        match self {
            Self::Alone(object) => drop(Object::take(object)),
            Self::Shared(_) => {}
        }
    }
}

impl Deref for Lease {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match self {
            Self::Alone(object) => object,
            Self::Shared(object) => object,
        }
    }
}
