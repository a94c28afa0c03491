//! What comes back in a column, from both databases at once.

use rusqlite::types::ValueRef;
use tokio_postgres::types::{FromSql, Type};

use crate::Error;

/// One row of an answer.
pub(crate) enum Row<'r> {
    /// From SQLite.
    Sqlite(&'r rusqlite::Row<'r>),
    /// From PostgreSQL.
    Postgres(&'r tokio_postgres::Row),
}

/// The raw contents of one column.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'r> {
    /// `NULL`.
    Null,
    /// PostgreSQL's boolean (SQLite has integers for it).
    Bool(bool),
    /// Any integer.
    Integer(i64),
    /// A floating point number.
    Real(f64),
    /// Any text.
    Text(&'r str),
    /// Bytes, or PostgreSQL's `uuid`.
    Bytes(&'r [u8]),
}

/// Why a column does not hold what the code expects.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misread(pub(crate) String);

/// A type that can be read from a column.
pub(crate) trait Column: Sized {
    /// Reads it.
    fn read(cell: Cell<'_>) -> Result<Self, Misread>;
}

/// Where in a row a column stands: its position (fastest) or its name.
pub(crate) trait Place: Copy + std::fmt::Display {
    /// The position in `row`.
    fn position(self, row: &Row<'_>) -> Option<usize>;
}

impl Place for usize {
    fn position(self, _: &Row<'_>) -> Option<usize> {
        Some(self)
    }
}

impl Place for &str {
    fn position(self, row: &Row<'_>) -> Option<usize> {
        match row {
            Row::Sqlite(row) => row.as_ref().column_index(self).ok(),
            Row::Postgres(row) => row.columns().iter().position(|column| column.name() == self),
        }
    }
}

impl Row<'_> {
    /// The value in a column.
    pub(crate) fn get<T: Column>(&self, place: impl Place) -> Result<T, Error> {
        let misread = |why: String| Error::Corrupt { column: place.to_string(), why };
        let position = place.position(self).ok_or_else(|| misread("no such column".to_owned()))?;
        let cell = self.cell(position).map_err(misread)?;
        T::read(cell).map_err(|error| misread(error.0))
    }

    /// The columns from the first on, one after the other: for records with many fields.
    pub(crate) fn columns(&self) -> Columns<'_> {
        Columns { row: self, next: 0 }
    }

    fn cell(&self, position: usize) -> Result<Cell<'_>, String> {
        match self {
            Row::Sqlite(row) => match row.get_ref(position).map_err(|error| error.to_string())? {
                ValueRef::Null => Ok(Cell::Null),
                ValueRef::Integer(value) => Ok(Cell::Integer(value)),
                ValueRef::Real(value) => Ok(Cell::Real(value)),
                ValueRef::Text(value) => std::str::from_utf8(value)
                    .map(Cell::Text)
                    .map_err(|_| "text that is not UTF-8".to_owned()),
                ValueRef::Blob(value) => Ok(Cell::Bytes(value)),
            },
            Row::Postgres(row) => row.try_get(position).map_err(|error| error.to_string()),
        }
    }
}

/// Reads a row from left to right.
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl Columns<'_> {
    /// The next column.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, Error> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    /// The next column, which holds JSON of this type.
    pub(crate) fn take_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let column = self.next;
        serde_json::from_value(self.take()?).map_err(|_| Error::Corrupt {
            column: column.to_string(),
            why: "JSON of another form".to_owned(),
        })
    }
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Cell::Bool(bool::from_sql(kind, raw)?),
            Type::INT8 => Cell::Integer(i64::from_sql(kind, raw)?),
            Type::INT4 => Cell::Integer(i64::from(i32::from_sql(kind, raw)?)),
            Type::INT2 => Cell::Integer(i64::from(i16::from_sql(kind, raw)?)),
            Type::FLOAT8 => Cell::Real(f64::from_sql(kind, raw)?),
            Type::FLOAT4 => Cell::Real(f64::from(f32::from_sql(kind, raw)?)),
            Type::BYTEA | Type::UUID => Cell::Bytes(raw),
            _ => Cell::Text(std::str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Cell::Null)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::BOOL
                | Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::FLOAT8
                | Type::FLOAT4
                | Type::BYTEA
                | Type::UUID
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
        )
    }
}

impl Cell<'_> {
    /// The error for a cell that is not `wanted`; names the kind of what is there, never the value.
    pub(crate) fn is_not(self, wanted: &str) -> Misread {
        let found = match self {
            Cell::Null => "NULL",
            Cell::Bool(_) => "a boolean",
            Cell::Integer(_) => "an integer",
            Cell::Real(_) => "a real number",
            Cell::Text(_) => "text",
            Cell::Bytes(_) => "bytes",
        };
        Misread(format!("{found} where {wanted} was expected"))
    }
}

impl Column for i64 {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Integer(value) => Ok(value),
            other => Err(other.is_not("an integer")),
        }
    }
}

macro_rules! narrow_column {
    ($($kind:ty),*) => {$(
        impl Column for $kind {
            fn read(cell: Cell<'_>) -> Result<Self, Misread> {
                Self::try_from(i64::read(cell)?).map_err(|_| Misread("an integer out of range".to_owned()))
            }
        }
    )*};
}
narrow_column!(i32, i16, u64, u32, u16, u8);

impl Column for bool {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Bool(value) => Ok(value),
            Cell::Integer(0) => Ok(false),
            Cell::Integer(1) => Ok(true),
            other => Err(other.is_not("a boolean")),
        }
    }
}

impl Column for f64 {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Real(value) => Ok(value),
            other => Err(other.is_not("a real number")),
        }
    }
}

impl Column for String {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Text(value) => Ok(value.to_owned()),
            other => Err(other.is_not("text")),
        }
    }
}

impl Column for Vec<u8> {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Bytes(value) => Ok(value.to_vec()),
            other => Err(other.is_not("bytes")),
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Bytes(value) => value
                .try_into()
                .map_err(|_| Misread(format!("{} bytes where {N} were expected", value.len()))),
            other => Err(other.is_not("bytes")),
        }
    }
}

impl Column for jiff::Timestamp {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        Self::from_microsecond(i64::read(cell)?)
            .map_err(|_| Misread("a time out of range".to_owned()))
    }
}

impl Column for uuid::Uuid {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        <[u8; 16]>::read(cell).map(Self::from_bytes)
    }
}

impl Column for serde_json::Value {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Text(value) => {
                serde_json::from_str(value).map_err(|_| Misread("text that is not JSON".to_owned()))
            }
            other => Err(other.is_not("JSON text")),
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(cell: Cell<'_>) -> Result<Self, Misread> {
        match cell {
            Cell::Null => Ok(None),
            other => T::read(other).map(Some),
        }
    }
}

/// Lets a type of `model` be bound and read as another type that already can.
///
/// `column_as!(UserId as i64, |id| id.get(), |raw| Ok(UserId::new(raw)))`; the second closure refuses with a sentence.
macro_rules! column_as {
    ($kind:ty as str, |$this:ident| $write:expr, |$raw:ident| $read:expr) => {
        impl $crate::sql::Param for $kind {
            fn value(&self) -> $crate::sql::Value<'_> {
                let $this = self;
                $crate::sql::Value::Text(std::borrow::Cow::from($write))
            }
        }
        $crate::sql::column_as!(@read $kind, String, $raw, $read);
    };
    ($kind:ty as i64, |$this:ident| $write:expr, |$raw:ident| $read:expr) => {
        impl $crate::sql::Param for $kind {
            fn value(&self) -> $crate::sql::Value<'_> {
                let $this = self;
                $crate::sql::Value::Integer($write)
            }
        }
        $crate::sql::column_as!(@read $kind, i64, $raw, $read);
    };
    ($kind:ty as bytes, |$this:ident| $write:expr, |$raw:ident| $read:expr) => {
        impl $crate::sql::Param for $kind {
            fn value(&self) -> $crate::sql::Value<'_> {
                let $this = self;
                $crate::sql::Value::Bytes(std::borrow::Cow::from($write))
            }
        }
        $crate::sql::column_as!(@read $kind, Vec<u8>, $raw, $read);
    };
    (@read $kind:ty, $plain:ty, $raw:ident, $read:expr) => {
        impl $crate::sql::Column for $kind {
            fn read(cell: $crate::sql::Cell<'_>) -> Result<Self, $crate::sql::Misread> {
                let $raw = <$plain as $crate::sql::Column>::read(cell)?;
                let read: Result<Self, _> = $read;
                read.map_err(|why| $crate::sql::Misread(format!("{why}")))
            }
        }
    };
}
pub(crate) use column_as;
