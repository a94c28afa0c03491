//! Search for pieces of names and addresses by an index of trigrams, three characters in a row (design section 6).
//!
//! Texts are cut in Rust, folded as names are compared, so that both databases find the same. The index stands in the
//! order of names (`places`). In SQLite it is an FTS5 table (`fts5`), in PostgreSQL a GIN index over numbers made of
//! trigrams (`segments`). `pg_trgm` would not do: it sees only the letters of the database's locale, and knows no order.
//!
//! The index is the dearest part of a change, so a commit only notes in `search_journal` whose texts changed;
//! [`Tx::index_users`](crate::Tx::index_users) feeds the index afterwards, and until then a search looks at those users
//! one by one. What the index gives are candidates: the texts themselves decide.

mod candidates;
mod codes;
#[cfg(test)]
mod differential;
mod fts5;
mod index;
mod needle;
mod places;
mod plan;
mod segments;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use candidates::Candidates;
pub(crate) use needle::needles;
pub(crate) use places::{Beginning, Place};
pub(crate) use plan::{FEW, Hits, Plan, Request, look_up, plan};
