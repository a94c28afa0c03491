//! Instants as people say them.

use jiff::Timestamp;

/// The time on this machine's clock.
#[expect(clippy::disallowed_methods, reason = "a command at a terminal lives in real time")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

const UNITS: [(i64, &str); 6] = [
    (365 * 24 * 3600, "year"),
    (30 * 24 * 3600, "month"),
    (24 * 3600, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// `3 minutes ago`, `in 2 days`, `now`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second());
    let distance = seconds.saturating_abs();
    let Some((length, unit)) = UNITS.iter().find(|(length, _)| distance >= *length) else {
        return "now".into();
    };
    // What is an hour old is not yet two hours ago; what comes in 29.99 days comes in 30.
    let count = if seconds > 0 { distance / length } else { (distance + length / 2) / length };
    let plural = if count == 1 { "" } else { "s" };
    if seconds > 0 {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_told_in_their_largest_unit() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let now = at(1_000_000_000);
        for (then, said) in [
            (1_000_000_000, "now"),
            (999_999_999, "1 second ago"),
            (999_999_880, "2 minutes ago"),
            (1_000_007_200, "in 2 hours"),
            (1_002_591_999, "in 30 days"),
            (999_000_000, "11 days ago"),
            (900_000_000, "3 years ago"),
        ] {
            assert_eq!(ago(at(then), now), said);
        }
    }
}
