//! The memory that Argon2 fills, kept from one hash to the next.

use std::io;

use memmap2::MmapMut;

use crate::{BLOCK_BYTES, Block};

const HUGE_PAGE: usize = 2 << 20;

/// Room for Argon2 to work in. It is taken from the system when it is first written, not before, and on huge pages
/// where there are any: Argon2 jumps about in it, and each jump to another small page costs a look-up.
#[derive(Debug)]
pub struct Memory {
    map: MmapMut,
    start: usize,
    blocks: usize,
    /// Whether the system has given pages for it.
    is_taken: bool,
}

impl Memory {
    /// Room for `kib` KiB.
    ///
    /// # Errors
    /// When the system has no such room.
    pub fn new(kib: usize) -> io::Result<Self> {
        let length = kib
            .checked_mul(BLOCK_BYTES)
            .and_then(|length| length.checked_next_multiple_of(HUGE_PAGE));
        let length = length.ok_or(io::ErrorKind::OutOfMemory)?;
        let is_large = kib * BLOCK_BYTES >= HUGE_PAGE;
        // A huge page begins at a multiple of its length; the system aligns to small ones.
        let spare = if is_large { HUGE_PAGE } else { 0 };
        let map = MmapMut::map_anon(length + spare)?;
        let start = if is_large {
            map.as_ptr().addr().next_multiple_of(HUGE_PAGE) - map.as_ptr().addr()
        } else {
            0
        };
        #[cfg(target_os = "linux")]
        if is_large {
            // A system without huge pages says no; small ones do as well.
            let _ = map.advise_range(memmap2::Advice::HugePage, start, length);
        }
        Ok(Self { map, start, blocks: kib, is_taken: false })
    }

    /// Gives the pages back to the system until the next hash.
    pub fn release(&mut self) {
        if self.is_taken
            && let Ok(fresh) = Self::new(self.blocks)
        {
            *self = fresh;
        }
    }

    /// The first `count` blocks, if there are as many. They hold what the last hash left.
    pub(crate) fn blocks(&mut self, count: usize) -> Option<&mut [Block]> {
        self.is_taken = true;
        let bytes = self.map.get_mut(self.start..self.start + self.blocks * BLOCK_BYTES)?;
        bytemuck::try_cast_slice_mut(bytes).ok()?.get_mut(..count)
    }
}
