//! Sealing what must be stored so that it can be read again, such as TOTP secrets: XChaCha20-Poly1305.
//!
//! A box is one byte naming the key, a random nonce of 24 bytes (long enough never to repeat by chance) and the
//! ciphertext with its tag. Purpose and owner are authenticated, so a box copied to another row or column does not open.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use super::secret_key::{Keyring, Purpose, SecretKey};
use crate::random::{Random, RandomExt};

const NONCE_LENGTH: usize = 24;
const HEADER_LENGTH: usize = 1 + NONCE_LENGTH;

/// A box does not open: it was changed, belongs elsewhere, or its key is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sealed secret does not open: it was changed, or made with a secret key that is not configured"
)]
pub struct DoesNotOpen;

impl Keyring {
    /// Seals `secret` with the newest key. `owner` names the row it belongs to, for example a user's id.
    pub fn seal(
        &self,
        purpose: Purpose,
        owner: i64,
        secret: &[u8],
        random: &dyn Random,
    ) -> Vec<u8> {
        let key = self.newest();
        let nonce = random.array::<NONCE_LENGTH>();
        let bound = bound_to(purpose, owner);
        let sealed = cipher(key, purpose)
            .encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &bound })
            .expect("only a secret of 256 GiB is too long");
        let mut whole = Vec::with_capacity(HEADER_LENGTH + sealed.len());
        whole.push(key.id());
        whole.extend_from_slice(&nonce);
        whole.extend_from_slice(&sealed);
        whole
    }

    /// Opens what [`seal`](Self::seal) made for the same purpose and owner, with whichever key it was made.
    pub fn open(
        &self,
        purpose: Purpose,
        owner: i64,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (header, sealed) = sealed.split_at_checked(HEADER_LENGTH).ok_or(DoesNotOpen)?;
        let (id, nonce) = header.split_first().ok_or(DoesNotOpen)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| DoesNotOpen)?;
        let bound = bound_to(purpose, owner);
        // Two keys can share an id by chance; the tag tells which one is right.
        self.with_id(*id)
            .find_map(|key| {
                cipher(key, purpose).decrypt(&nonce, Payload { msg: sealed, aad: &bound }).ok()
            })
            .map(Zeroizing::new)
            .ok_or(DoesNotOpen)
    }
}

fn cipher(key: &SecretKey, purpose: Purpose) -> XChaCha20Poly1305 {
    let key = key.derived(purpose);
    XChaCha20Poly1305::new(key.as_slice().try_into().expect("the key has 32 bytes"))
}

fn bound_to(purpose: Purpose, owner: i64) -> Vec<u8> {
    [purpose.label(), &[0], &owner.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    const TOTP: Purpose = Purpose::TotpSecret;

    fn keys(seed: u64) -> Keyring {
        Keyring::generate(&SeededRandom::new(seed))
    }

    #[test]
    fn a_box_opens_only_for_its_purpose_owner_and_key() {
        let sealed = keys(1).seal(TOTP, 7, b"secret", &SeededRandom::new(5));
        assert_eq!(keys(1).open(TOTP, 7, &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(keys(1).open(TOTP, 8, &sealed), Err(DoesNotOpen));
        assert_eq!(keys(1).open(Purpose::Message, 7, &sealed), Err(DoesNotOpen));
        assert_eq!(keys(2).open(TOTP, 7, &sealed), Err(DoesNotOpen));
    }

    #[test]
    fn an_older_key_still_opens_what_it_sealed_and_the_newest_seals() {
        let (new, old) = ("11".repeat(32), "22".repeat(32));
        let ring = |keys: &str| Keyring::parse(keys).unwrap();
        let both = ring(&format!("{new}, {old}"));
        let before = ring(&old).seal(TOTP, 7, b"secret", &SeededRandom::new(5));
        assert_eq!(both.open(TOTP, 7, &before).unwrap().as_slice(), b"secret");
        let after = both.seal(TOTP, 7, b"secret", &SeededRandom::new(6));
        assert_eq!(ring(&new).open(TOTP, 7, &after).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn two_boxes_of_one_secret_differ() {
        let random = SeededRandom::new(5);
        assert_ne!(
            keys(1).seal(TOTP, 7, b"secret", &random),
            keys(1).seal(TOTP, 7, b"secret", &random)
        );
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_opens_again(secret: Vec<u8>, owner: i64, seed: u64) {
            let sealed = keys(1).seal(TOTP, owner, &secret, &SeededRandom::new(seed));
            prop_assert_eq!(&*keys(1).open(TOTP, owner, &sealed).unwrap(), &secret);
        }

        #[test]
        fn one_changed_bit_is_noticed(bit in 0usize..(1 + 24 + 6 + 16) * 8) {
            let mut sealed = keys(1).seal(TOTP, 7, b"secret", &SeededRandom::new(5));
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(keys(1).open(TOTP, 7, &sealed), Err(DoesNotOpen));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(sealed: Vec<u8>) {
            prop_assert_eq!(keys(1).open(TOTP, 7, &sealed), Err(DoesNotOpen));
        }
    }
}
