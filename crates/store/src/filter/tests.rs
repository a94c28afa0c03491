//! The law of filters, held for users: SQL finds exactly what an evaluation in memory accepts, in the order it says, on both databases.

use std::cmp::Ordering;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use roster_model::{
    Comparison, FieldKind, Filter, FilterField, FilterValue, OrderBy, Pattern, PatternPiece,
    PhoneNumber, Role, Status, USER_FIELDS, User, UserField, UserId, UserRef,
};

use crate::testing::{noon, on_both_databases, user, write};
use crate::{Mark, MarkKey, Store, Tx, UserQuery, Window};

const SHOWN_STATUSES: roster_model::Words = &[
    ("new", "New"),
    ("pending", "Pending"),
    ("active", "Active"),
    ("suspended", "Disabled"),
    ("disabled", "Disabled"),
];

/// Texts that are near each other, with every character that means something to somebody.
pub(super) const TEXTS: &[&str] = &[
    "",
    "ann",
    "Ann",
    "ANN",
    "annb",
    "straße",
    "STRASSE",
    "ﬁn",
    "fin",
    "%",
    "_",
    "a%",
    "*",
    "a*n",
    "[a]",
    "a?",
    "\\",
    "O'Neil",
    "\"x\"",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "王小明",
    "cafe\u{301}",
    "caf\u{e9}",
    "😀",
    "a b",
    "  ",
    "İ",
];

fn texts() -> impl Strategy<Value = String> {
    proptest::sample::select(TEXTS).prop_map(str::to_owned)
}

fn times() -> impl Strategy<Value = Timestamp> {
    (-2_i64..3)
        .prop_map(|step| Timestamp::from_microsecond(noon().as_microsecond() + step).unwrap())
}

fn values(kind: FieldKind) -> BoxedStrategy<FilterValue> {
    const OTHERS: [&str; 9] =
        ["sms", "email", "sent", "failed", "success", "failure", "member", "manager", "x"];
    let words = Status::ALL.iter().map(|one| one.as_str());
    let words = words.chain(Role::ALL.iter().map(|one| one.as_str())).chain(OTHERS);
    match kind {
        FieldKind::Integer => (-1_i64..4).prop_map(FilterValue::Integer).boxed(),
        FieldKind::Text => texts().prop_map(FilterValue::Text).boxed(),
        FieldKind::Word => proptest::sample::select(words.collect::<Vec<_>>())
            .prop_map(|word| FilterValue::Text(word.to_owned()))
            .boxed(),
        FieldKind::Time => times().prop_map(FilterValue::Time).boxed(),
        FieldKind::Bool => any::<bool>().prop_map(FilterValue::Bool).boxed(),
        FieldKind::Uuid => {
            (0_u128..2).prop_map(|bits| FilterValue::Uuid(uuid::Uuid::from_u128(bits))).boxed()
        }
    }
}

fn patterns() -> impl Strategy<Value = (Pattern, bool)> {
    let piece = prop_oneof![
        3 => texts().prop_map(PatternPiece::Text),
        1 => Just(PatternPiece::One),
        2 => Just(PatternPiece::Run),
    ];
    (proptest::collection::vec(piece, 0..4), any::<bool>()).prop_map(|(pieces, is_folded)| {
        let pattern = Pattern::new(pieces);
        (if is_folded { pattern.folded() } else { pattern }, is_folded)
    })
}

/// Sometimes of another kind than the field's: the tree is made by doors, and nothing in it may be a fault.
fn value_for<F: FilterField>(field: F) -> BoxedStrategy<FilterValue> {
    prop_oneof![9 => values(field.kind()), 1 => values(FieldKind::Integer), 1 => values(FieldKind::Text)].boxed()
}

fn leaves<F: FilterField>() -> impl Strategy<Value = Filter<F>> {
    let comparisons = proptest::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    proptest::sample::select(F::ALL).prop_flat_map(move |field| {
        prop_oneof![
            (comparisons.clone(), value_for(field))
                .prop_map(move |(comparison, value)| Filter::Compare { field, comparison, value }),
            proptest::collection::vec(value_for(field), 0..4)
                .prop_map(move |values| Filter::In { field, values }),
            (value_for(field), value_for(field)).prop_map(move |(low, high)| Filter::Between {
                field,
                low,
                high
            }),
            Just(Filter::IsNull { field }),
            patterns().prop_map(move |(pattern, is_folded)| Filter::Like {
                field,
                pattern,
                is_folded
            }),
            (proptest::sample::subsequence(F::ALL, 0..4), texts()).prop_map(
                move |(mut fields, text)| {
                    fields.push(field);
                    Filter::contains(fields, &text)
                }
            ),
        ]
    })
}

pub(super) fn filters<F: FilterField>() -> impl Strategy<Value = Filter<F>> {
    leaves().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::And),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Filter::Or),
            inner.prop_map(|one| Filter::Not(Box::new(one))),
        ]
    })
}

fn orders() -> impl Strategy<Value = Vec<OrderBy<UserField>>> {
    let step = (proptest::sample::select(UserField::ALL), any::<bool>(), any::<bool>());
    proptest::collection::vec(step, 0..3).prop_map(|steps| {
        let step = |(field, is_descending, is_shown)| OrderBy {
            field,
            is_descending,
            shown: (is_shown && field == UserField::Status).then_some(SHOWN_STATUSES),
        };
        steps.into_iter().map(step).collect()
    })
}

/// Users that differ in all that lists look at, out of few values each.
pub(super) async fn people(store: &Store) -> Vec<User> {
    const COUNT: usize = 40;
    let mut runner = TestRunner::deterministic();
    let mut all = Vec::new();
    for number in 0..COUNT {
        let mut pick = |of: &'static [&'static str]| {
            proptest::sample::select(of.to_vec())
                .new_tree(&mut runner)
                .unwrap()
                .current()
                .to_owned()
        };
        let optional = |text: String| (!text.is_empty()).then_some(text);
        let (first, last) = (pick(TEXTS), pick(TEXTS));
        let (city, title) = (optional(pick(TEXTS)), optional(pick(TEXTS)));
        let (username, email) = (pick(TEXTS), pick(TEXTS));
        let mut pick = |most: i64| (0..most).new_tree(&mut runner).unwrap().current();
        let (status, role, flags, step, plan) = (pick(5), pick(5), pick(8), pick(3), pick(4));
        let id = write(store, async |tx: &mut Tx| {
            let mut one = user(tx, &format!("user-{number}")).await?;
            // No two names are the same, but they need not be names of today.
            one.username = format!("{username}{number}");
            one.email = format!("{number}{email}");
            (one.first_name, one.last_name) = (first.clone(), last.clone());
            (one.profile.city, one.profile.title) = (city.clone(), title.clone());
            one.status = Status::ALL[usize::try_from(status).unwrap()];
            one.role = Role::ALL[usize::try_from(role).unwrap()];
            one.flags.robot = flags & 1 > 0;
            one.flags.vpn_enabled = flags & 2 > 0;
            one.phone = (flags & 4 > 0).then(|| PhoneNumber {
                e164: "+440123".to_owned(),
                as_typed: "+44 (0) 123 王".to_owned(),
            });
            let time = Timestamp::from_microsecond(noon().as_microsecond() + step).ok();
            one.plan_expires_at = time.filter(|_| plan > 1);
            one.password_changed_at = time;
            one.parent_id = (plan > 0 && number > 3).then_some(UserId(plan));
            tx.update_user(&mut one).await?;
            Ok(one.id)
        })
        .await;
        all.push(
            write(store, async |tx: &mut Tx| Ok(tx.find_user(&UserRef::Id(id)).await?.unwrap()))
                .await,
        );
    }
    all
}

async fn ids(store: &Store, query: &UserQuery, window: &Window) -> Vec<User> {
    store.read(async |tx: &mut Tx| tx.list_users(query, window).await).await.unwrap()
}

/// The steps of an order that decide before the number, and whether the number goes from the last.
pub(super) fn decisive<F: FilterField>(order: &[OrderBy<F>]) -> (Vec<OrderBy<F>>, bool) {
    let steps: Vec<_> = order.iter().take_while(|step| step.field != F::ID).copied().collect();
    let is_new =
        |at: usize, step: &OrderBy<F>| !steps[..at].iter().any(|before| before.field == step.field);
    let unique = steps.iter().enumerate().filter(|(at, step)| is_new(*at, step));
    let unique = unique.map(|(_, step)| *step).collect();
    let id = order.iter().find(|step| step.field == F::ID);
    (unique, id.is_some_and(|step| step.is_descending))
}

pub(super) fn compare<F>(one: &Mark, other: &Mark, order: &[OrderBy<F>]) -> Ordering {
    let rank = |key: &MarkKey| match key {
        MarkKey::Null => (0, String::new(), 0),
        MarkKey::Text(text) => (1, text.clone(), 0),
        MarkKey::Number(number) => (1, String::new(), *number),
        MarkKey::Bool(flag) => (1, String::new(), i64::from(*flag)),
        MarkKey::Uuid(uuid) => (1, uuid.to_string(), 0),
    };
    for (step, (one, other)) in order.iter().zip(one.keys.iter().zip(&other.keys)) {
        let ordering = rank(one).cmp(&rank(other));
        let ordering = if step.is_descending { ordering.reverse() } else { ordering };
        if ordering.is_ne() {
            return ordering;
        }
    }
    one.id.cmp(&other.id)
}

on_both_databases! {
    async fn sql_finds_exactly_what_memory_accepts(store: Store) {
        let people = people(&store).await;
        // So many the index knows; the others are found without it.
        store.write(async |tx: &mut Tx| tx.index_users(50).await).await.unwrap();
        let whole = Window { after: None, offset: 0, limit: 1000 };
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
        for _ in 0..600 {
            let filter = filters::<UserField>().new_tree(&mut runner).unwrap().current();
            let expected: Vec<_> = people.iter().filter(|one| filter.matches(*one)).map(|one| one.id).collect();
            let query = UserQuery { filter, ..UserQuery::default() };
            let found: Vec<_> = ids(&store, &query, &whole).await.iter().map(|one| one.id).collect();
            assert_eq!(found, expected, "{:?}", query.filter);
            let count = store.read(async |tx: &mut Tx| tx.count_users(&query).await).await.unwrap();
            assert_eq!(count, expected.len() as u64);
        }
    }

    async fn pages_in_any_order_visit_each_row_once_while_rows_come_and_go(store: Store) {
        let mut people = people(&store).await;
        let mut runner = TestRunner::deterministic();
        for round in 0..60 {
            let order = orders().new_tree(&mut runner).unwrap().current();
            let query = UserQuery { order, ..UserQuery::default() };
            // What decides is the number, so this order of the steps is total.
            let (unique, id_descends) = decisive(&query.order);
            people.sort_by(|one, other| {
                let (one, other) = (query.mark(one), query.mark(other));
                let ordering = compare(&Mark { id: 0, ..one.clone() }, &Mark { id: 0, ..other.clone() }, &unique);
                let by_id = if id_descends { other.id.cmp(&one.id) } else { one.id.cmp(&other.id) };
                ordering.then(by_id)
            });
            let expected: Vec<_> = people.iter().map(|one| one.id).collect();
            let mut window = Window { after: None, offset: 0, limit: 7 };
            let mut seen = Vec::new();
            let guest = write(&store, async |tx: &mut Tx| Ok(user(tx, &format!("guest-{round}")).await?)).await;
            loop {
                let page = ids(&store, &query, &window).await;
                let Some(last) = page.last() else { break };
                window.after = Some(query.mark(last));
                seen.extend(page.iter().map(|one| one.id).filter(|id| *id != guest.id));
                if seen.len() > 20 && guest.deleted_at.is_none() {
                    let mut gone = guest.clone();
                    gone.deleted_at = Some(noon());
                    store.write(async |tx: &mut Tx| tx.update_user(&mut gone.clone()).await).await.unwrap();
                }
            }
            let mut gone = guest.clone();
            gone.deleted_at = Some(noon());
            store.write(async |tx: &mut Tx| tx.update_user(&mut gone.clone()).await).await.unwrap();
            assert_eq!(seen, expected, "{:?}", query.order);
        }
    }

    async fn t35_a_filter_of_the_greatest_size_is_answered(store: Store) {
        write(&store, async |tx: &mut Tx| Ok(user(tx, "ann").await?)).await;
        let one = || Filter::equals(UserField::Username, FilterValue::Text("ann".to_owned()));
        let wide = Filter::Or((0..9_000).map(|_| one()).collect());
        let mut deep = one();
        for number in 0..Filter::<UserField>::MAX_DEPTH {
            deep = match number % 3 {
                0 => Filter::And(vec![one(), deep]),
                1 => Filter::Or(vec![deep, one()]),
                _ => Filter::Not(Box::new(deep)),
            };
        }
        for filter in [wide, deep] {
            assert!(filter.is_within_bounds());
            let query = UserQuery { filter, ..UserQuery::default() };
            let window = Window { after: None, offset: 0, limit: 10 };
            let found = store.read(async |tx: &mut Tx| tx.list_users(&query, &window).await).await;
            assert!(found.is_ok(), "{:?}", found.err());
        }
    }

    async fn t35_a_pattern_that_grows_when_it_is_folded_is_answered(store: Store) {
        write(&store, async |tx: &mut Tx| Ok(user(tx, "ann").await?)).await;
        let pattern = Pattern::parse_like(&"%\u{fdfa}_".repeat(2_600)).unwrap().folded();
        let filter = Filter::Like { field: UserField::Username, pattern, is_folded: true };
        let query = UserQuery { filter, ..UserQuery::default() };
        let found = ids(&store, &query, &Window { after: None, offset: 0, limit: 10 }).await;
        assert!(found.is_empty());
    }

    async fn t36_values_are_values_whatever_they_say(store: Store) {
        write(&store, async |tx: &mut Tx| Ok(user(tx, "ann").await?)).await;
        for text in ["' OR '1'='1", "'; DROP TABLE users; --", "\\", "$1", "?", "%", "*", "[", "{id}"] {
            for field in UserField::ALL {
                let text_of = |text: &str| FilterValue::Text(text.to_owned());
                let filter = Filter::Or(vec![
                    Filter::equals(*field, text_of(text)),
                    Filter::In { field: *field, values: vec![text_of(text)] },
                    Filter::Like { field: *field, pattern: Pattern::parse_like(&format!("{text}x")).unwrap(), is_folded: true },
                    Filter::contains(vec![*field], text),
                ]);
                let query = UserQuery { filter, ..UserQuery::default() };
                let found = ids(&store, &query, &Window { after: None, offset: 0, limit: 10 }).await;
                assert!(found.is_empty(), "{text} {field:?}");
            }
        }
    }
}

#[test]
fn every_field_has_a_name_of_its_own() {
    for field in UserField::ALL {
        assert_eq!(USER_FIELDS.field(field.name()), Some(*field));
    }
}

#[test]
fn a_pattern_begins_in_a_range() {
    let of = |text: &str| {
        let pattern = Pattern::parse_like(text).unwrap();
        super::range(&pattern).map(|(from, to)| (from.to_owned(), to))
    };
    let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
    assert_eq!(of("ann%"), pair("ann", "ano"));
    assert_eq!(of("a_b"), pair("a", "b"));
    assert_eq!(of("a\u{d7ff}%"), pair("a\u{d7ff}", "a\u{e000}"));
    assert_eq!(of("a\u{10ffff}%"), pair("a\u{10ffff}", "b"));
    assert_eq!(of("\u{10ffff}%"), None);
    assert_eq!(of("%ann"), None);
}
