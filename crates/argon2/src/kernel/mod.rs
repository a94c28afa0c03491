//! The compression function G (RFC 9106, section 3.5), once for each kind of vector instructions.
//!
//! G sees a block as an 8 × 8 matrix of 16-byte cells and mixes first its rows, then its columns, each with one round of
//! BLAKE2b whose additions are joined by a multiplication.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use crate::{
    Block,
    fill::{Shape, fill},
};

/// A way to compute G.
pub(crate) trait Kernel: Copy {
    /// Makes the block after `previous`, writes it to `current` and leaves it in `previous`. With `adds`, what was in
    /// `current` is added to what is written there; the sum is the block.
    fn compress(self, previous: &mut Block, reference: &Block, current: &mut Block, adds: bool);
}

/// What the processor can do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512(fearless_simd::Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(fearless_simd::Avx2),
    Portable,
}

impl Level {
    /// The fastest that this processor can do.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let level = fearless_simd::Level::new();
            if let Some(avx512) = level.as_avx512() {
                return Self::Avx512(avx512);
            }
            if let Some(avx2) = level.as_avx2() {
                return Self::Avx2(avx2);
            }
        }
        Self::Portable
    }

    /// Everything that this processor can do.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut levels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let level = fearless_simd::Level::new();
            levels.extend(level.as_avx2().map(Self::Avx2));
            levels.extend(level.as_avx512().map(Self::Avx512));
        }
        levels
    }

    /// Fills the memory.
    pub(crate) fn fill(self, shape: Shape, memory: &mut [Block]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => fill(avx512, shape, memory),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => fill(avx2, shape, memory),
            Self::Portable => fill(portable::Portable, shape, memory),
        }
    }
}

/// Adds (in the field of two) `other` to `block`.
pub(crate) fn xor_into(block: &mut Block, other: &Block) {
    for (word, other) in block.as_flattened_mut().iter_mut().zip(other.as_flattened()) {
        *word ^= other;
    }
}
