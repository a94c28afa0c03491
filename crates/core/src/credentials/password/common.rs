//! The passwords that attackers try first, as a list in the program.

use std::sync::LazyLock;

/// Lines sorted by byte, in lower case; comments at the top.
const LIST: &str = include_str!("common.txt");

/// What people put behind a word to please a rule.
const MOST_ADDED: usize = 4;

static ENTRIES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| LIST.lines().filter(|line| !line.starts_with('#')).collect());

/// Whether `folded` is a common password, or one with up to four digits or signs behind it, or a run of the same or of
/// successive characters.
pub(super) fn is_common(folded: &str) -> bool {
    let word = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let is_extended = folded.len() - word.len() <= MOST_ADDED;
    is_listed(folded) || (is_extended && is_listed(word)) || is_run(folded)
}

fn is_listed(password: &str) -> bool {
    ENTRIES.binary_search(&password).is_ok()
}

/// `aaaaaaaa`, `12345678`, `hgfedcba`: one step from each character to the next.
fn is_run(password: &str) -> bool {
    let mut steps = password
        .chars()
        .zip(password.chars().skip(1))
        .map(|(a, b)| i64::from(u32::from(b)) - i64::from(u32::from(a)));
    let Some(first) = steps.next() else { return true };
    first.abs() <= 1 && steps.all(|step| step == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        assert!(ENTRIES.is_sorted());
        assert!(ENTRIES.len() > 10_000);
        for entry in ENTRIES.iter() {
            assert_eq!(roster_model::fold(entry).as_str(), *entry);
            assert!(entry.len() >= 5, "{entry:?}");
        }
    }

    #[test]
    fn common_passwords_and_their_usual_disguises_are_known() {
        for password in [
            "password",
            "password1",
            "password2024",
            "password123!",
            "iloveyou",
            "qwertyuiop",
            "dragon2024",
            "11111111",
            "12345678",
            "87654321",
            "abcdefgh",
        ] {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn uncommon_passwords_pass() {
        for password in [
            "correct horse battery staple",
            "tr0ub4dor&3x",
            "password20241",
            "my dragon 2024",
            "aaccbbdd",
            "zażółć gęślą",
            "猫と犬と鳥と魚",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }
}
