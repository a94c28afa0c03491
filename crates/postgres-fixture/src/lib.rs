//! A private PostgreSQL server for tests.
//!
//! It listens on a free loopback port, keeps its data in a temporary folder, and is gone with the test process,
//! however that ends. A machine without PostgreSQL fails the test; nothing is ever skipped.

mod cluster;
mod engines;
mod keeper;
mod program;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

pub use cluster::Cluster;
pub use program::tool;

/// The server that the tests of this process share.
static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// Databases that others are copied from, by the name that their makers gave them.
static TEMPLATES: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);

/// The URL of a new, empty database on the server that the tests of this process share.
pub fn database() -> String {
    SHARED.database()
}

/// The URL of a new database that is a copy of the one named `name`, which `fill` fills when it is first asked for.
///
/// Copying is quicker than applying migrations again. `fill` must leave no connection open.
pub fn database_like(name: &str, fill: impl FnOnce(&str)) -> String {
    let mut templates = TEMPLATES.lock().unwrap_or_else(PoisonError::into_inner);
    let templates = templates.get_or_insert_default();
    if !templates.contains_key(name) {
        let url = SHARED.database();
        fill(&url);
        templates.insert(name.to_owned(), url);
    }
    SHARED.copy_of(&templates[name])
}
