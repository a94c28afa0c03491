//! Where a user stands in the index: in the order of names, so that a search sorted by name reads little more of the
//! index than it shows.

use roster_model::UserId;

use super::codes::Code;
use crate::sql::Engine;

/// How a folded name begins, as far as the index tells names apart: PostgreSQL's knows all of a name. Those with the same
/// beginning stand together, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Beginning {
    /// In SQLite, some letters of it.
    Code(Code),
    /// In PostgreSQL, all of it.
    Whole(String),
}

impl Beginning {
    /// That of a folded name.
    pub(crate) fn of(engine: Engine, name: &str) -> Self {
        match engine {
            Engine::Sqlite => Self::Code(Code::of(name)),
            Engine::Postgres => Self::Whole(name.to_owned()),
        }
    }

    /// No name stands after it.
    pub(crate) fn last(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Code(Code::LAST),
            // No text has this character.
            Engine::Postgres => Self::Whole("\u{10FFFF}".to_owned()),
        }
    }

    /// A text below all names with this beginning, or above them.
    pub(crate) fn edge(&self, is_above: bool) -> String {
        let end = if is_above { "\u{10FFFF}" } else { "" };
        match self {
            Self::Code(code) => code.text() + end,
            Self::Whole(name) => name.clone() + end,
        }
    }
}

/// Where a user stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// How its name begins.
    pub(crate) beginning: Beginning,
    /// The number of the user.
    pub(crate) user: i64,
}

impl Place {
    /// That of a user with this folded name.
    pub(crate) fn of(engine: Engine, name: &str, user: UserId) -> Self {
        Self { beginning: Beginning::of(engine, name), user: user.0 }
    }

    /// Before all with this beginning.
    pub(crate) fn before(beginning: Beginning) -> Self {
        Self { beginning, user: 0 }
    }

    /// After all with this beginning.
    pub(crate) fn after(beginning: Beginning) -> Self {
        Self { beginning, user: i64::MAX }
    }
}
