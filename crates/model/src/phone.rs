//! Phone numbers: many spellings, one number (design section 3.2).

use std::fmt;

use rlibphonenumber::PhoneNumberFormat;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Reason, Unit, is_invisible};

/// A phone number: the digits it is compared and dialled by, and the text its owner typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhoneNumber {
    /// `+` and up to fifteen digits, country code first (ITU-T E.164).
    pub e164: String,
    /// The text as it was given.
    pub as_typed: String,
}

impl PhoneNumber {
    /// Reads any of the usual spellings of an international number; punctuation, a leading `00`
    /// or `+` and a trunk zero after the country code make no difference.
    ///
    /// # Errors
    /// Refuses text that is not a possible phone number anywhere: no digits, fewer than seven,
    /// more than fifteen, letters, no country code.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        if text.chars().count() > 64 {
            return Err(Reason::TooLong { max: 64, unit: Unit::Characters });
        }
        if text.chars().any(|c| c.is_alphabetic() || c.is_control()) {
            return Err(Reason::NotAPhoneNumber);
        }
        let digits: String = text
            .chars()
            .filter_map(|c| c.to_digit(10).and_then(|d| char::from_digit(d, 10)))
            .collect();
        let digits = digits.strip_prefix("00").unwrap_or(&digits);
        if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
            return Err(Reason::NotAPhoneNumber);
        }
        let international = format!("+{digits}");
        // The library knows where a trunk zero is dropped and where it belongs to the number. A
        // country code it has not heard of is no reason to refuse: gateways are newer than tables.
        let e164 = match rlibphonenumber::PhoneNumber::parse(&international, None) {
            Ok(number) => number.format_as(PhoneNumberFormat::E164).into_owned(),
            Err(_) => international,
        };
        // Numbers copied out of an address book often stand between marks that nobody sees.
        let as_typed = text.chars().filter(|c| !is_invisible(*c)).collect();
        Ok(Self { e164, as_typed })
    }

    /// How the number begins: its country code and the three digits after it, which in most countries tell the operator
    /// or the area. Numbers that cost their callers much are let in ranges that begin alike (threat T11).
    pub fn prefix(&self) -> &str {
        const OPERATOR_DIGITS: usize = 3;
        // Country codes have at most three digits; one that nobody has heard of is taken for such.
        let country = match rlibphonenumber::PhoneNumber::parse(&self.e164, None) {
            Ok(number) => number.country_code.to_string().len(),
            Err(_) => 3,
        };
        self.e164.get(..1 + country + OPERATOR_DIGITS).unwrap_or(&self.e164)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.e164)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_spellings_are_one_number() {
        for text in [
            "440123456789",
            "+440123456789",
            "00440123456789",
            "+44 0123456789",
            "(+44) 012 345 6789",
        ] {
            let number = PhoneNumber::parse(text).unwrap();
            assert_eq!(number.e164, "+44123456789", "{text}");
            assert_eq!(number.as_typed, text);
        }
    }

    #[test]
    fn a_prefix_is_country_and_operator() {
        for (number, prefix) in [
            ("+44 7700 900123", "+44770"),
            ("+1 415 555 2671", "+1415"),
            ("+375 29 123 45 67", "+375291"),
            ("+7 912 345 67 89", "+7912"),
            ("+210 12 34 56", "+210123"),
        ] {
            assert_eq!(PhoneNumber::parse(number).unwrap().prefix(), prefix, "{number}");
        }
    }

    #[test]
    fn an_italian_zero_stays() {
        assert_eq!(PhoneNumber::parse("+39 06 1234 5678").unwrap().e164, "+390612345678");
    }

    #[test]
    fn t15_marks_that_nobody_sees_are_not_kept() {
        let number = PhoneNumber::parse("\u{202a}+44 123\u{200b}456789\u{202c}").unwrap();
        assert_eq!((&*number.e164, &*number.as_typed), ("+44123456789", "+44 123456789"));
    }

    #[test]
    fn what_nobody_can_dial_is_refused() {
        for text in
            ["", "abc", "12", "0", "+", "1234567890123456", "+4412345six", "0123456789", "00"]
        {
            assert_eq!(PhoneNumber::parse(text).unwrap_err(), Reason::NotAPhoneNumber, "{text}");
        }
        assert_eq!(
            PhoneNumber::parse(&"1".repeat(10_000)).unwrap_err(),
            Reason::TooLong { max: 64, unit: Unit::Characters }
        );
    }

    proptest! {
        #[test]
        fn punctuation_makes_no_difference(gaps in proptest::collection::vec(0usize..4, 10)) {
            let plain = PhoneNumber::parse("+14155552671").unwrap();
            let mut text = String::from("+1");
            for (digit, gap) in "4155552671".chars().zip(gaps) {
                text.push_str(["", " ", "-", "."][gap]);
                text.push(digit);
            }
            prop_assert_eq!(PhoneNumber::parse(&text).unwrap().e164, plain.e164);
        }

        #[test]
        fn no_text_panics_and_what_is_read_reads_back(text in "\\PC{0,40}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert!(number.e164.starts_with(number.prefix()));
                prop_assert_eq!(PhoneNumber::parse(&number.e164).unwrap().e164, number.e164);
            }
        }
    }
}
