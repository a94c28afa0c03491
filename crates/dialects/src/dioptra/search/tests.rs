//! The language as the contract's section 9 says, and what is said of everything else.

use proptest::prelude::*;
use roster_model::{Filter, FilterValue, Filterable};

use super::*;

/// A user with these two fields.
struct Person<'p>(&'p str, &'p str);

impl Filterable<UserField> for Person<'_> {
    fn value(&self, field: UserField) -> Option<FilterValue> {
        match field {
            UserField::Username => Some(FilterValue::Text(self.0.to_owned())),
            UserField::Email => Some(FilterValue::Text(self.1.to_owned())),
            _ => None,
        }
    }
}

fn read(text: &str) -> Filter<UserField> {
    parse(text, USERS).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn finds(search: &str, username: &str) -> bool {
    read(search).matches(&Person(username, "mail@example.com"))
}

#[test]
fn a_value_is_the_whole_field_and_a_bare_word_a_piece_of_one() {
    for (search, found, not_found) in [
        ("username:ann", "ann", "anna"),
        ("username : ann", "ann", "joanna"),
        ("username:an*", "anna", "joanna"),
        ("username:*an", "joan", "anna"),
        ("username:?nn", "ann", "nn"),
        ("username:an?", "ann", "an"),
        ("ann", "joanna", "an"),
        (" ann ", "joanna", "an"),
        ("a b", "xaybz", "bxa"),
        ("a   b", "ab", "ba"),
        ("a*b", "xaybz", "bxa"),
        ("a?b", "axb", "ab"),
        ("\"a b\"", "xa by", "xaxb"),
        ("'a b'", "xa by", "a  b"),
        ("username:'a b'", "a b", "xa b"),
        ("username:\"a*c\"", "abc", "abcd"),
        ("a,b", "bxa", "a"),
        ("username:a*,username:*b", "ab", "ba"),
        ("username:ann,email:mail@*", "ann", "bob"),
        ("email:mail@example.com", "ann", ""),
        ("EXAMPLE", "ann", ""),
        ("username:ANN", "Ann", "anne"),
        ("username:straße", "STRASSE", "strase"),
        ("?", "a", ""),
    ] {
        assert!(finds(search, found), "{search} finds {found}");
        if !not_found.is_empty() {
            assert!(!finds(search, not_found), "{search} does not find {not_found}");
        }
    }
}

#[test]
fn everything_else_is_ordinary_text() {
    for text in [
        "!x",
        "-x",
        "a=b",
        "a|b",
        "a&b",
        "(a)",
        "100%",
        "a_b",
        "a.b",
        "a/b",
        "a+b",
        "[a]",
        "{id}",
        "$1",
        "王小明",
        "😀",
    ] {
        let filter = parse(&format!("username:{text}"), USERS);
        assert!(filter.unwrap().matches(&Person(text, "")), "{text}");
        assert!(!finds(&format!("username:{text}"), "other"), "{text}");
    }
    assert!(!finds("username:100%", "1000"));
    assert!(!finds("username:a_b", "axb"));
    // No negation, no OR: those are words.
    assert!(finds("not x", "is not x") && !finds("not x", "y"));
    assert!(finds("a OR b", "a or b") && !finds("a OR b", "a"));
}

#[test]
fn escapes_are_the_character_and_a_line_feed() {
    for (search, found) in [
        (r"username:\*", "*"),
        (r"username:\?", "?"),
        (r"username:\\", "\\"),
        (r#"username:\""#, "\""),
        (r"username:\'", "'"),
        (r"username:a\:b", "a:b"),
        (r"username:a\,b", "a,b"),
        (r"username:a\nb", "a\nb"),
        (r#"username:"a\"b""#, "a\"b"),
        (r"username:'it\'s'", "it's"),
        (r#"username:"it's: a, b""#, "it's: a, b"),
        (r"\:", "a:b"),
    ] {
        assert!(finds(search, found), "{search} finds {found:?}");
        assert!(!finds(search, "other"), "{search}");
    }
}

#[test]
fn blanks_in_quotes_count_but_at_the_beginning_and_behind_a_wildcard() {
    assert_eq!(read("username:'  a b '"), read("username:'a b '"));
    assert_eq!(read("username:'*  a'"), read("username:'*a'"));
    assert_ne!(read("username:'a *'"), read("username:'a*'"));
    assert_eq!(read("'a' , \"b\""), read("'a',\"b\""));
    assert_eq!(read("username:a , b"), read("username:a,b"));
}

#[test]
fn nothing_and_a_star_find_everything() {
    assert_eq!(read(""), Filter::default());
    for search in ["*", "**", "'*'", "username:*", "*,*"] {
        assert!(finds(search, ""), "{search}");
    }
}

#[test]
fn what_is_illegal_is_refused_with_the_whole_text() {
    for text in [
        "a,",
        ",a",
        "a,,b",
        ",",
        "a, ,b",
        "username:",
        "username: ",
        ":a",
        "username::a",
        "a:b:c",
        "username:a,",
        "\"open",
        "'open",
        "\"",
        "\"\"",
        "''",
        "username:''",
        "' '",
        "username:two words",
        "username:a OR username:b",
        "username:* b",
        "it's",
        "username:a\"b\"",
        "username:\"a\"b",
        "\"a\" b",
        "a \"b\"",
        "\"a\":b",
        "username:\"a\":b",
        "\\q",
        "\\",
        "a\\",
        "\\ ",
        "bad-name:a",
        "user name:a",
        "!username:a",
        "usernäme:a",
        " ",
        "   ",
        "a\tb",
        "a\nb",
        "a\0b",
        "'a\nb'",
        "\u{7f}",
    ] {
        let refused = parse(text, USERS).expect_err(text);
        assert_eq!(refused.query, text);
        assert!(refused.reason.starts_with("at character "), "{refused}");
    }
}

#[test]
fn a_field_that_is_not_known_is_named() {
    for (text, name) in [
        ("foo:a", "foo"),
        ("id:1", "id"),
        ("name:a", "name"),
        ("USERNAME:a", "USERNAME"),
        ("a,_:b", "_"),
        ("x : a", "x"),
    ] {
        let refused = parse(text, USERS).expect_err(text);
        assert_eq!(refused.query, name);
        assert!(refused.reason.contains(name) && refused.reason.contains("username and email"));
    }
    assert!(parse("name:a", GROUPS).is_ok());
    assert_eq!(parse("username:a", GROUPS).unwrap_err().query, "username");
    // The form is looked at before the names.
    assert_eq!(parse("foo:a,", USERS).unwrap_err().query, "foo:a,");
}

#[test]
fn t35_length_and_size_are_bounded() {
    for long in [
        "a".repeat(MAX_CHARACTERS),
        vec!["a"; 1000].join(","),
        vec!["*?"; 1000].join(""),
        "a b ".repeat(500),
    ] {
        let long: String = long.chars().take(MAX_CHARACTERS).collect();
        let long = long.trim_end_matches(',');
        assert!(read(long).is_within_bounds());
    }
    for hostile in [
        "a".repeat(MAX_CHARACTERS + 1),
        "'".repeat(1_000_000),
        " ".repeat(10_000_000),
        ",".repeat(100_000),
    ] {
        let refused = parse(&hostile, USERS).unwrap_err();
        assert!(refused.reason.contains("at most 2000 characters"), "{refused}");
    }
}

proptest! {
    #[test]
    fn t35_any_text_is_read_within_bounds_or_refused(text in "\\PC{0,200}") {
        if let Ok(filter) = parse(&text, USERS) {
            prop_assert!(filter.is_within_bounds());
        }
    }

    #[test]
    fn t35_any_row_of_signs_is_read_or_refused(signs in proptest::collection::vec(proptest::sample::select(vec![
        "'", "\"", "\\", "*", "?", ":", ",", " ", "a", "username", "email", "n", "ß",
    ]), 0..40)) {
        let text = signs.concat();
        if let Ok(filter) = parse(&text, USERS) {
            prop_assert!(filter.is_within_bounds());
        }
    }

    #[test]
    fn any_name_is_found_by_itself_in_quotes(name in "[^\\p{C} ][^\\p{C}]{0,30}") {
        let mut quoted = String::new();
        for c in name.chars() {
            if matches!(c, '\\' | '?' | '*' | '"') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        let filter = read(&format!("username:\"{quoted}\",\"{quoted}\""));
        prop_assert!(filter.matches(&Person(&name, "")));
    }
}
