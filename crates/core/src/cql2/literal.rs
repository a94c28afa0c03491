//! Literals: numbers and times.

use jiff::{Timestamp, civil, tz::TimeZone};
use roster_model::{Comparison, Filter, FilterValue};

use crate::clock::whole_microseconds;

/// A number as whole numbers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// A whole number.
    Whole(i64),
    /// Between this one and the next.
    Between(i64),
    /// Below all whole numbers that are kept.
    Below,
    /// Above all whole numbers that are kept.
    Above,
}

impl Number {
    pub(super) fn new(is_negative: bool, whole: &str, fraction: &str) -> Self {
        let has_fraction = fraction.bytes().any(|digit| digit != b'0');
        let digits = whole.trim_start_matches('0');
        let magnitude = match digits.len() {
            0 => Some(0),
            1..=19 => digits.parse::<i128>().ok(),
            _ => None,
        };
        let beyond = if is_negative { Self::Below } else { Self::Above };
        let Some(magnitude) = magnitude else { return beyond };
        let whole = if is_negative { -magnitude } else { magnitude };
        let floor = if is_negative && has_fraction { whole - 1 } else { whole };
        match (i64::try_from(floor), has_fraction) {
            (Ok(floor), false) => Self::Whole(floor),
            (Ok(floor), true) if floor < i64::MAX => Self::Between(floor),
            _ => beyond,
        }
    }

    /// The value, if a field of whole numbers can have it.
    pub(super) fn value(self) -> Option<FilterValue> {
        match self {
            Self::Whole(number) => Some(FilterValue::Integer(number)),
            _ => None,
        }
    }

    /// A field of whole numbers compared with this one.
    pub(super) fn compare<F: Copy>(self, field: F, comparison: Comparison) -> Filter<F> {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let whole = |comparison, number| Filter::Compare {
            field,
            comparison,
            value: FilterValue::Integer(number),
        };
        let is_less = matches!(comparison, Less | LessOrEqual);
        let is_greater = matches!(comparison, Greater | GreaterOrEqual);
        match self {
            Self::Whole(number) => whole(comparison, number),
            Self::Between(floor) if is_less => whole(LessOrEqual, floor),
            Self::Between(floor) if is_greater => whole(Greater, floor),
            _ => {
                let never = Filter::In { field, values: Vec::new() };
                let is_always = comparison == NotEqual
                    || (self == Self::Above && is_less)
                    || (self == Self::Below && is_greater);
                if is_always { Filter::Not(Box::new(never)) } else { never }
            }
        }
    }
}

/// Reads a time: a date (its midnight), or a date and a time with `T` or a blank between, with or without a zone
/// (`Z`, `+01:00`); without one it is UTC.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    parse_timestamp(text).or_else(|| parse_date(text))
}

/// A date alone.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: civil::Date = digits.then(|| text.parse().ok())??;
    Some(in_utc(date.to_datetime(civil::Time::midnight())))
}

/// A date and a time.
pub(super) fn parse_timestamp(text: &str) -> Option<Timestamp> {
    // jiff reads more than we promise, such as zone names and weeks.
    let allowed =
        |b: u8| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'+' | b'T' | b'Z' | b' ');
    if text.len() < 16 || !text.bytes().all(allowed) {
        return None;
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(whole_microseconds(timestamp));
    }
    // Beyond the last instant there is, but an instant in any other year.
    if text.starts_with("9999-12-3")
        && text.replacen("9999", "1999", 1).parse::<Timestamp>().is_ok()
    {
        return Some(whole_microseconds(Timestamp::MAX));
    }
    let civil: civil::DateTime = text.parse().ok()?;
    Some(in_utc(civil))
}

/// An instant by the clocks of UTC. The last day of the year 9999, which people write for "for ever", is partly beyond
/// the last instant there is, and then stands for that one.
fn in_utc(time: civil::DateTime) -> Timestamp {
    let instant = time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    whole_microseconds(instant.unwrap_or(Timestamp::MAX))
}
