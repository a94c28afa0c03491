//! Search for pieces of names and addresses by an index of trigrams, three characters in a row (design section 6).
//!
//! Texts are cut in Rust, folded as names are compared, so that both databases find the same. SQLite keeps who has a
//! trigram in an FTS5 table in the order of names (`places`), PostgreSQL in a GIN index over numbers made of them (not
//! `pg_trgm`, which sees only the letters of the database's locale). The index is the dearest part of a change, so a
//! commit only notes in `search_journal` whose texts changed; [`Tx::index_users`](crate::Tx::index_users) feeds the index
//! afterwards, and until then a search looks at those users one by one. What the index gives are candidates: the texts
//! themselves decide.

#[cfg(test)]
mod differential;
mod index;
mod needle;
mod places;
mod plan;
#[cfg(test)]
mod tests;
mod tokens;

pub(crate) use needle::needles;
pub(crate) use places::{Beginning, user_at};
pub(crate) use plan::{Candidates, FEW, Hits, Plan, Request, look_up, plan};
