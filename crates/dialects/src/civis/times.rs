//! Times as Civis writes them: UTC with milliseconds.

use jiff::Timestamp;
use roster_core::cql2;

/// `2026-04-17T18:37:20.000Z`.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A time with any offset; UTC without one.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    cql2::parse_time(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_is_read_with_any_offset() {
        let at: Timestamp = "2026-04-17T18:37:20.0049Z".parse().unwrap();
        assert_eq!(written(at), "2026-04-17T18:37:20.004Z");
        let same: Timestamp = "2026-04-17T18:37:20Z".parse().unwrap();
        for text in ["2026-04-17T18:37:20.000Z", "2026-04-17T20:37:20+02:00", "2026-04-17T18:37:20"]
        {
            assert_eq!(read(text), Some(same), "{text}");
        }
        assert_eq!(read("soon"), None);
    }
}
