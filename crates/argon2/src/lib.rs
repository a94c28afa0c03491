//! Argon2 (RFC 9106) in safe Rust, as fast as the machine allows.
//!
//! Signing in is bound by this function, so it decides how many people one core can let in. The usual crate lets the
//! compiler find the vector instructions; here they are written out, and chosen when the program runs. The tests hold
//! every result against that crate's and against the RFC's.
//!
//! Lanes are computed one after the other: a server has other sign-ins to give its other cores to.

mod blake2;
mod fill;
mod kernel;
mod memory;

use std::io;

pub use memory::Memory;

use crate::{
    blake2::{long_hash, short_hash},
    fill::Shape,
    kernel::Level,
};

/// One KiB, the unit of Argon2's memory, as sixteen rows of eight words.
pub(crate) type Block = [[u64; 8]; 16];

const BLOCK_BYTES: usize = size_of::<Block>();

/// Which words decide where Argon2 looks next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Those computed from the password: hardest to speed up, but timing shows where it looks.
    D,
    /// A fixed sequence.
    I,
    /// First a fixed sequence, then the computed words. Take this one.
    Id,
}

impl Variant {
    const fn number(self) -> u32 {
        match self {
            Self::D => 0,
            Self::I => 1,
            Self::Id => 2,
        }
    }
}

/// The version of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 0x10: later passes overwrite what is there.
    V16,
    /// 0x13: later passes add to it. Take this one.
    V19,
}

impl Version {
    const fn number(self) -> u32 {
        match self {
            Self::V16 => 0x10,
            Self::V19 => 0x13,
        }
    }
}

/// What Argon2 is to do, within the limits of the RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2 {
    variant: Variant,
    version: Version,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2 {
    /// `None` where the RFC knows no such computation: no pass, no lane, or less than 8 KiB of memory per lane.
    pub fn new(
        variant: Variant,
        version: Version,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    ) -> Option<Self> {
        let enough = lanes < 1 << 24 && u64::from(memory_kib) >= 8 * u64::from(lanes);
        (passes > 0 && lanes > 0 && enough).then_some(Self {
            variant,
            version,
            memory_kib,
            passes,
            lanes,
        })
    }

    /// Fills `out`, of 4 bytes or more, with the hash of `password` and `salt`. Works in `memory` when that is large
    /// enough, and else takes what it needs for this once.
    ///
    /// # Errors
    /// When the system gives no memory, or an input is longer than 4 GiB.
    pub fn hash(
        &self,
        password: &[u8],
        salt: &[u8],
        memory: &mut Memory,
        out: &mut [u8],
    ) -> io::Result<()> {
        self.hash_with(
            &Inputs { password, salt, secret: b"", data: b"" },
            Level::best(),
            memory,
            out,
        )
    }

    fn hash_with(
        &self,
        inputs: &Inputs<'_>,
        level: Level,
        memory: &mut Memory,
        out: &mut [u8],
    ) -> io::Result<()> {
        // The memory is divided into lanes of four segments; what is left over is not used.
        let lane_length = self.memory_kib / (4 * self.lanes) * 4;
        let needed = (lane_length * self.lanes) as usize;
        let mut larger;
        let blocks = match memory.blocks(needed) {
            Some(blocks) => blocks,
            None => {
                larger = Memory::new(needed)?;
                larger.blocks(needed).ok_or(io::ErrorKind::OutOfMemory)?
            }
        };
        let seed = self.seed(inputs, out.len())?;
        for lane in 0..self.lanes {
            for index in 0..2u32 {
                let mut bytes = [0; BLOCK_BYTES];
                long_hash(&[&seed, &index.to_le_bytes(), &lane.to_le_bytes()], &mut bytes);
                blocks[(lane * lane_length + index) as usize] = from_bytes(bytes);
            }
        }
        let Self { variant, version, passes, lanes, .. } = *self;
        level.fill(
            Shape { variant, passes, lanes, lane_length, adds: version == Version::V19 },
            blocks,
        );
        let mut last = [[0; 8]; 16];
        for lane in blocks.chunks_exact(lane_length as usize) {
            kernel::xor_into(&mut last, &lane[lane.len() - 1]);
        }
        long_hash(&[&to_bytes(&last)], out);
        Ok(())
    }

    /// H0 of the RFC: everything the result depends on.
    fn seed(&self, inputs: &Inputs<'_>, out_length: usize) -> io::Result<[u8; 64]> {
        let length = |length: usize| {
            u32::try_from(length)
                .map(u32::to_le_bytes)
                .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
        };
        Ok(short_hash(&[
            &self.lanes.to_le_bytes(),
            &length(out_length)?,
            &self.memory_kib.to_le_bytes(),
            &self.passes.to_le_bytes(),
            &self.version.number().to_le_bytes(),
            &self.variant.number().to_le_bytes(),
            &length(inputs.password.len())?,
            inputs.password,
            &length(inputs.salt.len())?,
            inputs.salt,
            &length(inputs.secret.len())?,
            inputs.secret,
            &length(inputs.data.len())?,
            inputs.data,
        ]))
    }
}

/// What is hashed. Roster has no use for a secret or data; the RFC's test vectors do.
struct Inputs<'a> {
    password: &'a [u8],
    salt: &'a [u8],
    secret: &'a [u8],
    data: &'a [u8],
}

fn from_bytes(bytes: [u8; BLOCK_BYTES]) -> Block {
    let mut block = [[0; 8]; 16];
    for (word, bytes) in block.as_flattened_mut().iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    block
}

fn to_bytes(block: &Block) -> [u8; BLOCK_BYTES] {
    let mut bytes = [0; BLOCK_BYTES];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(block.as_flattened()) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

#[cfg(test)]
mod tests;
