//! Usernames and e-mail addresses: how they are written, and the folded key by which they are
//! compared (design section 3.2, threat T15).

use std::fmt;

use caseless::Caseless;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{Reason, Unit};

/// The longest name or address, in characters.
const MAX_CHARACTERS: usize = 320;

/// The text by which names and addresses are compared: NFKC, case folded, NFKC again (the
/// "toNFKC_Casefold" comparison of the Unicode Standard, section 3.13, D146).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey(String);

impl IdentityKey {
    /// The key as text, as the database keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether two spellings of an address are surely one mailbox: but for the case of ASCII letters they are the same. Two
/// with one [`fold`]ed key need not be: `strasse.example` and `straße.example` are two domains, and so are two people.
pub fn is_same_mailbox(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Folds any text to its comparison key.
pub fn fold(text: &str) -> IdentityKey {
    if text.is_ascii() {
        return IdentityKey(text.to_ascii_lowercase());
    }
    // Folding can undo normalisation and the reverse, so the pair is repeated until it is stable;
    // Unicode promises stability after the second round.
    let once = |text: &str| text.nfkc().default_case_fold().nfkc().collect::<String>();
    IdentityKey(once(&once(text)))
}

/// A name that a user signs in with: kept as written, compared by its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Username {
    text: String,
    key: IdentityKey,
}

impl Username {
    /// Reads a username.
    ///
    /// # Errors
    /// Refuses what [`design section 3.2`] forbids everywhere (blanks at the ends, control,
    /// invisible and bidirectional characters, more than 320 characters) and what could be taken
    /// for another way of naming a person: `me`, digits only, a UUID.
    ///
    /// [`design section 3.2`]: crate::Username
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let key = plain(text)?;
        if key.0 == "me" {
            return Err(Reason::Reserved);
        }
        // The key is what look-ups compare, so `４２` in full-width digits is a number too.
        if key.0.bytes().all(|b| b.is_ascii_digit()) || Uuid::try_parse(&key.0).is_ok() {
            return Err(Reason::LooksLikeId);
        }
        Ok(Self { text: text.into(), key })
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key by which it is compared.
    pub fn key(&self) -> &IdentityKey {
        &self.key
    }
}

/// An e-mail address: kept as written, compared by its key.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    text: String,
    key: IdentityKey,
}

impl EmailAddress {
    /// Reads an address: something on both sides of exactly one `@`.
    ///
    /// # Errors
    /// What is refused in a [`Username`] is refused here, and anything without that form. The
    /// form is looked for after normalisation, so a full-width `＠` counts as `@`.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let address = Self::parse_any(text)?;
        let mut parts = address.key.0.split('@');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(local), Some(domain), None) if !local.is_empty() && !domain.is_empty() => {}
            _ => return Err(Reason::NotAnEmailAddress),
        }
        if address.key.0.contains(char::is_whitespace)
            || address.key.0.contains([',', ';', '<', '>'])
        {
            return Err(Reason::NotAnEmailAddress);
        }
        Ok(address)
    }

    /// Reads an address whose domain has a dot with something on either side, `a@b.c`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and a domain of one part or with an empty one.
    pub fn parse_dotted(text: &str) -> Result<Self, Reason> {
        let address = Self::parse(text)?;
        let domain = address.key.0.split('@').nth(1).unwrap_or_default();
        if !domain.contains('.') || domain.split('.').any(str::is_empty) {
            return Err(Reason::NotAnEmailAddress);
        }
        Ok(address)
    }

    /// Reads an address as the `compat` profile does: any text that a name may be.
    ///
    /// # Errors
    /// Refuses blanks at the ends, control, invisible and bidirectional characters and more than
    /// 320 characters.
    pub fn parse_any(text: &str) -> Result<Self, Reason> {
        Ok(Self { key: plain(text)?, text: text.into() })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key by which it is compared.
    pub fn key(&self) -> &IdentityKey {
        &self.key
    }
}

macro_rules! text_like {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.text.fmt(f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Reason;

            fn from_str(text: &str) -> Result<Self, Reason> {
                Self::parse(text)
            }
        }
    };
}

text_like!(Username);
text_like!(EmailAddress);

/// What holds for names and addresses alike; gives the key.
fn plain(text: &str) -> Result<IdentityKey, Reason> {
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        return Err(Reason::TooLong { max: MAX_CHARACTERS, unit: Unit::Characters });
    }
    let key = fold(text);
    // Both texts are looked at: normalising can make a blank (U+00A0) or hide nothing at all.
    for text in [text, &key.0] {
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(Reason::BlankAtEnd);
        }
        if text.chars().any(char::is_control) {
            return Err(Reason::ControlCharacter);
        }
        if text.chars().any(is_invisible) {
            return Err(Reason::InvisibleCharacter);
        }
    }
    if key.0.is_empty() {
        return Err(Reason::Empty);
    }
    if key.0.chars().nth(MAX_CHARACTERS).is_some() {
        return Err(Reason::TooLong { max: MAX_CHARACTERS, unit: Unit::Characters });
    }
    Ok(key)
}

/// Characters that change what a reader sees without being seen: zero-width and joining
/// characters, bidirectional controls, variation selectors, fillers, tags, private-use and
/// unassigned-by-design code points.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}'
        | '\u{E000}'..='\u{F8FF}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn t15_two_spellings_of_one_name_are_one_name() {
        for (one, two) in [
            ("ann", "ANN"),
            ("ann@example.com", "Ann@EXAMPLE.com"),
            ("straße", "STRASSE"),
            ("ａｎｎ", "ann"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("ann＠example.com", "ann@example.com"),
            ("ﬁle", "FILE"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ] {
            assert_eq!(fold(one), fold(two), "{one} and {two}");
        }
    }

    #[test]
    fn t15_two_names_stay_two_names() {
        for (one, two) in [("ıvan", "ivan"), ("ann", "аnn"), ("o", "0"), ("a.b", "ab")] {
            assert_ne!(fold(one), fold(two), "{one} and {two}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for text in
            ["a\u{200B}b", "a\u{202E}b", "a\u{FEFF}b", "a\u{00AD}b", "\u{2066}a", "a\u{3164}"]
        {
            assert_eq!(Username::parse(text).unwrap_err(), Reason::InvisibleCharacter, "{text:?}");
        }
        for text in ["a\0b", "a\nb", "a\u{7f}b", "a\u{9b}b"] {
            assert_eq!(Username::parse(text).unwrap_err(), Reason::ControlCharacter, "{text:?}");
        }
        for text in [" a", "a ", "a\u{a0}", "\u{3000}a"] {
            assert_eq!(Username::parse(text).unwrap_err(), Reason::BlankAtEnd, "{text:?}");
        }
    }

    #[test]
    fn a_username_is_no_other_way_of_naming_somebody() {
        assert_eq!(Username::parse("ME").unwrap_err(), Reason::Reserved);
        assert_eq!(Username::parse("１２").unwrap_err(), Reason::LooksLikeId);
        let uuid = "0198C5B2-7B1E-7C33-9D5E-3F1E6F0A1B2C";
        assert_eq!(Username::parse(uuid).unwrap_err(), Reason::LooksLikeId);
        assert_eq!(Username::parse(&uuid.replace('-', "")).unwrap_err(), Reason::LooksLikeId);
        assert!(Username::parse("ann 2").is_ok());
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(Username::parse(&"ä".repeat(320)).is_ok());
        assert_eq!(
            Username::parse(&"ä".repeat(321)).unwrap_err(),
            Reason::TooLong { max: 320, unit: Unit::Characters }
        );
        // One character that normalises to eighteen.
        assert_eq!(
            Username::parse(&"\u{FDFA}".repeat(30)).unwrap_err(),
            Reason::TooLong { max: 320, unit: Unit::Characters }
        );
    }

    #[test]
    fn an_address_has_something_on_both_sides_of_one_at_sign() {
        for text in ["a@b", "a.b+c@d.e", "ä@ö.example", "a＠b"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        for text in ["a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b,c@d", "a＠b@c"] {
            assert_eq!(EmailAddress::parse(text).unwrap_err(), Reason::NotAnEmailAddress, "{text}");
        }
        assert!(EmailAddress::parse_any("not an address").is_ok());
        assert!(EmailAddress::parse_dotted("a@b.c").is_ok());
        for text in ["a@b", "a@b.", "a@.c", "a@b..c", "a", "a@b@c.d"] {
            assert_eq!(
                EmailAddress::parse_dotted(text).unwrap_err(),
                Reason::NotAnEmailAddress,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(once.as_str()), once);
        }

        #[test]
        fn a_parsed_name_reads_as_written_and_its_key_is_a_name_too(text in "\\PC{1,40}") {
            if let Ok(name) = Username::parse(&text) {
                prop_assert_eq!(name.as_str(), &text);
                let again = Username::parse(name.key().as_str());
                prop_assert_eq!(again.map(|n| n.key().clone()), Ok(name.key().clone()));
            }
        }
    }
}
