//! The walk through the memory: which block is made of which (RFC 9106, section 3.4).

use crate::{Block, Variant, kernel::Kernel};

const ADDRESSES_PER_BLOCK: u32 = 128;
const SEGMENTS: u32 = 4;
const ZERO: Block = [[0; 8]; 16];

/// The size of the walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) variant: Variant,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
    /// In blocks, a multiple of four.
    pub(crate) lane_length: u32,
    /// Whether later passes add to what is there, or overwrite it.
    pub(crate) adds: bool,
}

/// Fills `memory`, whose first two blocks of each lane are there.
pub(crate) fn fill<K: Kernel>(kernel: K, shape: Shape, memory: &mut [Block]) {
    for pass in 0..shape.passes {
        for slice in 0..SEGMENTS {
            for lane in 0..shape.lanes {
                Segment { shape, pass, slice, lane }.fill(kernel, memory);
            }
        }
    }
}

/// A quarter of one lane in one pass: within it nothing looks at what other lanes make at the same time.
#[derive(Clone, Copy)]
struct Segment {
    shape: Shape,
    pass: u32,
    slice: u32,
    lane: u32,
}

impl Segment {
    fn fill<K: Kernel>(self, kernel: K, memory: &mut [Block]) {
        let Self { shape, pass, slice, lane } = self;
        let length = shape.lane_length / SEGMENTS;
        let lane_start = lane * shape.lane_length;
        let begun = if self.is_first() { 2 } else { 0 };
        let first = slice * length + begun;
        let previous = if first == 0 { shape.lane_length } else { first } - 1;
        let mut previous = memory[(lane_start + previous) as usize];
        let mut addresses = self.has_fixed_addresses().then(|| Addresses::of(self));
        for index in begun..length {
            let random = match &mut addresses {
                Some(addresses) => addresses.at(index, kernel),
                None => previous[0][0],
            };
            let reference = self.reference(index, random) as usize;
            let current = (lane_start + slice * length + index) as usize;
            // The walk never looks at the block it is making.
            let (reference, current) = both(memory, reference, current);
            kernel.compress(&mut previous, reference, current, pass > 0 && shape.adds);
        }
    }

    /// Nothing is there but the two blocks that the lane begins with.
    const fn is_first(self) -> bool {
        self.pass == 0 && self.slice == 0
    }

    fn has_fixed_addresses(self) -> bool {
        match self.shape.variant {
            Variant::D => false,
            Variant::I => true,
            Variant::Id => self.pass == 0 && self.slice < SEGMENTS / 2,
        }
    }

    /// Where to look, of everything that is finished: later blocks are likelier.
    fn reference(self, index: u32, random: u64) -> u32 {
        let Self { shape, pass, slice, lane } = self;
        let length = shape.lane_length / SEGMENTS;
        let chosen = if self.is_first() { lane } else { (random >> 32) as u32 % shape.lanes };
        let finished = if pass == 0 { slice * length } else { shape.lane_length - length };
        // In its own lane also what this segment has made, but for the block before; in another, not the block that may
        // be in the making.
        let finished =
            if chosen == lane { finished + index - 1 } else { finished - u32::from(index == 0) };
        let random = random & u64::from(u32::MAX);
        let back = (u64::from(finished) * ((random * random) >> 32)) >> 32;
        let begin = if pass == 0 || slice == SEGMENTS - 1 { 0 } else { (slice + 1) * length };
        let position = begin + finished - 1 - back as u32;
        let wrapped =
            if position < shape.lane_length { position } else { position - shape.lane_length };
        chosen * shape.lane_length + wrapped
    }
}

/// The fixed sequence of addresses of a segment, made 128 at a time.
struct Addresses {
    input: Block,
    output: Block,
}

impl Addresses {
    fn of(segment: Segment) -> Self {
        let Segment { shape, pass, slice, lane } = segment;
        let blocks = shape.lanes * shape.lane_length;
        let words = [pass, lane, slice, blocks, shape.passes, shape.variant.number(), 0, 0];
        let mut input = ZERO;
        input[0] = words.map(u64::from);
        Self { input, output: ZERO }
    }

    fn at<K: Kernel>(&mut self, index: u32, kernel: K) -> u64 {
        let counter = u64::from(index / ADDRESSES_PER_BLOCK + 1);
        if self.input[0][6] != counter {
            self.input[0][6] = counter;
            let mut half_way = ZERO;
            kernel.compress(&mut ZERO.clone(), &self.input, &mut half_way, false);
            kernel.compress(&mut ZERO.clone(), &half_way, &mut self.output, false);
        }
        self.output.as_flattened()[(index % ADDRESSES_PER_BLOCK) as usize]
    }
}

/// Two different blocks at once, the second to be written.
fn both(memory: &mut [Block], read: usize, write: usize) -> (&Block, &mut Block) {
    if read < write {
        let (before, after) = memory.split_at_mut(write);
        (&before[read], &mut after[0])
    } else {
        let (before, after) = memory.split_at_mut(read);
        (&after[0], &mut before[write])
    }
}
