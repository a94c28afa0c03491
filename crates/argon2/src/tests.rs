use proptest::prelude::*;

use super::*;

/// RFC 9106, section 5: 32 KiB, three passes, four lanes.
const VECTORS: [(Variant, [u8; 32]); 3] = [
    (
        Variant::D,
        [
            0x51, 0x2b, 0x39, 0x1b, 0x6f, 0x11, 0x62, 0x97, 0x53, 0x71, 0xd3, 0x09, 0x19, 0x73,
            0x42, 0x94, 0xf8, 0x68, 0xe3, 0xbe, 0x39, 0x84, 0xf3, 0xc1, 0xa1, 0x3a, 0x4d, 0xb9,
            0xfa, 0xbe, 0x4a, 0xcb,
        ],
    ),
    (
        Variant::I,
        [
            0xc8, 0x14, 0xd9, 0xd1, 0xdc, 0x7f, 0x37, 0xaa, 0x13, 0xf0, 0xd7, 0x7f, 0x24, 0x94,
            0xbd, 0xa1, 0xc8, 0xde, 0x6b, 0x01, 0x6d, 0xd3, 0x88, 0xd2, 0x99, 0x52, 0xa4, 0xc4,
            0x67, 0x2b, 0x6c, 0xe8,
        ],
    ),
    (
        Variant::Id,
        [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b,
            0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9,
            0x6b, 0x01, 0xe6, 0x59,
        ],
    ),
];

#[test]
fn hashes_are_those_of_rfc_9106() {
    let inputs = Inputs { password: &[1; 32], salt: &[2; 16], secret: &[3; 8], data: &[4; 12] };
    for level in Level::all() {
        for (variant, expected) in VECTORS {
            let argon2 = Argon2::new(variant, Version::V19, 32, 3, 4).unwrap();
            let mut hash = [0; 32];
            argon2.hash_with(&inputs, level, &mut Memory::new(32).unwrap(), &mut hash).unwrap();
            assert_eq!(hash, expected, "{variant:?} with {level:?}");
        }
    }
}

fn usual_crate(argon2: Argon2, password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let variant = match argon2.variant {
        Variant::D => ::argon2::Algorithm::Argon2d,
        Variant::I => ::argon2::Algorithm::Argon2i,
        Variant::Id => ::argon2::Algorithm::Argon2id,
    };
    let version = match argon2.version {
        Version::V16 => ::argon2::Version::V0x10,
        Version::V19 => ::argon2::Version::V0x13,
    };
    let params =
        ::argon2::Params::new(argon2.memory_kib, argon2.passes, argon2.lanes, Some(length))
            .unwrap();
    let mut hash = vec![0; length];
    ::argon2::Argon2::new(variant, version, params)
        .hash_password_into(password, salt, &mut hash)
        .unwrap();
    hash
}

fn any_argon2() -> impl Strategy<Value = Argon2> {
    let variant = prop_oneof![Just(Variant::D), Just(Variant::I), Just(Variant::Id)];
    let version = prop_oneof![Just(Version::V16), Just(Version::V19)];
    (variant, version, 1u32..5, 8u32..700, 1u32..4).prop_map(
        |(variant, version, lanes, memory, passes)| {
            Argon2::new(variant, version, memory.max(8 * lanes), passes, lanes).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_kernel_gives_what_the_usual_crate_gives(
        argon2 in any_argon2(),
        password: Vec<u8>,
        salt in prop::collection::vec(any::<u8>(), 8..40),
        length in 4usize..140,
    ) {
        let expected = usual_crate(argon2, &password, &salt, length);
        // Memory that an earlier hash has left its traces in.
        let mut memory = Memory::new(700).unwrap();
        let inputs = Inputs { password: &password, salt: &salt, secret: b"", data: b"" };
        for level in Level::all() {
            let mut hash = vec![0; length];
            argon2.hash_with(&inputs, level, &mut memory, &mut hash).unwrap();
            prop_assert_eq!(&hash, &expected, "{:?}", level);
        }
    }
}

#[test]
fn the_default_of_roster_is_what_the_usual_crate_gives_too() {
    let argon2 = Argon2::new(Variant::Id, Version::V19, 19 * 1024, 2, 1).unwrap();
    let expected = usual_crate(argon2, b"password", b"somesalt", 32);
    let mut memory = Memory::new(19 * 1024).unwrap();
    for level in Level::all() {
        for _ in 0..2 {
            let mut hash = [0; 32];
            let inputs =
                Inputs { password: b"password", salt: b"somesalt", secret: b"", data: b"" };
            argon2.hash_with(&inputs, level, &mut memory, &mut hash).unwrap();
            assert_eq!(hash, *expected, "{level:?}");
        }
    }
}

#[test]
fn too_little_kept_memory_is_made_up_for() {
    let argon2 = Argon2::new(Variant::Id, Version::V19, 4096, 1, 1).unwrap();
    let hash = |kept| {
        let mut hash = [0; 32];
        argon2.hash(b"password", b"somesalt", &mut Memory::new(kept).unwrap(), &mut hash).unwrap();
        hash
    };
    assert_eq!(hash(8), hash(4096));
}

#[test]
fn memory_that_was_given_back_serves_again() {
    let argon2 = Argon2::new(Variant::Id, Version::V19, 4096, 1, 1).unwrap();
    let mut memory = Memory::new(4096).unwrap();
    let mut hash = || {
        let mut hash = [0; 32];
        argon2.hash(b"password", b"somesalt", &mut memory, &mut hash).unwrap();
        memory.release();
        hash
    };
    assert_eq!(hash(), hash());
}

#[test]
fn what_the_rfc_does_not_know_is_refused() {
    let make =
        |memory, passes, lanes| Argon2::new(Variant::Id, Version::V19, memory, passes, lanes);
    assert!(make(8, 1, 1).is_some());
    assert!(make(7, 1, 1).is_none());
    assert!(make(8, 0, 1).is_none());
    assert!(make(8, 1, 0).is_none());
    assert!(make(15, 1, 2).is_none());
    assert!(make(u32::MAX, 1, u32::MAX).is_none());
}
