//! What a parameter of a route is. The description says it to the client, and requests are read by it.

/// The longest text, in characters, unless a field says otherwise.
const SHORT: usize = 255;
/// The longest description, theme and preference.
const LONG: usize = 10_000;
/// The largest number that all of the client's languages can hold, 2^53 - 1.
pub(super) const MAX_ID: i64 = (1 << 53) - 1;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of so many characters.
    Text(usize),
    /// A whole number.
    Integer,
    /// The number of something.
    Id,
    /// A truth value.
    Boolean,
    /// A time.
    Time,
    /// Numbers of things.
    Ids,
    /// Texts.
    Texts,
    /// Objects with these fields; at most a hundred are of any use.
    Objects(&'static [Field]),
    /// An object of these fields, some of which may be given, `null` to take one away.
    Object(&'static [Field]),
}

impl Kind {
    /// The word of JSON Schema for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text(_) | Self::Time => "string",
            Self::Integer | Self::Id => "integer",
            Self::Boolean => "boolean",
            Self::Ids | Self::Texts | Self::Objects(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in snake case.
    pub(super) name: &'static str,
    /// What it must be.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) is_required: bool,
    /// Whether `null` is a value, and not only something that is wrong.
    pub(super) is_nullable: bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, is_required: false, is_nullable: false }
    }

    /// The same, which must be there.
    pub(super) const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same, which can be `null`.
    pub(super) const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }
}

pub(super) const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text(SHORT))
}

pub(super) const fn long_text(name: &'static str) -> Field {
    Field::new(name, Kind::Text(LONG))
}

pub(super) const fn text_up_to(name: &'static str, characters: usize) -> Field {
    Field::new(name, Kind::Text(characters))
}

pub(super) const fn integer(name: &'static str) -> Field {
    Field::new(name, Kind::Integer)
}

pub(super) const fn id(name: &'static str) -> Field {
    Field::new(name, Kind::Id)
}

pub(super) const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Boolean)
}

pub(super) const fn time(name: &'static str) -> Field {
    Field::new(name, Kind::Time)
}

pub(super) const fn ids(name: &'static str) -> Field {
    Field::new(name, Kind::Ids)
}

pub(super) const fn texts(name: &'static str) -> Field {
    Field::new(name, Kind::Texts)
}

pub(super) const fn objects(name: &'static str, of: &'static [Field]) -> Field {
    Field::new(name, Kind::Objects(of))
}

pub(super) const fn object(name: &'static str, of: &'static [Field]) -> Field {
    Field::new(name, Kind::Object(of))
}
