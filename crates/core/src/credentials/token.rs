//! Opaque tokens: sessions, API keys, mailed links, sign-in tickets.
//!
//! `ros_` + the kind's letter + 32 random bytes in base62 + a checksum in base62. The text says nothing but its kind;
//! secret scanners know the prefix, and a mistyped token is refused by its checksum before anything is looked up.
//! Storage keeps the SHA-256 of the text: the token has 256 random bits, so no slow hash is needed.

use roster_model::TokenHash;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    ByteSet,
    random::{Random, RandomExt},
};

const PREFIX: &[u8; 4] = b"ros_";
const RANDOM_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;
const CHECKED_LENGTH: usize = PREFIX.len() + 1 + RANDOM_LENGTH;
const LENGTH: usize = CHECKED_LENGTH + CHECKSUM_LENGTH;

/// How much of an API key may be shown again, so its owner knows which one it is.
const SHOWN_LENGTH: usize = 12;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token may be made of after its prefix.
static ALPHANUMERIC: ByteSet = ByteSet::alphanumeric_and(b"");

/// What a token is for; a token of one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A signed-in session.
    Session,
    /// An API key.
    ApiKey,
    /// A link in a message: confirm an address, set a password, accept an invitation, first set-up.
    Link,
    /// A ticket that a finished sign-in at a provider is exchanged for.
    Ticket,
}

impl TokenKind {
    const ALL: [Self; 4] = [Self::Session, Self::ApiKey, Self::Link, Self::Ticket];

    const fn letter(self) -> u8 {
        match self {
            Self::Session => b's',
            Self::ApiKey => b'k',
            Self::Link => b'l',
            Self::Ticket => b't',
        }
    }
}

/// What was presented is no token Roster ever issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a token")]
pub struct Mangled;

/// A token in the clear. It has no `Debug` text and no `==`: it is shown once, when issued, and looked up by its hash.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Token {
    #[zeroize(skip)]
    kind: TokenKind,
    /// On the stack: checking a token allocates nothing.
    text: [u8; LENGTH],
}

impl Token {
    /// A new token.
    pub fn issue(kind: TokenKind, random: &dyn Random) -> Self {
        let bytes = Zeroizing::new(random.array::<32>());
        let mut token = Self { kind, text: [b'0'; LENGTH] };
        token.text[..PREFIX.len()].copy_from_slice(PREFIX);
        token.text[PREFIX.len()] = kind.letter();
        write_base62(&bytes, &mut token.text[PREFIX.len() + 1..CHECKED_LENGTH]);
        let checksum = checksum(&token.text[..CHECKED_LENGTH]);
        token.text[CHECKED_LENGTH..].copy_from_slice(&checksum);
        token
    }

    /// The token that `text` is.
    pub fn parse(text: &str) -> Result<Self, Mangled> {
        let bytes: &[u8; LENGTH] = text.as_bytes().try_into().map_err(|_| Mangled)?;
        let letter = bytes[PREFIX.len()];
        let kind =
            TokenKind::ALL.into_iter().find(|kind| kind.letter() == letter).ok_or(Mangled)?;
        let (checked, found) = bytes.split_at(CHECKED_LENGTH);
        let is_base62 = ALPHANUMERIC.has_all(&checked[PREFIX.len()..]);
        if checked.starts_with(PREFIX) && is_base62 && checksum(checked) == found {
            Ok(Self { kind, text: *bytes })
        } else {
            Err(Mangled)
        }
    }

    /// What the token is for.
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// The hash by which storage knows the token.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.text).into())
    }

    /// The text, for the one reply that issues it.
    pub fn expose(&self) -> &str {
        str::from_utf8(&self.text).expect("a token is made of ASCII letters and digits")
    }

    /// The beginning that may be shown later. It gives 41 of the 256 bits away, which helps nobody to guess the rest.
    pub fn shown_prefix(&self) -> &str {
        &self.expose()[..SHOWN_LENGTH]
    }
}

/// Writes a 256-bit number in base62, most significant digit first, at the fixed width of `digits`.
fn write_base62(number: &[u8; 32], digits: &mut [u8]) {
    let mut words = Zeroizing::new([0u32; 8]);
    for (word, bytes) in words.iter_mut().zip(number.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u64;
        for word in words.iter_mut() {
            let dividend = remainder << 32 | u64::from(*word);
            // A quotient by 62 of a number below 62 * 2^32 fits 32 bits.
            *word = (dividend / 62) as u32;
            remainder = dividend % 62;
        }
        *digit = BASE62[remainder as usize];
    }
}

fn checksum(text: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut rest = crc32(text);
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// CRC-32 as in Ethernet, zip and PNG; eight bytes at a step, for every token check computes it.
fn crc32(bytes: &[u8]) -> u32 {
    let (steps, rest) = bytes.as_chunks::<8>();
    let crc = steps.iter().fold(!0, |crc, step| {
        let word = u64::from_le_bytes(*step) ^ u64::from(crc);
        (0..8).fold(0, |crc, place| crc ^ CRC[7 - place][(word >> (8 * place)) as usize & 255])
    });
    !rest.iter().fold(crc, |crc, byte| CRC[0][(crc as u8 ^ byte) as usize] ^ (crc >> 8))
}

/// What a byte adds to a checksum that so many bytes follow.
static CRC: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut place = 256;
    while place < 8 * 256 {
        let (table, byte) = (place / 256, place % 256);
        let before = tables[table - 1][byte];
        tables[table][byte] = tables[0][before as usize & 255] ^ (before >> 8);
        place += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn the_checksum_is_the_well_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b"The quick brown fox jumps over the lazy dog"), 0x414F_A339);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn base62_of_the_ends_of_the_range_has_the_fixed_width() {
        let mut digits = [0; RANDOM_LENGTH];
        write_base62(&[0; 32], &mut digits);
        assert_eq!(digits, [b'0'; RANDOM_LENGTH]);
        write_base62(&[0xFF; 32], &mut digits);
        // Computed with Python's integers.
        assert_eq!(str::from_utf8(&digits).unwrap(), MAX_IN_BASE62);
    }

    const MAX_IN_BASE62: &str = "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1";

    #[test]
    fn a_token_names_its_kind_and_parses_back() {
        let random = SeededRandom::new(1);
        for (kind, start) in [
            (TokenKind::Session, "ros_s"),
            (TokenKind::ApiKey, "ros_k"),
            (TokenKind::Link, "ros_l"),
            (TokenKind::Ticket, "ros_t"),
        ] {
            let token = Token::issue(kind, &random);
            assert!(token.expose().starts_with(start));
            assert_eq!(token.expose().len(), 54);
            let read =
                Token::parse(token.expose()).unwrap_or_else(|_| panic!("{start} does not parse"));
            assert_eq!((read.kind(), read.hash()), (kind, token.hash()));
            assert_eq!(token.shown_prefix(), &token.expose()[..12]);
        }
    }

    #[test]
    fn tokens_and_their_hashes_differ() {
        let random = SeededRandom::new(2);
        let hashes: HashSet<_> =
            (0..1_000).map(|_| Token::issue(TokenKind::Session, &random).hash()).collect();
        assert_eq!(hashes.len(), 1_000);
    }

    #[test]
    fn the_hash_is_the_sha_256_of_the_text() {
        let token = Token::issue(TokenKind::Session, &SeededRandom::new(3));
        assert_eq!(token.hash(), TokenHash(Sha256::digest(token.expose()).into()));
    }

    #[test]
    fn what_was_never_issued_is_refused() {
        let token = Token::issue(TokenKind::Session, &SeededRandom::new(4));
        let text = token.expose();
        for mangled in [
            String::new(),
            "ros_".to_owned(),
            text[..53].to_owned(),
            format!("{text}0"),
            format!(" {text}"),
            text.to_uppercase(),
            text.replacen("ros_s", "ros_k", 1),
            text.replacen("ros_s", "ros_x", 1),
            "é".repeat(27),
        ] {
            assert!(Token::parse(&mangled).is_err(), "{mangled:?} was taken for a token");
        }
    }

    proptest! {
        #[test]
        fn one_changed_character_is_noticed(seed: u64, place in 0..LENGTH, to in 0x20u8..0x7F) {
            let token = Token::issue(TokenKind::ApiKey, &SeededRandom::new(seed));
            let mut bytes = token.expose().to_owned().into_bytes();
            prop_assume!(bytes[place] != to);
            bytes[place] = to;
            prop_assert!(Token::parse(str::from_utf8(&bytes).unwrap()).is_err());
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text: String) {
            let _ = Token::parse(&text);
        }
    }
}
