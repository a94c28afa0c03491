//! Times as the client writes and reads them: UTC unless a zone is given.

use jiff::Timestamp;
use roster_core::cql2;

/// A time with microseconds and without a zone, which the client turns into a `datetime`.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string()
}

/// A date or a time, in the forms that filters have, too.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    cql2::parse_time(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_each_of_the_contracts_forms() {
        for (text, same) in [
            ("2026-02-28", "2026-02-28T00:00:00Z"),
            ("2026-02-28T12:30:15", "2026-02-28T12:30:15Z"),
            ("2026-02-28 12:30:15", "2026-02-28T12:30:15Z"),
            ("2026-02-28T12:30:15.25", "2026-02-28T12:30:15.25Z"),
            ("2026-02-28T12:30:15.123456Z", "2026-02-28T12:30:15.123456Z"),
            ("2026-02-28T12:30:15+03:30", "2026-02-28T09:00:15Z"),
            ("2026-02-28 12:30:15-01:00", "2026-02-28T13:30:15Z"),
        ] {
            assert_eq!(read(text), Some(same.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "today", "2026-02-30", "2026-13-01", "12:30", "2026-02-28T25:00:00", "1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let at: Timestamp = "2026-11-24T01:02:03.000040Z".parse().unwrap();
        assert_eq!(written(at), "2026-11-24T01:02:03.000040");
        assert_eq!(read(&written(at)), Some(at));
    }
}
