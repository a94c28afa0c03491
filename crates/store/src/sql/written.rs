//! Statements that write whole records. Each column stands beside its value, and nobody counts places.

use std::borrow::Cow;

use roster_model::fold;

use super::{InsertRows, Value};

/// Which columns are written of a record when it is made, and again with every change, each beside its value: one line to
/// add for a new field. Makes `COLUMNS`, and `values` with the values in that order.
macro_rules! written {
    ($($given:ident: $kind:ty),+; $($column:ident = $value:expr;)+) => {
        const COLUMNS: &[&str] = &[$(stringify!($column)),+];

        /// What is written of a record, in the order of `COLUMNS`.
        fn values<'r>($($given: &'r $kind),+) -> Vec<crate::sql::Value<'r>> {
            vec![$($value),+]
        }
    };
}
pub(crate) use written;

/// Adds records: the values of `columns`, then those of `once`, which no change touches; `same` are columns that begin
/// alike in all records.
pub(crate) fn insert_into(
    table: &str,
    columns: &[&str],
    once: &[&str],
    same: &[(&str, &str)],
    after: &str,
) -> InsertRows {
    let (names, places): (Vec<_>, Vec<_>) =
        columns.iter().chain(once).map(|name| (*name, "?")).chain(same.iter().copied()).unzip();
    let into = format!("{table} ({})", names.join(", "));
    InsertRows::new(&into, &format!("({})", places.join(", ")), after)
}

/// Changes the record whose `id` is `$1`; the values of `columns` follow.
pub(crate) fn update(table: &str, columns: &[&str], also: &str) -> String {
    let pairs: Vec<_> =
        (2..).zip(columns).map(|(number, column)| format!("{column} = ${number}")).collect();
    format!("UPDATE {table} SET {}{also} WHERE id = $1", pairs.join(", "))
}

/// The key of a name: what it is compared by.
pub(crate) fn key(text: &str) -> Value<'static> {
    Value::Text(Cow::Owned(fold(text).as_str().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_has_its_place() {
        let columns = &["name", "colour"];
        assert_eq!(
            insert_into("plans", columns, &["created_at"], &[("version", "1")], "").text(1),
            "INSERT INTO plans (name, colour, created_at, version) VALUES ($1, $2, $3, 1)"
        );
        assert_eq!(
            update("plans", columns, ", version = version + 1"),
            "UPDATE plans SET name = $2, colour = $3, version = version + 1 WHERE id = $1"
        );
    }
}
