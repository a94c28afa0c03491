//! The language as its grammar says, and what is said of everything else.

use proptest::prelude::*;
use roster_model::{
    Filter, FilterField as _, FilterValue, Pattern, USER_FIELDS, UserField as Field,
};

use super::*;
use roster_model::Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};

fn read(text: &str) -> Filter<Field> {
    parse(text, &USER_FIELDS).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    parse(text, &USER_FIELDS).expect_err(text).to_string()
}

fn text(text: &str) -> FilterValue {
    FilterValue::Text(text.to_owned())
}

fn compare(
    field: Field,
    comparison: roster_model::Comparison,
    value: FilterValue,
) -> Filter<Field> {
    Filter::Compare { field, comparison, value }
}

fn like(field: Field, pattern: &str) -> Filter<Field> {
    Filter::Like { field, pattern: Pattern::parse_like(pattern).unwrap(), is_folded: false }
}

fn not(one: Filter<Field>) -> Filter<Field> {
    Filter::Not(Box::new(one))
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let created = parse_time("2023-01-01").map(FilterValue::Time).unwrap();
    assert_eq!(
        read("username LIKE 'user%' AND created_at > '2023-01-01'"),
        Filter::And(vec![
            like(Field::Username, "user%"),
            compare(Field::CreatedAt, Greater, created)
        ])
    );
}

#[test]
fn not_binds_before_and_and_and_before_or() {
    let [a, b, c] = ["a", "b", "c"].map(|one| Filter::equals(Field::Username, text(one)));
    let cases = [
        (
            "username='a' or username='b' and username='c'",
            Filter::Or(vec![a.clone(), Filter::And(vec![b.clone(), c.clone()])]),
        ),
        (
            "(username='a' OR username='b') AND username='c'",
            Filter::And(vec![Filter::Or(vec![a.clone(), b.clone()]), c.clone()]),
        ),
        ("NOT username='a' And username='b'", Filter::And(vec![not(a.clone()), b.clone()])),
        (
            "NOT (username='a' OR\n\t\"Username\" = 'b')",
            not(Filter::Or(vec![a.clone(), b.clone()])),
        ),
        ("NOT NOT username='a'", not(not(a.clone()))),
        ("((username='a'))", a.clone()),
    ];
    for (written, expected) in cases {
        assert_eq!(read(written), expected, "{written}");
    }
}

#[test]
fn every_predicate_is_read() {
    let time = |written: &str| FilterValue::Time(parse_time(written).unwrap());
    let integer = FilterValue::Integer;
    let cases = [
        ("id = 5", compare(Field::Id, Equal, integer(5))),
        ("ID<>-5", compare(Field::Id, NotEqual, integer(-5))),
        ("id != +5", compare(Field::Id, NotEqual, integer(5))),
        ("id >= 9223372036854775807", compare(Field::Id, GreaterOrEqual, integer(i64::MAX))),
        ("id < 2.5", compare(Field::Id, LessOrEqual, integer(2))),
        ("id < -2.5", compare(Field::Id, LessOrEqual, integer(-3))),
        ("id > 2.50", compare(Field::Id, Greater, integer(2))),
        ("id < 3.0", compare(Field::Id, Less, integer(3))),
        ("id = 2.5", Filter::In { field: Field::Id, values: vec![] }),
        ("id = 99999999999999999999999", Filter::In { field: Field::Id, values: vec![] }),
        ("id < 99999999999999999999999", not(Filter::In { field: Field::Id, values: vec![] })),
        (
            "id IN (1, 2.5, 3)",
            Filter::In { field: Field::Id, values: vec![integer(1), integer(3)] },
        ),
        ("username = 'O''Neil'", Filter::equals(Field::Username, text("O'Neil"))),
        ("email not like '%\\%'", not(like(Field::Email, "%\\%"))),
        ("robot = TRUE", Filter::equals(Field::Robot, FilterValue::Bool(true))),
        ("phone is null", Filter::IsNull { field: Field::Phone }),
        ("phone IS NOT NULL", not(Filter::IsNull { field: Field::Phone })),
        ("status = 'active'", Filter::In { field: Field::Status, values: vec![text("active")] }),
        (
            "status ILIKE '%ABLED'",
            Filter::In { field: Field::Status, values: vec![text("disabled")] },
        ),
        ("status < 'b'", Filter::In { field: Field::Status, values: vec![text("active")] }),
        (
            "role BETWEEN 'a' AND 'f'",
            Filter::And(vec![
                Filter::In {
                    field: Field::Role,
                    values: ["system_admin", "account_admin", "publisher", "editor", "viewer"]
                        .map(text)
                        .to_vec(),
                },
                Filter::In {
                    field: Field::Role,
                    values: ["account_admin", "editor"].map(text).to_vec(),
                },
            ]),
        ),
        (
            "created_at BETWEEN '2024-01-01' AND DATE('2024-02-01')",
            Filter::Between {
                field: Field::CreatedAt,
                low: time("2024-01-01"),
                high: time("2024-02-01T00:00:00Z"),
            },
        ),
        (
            "created_at = TIMESTAMP('2024-01-01T02:00:00+02:00')",
            compare(Field::CreatedAt, Equal, time("2024-01-01")),
        ),
        (
            "id NOT BETWEEN 1 AND 2 AND id = 3",
            Filter::And(vec![
                not(Filter::And(vec![
                    compare(Field::Id, GreaterOrEqual, integer(1)),
                    compare(Field::Id, LessOrEqual, integer(2)),
                ])),
                compare(Field::Id, Equal, integer(3)),
            ]),
        ),
    ];
    for (written, expected) in cases {
        assert_eq!(read(written), expected, "{written}");
    }
}

#[test]
fn ilike_folds_its_pattern() {
    let Filter::Like { pattern, is_folded, .. } = read("last_name ILIKE 'STRASSE%'") else {
        panic!()
    };
    assert!(is_folded && pattern.matches("strasse 5"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (written, expected) in [
        ("", "at character 1: expected the name of a field, found the end"),
        ("  ", "at character 3: expected the name of a field"),
        (
            "username = ‘ann’",
            "at character 12: ‘ is a typographic quote; texts stand in straight single quotes",
        ),
        ("username = “ann”", "at character 12: “ is a typographic quote"),
        ("username = \"ann\"", "at character 12: texts stand in single quotes"),
        ("username = ann", "at character 12: expected a value; texts stand in single quotes"),
        ("username = 'ann", "at character 12: the quote ' is not closed"),
        (
            "(username = 'ann'",
            "at character 18: expected AND, OR or a closing parenthesis, found the end",
        ),
        ("username = 'ann')", "at character 17: expected AND, OR or the end, found \")\""),
        (
            "username = 'ann' username = 'b'",
            "at character 18: expected AND, OR or the end, found \"username\"",
        ),
        (
            "password_hash = 'x'",
            "at character 1: \"password_hash\" is no field; there are id, uuid",
        ),
        ("pg_sleep(10) = 1", "at character 1: \"pg_sleep\" looks like a function"),
        ("username IN ()", "at character 14: IN needs at least one value"),
        (
            "username IN ('a'",
            "at character 17: expected a comma or a closing parenthesis, found the end",
        ),
        ("username IN (SELECT username FROM users)", "at character 14: expected a value"),
        ("username = 'a'; DROP TABLE users", "at character 15: a filter is one condition"),
        ("username = 'a' -- x", "at character 16: comments are not part"),
        ("username = 'a' /* x */", "at character 16: comments are not part"),
        ("id = 'x'", "at character 6: id is a number: leave the quotes out"),
        ("id = TRUE", "at character 6: id is neither TRUE nor FALSE"),
        ("id = 1e5", "neither a number nor a word"),
        ("id = 1.", "a digit must follow the decimal point"),
        ("username = 5", "at character 12: username holds text"),
        ("robot = 'true'", "at character 9: robot is TRUE or FALSE, without quotes"),
        ("created_at > '2024-02-30'", "at character 14: created_at is a time"),
        ("created_at > DATE('2024-01-01T00:00:00Z')", "created_at is a time"),
        ("username = DATE('2024-01-01')", "username is no time"),
        ("id LIKE '5%'", "at character 9: id holds no text"),
        ("username LIKE 'a\\'", "at character 15: a backslash at the end"),
        ("username = NULL", "at character 12: compare with IS NULL"),
        ("username NOT = 'a'", "at character 14: expected LIKE, ILIKE, IN or BETWEEN, found \"=\""),
        ("NOT", "at character 4: expected the name of a field, found the end"),
        ("id BETWEEN 1, 2", "at character 13: expected AND and the upper end"),
        ("username = 'a\0b'", "there is a control character"),
        ("username = 'a' AND", "at character 19: expected the name of a field, found the end"),
        ("1 = 1", "at character 1: expected the name of a field, found a number"),
        ("uuid = 'x'", "at character 8: uuid is a UUID"),
    ] {
        let said = error(written);
        assert!(said.contains(expected), "{written}: {said}");
    }
}

#[test]
fn t35_length_and_nesting_are_bounded() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}id = 1{}", open.repeat(depth), close.repeat(depth))
    };
    for depth in [32, MAX_NESTING] {
        assert!(read(&nested("(", ")", depth)).is_within_bounds());
        assert!(read(&nested("NOT ", "", depth)).is_within_bounds());
    }
    let mixed = nested("(id = 2 OR id = 3 AND NOT ", ")", MAX_NESTING / 2);
    assert!(read(&mixed).is_within_bounds());
    for hostile in [
        nested("(", ")", MAX_NESTING + 1),
        nested("(", ")", 3_900),
        nested("NOT ", "", 1_900),
        "(".repeat(7_000),
        "NOT ".repeat(1_900),
        "NOT(".repeat(1_900),
    ] {
        assert!(error(&hostile).contains("nested more than 64 deep"), "{}", &hostile[..20]);
    }
    for hostile in [" ".repeat(100_000), "(".repeat(10_000_000), nested("NOT ", "", 500_000)] {
        assert!(error(&hostile).contains("at most 8000 characters"));
    }
    let long = format!("username = '{}'", "x".repeat(4_000));
    read(&long);
    read(&vec!["id=1"; 900].join(" OR "));
    read(&format!("id IN ({})", vec!["1"; 3_000].join(",")));
}

#[test]
fn times_are_read_in_their_forms_and_no_others() {
    let noon = parse_time("2024-01-31T12:00:00Z").unwrap();
    for written in [
        "2024-01-31T12:00:00",
        "2024-01-31 12:00:00",
        "2024-01-31T12:00:00.000000",
        "2024-01-31 12:00:00Z",
        "2024-01-31T13:00:00+01:00",
        "2024-01-31T07:00:00.0-05:00",
        "2024-01-31T12:00",
    ] {
        assert_eq!(parse_time(written), Some(noon), "{written}");
    }
    let last = parse_time("9999-12-30T22:00:00Z");
    assert!(last.is_some());
    for written in
        ["9999-12-31", "9999-12-31T23:59:59", "9999-12-31 23:59:59Z", "9999-12-31T23:59:59+00:00"]
    {
        assert_eq!(parse_time(written), last, "{written}");
    }
    for written in [
        "",
        "x",
        "2024",
        "2024-01",
        "2024-13-01",
        "2023-02-29",
        "31.01.2024",
        "2024-01-31T25:00:00",
        "now",
        "2024-01-31T12:00:00[Europe/Paris]",
        "2024-W01-1",
        "99999-01-01",
        "2024-01-31T12:00:00 PM",
    ] {
        assert_eq!(parse_time(written), None, "{written}");
    }
}

proptest! {
    #[test]
    fn t35_any_text_is_read_or_refused_with_a_place_inside_it(written in "\\PC{0,200}") {
        if let Err(error) = parse(&written, &USER_FIELDS) {
            prop_assert!(error.position >= 1 && error.position <= written.chars().count() + 1);
        }
    }

    #[test]
    fn t35_any_row_of_words_is_read_or_refused(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "(", ")", "NOT", "AND", "OR", "id", "username", "created_at", "status", "=", "<>", "<", ",", "IN", "LIKE",
            "BETWEEN", "IS", "NULL", "'a'", "'2024-01-01'", "1", "-2.5", "TRUE", "DATE", "TIMESTAMP", "\"email\"", "'%",
        ]), 0..60)) {
        let written = words.join(" ");
        match parse(&written, &USER_FIELDS) {
            Ok(filter) => prop_assert!(filter.is_within_bounds()),
            Err(error) => prop_assert!(error.position <= written.chars().count() + 1),
        }
    }

    #[test]
    fn any_text_can_be_compared_with(value in "[^\0]{0,40}") {
        let written = format!("username = '{}'", value.replace('\'', "''"));
        prop_assert_eq!(read(&written), Filter::equals(Field::Username, FilterValue::Text(value)));
    }

    #[test]
    fn t36_no_other_name_is_a_field(name in "[a-z_]{1,20}") {
        let is_known = Field::ALL.iter().any(|field| field.name() == name);
        let written = format!("\"{name}\" IS NULL");
        prop_assert_eq!(parse(&written, &USER_FIELDS).is_ok(), is_known);
    }
}
