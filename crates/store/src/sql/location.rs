//! Where a database is.

use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

/// Where a database is. A URL may contain a password, so this is never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite database that is gone with the store.
    Memory,
    /// A SQLite database file.
    File(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

/// `postgres://…`, `sqlite:PATH` or `sqlite::memory:`.
impl FromStr for Location {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Ok(Self::Memory),
            Some(path) if !path.trim_start_matches('/').is_empty() => {
                // `sqlite:///var/lib/x` is the same file as `sqlite:/var/lib/x`.
                let path = path.strip_prefix("//").unwrap_or(path);
                Ok(Self::File(PathBuf::from(path)))
            }
            _ => Err(Error::Refused(
                "the database URL must begin with postgres:// or be sqlite:PATH or sqlite::memory:"
                    .to_owned(),
            )),
        }
    }
}

/// Names the kind only.
impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_from_its_url() {
        let file = |path: &str| Location::File(PathBuf::from(path));
        for (text, location) in [
            ("sqlite::memory:", Location::Memory),
            ("sqlite:roster.db", file("roster.db")),
            ("sqlite:/var/lib/roster.db", file("/var/lib/roster.db")),
            ("sqlite:///var/lib/roster.db", file("/var/lib/roster.db")),
            ("postgres://a@b/c", Location::Postgres("postgres://a@b/c".to_owned())),
            ("postgresql://a@b/c", Location::Postgres("postgresql://a@b/c".to_owned())),
        ] {
            assert!(text.parse::<Location>().unwrap() == location, "{text}");
        }
        for text in ["", "roster.db", "sqlite:", "sqlite://", "mysql://a@b/c"] {
            assert!(matches!(text.parse::<Location>(), Err(Error::Refused(_))), "{text}");
        }
    }

    #[test]
    fn t26_a_location_is_never_printed_with_its_password() {
        let location = Location::Postgres("postgres://roster:hunter2@host/db".to_owned());
        assert!(!format!("{location:?}").contains("hunter2"));
    }
}
