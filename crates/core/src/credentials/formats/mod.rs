//! Password hashes as they are written down: our own and those brought from other systems.
//!
//! A stored hash carries its own cost, so an import could make every sign-in take minutes or gigabytes. What is read
//! here is bounded first; what passes is verified on the hashing pool like any other and replaced at the next sign-in.

mod argon2;
mod crypt;
mod pbkdf2;
mod scrypt;

use std::io;

pub(crate) use argon2::{Argon2Hash, Cost};
use roster_argon2::Memory;

/// Why a text is no password hash that Roster takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The prefix is none of the known ones.
    #[error(
        "unknown kind of password hash: it must begin with $argon2, $2a$, $2b$ or $2y$ (bcrypt), $5$ or $6$ (SHA-crypt), \
         $pbkdf2 or pbkdf2_ (PBKDF2 of passlib or Django), $scrypt$ or $7$"
    )]
    Unknown,
    /// The prefix is known, what follows is damaged.
    #[error("the password hash is malformed")]
    Malformed,
    /// Verifying it would cost more than one sign-in may.
    #[error("the password hash is too costly: {0}")]
    TooCostly(&'static str),
}

/// A password hash that can be verified within bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedHash(Scheme);

#[derive(Debug, Clone, PartialEq)]
enum Scheme {
    Argon2(Argon2Hash),
    Bcrypt(crypt::Bcrypt),
    ShaCrypt(crypt::ShaCrypt),
    Pbkdf2(pbkdf2::Pbkdf2),
    Scrypt(scrypt::Scrypt),
}

impl ImportedHash {
    /// Reads a hash by its prefix and refuses what would cost too much.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        // Some would take one in a salt, and no text with a NUL can be kept.
        if text.contains(char::is_control) {
            return Err(FormatError::Malformed);
        }
        let start = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
        let scheme = if start(&["$argon2"]) {
            Scheme::Argon2(Argon2Hash::parse(text)?)
        } else if start(&["$2a$", "$2b$", "$2y$"]) {
            Scheme::Bcrypt(crypt::Bcrypt::parse(text)?)
        } else if start(&["$5$", "$6$"]) {
            Scheme::ShaCrypt(crypt::ShaCrypt::parse(text)?)
        } else if start(&["$pbkdf2", "pbkdf2_"]) {
            Scheme::Pbkdf2(pbkdf2::Pbkdf2::parse(text)?)
        } else if start(&["$scrypt$", "$7$"]) {
            Scheme::Scrypt(scrypt::Scrypt::parse(text)?)
        } else {
            return Err(FormatError::Unknown);
        };
        Ok(Self(scheme))
    }

    /// Whether this is the hash of `password`. Slow on purpose: only the hashing pool calls it.
    ///
    /// Of the formats, Argon2 alone tells `secret` from `secret\0`: crypt's read a password up to the first NUL or repeat
    /// it after one, and HMAC, beneath PBKDF2 and scrypt, pads with NULs. There a password with a NUL never matches.
    pub(crate) fn is_of(&self, password: &[u8], memory: &mut Memory) -> io::Result<bool> {
        if password.contains(&0) && self.as_argon2().is_none() {
            return Ok(false);
        }
        Ok(match &self.0 {
            Scheme::Argon2(hash) => hash.is_of(password, memory)?,
            Scheme::Bcrypt(hash) => hash.is_of(password),
            Scheme::ShaCrypt(hash) => hash.is_of(password),
            Scheme::Pbkdf2(hash) => hash.is_of(password),
            Scheme::Scrypt(hash) => hash.is_of(password),
        })
    }

    /// Whether the hash depends on every byte of `password`. bcrypt reads 72: a right sign-in says nothing about the
    /// bytes after them, and to rehash those as typed would make a slip of the finger the new password.
    pub(crate) fn covers(&self, password: &[u8]) -> bool {
        !matches!(self.0, Scheme::Bcrypt(_)) || password.len() < crypt::BCRYPT_READS
    }

    /// The hash, if it is one of Argon2.
    pub(crate) const fn as_argon2(&self) -> Option<&Argon2Hash> {
        match &self.0 {
            Scheme::Argon2(hash) => Some(hash),
            _ => None,
        }
    }
}

/// Reads a decimal number as hash formats write it: digits only, no leading zero but in `0` itself.
fn decimal(text: &str) -> Result<u32, FormatError> {
    let canonical = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    if !canonical {
        return Err(FormatError::Malformed);
    }
    // More than fits is a cost beyond every bound, not a typing error.
    text.parse().map_err(|_| FormatError::TooCostly("a number is beyond 32 bits"))
}

#[cfg(test)]
mod tests;
