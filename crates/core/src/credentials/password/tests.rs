use std::io::Write;

use proptest::prelude::*;
use sha1::{Digest, Sha1};

use super::*;

const DEFAULT: Profile = Profile::Default;
const STRICT: Profile = Profile::Strict;
const COMPAT: Profile = Profile::Compat;

fn check_by(
    profile: Profile,
    chosen_by: ChosenBy,
    second_factor: bool,
    password: &str,
) -> Result<(), Reason> {
    let proposal = Proposal {
        password: &password.into(),
        username: "Ann.Smith",
        email: "annie@example.com",
        has_second_factor: second_factor,
        chosen_by,
    };
    PasswordPolicy { profile, breached: None }.check(&proposal).unwrap()
}

fn check(profile: Profile, password: &str) -> Result<(), Reason> {
    check_by(profile, ChosenBy::Owner, false, password)
}

#[test]
fn the_length_counts_in_bytes_up_to_1024_and_nothing_is_cut() {
    assert_eq!(check(DEFAULT, ""), Err(Reason::Empty));
    assert_eq!(check(DEFAULT, "x7#kq2!"), Err(Reason::TooShort { min: 8, unit: Unit::Bytes }));
    assert_eq!(check(DEFAULT, "x7#kq2!p"), Ok(()));
    assert_eq!(check(DEFAULT, "çüöä"), Ok(()));
    let long = "lorem ipsum dolo".repeat(64);
    assert_eq!(check(DEFAULT, &long), Ok(()));
    for profile in [DEFAULT, STRICT, COMPAT] {
        assert_eq!(
            check(profile, &format!("{long}r")),
            Err(Reason::TooLong { max: 1024, unit: Unit::Bytes })
        );
    }
}

#[test]
fn no_kind_of_character_is_asked_for() {
    for password in ["correct horse", "лошадь скрепка", "CORRECTHORSES", "8175028364", "正しい馬"]
    {
        assert_eq!(check(DEFAULT, password), Ok(()), "{password}");
    }
}

#[test]
fn a_password_is_not_the_name_or_address_with_little_around_it() {
    for password in [
        "ann.smith",
        "ANN.SMITH",
        "Ａnn.smith",
        "annie@example.com",
        "Annie@Example.com!",
        "annie2024!",
        "xxann.smithxx",
    ] {
        assert_eq!(check(DEFAULT, password), Err(Reason::TooPersonal), "{password}");
    }
    assert_eq!(check(DEFAULT, "annie met eight horses"), Ok(()));
}

#[test]
fn a_very_short_name_forbids_nothing() {
    let proposal = Proposal {
        password: &"x7#kq2!p".into(),
        username: "x",
        email: "",
        has_second_factor: false,
        chosen_by: ChosenBy::Owner,
    };
    assert_eq!(PasswordPolicy::default().check(&proposal).unwrap(), Ok(()));
}

#[test]
fn common_passwords_are_refused_to_the_person_who_chooses_one() {
    for password in ["password", "PassWord", "ｐassword", "iloveyou2", "12345678"] {
        assert_eq!(check(DEFAULT, password), Err(Reason::TooCommon), "{password}");
    }
    assert_eq!(check_by(DEFAULT, ChosenBy::Administrator, false, "password"), Ok(()));
}

#[test]
fn strict_asks_for_fifteen_bytes_or_a_second_factor_and_lets_nobody_else_choose() {
    assert_eq!(
        check(STRICT, "x7#kq2!px7#kq2"),
        Err(Reason::TooShort { min: 15, unit: Unit::Bytes })
    );
    assert_eq!(check(STRICT, "x7#kq2!px7#kq2!"), Ok(()));
    assert_eq!(check_by(STRICT, ChosenBy::Owner, true, "x7#kq2!p"), Ok(()));
    assert_eq!(check_by(STRICT, ChosenBy::Owner, true, "password"), Err(Reason::TooCommon));
    let by_administrator = check_by(STRICT, ChosenBy::Administrator, true, "x7#kq2!px7#kq2!");
    assert_eq!(by_administrator, Err(Reason::NotAllowed));
}

#[test]
fn compat_takes_anything_but_nothing() {
    assert_eq!(check(COMPAT, ""), Err(Reason::Empty));
    for password in ["x", " ", "\0", "password", "ann.smith"] {
        assert_eq!(check(COMPAT, password), Ok(()), "{password:?}");
    }
}

#[test]
fn strict_refuses_what_is_on_the_list_of_breached_passwords() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&Sha1::digest("leaked long ago, alas")).unwrap();
    let breached = BreachedPasswords::open(file.path()).unwrap();
    let policy = PasswordPolicy { profile: STRICT, breached: Some(std::sync::Arc::new(breached)) };
    let check = |password: &str| {
        let password = password.into();
        let proposal = Proposal {
            password: &password,
            username: "ann",
            email: "",
            has_second_factor: false,
            chosen_by: ChosenBy::Owner,
        };
        policy.check(&proposal).unwrap()
    };
    assert_eq!(check("leaked long ago, alas"), Err(Reason::TooCommon));
    assert_eq!(check("leaked long ago,\u{a0}alas"), Err(Reason::TooCommon));
    assert_eq!(check("never leaked until now"), Ok(()));
}

proptest! {
    #[test]
    fn the_canonical_form_is_its_own_canonical_form(password: String) {
        let once = canonical(&password).into_owned();
        prop_assert_eq!(canonical(&once), once.as_str());
    }

    #[test]
    fn ascii_is_hashed_as_typed(password in "[ -~]*") {
        prop_assert_eq!(canonical(&password), password.as_str());
    }
}

#[test]
fn t48_the_same_keys_give_the_same_password_on_every_keyboard() {
    for (one, other) in [
        ("caf\u{e9}", "cafe\u{301}"),
        ("\u{212b}ngstr\u{f6}m", "A\u{30a}ngstro\u{308}m"),
        ("two\u{a0}words", "two words"),
        ("two\u{3000}words", "two words"),
    ] {
        assert_eq!(canonical(one), canonical(other));
    }
    // Letters that only look alike stay different: they are different keys.
    assert_ne!(canonical("ｐassword"), canonical("password"));
    assert_ne!(canonical("Password"), canonical("password"));
}
