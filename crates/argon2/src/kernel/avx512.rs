//! G with AVX-512: a vector holds eight words, so two rows or four columns are mixed at a time.
//!
//! The functions below may only run where the processor has AVX-512F. Rust lets them call each other and the
//! instructions safely; the one way in is [`compress`], which takes the proof that it may.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_mul_epu32, _mm512_permutex_epi64, _mm512_permutex2var_epi64,
    _mm512_ror_epi64, _mm512_shuffle_i64x2, _mm512_xor_si512,
};

use bytemuck::must_cast;
use fearless_simd::Avx512;

use super::Kernel;
use crate::Block;

/// The words a, b, c and d of BLAKE2b's round, of two rows or columns in each vector.
type Quad = [__m512i; 4];

impl Kernel for Avx512 {
    fn compress(self, previous: &mut Block, reference: &Block, current: &mut Block, adds: bool) {
        compress(self, previous, reference, current, adds);
    }
}

fearless_simd::kernel!(
    fn compress(
        avx512: Avx512,
        previous: &mut Block,
        reference: &Block,
        current: &mut Block,
        adds: bool,
    ) {
        let mut v = load(previous);
        for (v, reference) in v.iter_mut().zip(load(reference)) {
            *v = _mm512_xor_si512(*v, reference);
        }
        let mut kept = v;
        if adds {
            for (kept, current) in kept.iter_mut().zip(load(current)) {
                *kept = _mm512_xor_si512(*kept, current);
            }
        }
        mix_rows::<0>(&mut v);
        mix_rows::<8>(&mut v);
        mix_columns::<0>(&mut v);
        mix_columns::<1>(&mut v);
        for ((v, kept), (previous, current)) in
            v.into_iter().zip(kept).zip(previous.iter_mut().zip(current))
        {
            let row: [u64; 8] = must_cast(_mm512_xor_si512(v, kept));
            *previous = row;
            *current = row;
        }
    }
);

#[inline]
#[target_feature(enable = "avx512f")]
fn load(block: &Block) -> [__m512i; 16] {
    let mut v = [must_cast([0u64; 8]); 16];
    for (v, row) in v.iter_mut().zip(block) {
        *v = must_cast(*row);
    }
    v
}

// Where a function begins is a constant, so that all vectors stay in registers.

/// Mixes the four rows from vector `FROM` on. A row is two vectors: a and b, c and d. Two rows are brought together so
/// that each vector has one letter.
#[inline]
#[target_feature(enable = "avx512f")]
fn mix_rows<const FROM: usize>(v: &mut [__m512i; 16]) {
    let mut two = [[v[0]; 4]; 2];
    for (pair, quad) in two.iter_mut().enumerate() {
        let at = FROM + 4 * pair;
        let ([a, b], [c, d]) = (halves(v[at], v[at + 2]), halves(v[at + 1], v[at + 3]));
        *quad = [a, b, c, d];
    }
    for (pair, [a, b, c, d]) in round(two).into_iter().enumerate() {
        let at = FROM + 4 * pair;
        [v[at], v[at + 2]] = halves(a, b);
        [v[at + 1], v[at + 3]] = halves(c, d);
    }
}

/// Mixes the four columns in the first or second vectors of the rows. A column is a pair of words from each row: a from
/// rows 0 and 1, b from 2 and 3 and so on. A vector has the pairs of four columns, so those of two rows make two vectors
/// of two columns each.
#[inline]
#[target_feature(enable = "avx512f")]
fn mix_columns<const HALF: usize>(v: &mut [__m512i; 16]) {
    let mut two = [[v[0]; 4]; 2];
    for letter in 0..4 {
        [two[0][letter], two[1][letter]] = columns(v[4 * letter + HALF], v[4 * letter + 2 + HALF]);
    }
    let two = round(two);
    for letter in 0..4 {
        [v[4 * letter + HALF], v[4 * letter + 2 + HALF]] = rows(two[0][letter], two[1][letter]);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn halves(x: __m512i, y: __m512i) -> [__m512i; 2] {
    [_mm512_shuffle_i64x2::<0b01_00_01_00>(x, y), _mm512_shuffle_i64x2::<0b11_10_11_10>(x, y)]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn columns(x: __m512i, y: __m512i) -> [__m512i; 2] {
    let first = must_cast([0u64, 1, 8, 9, 2, 3, 10, 11]);
    let second = must_cast([4u64, 5, 12, 13, 6, 7, 14, 15]);
    [_mm512_permutex2var_epi64(x, first, y), _mm512_permutex2var_epi64(x, second, y)]
}

/// Undoes [`columns`].
#[inline]
#[target_feature(enable = "avx512f")]
fn rows(x: __m512i, y: __m512i) -> [__m512i; 2] {
    let first = must_cast([0u64, 1, 4, 5, 8, 9, 12, 13]);
    let second = must_cast([2u64, 3, 6, 7, 10, 11, 14, 15]);
    [_mm512_permutex2var_epi64(x, first, y), _mm512_permutex2var_epi64(x, second, y)]
}

/// BLAKE2b's round. Two at a time keep the processor busy while a multiplication is under way.
#[inline]
#[target_feature(enable = "avx512f")]
fn round(quads: [Quad; 2]) -> [Quad; 2] {
    let mut quads = half_round(quads);
    // Between columns and diagonals, each vector is turned within the four words of one row or column.
    for [_, b, c, d] in &mut quads {
        *b = _mm512_permutex_epi64::<0b00_11_10_01>(*b);
        *c = _mm512_permutex_epi64::<0b01_00_11_10>(*c);
        *d = _mm512_permutex_epi64::<0b10_01_00_11>(*d);
    }
    let mut quads = half_round(quads);
    for [_, b, c, d] in &mut quads {
        *b = _mm512_permutex_epi64::<0b10_01_00_11>(*b);
        *c = _mm512_permutex_epi64::<0b01_00_11_10>(*c);
        *d = _mm512_permutex_epi64::<0b00_11_10_01>(*d);
    }
    quads
}

#[inline]
#[target_feature(enable = "avx512f")]
fn half_round(mut quads: [Quad; 2]) -> [Quad; 2] {
    for [a, b, c, d] in &mut quads {
        *a = add(*a, *b);
        *d = _mm512_ror_epi64::<32>(_mm512_xor_si512(*d, *a));
        *c = add(*c, *d);
        *b = _mm512_ror_epi64::<24>(_mm512_xor_si512(*b, *c));
        *a = add(*a, *b);
        *d = _mm512_ror_epi64::<16>(_mm512_xor_si512(*d, *a));
        *c = add(*c, *d);
        *b = _mm512_ror_epi64::<63>(_mm512_xor_si512(*b, *c));
    }
    quads
}

/// The sum, and twice the product of the lower halves.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: __m512i, b: __m512i) -> __m512i {
    let product = _mm512_mul_epu32(a, b);
    _mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(product, product))
}
