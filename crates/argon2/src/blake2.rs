//! The two hashes of bytes that Argon2 begins and ends with, both made of BLAKE2b.

use blake2::{
    Blake2b512, Blake2bVarCore, Digest,
    digest::{
        block_api::{UpdateCore, VariableOutputCore},
        block_buffer::LazyBuffer,
    },
};

/// BLAKE2b of the parts, one after the other.
pub(crate) fn short_hash(parts: &[&[u8]]) -> [u8; 64] {
    parts.iter().fold(Blake2b512::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// H' of the RFC: a hash of any length.
pub(crate) fn long_hash(parts: &[&[u8]], out: &mut [u8]) {
    let length = (out.len() as u32).to_le_bytes();
    let parts = [&[length.as_slice()], parts].concat();
    if out.len() <= 64 {
        return hash_into(&parts, out);
    }
    let mut link = short_hash(&parts);
    // Each link gives its first half and makes the next; the last one gives all that is left.
    let mut rest = out;
    loop {
        let (half, after) = rest.split_at_mut(32);
        half.copy_from_slice(&link[..32]);
        rest = after;
        if rest.len() <= 64 {
            return hash_into(&[&link], rest);
        }
        link = short_hash(&[&link]);
    }
}

/// BLAKE2b of the parts at the length of `out`, 1 to 64 bytes.
fn hash_into(parts: &[&[u8]], out: &mut [u8]) {
    let mut core = Blake2bVarCore::new(out.len()).expect("BLAKE2b gives 1 to 64 bytes");
    let mut buffer = LazyBuffer::default();
    for part in parts {
        buffer.digest_blocks(part, |blocks| core.update_blocks(blocks));
    }
    let mut whole = Default::default();
    core.finalize_variable_core(&mut buffer, &mut whole);
    out.copy_from_slice(&whole[..out.len()]);
}
