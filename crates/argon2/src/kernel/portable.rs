//! G in plain words, for every processor.

use super::{Kernel, xor_into};
use crate::Block;

#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Kernel for Portable {
    fn compress(self, previous: &mut Block, reference: &Block, current: &mut Block, adds: bool) {
        xor_into(previous, reference);
        let mut mixed = *previous;
        for row in mixed.as_chunks_mut().0 {
            mix_row(row);
        }
        for column in 0..8 {
            mix_column(&mut mixed, column);
        }
        xor_into(previous, &mixed);
        if adds {
            xor_into(previous, current);
        }
        *current = *previous;
    }
}

fn mix_row([ab, cd]: &mut [[u64; 8]; 2]) {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = *ab;
    let [c0, c1, c2, c3, d0, d1, d2, d3] = *cd;
    let [a, b, c, d] =
        round([[a0, a1, a2, a3], [b0, b1, b2, b3], [c0, c1, c2, c3], [d0, d1, d2, d3]]);
    *ab = [a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3]];
    *cd = [c[0], c[1], c[2], c[3], d[0], d[1], d[2], d[3]];
}

/// A column is a pair of words from each row: a from rows 0 and 1, b from 2 and 3 and so on.
fn mix_column(block: &mut Block, column: usize) {
    let (half, at) = (column / 4, column % 4 * 2);
    let mut letters = [[0; 4]; 4];
    for (letter, rows) in letters.iter_mut().zip(block.as_chunks::<4>().0) {
        let (first, second) = (&rows[half], &rows[2 + half]);
        *letter = [first[at], first[at + 1], second[at], second[at + 1]];
    }
    for (letter, rows) in round(letters).iter().zip(block.as_chunks_mut::<4>().0) {
        [rows[half][at], rows[half][at + 1], rows[2 + half][at], rows[2 + half][at + 1]] = *letter;
    }
}

/// BLAKE2b's round on its words a, b, c and d, four of each.
#[inline(always)]
fn round(letters: [[u64; 4]; 4]) -> [[u64; 4]; 4] {
    let [a, b, c, d] = half_round(letters);
    let [a, b, c, d] = half_round([a, turned(b, 1), turned(c, 2), turned(d, 3)]);
    [a, turned(b, 3), turned(c, 2), turned(d, 1)]
}

#[inline(always)]
fn turned([w0, w1, w2, w3]: [u64; 4], left: usize) -> [u64; 4] {
    match left {
        1 => [w1, w2, w3, w0],
        2 => [w2, w3, w0, w1],
        _ => [w3, w0, w1, w2],
    }
}

/// Four independent mixings, side by side for compilers that make vectors of them.
#[inline(always)]
fn half_round([mut a, mut b, mut c, mut d]: [[u64; 4]; 4]) -> [[u64; 4]; 4] {
    for i in 0..4 {
        a[i] = add(a[i], b[i]);
        d[i] = (d[i] ^ a[i]).rotate_right(32);
        c[i] = add(c[i], d[i]);
        b[i] = (b[i] ^ c[i]).rotate_right(24);
        a[i] = add(a[i], b[i]);
        d[i] = (d[i] ^ a[i]).rotate_right(16);
        c[i] = add(c[i], d[i]);
        b[i] = (b[i] ^ c[i]).rotate_right(63);
    }
    [a, b, c, d]
}

/// The sum, and twice the product of the lower halves: what hardware for BLAKE2b alone cannot do.
#[inline(always)]
fn add(a: u64, b: u64) -> u64 {
    let product = (a & 0xFFFF_FFFF) * (b & 0xFFFF_FFFF);
    a.wrapping_add(b).wrapping_add(product << 1)
}
