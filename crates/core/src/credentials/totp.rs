//! Time-based one-time passwords (RFC 6238) as every authenticator app reads them: SHA-1, six digits, 30 seconds.

use std::fmt::Write;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use roster_model::Secret;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::random::{Random, RandomExt};

const SECRET_LENGTH: usize = 20;
const DIGITS: usize = 6;
const STEP_SECONDS: i64 = 30;

/// What the server and the authenticator share. No `Debug` text, no `==`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct TotpSecret([u8; SECRET_LENGTH]);

impl TotpSecret {
    /// A new secret of 160 bits, the length RFC 4226 recommends.
    pub fn generate(random: &dyn Random) -> Self {
        Self(random.array())
    }

    /// The secret that [`as_bytes`](Self::as_bytes) gave, if the length is right.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, to be sealed for storage.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an authenticator: base32.
    pub fn to_base32(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(&self.0))
    }

    /// The address that a QR code holds. The colon between issuer and account is not encoded, those within them are.
    pub fn to_url(&self, issuer: &str, account: &str) -> Secret {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        let secret = self.to_base32();
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}\
             &period={STEP_SECONDS}",
            secret.expose()
        ))
    }

    /// The code of one step, for authenticators in tests.
    pub fn code(&self, step: i64) -> Secret {
        Secret::new(self.digits(step).iter().map(|digit| char::from(*digit)).collect::<String>())
    }

    fn digits(&self, step: i64) -> Zeroizing<[u8; DIGITS]> {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[tag.len() - 1] & 0xF);
        let word =
            tag[offset..offset + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        let mut number = word & 0x7FFF_FFFF;
        let mut digits = Zeroizing::new([0; DIGITS]);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        digits
    }
}

/// The step that an instant is in.
pub fn step_at(now: Timestamp) -> i64 {
    now.as_second().div_euclid(STEP_SECONDS)
}

/// The step whose code was presented: the present one or a neighbour, for clocks that go wrong and people who type
/// slowly. The caller must accept each step once, so of two steps with the same code this is the later: the same six
/// digits are not good twice.
pub fn matching_step(secret: &TotpSecret, code: &Secret, now: Timestamp) -> Option<i64> {
    let presented: Zeroizing<Vec<u8>> =
        Zeroizing::new(code.expose().bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let presented: [u8; DIGITS] = presented.as_slice().try_into().ok()?;
    let present = step_at(now);
    // All three are computed and compared whatever matches, so time tells nothing.
    let mut offset = i64::MAX;
    for candidate in -1..=1 {
        let right = secret.digits(present.saturating_add(candidate)).ct_eq(&presented);
        offset.conditional_assign(&candidate, right);
    }
    (offset != i64::MAX).then(|| present.saturating_add(offset))
}

/// Everything but RFC 3986's unreserved characters, so that blanks, `@`, `:`, `&` and other scripts survive any reader.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        // The RFC's eight digits, cut to the last six.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(rfc().code(step_at(at(second))).expose(), code);
            assert_eq!(matching_step(&rfc(), &code.into(), at(second)), Some(second / 30));
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226_appendix_d() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in codes.into_iter().enumerate() {
            assert_eq!(rfc().code(i64::try_from(counter).unwrap()).expose(), code);
        }
    }

    #[test]
    fn a_neighbouring_step_matches_and_no_other() {
        let now = at(1_700_000_000);
        let present = step_at(now);
        for step in present - 3..=present + 3 {
            let matched = matching_step(&rfc(), &rfc().code(step), now);
            assert_eq!(matched, ((step - present).abs() <= 1).then_some(step));
        }
    }

    #[test]
    fn of_two_steps_with_one_code_the_later_is_meant() {
        // Two neighbours share a code once in a million steps; with this secret, first here.
        let (secret, earlier) = (rfc(), 910_737);
        let code = secret.code(earlier);
        assert_eq!(code.expose(), secret.code(earlier + 1).expose());
        assert_eq!(matching_step(&secret, &code, at(earlier * 30)), Some(earlier + 1));
    }

    #[test]
    fn what_is_not_six_digits_matches_nothing() {
        let now = at(59);
        for code in ["", "28708", "2870822", "28708a", "２８７０８２", "-87082", "+287082"] {
            assert_eq!(matching_step(&rfc(), &code.into(), now), None, "{code:?}");
        }
        assert_eq!(matching_step(&rfc(), &" 287 082\n".into(), now), Some(1));
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        for now in [Timestamp::MIN, Timestamp::MAX, at(0), at(-1)] {
            let step = step_at(now);
            assert_eq!(matching_step(&rfc(), &rfc().code(step), now), Some(step));
        }
    }

    #[test]
    fn the_address_survives_every_character() {
        let url = rfc().to_url("Röster & Co: 1", "ann+x@example.com?secret=A");
        assert_eq!(
            url.expose(),
            "otpauth://totp/R%C3%B6ster%20%26%20Co%3A%201:ann%2Bx%40example.com%3Fsecret%3DA\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=R%C3%B6ster%20%26%20Co%3A%201\
             &algorithm=SHA1&digits=6&period=30"
        );
    }

    proptest! {
        #[test]
        fn issuer_and_account_are_read_back_from_the_address(issuer in ".+", account in ".+") {
            let url = rfc().to_url(&issuer, &account);
            let url = url::Url::parse(url.expose()).unwrap();
            let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
            prop_assert_eq!(&query["issuer"], &issuer);
            let (first, second) = url.path().strip_prefix('/').unwrap().split_once(':').unwrap();
            prop_assert_eq!((decoded(first), decoded(second)), (issuer, account));
        }
    }

    fn decoded(text: &str) -> String {
        let query = format!("x={}", text.replace('+', "%2B"));
        url::form_urlencoded::parse(query.as_bytes()).next().unwrap().1.into_owned()
    }

    #[test]
    fn a_secret_is_kept_as_its_twenty_bytes() {
        let secret = TotpSecret::generate(&SeededRandom::new(1));
        let again = TotpSecret::from_bytes(secret.as_bytes()).unwrap();
        assert_eq!(secret.to_base32().expose(), again.to_base32().expose());
        assert_eq!(secret.to_base32().expose().len(), 32);
        assert!(TotpSecret::from_bytes(&[0; 19]).is_none());
    }
}
