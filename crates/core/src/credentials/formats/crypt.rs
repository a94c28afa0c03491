//! The formats of Unix `crypt`: bcrypt (`$2b$…`) and SHA-crypt (`$5$…`, `$6$…`).

use mcf::PasswordHashRef;
use password_hash::PasswordVerifier;

use super::{FormatError, decimal};

/// How many bytes of a password bcrypt looks at.
pub(super) const BCRYPT_READS: usize = 72;
/// About a second on the machines of 2026; 10 to 12 is usual.
const BCRYPT_MAX_COST: u32 = 14;
/// 5,000 is the format's default, 656,000 the highest in use (passlib).
const SHA_CRYPT_MAX_ROUNDS: u32 = 1_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bcrypt(String);

impl Bcrypt {
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let parts: bcrypt::HashParts = text.parse().map_err(|_| FormatError::Malformed)?;
        match parts.get_cost() {
            0..4 => Err(FormatError::Malformed),
            4..=BCRYPT_MAX_COST => Ok(Self(text.to_owned())),
            _ => Err(FormatError::TooCostly("bcrypt with a cost above 14")),
        }
    }

    /// A password longer than bcrypt reads is cut, as it was when the hash was made.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        bcrypt::verify(password, &self.0).unwrap_or(false)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShaCrypt(String);

impl ShaCrypt {
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let mut fields = text.split('$').skip(1);
        let hash_length = if fields.next() == Some("5") { 43 } else { 86 };
        let mut field = fields.next().ok_or(FormatError::Malformed)?;
        if let Some(rounds) = field.strip_prefix("rounds=") {
            match decimal(rounds)? {
                0..1_000 => return Err(FormatError::Malformed),
                1_000..=SHA_CRYPT_MAX_ROUNDS => (),
                _ => {
                    return Err(FormatError::TooCostly(
                        "SHA-crypt with more than 1,000,000 rounds",
                    ));
                }
            }
            field = fields.next().ok_or(FormatError::Malformed)?;
        }
        let (salt, hash) = (field, fields.next().ok_or(FormatError::Malformed)?);
        let hash_is_whole = hash.len() == hash_length && hash.bytes().all(is_crypt_base64);
        let salt_is_plain = salt.len() <= 16 && salt.bytes().all(is_crypt_base64);
        if fields.next().is_some() || !hash_is_whole || !salt_is_plain {
            return Err(FormatError::Malformed);
        }
        PasswordHashRef::new(text).map_err(|_| FormatError::Malformed)?;
        Ok(Self(text.to_owned()))
    }

    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        let Ok(hash) = PasswordHashRef::new(&self.0) else { return false };
        !password.contains(&0)
            && sha_crypt::ShaCrypt::default().verify_password(password, hash).is_ok()
    }
}

const fn is_crypt_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}
