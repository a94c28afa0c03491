//! Which part of a list a query is to give.

use crate::sql::{Param, Value};

/// A part of a list, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Only what comes after this.
    pub after: Option<Mark>,
    /// Pass over so many first.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// Where in a list a row stands: by what it is ordered, and the number that decides among equals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// By what the list is ordered before the number.
    pub keys: Vec<MarkKey>,
    /// The row's number.
    pub id: i64,
}

/// By what a list is ordered. What is not there stands before everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKey {
    /// Nothing is there.
    Null,
    /// A folded text, or a word.
    Text(String),
    /// A time in microseconds, or another number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// A UUID.
    Uuid(uuid::Uuid),
}

impl Param for MarkKey {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => text.value(),
            Self::Number(number) => Value::Integer(*number),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Uuid(uuid) => uuid.value(),
        }
    }
}

impl Mark {
    /// The mark of a row in a list that is ordered by number.
    pub fn id(id: i64) -> Self {
        Self { keys: Vec::new(), id }
    }
}

impl Window {
    /// The number after which a list begins that is ordered by number; 0: at the beginning.
    pub fn after_id(&self) -> i64 {
        self.after.as_ref().map_or(0, |mark| mark.id)
    }
}
