//! A whole Roster in the process of a test: the real router on the real rulebook on a real
//! database, under a clock moved by hand, with dice that repeat themselves.
//!
//! ```text
//! roster_testing::on_both_databases! {
//!     async fn a_viewer_sees_no_list_of_users(roster: Roster) {
//!         let ann = roster.person("ann").await;
//!         ann.get("/api/v1/users").await.refused(403, "forbidden");
//!     }
//! }
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "only tests use this, and they fail by panicking"
)]

mod answer;
mod builder;
mod listen;
mod person;
mod provider;
mod roster;

pub use answer::Answer;
pub use builder::Builder;
pub use person::Person;
pub use postgres_fixture;
pub use provider::FakeProvider;
pub use roster::{PASSWORD, Roster, new_user};
pub use roster_core::Registration;

/// Writes each test twice, once for each database: `async fn name(roster: Roster) { … }`.
#[macro_export]
macro_rules! on_both_databases {
    ($($tests:tt)*) => {
        $crate::postgres_fixture::on_both! {
            with ($crate::Roster::on_sqlite, $crate::Roster::on_postgres);
            $($tests)*
        }
    };
}
