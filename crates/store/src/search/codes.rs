//! The beginnings of names as numbers, which grow with the names in the order of their bytes: SQLite's index knows a
//! user by one number, so what says where it stands must fit beside it.
//!
//! Six Latin letters, two of another alphabet or one ideograph make a beginning.

/// The bits of a code.
pub(super) const BITS: u32 = 30;

/// The beginning of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Code(pub(super) i64);

impl Code {
    /// No name stands after it.
    pub(super) const LAST: Self = Self((1 << BITS) - 1);

    /// That of a folded name.
    pub(super) fn of(name: &str) -> Self {
        let (mut code, mut length) = (0_u64, 0);
        for (symbol, bits) in name.chars().map_while(symbol) {
            (code, length) = (code << bits | u64::from(symbol), length + bits);
            if length >= BITS {
                break;
            }
        }
        let code = match length.checked_sub(BITS) {
            Some(over) => code >> over,
            None => code << (BITS - length),
        };
        Self(code.cast_signed())
    }

    /// A text with which all names begin that have it.
    pub(super) fn text(self) -> String {
        let mut left = BITS;
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
    fn codes_stand_in_the_order_of_names() {
        let mut names = NAMES;
        names.sort_unstable();
        let codes = names.map(Code::of);
        assert!(codes.is_sorted(), "{names:?} {codes:?}");
        assert!(codes.iter().all(|code| (Code(0)..=Code::LAST).contains(code)));
        assert_eq!(Code::of("john smi"), Code::of("john smith"));
        assert!(Code::of("john smith") < Code::of("john t"));
        assert!(Code::of("\u{10FFFF}\u{10FFFF}") <= Code::LAST);
    }

    #[test]
    fn a_code_says_how_its_names_begin() {
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
            assert_eq!(Code::of(name).text(), text, "{name}");
        }
    }
}
