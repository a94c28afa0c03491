//! Dioptra's searches find in the database what they accept in memory, on both databases.

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use roster_core::{Selection, UserSelection};
use roster_dialects::dioptra::search;
use roster_model::{GroupWithPeople, NewGroup, NewUser, PageRequest, User, UserFilter, UserId};
use roster_testing::{Roster, new_user, on_both_databases};
use serde_json::{Value, json};

use crate::dioptra::{Client, error, keys};

/// Names that are near each other, with every character that means something to somebody.
const NAMES: &[&str] = &[
    "ann",
    "Anna",
    "joann",
    "a b",
    "xaybz",
    "bxa",
    "a%",
    "a_b",
    "a*n",
    "a?",
    "[a]",
    "a\\b",
    "O'Neil",
    "\"x\"",
    "a:b",
    "a,b",
    "straße",
    "Σίσυφος",
    "王小明",
    "😀",
    "cafe\u{301}",
    "-x",
    "!x",
    "$1",
    "a//b",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
];

/// A text out of pieces of names and of all signs of the language.
fn searches() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => proptest::sample::select(NAMES).prop_map(|name| {
            name.chars().flat_map(|c| {
                let is_sign = matches!(c, '\\' | '?' | '*' | '"' | '\'' | ':' | ',');
                is_sign.then_some('\\').into_iter().chain([c])
            }).collect::<String>()
        }),
        2 => proptest::sample::select(vec!["a", "n", "A", "x", "%", "_", "[", "example", "ss", "小"]).prop_map(str::to_owned),
        3 => proptest::sample::select(vec!["*", "?", " "]).prop_map(str::to_owned),
    ];
    let text = proptest::collection::vec(word, 1..4).prop_map(|words| words.concat());
    let term = (
        proptest::sample::select(vec!["", "", "username:", "email:", "name:"]),
        text,
        any::<bool>(),
    )
        .prop_map(|(field, text, is_quoted)| {
            if is_quoted { format!("{field}\"{text}\"") } else { format!("{field}{text}") }
        });
    proptest::collection::vec(term, 1..3).prop_map(|terms| terms.join(","))
}

async fn people(roster: &Roster) -> Vec<User> {
    for (number, name) in NAMES.iter().enumerate() {
        let email = format!("{}@{name}.example", number % 7);
        let mut new = NewUser { email, password: None, ..new_user(name) };
        if roster.core.create_user(&roster.system(), &new).await.is_err() {
            // An address allows less than a name.
            new.email = format!("{number}@example.com");
            roster.create(&new).await;
        }
    }
    let page = PageRequest { limit: Some(1000), ..PageRequest::default() };
    roster.core.list_users(&roster.system(), &UserFilter::default(), &page).await.unwrap().items
}

fn ids<'u>(users: impl Iterator<Item = &'u User>) -> Vec<UserId> {
    users.map(|user| user.id).collect()
}

on_both_databases! {
    async fn a_search_of_users_finds_exactly_what_memory_accepts(roster: Roster) {
        let people = people(&roster).await;
        assert_eq!(people.len(), NAMES.len());
        let system = roster.system();
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
        let page = PageRequest { limit: Some(1000), count: Some(true), ..PageRequest::default() };
        let (mut read, mut found_some) = (0, 0);
        for round in 0..400 {
            if round == 200 {
                // From here on the index knows everybody.
                roster.core.index_users(&system).await.unwrap();
            }
            let text = searches().new_tree(&mut runner).unwrap().current();
            let Ok(filter) = search::parse(&text, search::USERS) else { continue };
            let expected = ids(people.iter().filter(|one| filter.matches(*one)));
            let selection = UserSelection { filter, ..UserSelection::default() };
            let found = roster.core.select_users(&system, selection, &page).await.unwrap();
            assert_eq!(found.items.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(found.total, Some(expected.len() as u64), "{text}");
            read += 1;
            found_some += usize::from(!expected.is_empty());
        }
        assert!(read > 150 && found_some > 50, "{read} were read, {found_some} found somebody");
    }

    async fn a_search_of_groups_finds_exactly_what_memory_accepts(roster: Roster) {
        let system = roster.system();
        for name in NAMES {
            let slug = Some(format!("g{}", name.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31) + u32::from(byte))));
            let new = NewGroup { name: (*name).to_owned(), slug, ..NewGroup::default() };
            roster.core.create_group(&system, &new).await.unwrap();
        }
        let whole = |text: &str| Selection {
            filter: search::parse(text, search::GROUPS).unwrap(),
            order: Vec::new(),
            skip: 0,
            limit: 1000,
        };
        let names = |found: &[GroupWithPeople]| found.iter().map(|one| one.group.name.clone()).collect::<Vec<_>>();
        let find = async |text: &str| roster.core.select_groups_with_people(&system, None, &whole(text)).await.unwrap();
        let all = find("").await;
        assert_eq!(all.total, NAMES.len() as u64 + 1);
        assert!(all.items.is_sorted_by_key(|one| one.group.id));
        for (text, expected) in [
            ("name:public", vec!["public"]),
            ("PUBL", vec!["public"]),
            ("name:pub", vec![]),
            ("name:a%", vec!["a%"]),
            ("name:a?b", vec!["a b", "a_b", "a\\b", "a:b", "a,b"]),
            ("name:a*,name:*b", vec!["a b", "a_b", "a\\b", "a:b", "a,b", "a//b"]),
            ("x b", vec!["xaybz"]),
            ("STRASSE", vec!["straße"]),
        ] {
            assert_eq!(names(&find(text).await.items), expected, "{text}");
        }
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
        for _ in 0..100 {
            let text = searches().new_tree(&mut runner).unwrap().current();
            let Ok(filter) = search::parse(&text, search::GROUPS) else { continue };
            let expected: Vec<_> = all.items.iter().filter(|one| filter.matches(&one.group)).map(|one| one.group.name.clone()).collect();
            assert_eq!(names(&find(&text).await.items), expected, "{text}");
        }
    }

    async fn t36_hostile_searches_find_nobody_and_harm_nothing(roster: Roster) {
        roster.person("ann").await;
        let system = roster.system();
        let page = PageRequest::default();
        for text in [
            "' OR '1'='1", "x' OR 'x'='x", "'; DROP TABLE users; --", "\" OR \"\"=\"", "username:')%20OR%201=1--", "$1", "{id}",
            "username:%", "username:_nn", "%ann%", "username:[a-z]nn", "username:ann\\*", "ann/*", "1) UNION SELECT 1",
            "username:ann--", "username:ann;", "\\\\", "username:\\%",
        ] {
            let Ok(filter) = search::parse(text, search::USERS) else { continue };
            let selection = UserSelection { filter, ..UserSelection::default() };
            let found = roster.core.select_users(&system, selection, &page).await.unwrap();
            assert!(found.items.is_empty(), "{text}");
        }
        let whole = roster.core.select_users(&system, UserSelection::default(), &page).await.unwrap();
        assert_eq!(whole.items.len(), 1);
    }
}

crate::dioptra::on_both_databases! {
    async fn the_door_searches_and_says_what_it_cannot_read(roster: Roster) {
        let mut ann = Client::registered(&roster, "ann").await;
        for name in ["anna", "bob"] {
            ann.create(name).await;
        }
        let names = |page: &Value| {
            let data = page["data"].as_array().unwrap();
            data.iter().map(|one| one["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let page: Value = ann.get("/users?pageLength=1&search=username%3Aan*").await.done(200);
        assert_eq!((names(&page), &page["totalNumResults"]), (vec!["ann".to_owned()], &json!(2)));
        assert_eq!(page["next"], "/api/v1/users?index=1&pageLength=1&search=username%3Aan%2A");
        let all: Value = ann.get("/users?search=*").await.done(200);
        assert_eq!(names(&all), ["boss", "ann", "anna", "bob"]);
        let groups: Value = ann.get("/groups/?search=name:pub*").await.done(200);
        assert_eq!(groups["totalNumResults"], 1);
        for (path, query) in [
            ("/users?search=a,", "a,"),
            ("/users?search=username:a,name:b", "name"),
            ("/groups?search=username:a", "username"),
            ("/groups?search=%22open", "\"open"),
        ] {
            let refused = ann.get(path).await;
            assert_eq!(error(&refused, 422), "SearchParseError");
            let detail = &refused.json()["detail"];
            assert_eq!((keys(detail), &detail["query"]), (vec!["query", "reason"], &json!(query)));
        }
        // Whoever has no session learns nothing of the language.
        let stranger = Client::new(&roster).get("/users?search=a,").await;
        assert_eq!(stranger.status(), 401);
    }
}
