//! scrypt in PHC's form (`$scrypt$ln=16,r=8,p=1$…`) and in crypt's (`$7$…`).

use data_encoding::BASE64_NOPAD;
use mcf::PasswordHashRef;
use password_hash::PasswordVerifier;
use scrypt::Params;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{FormatError, decimal};

/// 128 bytes times N times r: 256 MiB, as with Argon2.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// Memory times p.
const MAX_WORK: u64 = 1024 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scrypt {
    Phc { params: Params, salt: Vec<u8>, hash: Vec<u8> },
    Crypt(String),
}

impl Scrypt {
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let fields: Vec<_> = text.split('$').collect();
        match fields.as_slice() {
            ["", "scrypt", parameters, salt, hash] => Self::parse_phc(parameters, salt, hash),
            ["", "7", parameters_and_salt, hash] => {
                Self::parse_crypt(text, parameters_and_salt, hash)
            }
            _ => Err(FormatError::Malformed),
        }
    }

    fn parse_phc(parameters: &str, salt: &str, hash: &str) -> Result<Self, FormatError> {
        let mut parts = parameters.split(',');
        let mut part = |name: &str| {
            let value = parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or(FormatError::Malformed)?;
            decimal(value)
        };
        let params = bounded(part("ln=")?, part("r=")?, part("p=")?)?;
        let decode =
            |text: &str| BASE64_NOPAD.decode(text.as_bytes()).map_err(|_| FormatError::Malformed);
        let (salt, hash) = (decode(salt)?, decode(hash)?);
        if parts.next().is_some() || salt.len() > 64 || !(16..=64).contains(&hash.len()) {
            return Err(FormatError::Malformed);
        }
        Ok(Self::Phc { params, salt, hash })
    }

    /// One digit for log2(N), five each for r and p (least significant first), then the salt as it stands.
    fn parse_crypt(text: &str, parameters_and_salt: &str, hash: &str) -> Result<Self, FormatError> {
        let digits: Option<Vec<_>> =
            parameters_and_salt.bytes().take(11).map(crypt_digit).collect();
        let Some((&[log_n], rest)) = digits.as_deref().and_then(<[u32]>::split_first_chunk) else {
            return Err(FormatError::Malformed);
        };
        let (r, p) =
            rest.split_at_checked(5).filter(|(_, p)| p.len() == 5).ok_or(FormatError::Malformed)?;
        let number = |digits: &[u32]| {
            let number =
                digits.iter().rev().fold(0u64, |number, digit| number << 6 | u64::from(*digit));
            u32::try_from(number).map_err(|_| FormatError::TooCostly(MEMORY))
        };
        bounded(log_n, number(r)?, number(p)?)?;
        let hash_is_whole =
            hash.len() == 43 && hash.bytes().all(|byte| crypt_digit(byte).is_some());
        if !hash_is_whole
            || parameters_and_salt.len() > 11 + 128
            || PasswordHashRef::new(text).is_err()
        {
            return Err(FormatError::Malformed);
        }
        Ok(Self::Crypt(text.to_owned()))
    }

    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        match self {
            Self::Phc { params, salt, hash } => {
                let mut computed = Zeroizing::new(vec![0; hash.len()]);
                scrypt::scrypt(password, salt, params, &mut computed).is_ok()
                    && bool::from(computed.ct_eq(hash))
            }
            Self::Crypt(text) => {
                let Ok(hash) = PasswordHashRef::new(text) else { return false };
                !password.contains(&0)
                    && scrypt::Scrypt::new().verify_password(password, hash).is_ok()
            }
        }
    }
}

const MEMORY: &str = "scrypt with more than 256 MiB of memory";

fn bounded(log_n: u32, r: u32, p: u32) -> Result<Params, FormatError> {
    if log_n == 0 || r == 0 || p == 0 {
        return Err(FormatError::Malformed);
    }
    let n = 1u64.checked_shl(log_n).ok_or(FormatError::TooCostly(MEMORY))?;
    let memory = n.saturating_mul(128).saturating_mul(u64::from(r));
    if memory > MAX_MEMORY {
        return Err(FormatError::TooCostly(MEMORY));
    }
    if memory.saturating_mul(u64::from(p)) > MAX_WORK {
        return Err(FormatError::TooCostly(
            "scrypt with more than 1 GiB of memory times parallelism",
        ));
    }
    let log_n = u8::try_from(log_n).map_err(|_| FormatError::Malformed)?;
    Params::new(log_n, r, p).map_err(|_| FormatError::Malformed)
}

fn crypt_digit(byte: u8) -> Option<u32> {
    let digits = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    digits.iter().position(|digit| *digit == byte).and_then(|position| u32::try_from(position).ok())
}
