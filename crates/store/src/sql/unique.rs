//! The one table of everything that must be unique, and how each database names it.

macro_rules! uniques {
    ($($(#[$doc:meta])* $name:ident, $sqlite:literal, $postgres:literal, $text:literal;)*) => {
        /// Something that may exist only once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Unique {
            $($(#[$doc])* $name,)*
        }

        impl std::fmt::Display for Unique {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match *self {
                    $(Self::$name => f.write_str($text),)*
                }
            }
        }

        /// Columns as SQLite lists them, the constraint or index as PostgreSQL names it, and what they mean.
        pub(super) const UNIQUES: &[(&str, &str, Unique)] = &[$(($sqlite, $postgres, Unique::$name),)*];
    };
}

uniques! {
    /// A number of a migration.
    Migration, "schema_migrations.version", "schema_migrations_pkey", "the migration";
}

impl Unique {
    /// From SQLite's message, `UNIQUE constraint failed: table.column, table.other`.
    pub(super) fn of_sqlite(message: &str) -> Option<Self> {
        let columns = message.rsplit_once("constraint failed: ")?.1;
        UNIQUES.iter().find(|(sqlite, ..)| *sqlite == columns).map(|&(.., unique)| unique)
    }

    /// From PostgreSQL's name of the constraint or index.
    pub(super) fn of_postgres(constraint: &str) -> Option<Self> {
        UNIQUES.iter().find(|(_, postgres, _)| *postgres == constraint).map(|&(.., unique)| unique)
    }
}
