//! Argon2 in PHC's form: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use std::fmt;

use ::argon2::{Algorithm, Block, Params, Version};
use data_encoding::BASE64_NOPAD;
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

impl Cost {
    fn params(self, length: usize) -> Result<Params, FormatError> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(length))
            .map_err(|_| FormatError::Malformed)
    }
}

/// A thread's working memory for Argon2, kept from one hash to the next.
pub(crate) struct Argon2 {
    blocks: Vec<Block>,
}

impl Argon2 {
    /// Memory enough for hashes of `cost`, touched now so that no sign-in waits for it.
    pub(crate) fn with_memory_for(cost: Cost) -> Self {
        Self { blocks: vec![Block::new(); cost.memory_kib as usize] }
    }

    fn compute(&mut self, hash: &Argon2Hash, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let params = hash.cost.params(hash.hash.len()).ok()?;
        let needed = params.block_count();
        let argon2 = ::argon2::Argon2::new(hash.algorithm, hash.version, params);
        let mut out = Zeroizing::new(vec![0; hash.hash.len()]);
        let done = if needed <= self.blocks.len() {
            argon2.hash_password_into_with_memory(password, &hash.salt, &mut out, &mut self.blocks)
        } else {
            // Only an imported hash needs more than we keep; its memory goes back at once.
            argon2.hash_password_into(password, &hash.salt, &mut out)
        };
        done.ok().map(|()| out)
    }
}

/// An Argon2 hash, of any variant and version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argon2Hash {
    algorithm: Algorithm,
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
        let algorithm = match field()? {
            "argon2d" => Algorithm::Argon2d,
            "argon2i" => Algorithm::Argon2i,
            "argon2id" => Algorithm::Argon2id,
            _ => return Err(FormatError::Unknown),
        };
        let mut costs = field()?;
        let version = match costs.strip_prefix("v=") {
            Some("19") => Version::V0x13,
            Some("16") | None => Version::V0x10,
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
        cost.params(hash.len())?;
        Ok(Self { algorithm, version, cost, salt, hash })
    }

    /// Hashes `password` afresh, our way. `None` only for a password of 4 GiB or a cost Argon2 does not know.
    pub(crate) fn of(
        password: &[u8],
        salt: [u8; 16],
        cost: Cost,
        argon2: &mut Argon2,
    ) -> Option<Self> {
        let mut hash = Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            cost,
            salt: salt.to_vec(),
            hash: vec![0; Self::LENGTH],
        };
        hash.hash = argon2.compute(&hash, password)?.to_vec();
        Some(hash)
    }

    pub(crate) fn is_of(&self, password: &[u8], argon2: &mut Argon2) -> bool {
        argon2.compute(self, password).is_some_and(|computed| computed.ct_eq(&self.hash).into())
    }

    /// Whether it is what we would make today.
    pub(crate) fn is_current(&self, cost: Cost) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && self.cost == cost
            && self.hash.len() == Self::LENGTH
    }
}

impl fmt::Display for Argon2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { memory_kib, passes, lanes } = self.cost;
        write!(
            f,
            "${}$v={}$m={memory_kib},t={passes},p={lanes}${}${}",
            self.algorithm.as_str(),
            u32::from(self.version),
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
