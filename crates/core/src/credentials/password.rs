//! What a password must be, and the one form in which it is hashed.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The form of a password that is hashed: RFC 8265's OpaqueString, which is NFC with every kind of blank made a plain
/// one. So the same keys give the same password on a keyboard that sends `é` as one character and on one that sends two.
pub(crate) fn canonical(password: &str) -> Cow<'_, str> {
    let has_plain_blanks = || password.chars().all(|c| c == ' ' || !is_blank(c));
    if is_nfc_quick(password.chars()) == IsNormalized::Yes && has_plain_blanks() {
        return Cow::Borrowed(password);
    }
    Cow::Owned(password.chars().map(|c| if is_blank(c) { ' ' } else { c }).nfc().collect())
}

/// Unicode's space separators (Zs).
const fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}'
    )
}
