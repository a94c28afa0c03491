//! PBKDF2 in three spellings: PHC (`$pbkdf2-sha256$i=600000,l=32$…`), passlib (`$pbkdf2-sha256$29000$…`) and Django
//! (`pbkdf2_sha256$600000$…`).

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, Algorithm};
use data_encoding::{BASE64, BASE64_NOPAD};

use super::{FormatError, decimal};

/// Django's default passes 1,200,000 and grows every year.
const MAX_ROUNDS: u32 = 3_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pbkdf2 {
    digest: Digest,
    rounds: NonZeroU32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Pbkdf2 {
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let fields: Vec<_> = text.split('$').collect();
        match fields.as_slice() {
            ["", scheme, parameters, salt, hash] => {
                Self::parse_modular(scheme, parameters, salt, hash)
            }
            [scheme, rounds, salt, hash] => Self::parse_django(scheme, rounds, salt, hash),
            _ => Err(FormatError::Malformed),
        }
    }

    /// PHC's and passlib's form.
    fn parse_modular(
        scheme: &str,
        parameters: &str,
        salt: &str,
        hash: &str,
    ) -> Result<Self, FormatError> {
        let digest = match scheme {
            "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
            "pbkdf2-sha256" => Digest::Sha256,
            "pbkdf2-sha512" => Digest::Sha512,
            _ => return Err(FormatError::Unknown),
        };
        let (salt, hash) = (decode(salt)?, decode(hash)?);
        let rounds = match parameters.strip_prefix("i=") {
            None => decimal(parameters)?,
            Some(parameters) => match parameters.split_once(",l=") {
                None => decimal(parameters)?,
                Some((rounds, length)) if decimal(length)? as usize == hash.len() => {
                    decimal(rounds)?
                }
                Some(_) => return Err(FormatError::Malformed),
            },
        };
        Self::new(digest, rounds, salt, hash)
    }

    /// Django's form: the salt is text, used as it stands.
    fn parse_django(
        scheme: &str,
        rounds: &str,
        salt: &str,
        hash: &str,
    ) -> Result<Self, FormatError> {
        let digest = match scheme {
            "pbkdf2_sha1" => Digest::Sha1,
            "pbkdf2_sha256" => Digest::Sha256,
            "pbkdf2_sha512" => Digest::Sha512,
            _ => return Err(FormatError::Unknown),
        };
        let hash = BASE64.decode(hash.as_bytes()).map_err(|_| FormatError::Malformed)?;
        Self::new(digest, decimal(rounds)?, salt.as_bytes().to_vec(), hash)
    }

    fn new(digest: Digest, rounds: u32, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, FormatError> {
        let rounds = NonZeroU32::new(rounds).ok_or(FormatError::Malformed)?;
        // A hash longer than its digest takes the same rounds again for each further digest.
        if !(16..=digest.length()).contains(&hash.len()) || salt.len() > 1024 {
            return Err(FormatError::Malformed);
        }
        if rounds.get() > MAX_ROUNDS {
            return Err(FormatError::TooCostly("PBKDF2 with more than 3,000,000 rounds"));
        }
        Ok(Self { digest, rounds, salt, hash })
    }

    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        // Compares in constant time.
        pbkdf2::verify(self.digest.algorithm(), self.rounds, &self.salt, password, &self.hash)
            .is_ok()
    }
}

/// Base64 without padding; passlib writes `.` where everybody else writes `+`.
fn decode(text: &str) -> Result<Vec<u8>, FormatError> {
    BASE64_NOPAD.decode(text.replace('.', "+").as_bytes()).map_err(|_| FormatError::Malformed)
}
