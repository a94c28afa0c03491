//! Recovery codes: what is left when the telephone is lost. Ten of them, each good once.
//!
//! A code has 50 random bits. A plain SHA-256 of that could be searched through within days by somebody with a copy
//! of the database, so the stored hash is keyed with the installation's secret key, which is not in the database. That
//! is why no slow hash is needed and checking ten codes costs nothing.

use roster_model::{Secret, UserId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::secret_key::{KeyedHash, Keyring, Purpose};
use crate::random::{Random, RandomExt};

/// How many codes a set has.
pub const COUNT: usize = 10;

const LENGTH: usize = 10;

/// Crockford's base 32: no i, l, o or u, so what is misread can be put right and nothing rude is spelt.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new set of codes, written `xxxxx-xxxxx`.
pub fn generate(random: &dyn Random) -> Vec<Secret> {
    (0..COUNT).map(|_| code(random)).collect()
}

/// What is stored of `code`.
pub fn hash(keys: &Keyring, user: UserId, code: &Secret) -> KeyedHash {
    let code = normalized(code.expose());
    keys.keyed_hash(Purpose::RecoveryCode, &[&user.0.to_be_bytes(), code.as_bytes()])
}

/// Which of the stored codes `presented` is. Every stored hash is compared, so time does not tell which one it was.
pub fn matching(
    keys: &Keyring,
    user: UserId,
    presented: &Secret,
    stored: &[KeyedHash],
) -> Option<usize> {
    let code = normalized(presented.expose());
    let parts: [&[u8]; 2] = [&user.0.to_be_bytes(), code.as_bytes()];
    let mut found = None;
    for hash in keys.keyed_hashes(Purpose::RecoveryCode, &parts) {
        for (index, stored) in stored.iter().enumerate() {
            if hash.ct_eq(stored).into() {
                found = Some(index);
            }
        }
    }
    found
}

fn code(random: &dyn Random) -> Secret {
    let bytes = Zeroizing::new(random.array::<LENGTH>());
    let mut code = String::with_capacity(LENGTH + 1);
    for (index, byte) in bytes.iter().enumerate() {
        if index == LENGTH / 2 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    Secret::new(code)
}

/// What a person makes of a code: capitals, blanks, other dashes, letters for digits.
fn normalized(code: &str) -> Zeroizing<String> {
    let letters =
        code.chars().filter(|c| c.is_alphanumeric()).map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        });
    letters.collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::random::SeededRandom;

    const ANN: UserId = UserId(1);

    fn keys() -> Keyring {
        Keyring::generate(&SeededRandom::new(9))
    }

    #[test]
    fn a_set_is_ten_different_codes_in_two_halves() {
        let codes = generate(&SeededRandom::new(1));
        let texts: HashSet<_> = codes.iter().map(Secret::expose).collect();
        assert_eq!(texts.len(), 10);
        for text in texts {
            assert_eq!((text.len(), text.find('-')), (11, Some(5)));
            assert!(text.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)));
        }
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let stored =
            [hash(&keys(), ANN, &"abcde-f0123".into()), hash(&keys(), ANN, &"0123h-jkmnp".into())];
        for typed in ["0123h-jkmnp", "0123HJKMNP", " O l 2 3 h – j k m n p ", "oi23h-jkmnp"] {
            assert_eq!(matching(&keys(), ANN, &typed.into(), &stored), Some(1), "{typed:?}");
        }
    }

    #[test]
    fn t07_a_code_of_another_user_or_installation_is_unknown() {
        let codes = generate(&SeededRandom::new(1));
        let stored: Vec<_> = codes.iter().map(|code| hash(&keys(), ANN, code)).collect();
        assert_eq!(matching(&keys(), ANN, &codes[3], &stored), Some(3));
        assert_eq!(matching(&keys(), UserId(2), &codes[3], &stored), None);
        assert_eq!(
            matching(&Keyring::generate(&SeededRandom::new(10)), ANN, &codes[3], &stored),
            None
        );
        assert_eq!(matching(&keys(), ANN, &"".into(), &stored), None);
    }
}
