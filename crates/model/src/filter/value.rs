//! What fields hold and are compared with.

use std::cmp::Ordering;

use jiff::Timestamp;
use uuid::Uuid;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A whole number.
    Integer,
    /// Any text.
    Text,
    /// A text out of a closed list.
    Word,
    /// An instant.
    Time,
    /// Yes or no.
    Bool,
    /// A UUID.
    Uuid,
}

/// A value that fields are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterValue {
    /// Of a [`FieldKind::Integer`].
    Integer(i64),
    /// Of a [`FieldKind::Text`] or [`FieldKind::Word`].
    Text(String),
    /// Of a [`FieldKind::Time`].
    Time(Timestamp),
    /// Of a [`FieldKind::Bool`].
    Bool(bool),
    /// Of a [`FieldKind::Uuid`].
    Uuid(Uuid),
}

impl FilterValue {
    /// How this value stands to another of its kind; nothing between kinds.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Time(one), Self::Time(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            (Self::Uuid(one), Self::Uuid(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it holds for values that stand like this.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// As SQL and CQL2 write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
