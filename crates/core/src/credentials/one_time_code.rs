//! Codes sent by SMS or e-mail: six digits, kept as a keyed hash that is bound to user and purpose.
//!
//! A million possible codes are searched through at once, so a plain hash of one would be no secret; the key that the
//! hash needs is not in the database. How long a code lives and how often it may be tried is the caller's business.

use roster_model::{Secret, UserId};
use subtle::ConstantTimeEq;

use super::secret_key::{KeyedHash, Keyring, Purpose};
use crate::random::{Random, RandomExt};

const LENGTH: usize = 6;

/// A new code.
pub fn generate(random: &dyn Random) -> Secret {
    Secret::new(random.digits(LENGTH))
}

/// What is stored of `code`. `purpose` is the name under which the code was asked for; a code for one purpose or user
/// is worth nothing for another.
pub fn hash(keys: &Keyring, user: UserId, purpose: &str, code: &Secret) -> KeyedHash {
    let code = normalized(code.expose());
    keys.keyed_hash(
        Purpose::OneTimeCode,
        &[&user.0.to_be_bytes(), purpose.as_bytes(), code.as_bytes()],
    )
}

/// Whether `presented` is the code whose hash is stored. Takes the same time wherever the two differ.
pub fn matches(
    keys: &Keyring,
    user: UserId,
    purpose: &str,
    presented: &Secret,
    stored: &KeyedHash,
) -> bool {
    let code = normalized(presented.expose());
    let parts: [&[u8]; 3] = [&user.0.to_be_bytes(), purpose.as_bytes(), code.as_bytes()];
    keys.keyed_hashes(Purpose::OneTimeCode, &parts).any(|hash| hash.ct_eq(stored).into())
}

/// People copy codes with blanks around and in them.
fn normalized(code: &str) -> zeroize::Zeroizing<String> {
    code.chars().filter(|c| !c.is_whitespace()).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    const ANN: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn keys() -> Keyring {
        Keyring::generate(&SeededRandom::new(9))
    }

    #[test]
    fn a_code_is_six_digits() {
        let random = SeededRandom::new(1);
        for _ in 0..100 {
            let code = generate(&random);
            assert_eq!(code.expose().len(), 6);
            assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        }
    }

    #[test]
    fn a_code_matches_however_it_is_spaced() {
        let stored = hash(&keys(), ANN, "reset_password", &"012345".into());
        for typed in ["012345", " 012345\n", "012 345", "012\u{a0}345"] {
            assert!(matches(&keys(), ANN, "reset_password", &typed.into(), &stored), "{typed:?}");
        }
    }

    #[test]
    fn t07_a_code_is_worth_nothing_for_another_user_purpose_or_installation() {
        let stored = hash(&keys(), ANN, "reset_password", &"012345".into());
        assert!(!matches(&keys(), BOB, "reset_password", &"012345".into(), &stored));
        assert!(!matches(&keys(), ANN, "disable_mfa", &"012345".into(), &stored));
        assert!(!matches(&keys(), ANN, "reset_password", &"012346".into(), &stored));
        assert!(!matches(&keys(), ANN, "reset_password", &"".into(), &stored));
        let other = Keyring::generate(&SeededRandom::new(10));
        assert!(!matches(&other, ANN, "reset_password", &"012345".into(), &stored));
    }

    #[test]
    fn no_part_of_what_is_hashed_can_pass_for_its_neighbour() {
        let stored = hash(&keys(), ANN, "verify_phone", &"123456".into());
        assert!(!matches(&keys(), ANN, "verify_phone1", &"23456".into(), &stored));
    }
}
