//! What may be bound to a parameter, for both databases at once.

use std::borrow::Cow;

use bytes::{BufMut as _, BytesMut};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// A bound value, as both databases understand it.
pub(crate) enum Value<'a> {
    /// `NULL` of any type.
    Null,
    /// `{bool}`.
    Bool(bool),
    /// `{int}`, `{id}`, `{ref}` or `{time}`.
    Integer(i64),
    /// `{real}`.
    Real(f64),
    /// `{text}`, `{key}` or `{json}`.
    Text(Cow<'a, str>),
    /// `{bytes}` or `{uuid}`.
    Bytes(Cow<'a, [u8]>),
}

/// A type that can stand for a `$n` in a statement.
///
/// The store's own, because the drivers' traits can't be implemented for `model` types here, and so that no driver leaks.
pub(crate) trait Param: Sync {
    /// The value to bind.
    fn value(&self) -> Value<'_>;
}

/// The values as parameters, for statements whose number of parameters only the program knows.
pub(crate) fn params<'v>(values: &'v [Value<'v>]) -> Vec<&'v dyn Param> {
    values.iter().map(|value| value as &dyn Param).collect()
}

macro_rules! integer_param {
    ($($kind:ty),*) => {$(
        impl Param for $kind {
            fn value(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }
        }
    )*};
}
integer_param!(i64, i32, i16, u32, u16, u8);

impl Param for bool {
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Param for f64 {
    fn value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}

impl Param for str {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl Param for String {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl Param for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self))
    }
}

impl Param for jiff::Timestamp {
    fn value(&self) -> Value<'_> {
        Value::Integer(self.as_microsecond())
    }
}

impl Param for uuid::Uuid {
    fn value(&self) -> Value<'_> {
        Value::Bytes(Cow::Borrowed(self.as_bytes()))
    }
}

impl Param for serde_json::Value {
    fn value(&self) -> Value<'_> {
        Value::Text(Cow::Owned(self.to_string()))
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Param::value)
    }
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl Param for Value<'_> {
    fn value(&self) -> Value<'_> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(*value),
            Value::Integer(value) => Value::Integer(*value),
            Value::Real(value) => Value::Real(*value),
            Value::Text(value) => Value::Text(Cow::Borrowed(value)),
            Value::Bytes(value) => Value::Bytes(Cow::Borrowed(value)),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl Value<'_> {
    /// The same, whoever it was borrowed from.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Integer(value) => Value::Integer(value),
            Value::Real(value) => Value::Real(value),
            Value::Text(value) => Value::Text(Cow::Owned(value.into_owned())),
            Value::Bytes(value) => Value::Bytes(Cow::Owned(value.into_owned())),
        }
    }

    /// Whether both databases can keep it: PostgreSQL has no text with a NUL character, so SQLite may not have it either.
    pub(super) fn is_storable(&self) -> bool {
        !matches!(self, Value::Text(text) if text.contains('\0'))
    }

    /// The form that SQLite binds.
    pub(super) fn sqlite(&self) -> ToSqlOutput<'_> {
        match self {
            Value::Null => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Value::Bool(value) => {
                ToSqlOutput::Owned(rusqlite::types::Value::Integer(i64::from(*value)))
            }
            Value::Integer(value) => ToSqlOutput::Owned(rusqlite::types::Value::Integer(*value)),
            Value::Real(value) => ToSqlOutput::Owned(rusqlite::types::Value::Real(*value)),
            Value::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        }
    }
}

/// Names the kind only: bound values are often secrets.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Integer(_) => "integer",
            Value::Real(_) => "real",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        })
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, kind) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Bool(value), &Type::BOOL) => out.put_u8(u8::from(*value)),
            (Value::Integer(value), &Type::INT8) => out.put_i64(*value),
            (Value::Integer(value), &Type::INT4) => out.put_i32(i32::try_from(*value)?),
            (Value::Integer(value), &Type::INT2) => out.put_i16(i16::try_from(*value)?),
            (Value::Real(value), &Type::FLOAT8) => out.put_f64(*value),
            (
                Value::Text(value),
                &(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN),
            ) => {
                out.put_slice(value.as_bytes());
            }
            (Value::Bytes(value), &(Type::BYTEA | Type::UUID)) => out.put_slice(value),
            (value, kind) => {
                return Err(
                    format!("a parameter of kind {value:?} for a column of type {kind}").into()
                );
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
