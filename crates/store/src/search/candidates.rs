//! Who comes into question in a search.

use super::{Beginning, Place, fts5, segments};
use crate::query::Query;
use crate::sql::Engine;
use crate::{Error, Tx};

/// Who comes into question.
#[derive(Clone, Debug)]
pub(crate) enum Candidates {
    /// Who has all of these tokens.
    All(Vec<String>),
    /// Who has any of these tokens.
    Any(Vec<String>),
    /// These.
    These(Vec<i64>),
}

impl Candidates {
    /// Adds the query for their numbers, those included whom the index does not know yet.
    pub(crate) fn write(&self, query: &mut Query) {
        // PostgreSQL guesses that each segment gives a part of all users. With a million of them it takes that for more
        // than a hash table holds, and compares each user of a list with each candidate. Of an array it knows nothing.
        let (open, close) = match query.engine() {
            Engine::Sqlite => ("", ""),
            Engine::Postgres => ("SELECT unnest(ARRAY(", ")) AS user_id"),
        };
        if !self.are_none() {
            query.push(open);
            self.write_indexed(query);
            query.push(close);
            query.push(" UNION ");
        }
        query.push("SELECT user_id FROM search_journal");
    }

    /// Adds the query for the numbers that the index knows.
    pub(super) fn write_indexed(&self, query: &mut Query) {
        match (query.engine(), self) {
            (Engine::Sqlite, Self::These(users)) => {
                query.push_with("SELECT value FROM json_each(?)", &serde_json::json!(users));
            }
            (Engine::Postgres, Self::These(users)) => query.push_with(
                "SELECT value::BIGINT FROM json_array_elements_text(?::TEXT::JSON) AS these",
                &serde_json::json!(users),
            ),
            (Engine::Sqlite, _) => fts5::write(self, query),
            (Engine::Postgres, _) => segments::write(self, query),
        }
    }

    /// The next places in the index from one on, up to another if that is given; in its order or backwards.
    pub(crate) async fn places(
        &self,
        tx: &mut Tx,
        within: (Place, Option<Place>),
        is_descending: bool,
        limit: i64,
    ) -> Result<Vec<Place>, Error> {
        if self.are_none() {
            return Ok(Vec::new());
        }
        let ((from, to), engine) = (within, tx.engine());
        let range = match is_descending {
            false => (from, to.unwrap_or_else(|| Place::after(Beginning::last(engine)))),
            true => (to.unwrap_or_else(|| Place::before(Beginning::of(engine, ""))), from),
        };
        match engine {
            Engine::Sqlite => fts5::places(tx, self, range, is_descending, limit).await,
            Engine::Postgres => segments::places(tx, self, range, is_descending, limit).await,
        }
    }

    /// The tokens that are asked for.
    pub(super) fn tokens(&self) -> &[String] {
        match self {
            Self::All(tokens) | Self::Any(tokens) => tokens,
            Self::These(_) => &[],
        }
    }

    fn are_none(&self) -> bool {
        match self {
            Self::These(users) => users.is_empty(),
            _ => self.tokens().is_empty(),
        }
    }
}
