//! Hashes of one password, made by other programs: glibc's and libxcrypt's `crypt`, Python's `hashlib`, `argon2-cffi`,
//! `bcrypt`, passlib and Django.

use std::time::Instant;

use proptest::prelude::*;

use super::*;

const PASSWORD: &str = "correct horse é";

const MADE_ELSEWHERE: &[&str] = &[
    "$argon2d$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$hEDu2rXr5c5zPDpZ/0zySfh8lEQj+xAb1IW+g3l0gc0",
    "$argon2i$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$Z5ydtlZ+AX227NC4L+BM0XHGvywI71mea6GSW3SdjKQ",
    "$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$R41wqFwl4dPLPlHQHOBtfmZYxbEXgCOAc4Vncrh6C0A",
    "$argon2id$v=19$m=256,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$iUQi1NznlqnnLLbSKl/9J8jZ3kDaDlI1Gj7Z6YKTZ1g",
    "$argon2i$v=16$m=64,t=1,p=2$c2FsdHNhbHRzYWx0c2FsdA$Nq5WUe4LhNR5Z+noNG7PRA",
    "$argon2i$m=64,t=1,p=2$c2FsdHNhbHRzYWx0c2FsdA$Nq5WUe4LhNR5Z+noNG7PRA",
    "$5$saltstring$aXLr59fnwrVg6Wz/o5uKtjZU0xGSbMc6YxPqiHv2NE.",
    "$6$saltstring$Vy1qkR4howG25g0MrA26uBcI9k9c5cxzfoR6VfYPEDH6Qz8CJGsLsSf6i7jmz6/3LKpWlmhxHaJqvorDx2KhI.",
    "$5$rounds=1400$anotherlongsalts$NgE/g7QKe2.Fr.7e5BHKFAaQKFplgTacxVPZfViUpT0",
    "$6$rounds=1000$s$fViHbPjd2MpAORowbcAvY6aBEJOJky1F6ZkWl/mvZTlVzFJUA0gMh5stOq4Ae28v.sE/UaTV3YLi1GNj9ZRUM1",
    "$2a$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e",
    "$2b$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e",
    "$2y$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e",
    "$scrypt$ln=4,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$axjZQEoALw3IVi/U6RwlIunK7YTYDTEfArXmG5vuT1Y",
    "$scrypt$ln=4,r=8,p=1$+//+c2FsdA$E4NjwgU096SZHBCbYu6ujZ5bPv7Z9f5sRBIBbIEbKdc",
    "$7$46..../....SodiumChloride$d4BD5fsbu1HYQP92OtfzO84bwb9igC0b3nftzaC6Mm.",
    "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$vziugTYXn+vq18wXgJqgh9qsyB3sQnHKAWx1PZZ1kkA",
    "$pbkdf2-sha512$i=1000$c2FsdHNhbHRzYWx0c2FsdA$BYCVja7FflbpYgkpLtVUNR3AYhqM0uTDND/cIU+k8pw",
    "$pbkdf2$1000$.//..//.c2FsdA$e0v2XhMxyMtSGe8M1OHImqYXPqE",
    "$pbkdf2-sha256$1000$.//..//.c2FsdA$8VSolY982syp0AtvhViOANuVAT/oeRvU3V5aoEA1q2A",
    "$pbkdf2-sha512$1000$.//..//.c2FsdA$amry5RN0ldIue4IYb995qXiUevNUPk0XTTUFgaN/Th4JTYpqCcPGmIlvb49/cwt9k/U8tNUDoXd7zkgz4SyUYQ",
    "pbkdf2_sha256$1000$seasalt$B4Z5Cum0PMgRdOBgciYsdCAY1DcYMltvBCObhdQxhHU=",
    "pbkdf2_sha1$1000$seasalt$3/+6zOHsXz7ZaZ/nyarCq9B2DZI=",
];

fn memory() -> Memory {
    Memory::new(64).unwrap()
}

fn is_of(hash: &str, password: &[u8]) -> bool {
    let hash = ImportedHash::parse(hash).unwrap_or_else(|error| panic!("{hash}: {error}"));
    hash.is_of(password, &mut memory()).unwrap()
}

#[test]
fn hashes_made_by_other_programs_verify() {
    for hash in MADE_ELSEWHERE {
        assert!(is_of(hash, PASSWORD.as_bytes()), "{hash}");
        assert!(!is_of(hash, b"correct horse e"), "{hash}");
        assert!(!is_of(hash, b""), "{hash}");
    }
}

#[test]
fn t48_a_password_that_only_begins_like_the_right_one_before_a_nul_is_wrong() {
    for hash in MADE_ELSEWHERE {
        assert!(!is_of(hash, format!("{PASSWORD}\0").as_bytes()), "{hash}");
        assert!(!is_of(hash, format!("{PASSWORD}\0more").as_bytes()), "{hash}");
        // bcrypt repeats the password and its NUL, so this one would be the same to it.
        assert!(!is_of(hash, format!("{PASSWORD}\0{PASSWORD}").as_bytes()), "{hash}");
    }
}

#[test]
fn t48_bcrypt_cuts_at_72_bytes_and_only_shorter_passwords_are_covered() {
    let of_71 = "$2b$04$abcdefghijklmnopqrstuu.gc7UY/21CSNJGJg21jJzx9QiOpJ9bO";
    let of_72_or_more = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    let of_36_accented_letters_and_more =
        "$2b$04$abcdefghijklmnopqrstuuKiIlCeXB6chNXkLyAo8C7XcLPzh6zUe";
    let x = |count| "x".repeat(count);
    assert!(is_of(of_71, x(71).as_bytes()));
    assert!(!is_of(of_71, x(72).as_bytes()));
    assert!(!is_of(of_72_or_more, x(71).as_bytes()));
    assert!(is_of(of_72_or_more, x(72).as_bytes()));
    assert!(is_of(of_72_or_more, x(73).as_bytes()));
    assert!(is_of(of_36_accented_letters_and_more, format!("{}tail", "é".repeat(36)).as_bytes()));

    let bcrypt = ImportedHash::parse(of_71).unwrap();
    assert!(bcrypt.covers(x(71).as_bytes()));
    assert!(!bcrypt.covers(x(72).as_bytes()));
    let argon2 = ImportedHash::parse(MADE_ELSEWHERE[2]).unwrap();
    assert!(argon2.covers(x(1_024).as_bytes()));
}

#[test]
fn t44_a_hash_that_costs_too_much_is_refused_at_once() {
    let (salt, hash) = ("c2FsdHNhbHRzYWx0c2FsdA", "A".repeat(43));
    let begun = Instant::now();
    for costly in [
        format!("$argon2id$v=19$m=262145,t=1,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=4294967295,t=1,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=99999999999999999999,t=1,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=65536,t=17,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=65536,t=4294967295,p=1${salt}${hash}"),
        format!("$argon2id$v=19$m=65536,t=1,p=17${salt}${hash}"),
        "$2b$15$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e".to_owned(),
        "$2b$31$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e".to_owned(),
        format!("$5$rounds=1000001$salt${hash}"),
        format!("$5$rounds=99999999999$salt${hash}"),
        format!("$pbkdf2-sha256$i=3000001${salt}${hash}"),
        format!("$pbkdf2-sha256$3000001${salt}${hash}"),
        format!("pbkdf2_sha256$3000001$salt${hash}="),
        format!("$scrypt$ln=19,r=8,p=1${salt}${hash}"),
        format!("$scrypt$ln=63,r=8,p=1${salt}${hash}"),
        format!("$scrypt$ln=64,r=8,p=1${salt}${hash}"),
        format!("$scrypt$ln=4294967295,r=8,p=1${salt}${hash}"),
        format!("$scrypt$ln=4,r=4294967295,p=1${salt}${hash}"),
        format!("$scrypt$ln=4,r=8,p=4294967295${salt}${hash}"),
        format!("$7$z6..../....Salt${hash}"),
        format!("$7$4zzzzz/....Salt${hash}"),
        format!("$7$46....zzzzzSalt${hash}"),
    ] {
        assert!(matches!(ImportedHash::parse(&costly), Err(FormatError::TooCostly(_))), "{costly}");
    }
    assert!(begun.elapsed().as_secs() < 1);
}

#[test]
fn the_usual_settings_of_other_systems_are_within_the_bounds() {
    let (salt, hash) = ("c2FsdHNhbHRzYWx0c2FsdA", "A".repeat(43));
    for usual in [
        format!("$argon2id$v=19$m=102400,t=2,p=8${salt}${hash}"), // Django
        format!("$argon2id$v=19$m=65536,t=4,p=1${salt}${hash}"),  // PHP
        format!("$argon2id$v=19$m=65536,t=3,p=4${salt}${hash}"),  // argon2-cffi
        format!("$argon2id$v=19$m=262144,t=3,p=1${salt}${hash}"), // libsodium, moderate
        "$2y$12$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e".to_owned(),
        format!("$6$rounds=656000$saltsaltsaltsalt${}", "A".repeat(86)), // passlib
        format!("pbkdf2_sha256$1200000$abcdefghijklmnopqrstuv${hash}="), // Django
        format!("$scrypt$ln=17,r=8,p=1${salt}${hash}"),
    ] {
        ImportedHash::parse(&usual).unwrap_or_else(|error| panic!("{usual}: {error}"));
    }
}

#[test]
fn what_is_no_hash_is_refused() {
    for (text, expected) in [
        ("", FormatError::Unknown),
        ("secret", FormatError::Unknown),
        ("$1$abcdefgh$i3JLPjXLhq.2QmBgcrtMb1", FormatError::Unknown),
        ("$2x$04$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e", FormatError::Unknown),
        ("$argon2x$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$", FormatError::Unknown),
        ("$pbkdf2-md5$1000$c2FsdA$c2FsdA", FormatError::Unknown),
        (
            "pbkdf2_sha256$1000$a\0b$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            FormatError::Malformed,
        ),
        ("$argon2id$v=20$m=64,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        (
            "$argon2id$v=19$m=64,t=2,p=1,data=AA$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            FormatError::Malformed,
        ),
        ("$argon2id$v=19$m=64,t=2,p=1$c2FsdHNhbHQ$AAAA", FormatError::Malformed),
        ("$argon2id$v=19$m=64,t=2,p=16$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$argon2id$v=19$m=+64,t=2,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$2b$04$abcdefghijklmnopqrstuub", FormatError::Malformed),
        ("$2b$03$abcdefghijklmnopqrstuub.ZjCeFtaHcVNO3csJiht1Oa5O89F5e", FormatError::Malformed),
        ("$5$rounds=999$salt$aXLr59fnwrVg6Wz/o5uKtjZU0xGSbMc6YxPqiHv2NE.", FormatError::Malformed),
        ("$5$saltstring$aXLr59", FormatError::Malformed),
        ("$pbkdf2-sha256$i=0$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$pbkdf2-sha256$i=1,l=17$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$scrypt$ln=4,r=0,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", FormatError::Malformed),
        ("$7$46....", FormatError::Malformed),
    ] {
        assert_eq!(ImportedHash::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn our_own_hash_is_written_as_it_is_read() {
    let text = MADE_ELSEWHERE[2];
    let hash = ImportedHash::parse(text).unwrap();
    assert_eq!(hash.as_argon2().unwrap().to_string(), text);
    let cost = Cost { memory_kib: 64, passes: 2, lanes: 1 };
    let ours =
        Argon2Hash::of(PASSWORD.as_bytes(), *b"saltsaltsaltsalt", cost, &mut memory()).unwrap();
    assert_eq!(ours.to_string(), text);
    assert!(ours.is_current(cost));
    assert!(!ours.is_current(Cost { passes: 3, ..cost }));
    for other in [0, 1, 4] {
        assert!(
            !ImportedHash::parse(MADE_ELSEWHERE[other])
                .unwrap()
                .as_argon2()
                .unwrap()
                .is_current(cost)
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_a_panic(text: String, prefix in 0..MADE_ELSEWHERE.len(), cut in 0usize..130) {
        let _ = ImportedHash::parse(&text);
        let known = MADE_ELSEWHERE[prefix];
        let cut = cut.min(known.len());
        let _ = ImportedHash::parse(&format!("{}{text}", &known[..cut]));
        let _ = ImportedHash::parse(&format!("{}{text}{}", &known[..cut], &known[cut..]));
    }

    /// What passes the bounds is verified without a panic, however its digits were changed.
    #[test]
    fn what_is_parsed_is_verified_without_a_panic(which in 0..MADE_ELSEWHERE.len(), place in 0usize..130, to in 0x20u8..0x7F) {
        let mut text = MADE_ELSEWHERE[which].as_bytes().to_vec();
        let place = place.min(text.len() - 1);
        text[place] = to;
        let text = String::from_utf8(text).unwrap();
        let cheap = |text: &str| !text.contains("ln=") && !text.starts_with("$2") && !text.starts_with("$7");
        if let Ok(hash) = ImportedHash::parse(&text) && cheap(&text) {
            let _ = hash.is_of(b"x", &mut memory());
        }
    }
}
