//! Where a user stands in the index: in the order of names, so that a search sorted by name reads little more of the
//! index than it shows.
//!
//! A place is a number: the beginning of the folded name, and below it the user's number. Those with the same beginning
//! stand together, in no order. Six Latin letters, two of another alphabet or one ideograph make a beginning.

use roster_model::UserId;

use crate::Error;

/// Bits for the user's number and for the beginning of the name; together they leave the sign alone.
const USER_BITS: u32 = 33;
const NAME_BITS: u32 = 30;
const USERS: i64 = (1 << USER_BITS) - 1;

/// The number of a user in SQL, from the column of its place.
pub(super) fn user_of(place: &str) -> String {
    format!("{place} & {USERS}")
}

/// The beginning of a name as a number, which grows with the name in the order of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Beginning(i64);

impl Beginning {
    /// No name stands before it.
    pub(crate) const FIRST: Self = Self(0);
    /// No name stands after it.
    pub(crate) const LAST: Self = Self((1 << NAME_BITS) - 1);

    /// That of a folded name.
    pub(crate) fn of(name: &str) -> Self {
        let (mut code, mut length) = (0_u64, 0);
        for (symbol, bits) in name.chars().map_while(symbol) {
            (code, length) = (code << bits | u64::from(symbol), length + bits);
            if length >= NAME_BITS {
                break;
            }
        }
        let code = match length.checked_sub(NAME_BITS) {
            Some(over) => code >> over,
            None => code << (NAME_BITS - length),
        };
        Self(code.cast_signed())
    }

    /// That of a place.
    pub(crate) fn at(place: i64) -> Self {
        Self(place >> USER_BITS)
    }

    /// The first place that has it, and the last one.
    pub(crate) fn places(self) -> (i64, i64) {
        (self.0 << USER_BITS, self.0 << USER_BITS | USERS)
    }

    /// A text with which all names begin that have it.
    pub(crate) fn text(self) -> String {
        let mut left = NAME_BITS;
        let mut take = |bits: u32| {
            left = left.checked_sub(bits)?;
            u32::try_from(self.0 >> left & ((1 << bits) - 1)).ok()
        };
        let mut text = String::new();
        loop {
            let code = match take(5) {
                Some(1) => Some(0x20),
                Some(2) => take(6).map(|rest| 0x21 + rest),
                Some(letter @ 3..=28) => Some(0x61 - 3 + letter),
                Some(29) => take(10).map(|rest| 0x7B + rest),
                Some(30) => take(16),
                Some(31) => take(20).map(|rest| 0x10000 + rest),
                _ => None,
            };
            match code.and_then(char::from_u32) {
                Some(character) => text.push(character),
                None => return text,
            }
        }
    }
}

/// A character as bits, which are the shorter the more names have it, and how many. Nothing is known of a name from a
/// control character on: it stands before the blank, like the end.
fn symbol(character: char) -> Option<(u32, u32)> {
    match u32::from(character) {
        ..0x20 => None,
        0x20 => Some((1, 5)),
        code @ 0x21..=0x60 => Some((2 << 6 | (code - 0x21), 11)),
        code @ 0x61..=0x7A => Some((code - 0x61 + 3, 5)),
        // The rest of Latin, Greek and Cyrillic.
        code @ 0x7B..=0x47A => Some((29 << 10 | (code - 0x7B), 15)),
        code @ 0x47B..=0xFFFF => Some((30 << 16 | code, 21)),
        code => Some((31 << 20 | (code - 0x10000), 25)),
    }
}

/// Where a user with this folded name stands.
///
/// # Errors
/// Eight billion users are more than one file holds, and more than fit.
pub(super) fn place(name: &str, user: UserId) -> Result<i64, Error> {
    if !(0..=USERS).contains(&user.0) {
        return Err(Error::internal("the search index has no place for a user's number so great"));
    }
    Ok(Beginning::of(name).places().0 | user.0)
}

/// Who stands at a place.
pub(crate) fn user_at(place: i64) -> UserId {
    UserId(place & USERS)
}

#[cfg(test)]
mod unit {
    use super::*;

    const NAMES: [&str; 22] = [
        "",
        "\u{1}",
        " ",
        " a",
        "!",
        "0",
        "9 z",
        "a",
        "a\u{1}z",
        "a b",
        "ab",
        "john\u{1f}",
        "john a",
        "john smi",
        "john smith",
        "john t",
        "zz",
        "zß",
        "é",
        "иванов",
        "王 伟",
        "😀",
    ];

    #[test]
    fn places_stand_in_the_order_of_names() {
        let mut names = NAMES;
        names.sort_unstable();
        let beginnings = names.map(Beginning::of);
        assert!(beginnings.is_sorted(), "{names:?} {beginnings:?}");
        assert_eq!(Beginning::of("john smi"), Beginning::of("john smith"));
        assert!(Beginning::of("john smith") < Beginning::of("john t"));
    }

    #[test]
    fn a_place_says_how_its_names_begin_and_who_stands_there() {
        for (name, text) in [
            ("john smith", "john s"),
            ("ann", "ann"),
            ("o'neil", "o'ne"),
            ("a\u{1}z", "a"),
            ("иванов", "ив"),
            ("王 伟", "王 "),
            ("😀😀", "😀"),
            ("", ""),
        ] {
            let place = place(name, UserId(USERS)).unwrap();
            assert_eq!(Beginning::at(place).text(), text, "{name}");
            assert_eq!(
                (Beginning::at(place), user_at(place)),
                (Beginning::of(name), UserId(USERS))
            );
            assert_eq!(Beginning::of(name).places().1, place);
        }
        assert!(place("ann", UserId(USERS + 1)).is_err());
        assert!(place("\u{10FFFF}\u{10FFFF}", UserId(USERS)).unwrap() > 0);
    }
}
