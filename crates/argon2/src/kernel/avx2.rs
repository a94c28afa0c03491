//! G with AVX2: a vector holds four words, so a row is mixed as it lies, and two columns at a time.
//!
//! The functions below may only run where the processor has AVX2. Rust lets them call each other and the instructions
//! safely; the one way in is [`compress`], which takes the proof that it may.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_mul_epu32, _mm256_permute2x128_si256,
    _mm256_permute4x64_epi64, _mm256_shuffle_epi8, _mm256_shuffle_epi32, _mm256_srli_epi64,
    _mm256_xor_si256,
};

use bytemuck::must_cast;
use fearless_simd::Avx2;

use super::Kernel;
use crate::Block;

/// The words a, b, c and d of BLAKE2b's round: of one row, or of two columns.
type Quad = [__m256i; 4];

impl Kernel for Avx2 {
    fn compress(self, previous: &mut Block, reference: &Block, current: &mut Block, adds: bool) {
        compress(self, previous, reference, current, adds);
    }
}

fearless_simd::kernel!(
    fn compress(
        avx2: Avx2,
        previous: &mut Block,
        reference: &Block,
        current: &mut Block,
        adds: bool,
    ) {
        let mut v = load(previous);
        for (v, reference) in v.iter_mut().zip(load(reference)) {
            *v = _mm256_xor_si256(*v, reference);
        }
        let mut kept = v;
        if adds {
            for (kept, current) in kept.iter_mut().zip(load(current)) {
                *kept = _mm256_xor_si256(*kept, current);
            }
        }
        mix_rows::<0>(&mut v);
        mix_rows::<8>(&mut v);
        mix_rows::<16>(&mut v);
        mix_rows::<24>(&mut v);
        mix_columns::<0>(&mut v);
        mix_columns::<1>(&mut v);
        mix_columns::<2>(&mut v);
        mix_columns::<3>(&mut v);
        let previous = previous.as_flattened_mut().as_chunks_mut().0.iter_mut();
        let current = current.as_flattened_mut().as_chunks_mut().0.iter_mut();
        for ((v, kept), (previous, current)) in v.into_iter().zip(kept).zip(previous.zip(current)) {
            let words: [u64; 4] = must_cast(_mm256_xor_si256(v, kept));
            *previous = words;
            *current = words;
        }
    }
);

#[inline]
#[target_feature(enable = "avx2")]
fn load(block: &Block) -> [__m256i; 32] {
    let mut v = [must_cast([0u64; 4]); 32];
    for (v, words) in v.iter_mut().zip(block.as_flattened().as_chunks::<4>().0) {
        *v = must_cast(*words);
    }
    v
}

// Where a function begins is a constant, so that vectors stay in registers.

/// Mixes the two rows from vector `FROM` on.
#[inline]
#[target_feature(enable = "avx2")]
fn mix_rows<const FROM: usize>(v: &mut [__m256i; 32]) {
    let mut two = [[v[0]; 4]; 2];
    for letter in 0..4 {
        (two[0][letter], two[1][letter]) = (v[FROM + letter], v[FROM + 4 + letter]);
    }
    let two = round(two);
    for letter in 0..4 {
        (v[FROM + letter], v[FROM + 4 + letter]) = (two[0][letter], two[1][letter]);
    }
}

/// Mixes the two columns in one vector of each row. A column is a pair of words from each row: a from rows 0 and 1, b
/// from 2 and 3 and so on. A vector has the pairs of two columns, so those of two rows make one vector for each column.
#[inline]
#[target_feature(enable = "avx2")]
fn mix_columns<const PAIR: usize>(v: &mut [__m256i; 32]) {
    let mut two = [[v[0]; 4]; 2];
    for letter in 0..4 {
        [two[0][letter], two[1][letter]] = halves(v[8 * letter + PAIR], v[8 * letter + 4 + PAIR]);
    }
    let two = round(two);
    for letter in 0..4 {
        [v[8 * letter + PAIR], v[8 * letter + 4 + PAIR]] = halves(two[0][letter], two[1][letter]);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn halves(x: __m256i, y: __m256i) -> [__m256i; 2] {
    [_mm256_permute2x128_si256::<0x20>(x, y), _mm256_permute2x128_si256::<0x31>(x, y)]
}

/// BLAKE2b's round. Two at a time keep the processor busy while a multiplication is under way.
#[inline]
#[target_feature(enable = "avx2")]
fn round(quads: [Quad; 2]) -> [Quad; 2] {
    let mut quads = half_round(quads);
    for [_, b, c, d] in &mut quads {
        *b = _mm256_permute4x64_epi64::<0b00_11_10_01>(*b);
        *c = _mm256_permute4x64_epi64::<0b01_00_11_10>(*c);
        *d = _mm256_permute4x64_epi64::<0b10_01_00_11>(*d);
    }
    let mut quads = half_round(quads);
    for [_, b, c, d] in &mut quads {
        *b = _mm256_permute4x64_epi64::<0b10_01_00_11>(*b);
        *c = _mm256_permute4x64_epi64::<0b01_00_11_10>(*c);
        *d = _mm256_permute4x64_epi64::<0b00_11_10_01>(*d);
    }
    quads
}

#[inline]
#[target_feature(enable = "avx2")]
fn half_round(mut quads: [Quad; 2]) -> [Quad; 2] {
    for [a, b, c, d] in &mut quads {
        *a = add(*a, *b);
        *d = right_32(_mm256_xor_si256(*d, *a));
        *c = add(*c, *d);
        *b = right_24(_mm256_xor_si256(*b, *c));
        *a = add(*a, *b);
        *d = right_16(_mm256_xor_si256(*d, *a));
        *c = add(*c, *d);
        *b = right_63(_mm256_xor_si256(*b, *c));
    }
    quads
}

/// The sum, and twice the product of the lower halves.
#[inline]
#[target_feature(enable = "avx2")]
fn add(a: __m256i, b: __m256i) -> __m256i {
    let product = _mm256_mul_epu32(a, b);
    _mm256_add_epi64(_mm256_add_epi64(a, b), _mm256_add_epi64(product, product))
}

// AVX2 has no rotation; whole bytes are moved, and a rotation by 63 is one by 1 to the left.

#[inline]
#[target_feature(enable = "avx2")]
fn right_32(x: __m256i) -> __m256i {
    _mm256_shuffle_epi32::<0b10_11_00_01>(x)
}

#[inline]
#[target_feature(enable = "avx2")]
fn right_24(x: __m256i) -> __m256i {
    let words = [3u8, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10];
    _mm256_shuffle_epi8(x, must_cast([words; 2]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn right_16(x: __m256i) -> __m256i {
    let words = [2u8, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9];
    _mm256_shuffle_epi8(x, must_cast([words; 2]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn right_63(x: __m256i) -> __m256i {
    _mm256_xor_si256(_mm256_srli_epi64::<63>(x), _mm256_add_epi64(x, x))
}
