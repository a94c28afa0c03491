//! Geobox's words for roles and statuses.

use roster_model::{Role, Status};

use super::translate::Refusal;

/// What Geobox calls the roles.
pub(super) const ROLES: &[(&str, &str)] = &[
    ("system_admin", "System Admin"),
    ("account_admin", "Account Admin"),
    ("publisher", "Publisher"),
    ("editor", "Editor"),
    ("viewer", "Viewer"),
];

/// What Geobox calls the statuses; suspended users are disabled ones to it.
pub(super) const STATUSES: &[(&str, &str)] = &[
    ("new", "New"),
    ("pending", "Pending"),
    ("active", "Active"),
    ("disabled", "Disabled"),
    ("suspended", "Disabled"),
];

/// The word that is shown for one that is kept.
fn shown(words: &'static [(&str, &str)], kept: &str) -> &'static str {
    words.iter().find(|(known, _)| *known == kept).map_or("", |(_, shown)| *shown)
}

pub(super) fn of_role(role: Role) -> &'static str {
    shown(ROLES, role.as_str())
}

pub(super) fn of_status(status: Status) -> &'static str {
    shown(STATUSES, status.as_str())
}

pub(super) fn role(word: &str) -> Result<Role, Refusal> {
    kept(ROLES, word).and_then(Role::from_word).ok_or_else(|| unknown("body", "role", ROLES))
}

pub(super) fn status(place: &'static str, word: &str) -> Result<Status, Refusal> {
    let found = kept(STATUSES, word).and_then(Status::from_word);
    found.ok_or_else(|| unknown(place, "status", &STATUSES[..4]))
}

fn kept(words: &'static [(&str, &str)], shown: &str) -> Option<&'static str> {
    words.iter().find(|(_, known)| *known == shown).map(|(kept, _)| *kept)
}

fn unknown(place: &'static str, field: &str, words: &[(&str, &str)]) -> Refusal {
    let words: Vec<_> = words.iter().map(|(_, shown)| *shown).collect();
    Refusal::invalid(place, field, format!("must be one of {}", words.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_and_status_has_its_word() {
        for role in Role::ALL {
            assert_eq!(super::role(of_role(*role)).ok(), Some(*role));
        }
        for status in Status::ALL {
            let read = super::status("body", of_status(*status)).ok().unwrap();
            assert_eq!(read, if *status == Status::Suspended { Status::Disabled } else { *status });
        }
        assert!(super::role("admin").is_err() && super::status("body", "active").is_err());
    }
}
