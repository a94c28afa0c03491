//! Argon2 in PHC's form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use std::{fmt, io};

use data_encoding::BASE64_NOPAD;
use roster_argon2::{Argon2, Memory, Variant, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{FormatError, decimal};

/// 256 MiB: libsodium's "moderate" setting and whatever is below. Every hashing thread may hold that much at once.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
/// Memory times passes: about 30 times the work of our own setting.
const MAX_WORK_KIB: u64 = 1024 * 1024;
const MAX_LANES: u32 = 16;

/// What Argon2 is computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

/// An Argon2 hash, of any variant and version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argon2Hash {
    variant: Variant,
    version: Version,
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Hash {
    /// The length of our own hashes.
    const LENGTH: usize = 32;

    pub(crate) fn parse(text: &str) -> Result<Self, FormatError> {
        let mut fields =
            text.strip_prefix('$').ok_or(FormatError::Malformed)?.split('$').peekable();
        let mut field = || fields.next().ok_or(FormatError::Malformed);
        let variant = match field()? {
            "argon2d" => Variant::D,
            "argon2i" => Variant::I,
            "argon2id" => Variant::Id,
            _ => return Err(FormatError::Unknown),
        };
        let mut costs = field()?;
        let version = match costs.strip_prefix("v=") {
            Some("19") => Version::V19,
            Some("16") | None => Version::V16,
            Some(_) => return Err(FormatError::Malformed),
        };
        if costs.starts_with("v=") {
            costs = field()?;
        }
        let cost = Cost::parse(costs)?;
        let decode =
            |text: &str| BASE64_NOPAD.decode(text.as_bytes()).map_err(|_| FormatError::Malformed);
        let (salt, hash) = (decode(field()?)?, decode(field()?)?);
        let lengths_are_sane = (8..=64).contains(&salt.len()) && (16..=64).contains(&hash.len());
        if fields.next().is_some() || !lengths_are_sane {
            return Err(FormatError::Malformed);
        }
        let parsed = Self { variant, version, cost, salt, hash };
        parsed.argon2().ok_or(FormatError::Malformed)?;
        Ok(parsed)
    }

    /// Hashes `password` afresh, our way.
    pub(crate) fn of(
        password: &[u8],
        salt: [u8; 16],
        cost: Cost,
        memory: &mut Memory,
    ) -> io::Result<Self> {
        let empty = Self {
            variant: Variant::Id,
            version: Version::V19,
            cost,
            salt: salt.to_vec(),
            hash: vec![0; Self::LENGTH],
        };
        let hash = empty.compute(password, memory)?.to_vec();
        Ok(Self { hash, ..empty })
    }

    pub(crate) fn is_of(&self, password: &[u8], memory: &mut Memory) -> io::Result<bool> {
        Ok(self.compute(password, memory)?.ct_eq(&self.hash).into())
    }

    fn compute(&self, password: &[u8], memory: &mut Memory) -> io::Result<Zeroizing<Vec<u8>>> {
        let argon2 = self.argon2().ok_or(io::ErrorKind::InvalidInput)?;
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        argon2.hash(password, &self.salt, memory, &mut hash)?;
        Ok(hash)
    }

    /// `None` for what Argon2 does not do, such as less than 8 KiB for each lane.
    fn argon2(&self) -> Option<Argon2> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        Argon2::new(self.variant, self.version, memory_kib, passes, lanes)
    }

    /// Whether it is what we would make today.
    pub(crate) fn is_current(&self, cost: Cost) -> bool {
        self.variant == Variant::Id
            && self.version == Version::V19
            && self.cost == cost
            && self.hash.len() == Self::LENGTH
    }
}

impl fmt::Display for Argon2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let variant = match self.variant {
            Variant::D => "argon2d",
            Variant::I => "argon2i",
            Variant::Id => "argon2id",
        };
        let version = match self.version {
            Version::V16 => 16,
            Version::V19 => 19,
        };
        write!(
            f,
            "${variant}$v={version}$m={memory_kib},t={passes},p={lanes}${}${}",
            BASE64_NOPAD.encode(&self.salt),
            BASE64_NOPAD.encode(&self.hash)
        )
    }
}

impl Cost {
    /// Reads `m=19456,t=2,p=1`. Key ids and associated data (`keyid=`, `data=`) are refused: without their key nothing
    /// can be verified.
    fn parse(text: &str) -> Result<Self, FormatError> {
        let mut parts = text.split(',');
        let mut part = |name: &str| {
            let value = parts
                .next()
                .and_then(|part| part.strip_prefix(name))
                .ok_or(FormatError::Malformed)?;
            decimal(value)
        };
        let cost = Self { memory_kib: part("m=")?, passes: part("t=")?, lanes: part("p=")? };
        if parts.next().is_some() {
            return Err(FormatError::Malformed);
        }
        cost.check_bounds()?;
        Ok(cost)
    }

    fn check_bounds(self) -> Result<(), FormatError> {
        let work = u64::from(self.memory_kib) * u64::from(self.passes);
        if self.memory_kib > MAX_MEMORY_KIB {
            Err(FormatError::TooCostly("argon2 with more than 256 MiB of memory"))
        } else if work > MAX_WORK_KIB {
            Err(FormatError::TooCostly("argon2 with more than 1 GiB of memory times passes"))
        } else if self.lanes > MAX_LANES {
            Err(FormatError::TooCostly("argon2 with more than 16 lanes"))
        } else {
            Ok(())
        }
    }
}
