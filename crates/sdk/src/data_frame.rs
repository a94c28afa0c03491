//! Records as a data frame of [polars](https://docs.rs/polars), with the feature `polars`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use polars_core::prelude::{
    Column, DataFrame, DataType, IntoColumn, NamedFrom, PolarsError, PolarsResult, Series, TimeUnit,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{Error, Paged, Pages, Result, blocking};

/// Records as a data frame: a row for each, a column for each field, in the order of their names.
///
/// Whole numbers are `Int64`, times `Datetime` in UTC with microseconds, and what is neither a
/// number, a time nor a boolean is `String`, lists and objects as JSON. The types come from the
/// schema of the record and not from what happens to stand in it, so frames of different pages can
/// be put together, and that of no records has all the columns.
///
/// # Errors
/// None that a record of Roster's would cause.
pub fn data_frame<T: Serialize + ToSchema>(records: &[T]) -> PolarsResult<DataFrame> {
    let rows: std::result::Result<Vec<_>, _> = records.iter().map(serde_json::to_value).collect();
    let rows = rows.map_err(|error| PolarsError::ComputeError(error.to_string().into()))?;
    let columns: PolarsResult<Vec<_>> =
        kinds::<T>().iter().map(|(name, kind)| kind.column(name, &rows)).collect();
    DataFrame::new(rows.len(), columns?)
}

impl<E: Paged> Pages<E>
where
    E::Item: Serialize + ToSchema,
{
    /// Every record of the list as a data frame: see [`data_frame`].
    ///
    /// # Errors
    /// As every call.
    pub async fn data_frame(self) -> Result<DataFrame> {
        data_frame(&self.all().await?).map_err(|error| Error::Setup(error.to_string()))
    }
}

impl<E: Paged> blocking::Pages<E>
where
    E::Item: Serialize + ToSchema,
{
    /// Every record of the list as a data frame: see [`data_frame`].
    ///
    /// # Errors
    /// As every call.
    pub fn data_frame(self) -> Result<DataFrame> {
        data_frame(&self.all()?).map_err(|error| Error::Setup(error.to_string()))
    }
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Integer,
    Number,
    Time,
    Text,
}

impl Kind {
    fn column(self, name: &str, rows: &[Value]) -> PolarsResult<Column> {
        let values = || rows.iter().map(|row| row.get(name).filter(|value| !value.is_null()));
        let series = match self {
            Self::Boolean => {
                let flags: Vec<_> = values().map(|value| value?.as_bool()).collect();
                Series::new(name.into(), flags)
            }
            Self::Integer => {
                let numbers: Vec<_> = values().map(|value| value?.as_i64()).collect();
                Series::new(name.into(), numbers)
            }
            Self::Number => {
                let numbers: Vec<_> = values().map(|value| value?.as_f64()).collect();
                Series::new(name.into(), numbers)
            }
            Self::Time => {
                let parse = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
                let times: Vec<_> = values()
                    .map(|value| value.and_then(parse).map(|at| at.as_microsecond()))
                    .collect();
                let times = Series::new(name.into(), times);
                times.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?
            }
            Self::Text => {
                let text =
                    |value: &Value| value.as_str().map_or_else(|| value.to_string(), Into::into);
                let texts: Vec<_> = values().map(|value| value.map(text)).collect();
                Series::new(name.into(), texts)
            }
        };
        Ok(series.into_column())
    }
}

/// The columns of a record, from its schema.
fn kinds<T: ToSchema>() -> BTreeMap<String, Kind> {
    let mut named = Vec::new();
    T::schemas(&mut named);
    let named = Named(named.into_iter().map(|(name, schema)| (name, json(&schema))).collect());
    let mut kinds = BTreeMap::new();
    named.gather(&json(&T::schema()), &mut kinds);
    kinds
}

fn json(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// The schemas that others speak of.
struct Named(BTreeMap<String, Value>);

impl Named {
    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema.get("$ref").and_then(|path| path.as_str()?.rsplit('/').next());
        name.and_then(|name| self.0.get(name)).unwrap_or(schema)
    }

    fn gather(&self, schema: &Value, kinds: &mut BTreeMap<String, Kind>) {
        let schema = self.resolve(schema);
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.gather(part, kinds);
        }
        for (name, field) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            kinds.insert(name.clone(), self.kind(field));
        }
    }

    fn kind(&self, schema: &Value) -> Kind {
        let schema = self.resolve(schema);
        let some = |parts: &'_ Value| -> Option<Kind> {
            let part =
                parts.as_array()?.iter().find(|part| part.get("type") != Some(&"null".into()));
            part.map(|part| self.kind(part))
        };
        if let Some(kind) = schema.get("oneOf").and_then(some) {
            return kind;
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null"),
            kind => kind,
        };
        match kind.and_then(Value::as_str) {
            Some("boolean") => Kind::Boolean,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("string") if schema.get("format") == Some(&"date-time".into()) => Kind::Time,
            _ => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_model::{ApiKey, AuditEvent, Session, User};

    use super::*;

    #[test]
    fn the_types_of_columns_come_from_the_schema_so_an_empty_list_has_them() {
        let frame = data_frame::<User>(&[]).unwrap();
        assert_eq!(frame.height(), 0);
        let times = DataType::Datetime(TimeUnit::Microseconds, None);
        for (name, kind) in [
            ("id", DataType::Int64),
            ("uuid", DataType::String),
            ("city", DataType::String),
            ("role", DataType::String),
            ("plan_id", DataType::Int64),
            ("robot", DataType::Boolean),
            ("is_mfa_active", DataType::Boolean),
            ("created_at", times.clone()),
            ("last_sign_in_at", times),
            ("preferences", DataType::String),
        ] {
            assert_eq!(*frame.column(name).unwrap().dtype(), kind, "{name}");
        }
        for columns in [kinds::<ApiKey>(), kinds::<Session>(), kinds::<AuditEvent>()] {
            assert_eq!(
                columns.get("user_agent").or(columns.get("name")).or(columns.get("action")),
                Some(&Kind::Text)
            );
        }
    }

    #[test]
    fn values_stand_where_they_belong() {
        let event = AuditEvent {
            id: roster_model::AuditEventId(7),
            at: "2026-03-01T12:00:00.000001Z".parse().unwrap(),
            action: "user.created".into(),
            outcome: roster_model::Outcome::Success,
            actor_id: None,
            impersonator_id: None,
            credential: "session".into(),
            door: "native".into(),
            address: None,
            request_id: None,
            user_id: Some(roster_model::UserId(3)),
            subject: None,
            changes: serde_json::json!({"role": "editor"}),
        };
        let frame = data_frame(&[event]).unwrap();
        let text = |name: &str| frame.column(name).unwrap().get(0).unwrap().to_string();
        assert_eq!(text("id"), "7");
        assert_eq!(text("at"), "2026-03-01 12:00:00.000001");
        assert_eq!(text("actor_id"), "null");
        assert_eq!(text("user_id"), "3");
        assert_eq!(text("changes"), "\"{\"role\":\"editor\"}\"");
    }
}
