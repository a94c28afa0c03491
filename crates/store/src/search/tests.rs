//! A search finds the same whatever the index knows by now, whichever way is gone, on both databases.

use std::collections::HashSet;

use roster_model::{Filter, OrderBy, Pattern, User, UserField, UserId, UserRef};

use super::{Candidates, FEW, Plan, Request, look_up, needles, plan};
use crate::query::Query;
use crate::sql::MIGRATIONS;
use crate::testing::{fresh_postgres, noon, on_both_databases, on_postgres, open, user, write};
use crate::users::list::Way;
use crate::{Location, Store, Tx, UserQuery, Window};

const NAMES: &[(&str, &str, &str)] = &[
    ("ann", "Ann", "Smith"),
    ("anna", "Anna", "Schmidt"),
    ("straße", "Jörg", "Groß"),
    ("STRASSE2", "JÖRG", "GROSS"),
    ("wang", "小明", "王"),
    ("sisyphus", "Σίσυφος", "Αἰολίδης"),
    ("percent%", "100%", "_under_"),
    ("oneil", "Conan", "O'Neil \"x\""),
    ("annsmith", "A", "B"),
    ("cafe", "Cafe\u{301}", "😀😀😀"),
];

const PIECES: &[&str] = &[
    "a",
    "an",
    "ann",
    "anna",
    "ANN",
    "smith",
    "nn sm",
    "straße",
    "STRASSE",
    "ross",
    "王",
    "小明",
    "明 王",
    "σίσ",
    "ΣΊΣΥ",
    "%",
    "100%",
    "_",
    "o'n",
    "\"x",
    "example",
    "e.com",
    "@example.com",
    "zzz",
    "annsmithx",
    "café",
    "cafe",
    "😀",
    "😀😀😀",
    "+44",
    "\n",
    "m\n",
];

async fn people(store: &Store) {
    for (number, (username, first, last)) in NAMES.iter().enumerate() {
        write(store, async |tx: &mut Tx| {
            let mut one = user(tx, username).await?;
            (one.first_name, one.last_name) = ((*first).to_owned(), (*last).to_owned());
            one.phone = (number == 0).then(|| roster_model::PhoneNumber {
                e164: "+44123".to_owned(),
                as_typed: "+44 123".to_owned(),
            });
            tx.update_user(&mut one).await
        })
        .await;
    }
}

fn searches(piece: &str) -> [Filter<UserField>; 4] {
    let field = UserField::FirstName;
    let like = Pattern::parse_like(&format!("%{}%", piece.replace(['%', '_'], ""))).unwrap();
    [
        Filter::contains(UserField::SEARCHED.to_vec(), piece),
        Filter::Like { field, pattern: like.clone(), is_folded: false },
        Filter::Like { field: UserField::Name, pattern: like.clone().folded(), is_folded: true },
        Filter::Or(
            [UserField::Username, UserField::Email]
                .map(|field| Filter::Like {
                    field,
                    pattern: like.clone().folded(),
                    is_folded: true,
                })
                .into(),
        ),
    ]
}

async fn everybody(store: &Store) -> Vec<User> {
    let whole = Window { after: None, offset: 0, limit: 1000 };
    store
        .read(async |tx: &mut Tx| tx.list_users(&UserQuery::default(), &whole).await)
        .await
        .unwrap()
}

/// What each piece finds, in which order, by the way that is chosen and by every other.
async fn assert_same(store: &Store) {
    let everybody = everybody(store).await;
    let order = vec![OrderBy::ascending(UserField::Name)];
    for piece in PIECES {
        for filter in searches(piece) {
            let mut expected: Vec<_> =
                everybody.iter().filter(|one| filter.matches(*one)).collect();
            expected.sort_by_key(|one| (roster_model::fold(&one.name()), one.id));
            let expected: Vec<_> = expected.iter().map(|one| one.username.as_str()).collect();
            let query = UserQuery { filter, order: order.clone(), ..UserQuery::default() };
            for limit in [2, 1000] {
                let window = Window { after: None, offset: 0, limit };
                let part = &expected[..expected.len().min(usize::try_from(limit).unwrap())];
                store
                    .read(async |tx: &mut Tx| {
                        let found = tx.list_users(&query, &window).await?;
                        assert_eq!(names(&found), part, "{piece:?} {:?}", query.filter);
                        assert!(tx.statements <= 4, "{} statements", tx.statements);
                        for these in candidates(tx, &query).await? {
                            for way in ways(&these) {
                                let found = tx.page_of_users(&query, &window, way).await?;
                                assert_eq!(names(&found), part, "{piece:?} {these:?}");
                            }
                        }
                        assert_eq!(tx.count_users(&query).await?, expected.len() as u64);
                        Ok::<_, crate::Error>(())
                    })
                    .await
                    .unwrap();
            }
        }
    }
}

#[test]
fn of_alternatives_the_index_looks_for_what_all_of_them_want() {
    let has = |text: &str| Filter::contains(vec![UserField::Email], text);
    let either = Filter::Or(vec![
        Filter::And(vec![has("ann"), has("smith")]),
        Filter::And(vec![has("smith"), has("bob")]),
    ]);
    assert_eq!(needles(&either), ["smith"]);
    let open = Filter::Or(vec![has("smith"), Filter::IsNull { field: UserField::Phone }]);
    assert!(needles(&open).is_empty() && needles(&Filter::Or(Vec::new())).is_empty());
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|one| one.username.as_str()).collect()
}

/// Every way to the whole of a page.
fn ways(these: &Candidates) -> [Way<'_>; 3] {
    let walk = |these| Way::Walk { these, until: None };
    [Way::Fetch(these), walk(Some(these)), walk(None)]
}

/// The candidates of the plans for one row and for all.
async fn candidates(tx: &mut Tx, query: &UserQuery) -> Result<Vec<Candidates>, crate::Error> {
    let needles = needles(&query.filter);
    let mut all = Vec::new();
    for (rows, is_walkable, few) in
        [(Some(1.0), true, 0), (Some(1.0), true, FEW), (Some(1e6), true, 0), (None, false, FEW)]
    {
        if needles.is_empty() {
            continue;
        }
        let Some(hits) = look_up(tx, &needles).await? else { continue };
        match plan(tx, hits, &Request { rows, is_walkable, few }).await? {
            Plan::Scan => {}
            Plan::Fetch(these) => all.push(these),
            Plan::Walk(walk) => all.push(walk.candidates),
        }
    }
    Ok(all)
}

/// From the time when it stood in the order of numbers.
const OLD_INDEX: &[&str] = &[
    "ALTER TABLE search_journal DROP COLUMN old_name_key",
    "DELETE FROM search_journal",
    "DROP TABLE user_trigrams",
    "CREATE VIRTUAL TABLE user_trigrams USING fts5(texts, content='', contentless_delete=1, \
     detail=none, tokenize='trigram case_sensitive 1')",
    "INSERT INTO user_trigrams (rowid, texts) SELECT id, username_key FROM users",
    "DELETE FROM schema_migrations WHERE name = 'search by name'",
];

#[tokio::test]
async fn an_index_in_the_order_of_numbers_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = Location::File(folder.path().join("roster.db"));
    let store = open(&file, &MIGRATIONS[..17]).await;
    people(&store).await;
    write(&store, async |tx: &mut Tx| {
        for sql in OLD_INDEX {
            tx.execute(sql, &[]).await?;
        }
        Ok(())
    })
    .await;
    store.close().await.unwrap();
    let store = open(&file, MIGRATIONS).await;
    assert_made_anew(&store).await;
}

#[tokio::test]
async fn an_index_without_segments_is_made_anew() {
    let location = fresh_postgres("roster without segments", &MIGRATIONS[..17]).await;
    let store = open(&location, &MIGRATIONS[..17]).await;
    people(&store).await;
    write(&store, async |tx: &mut Tx| {
        tx.execute("DELETE FROM search_journal", &[]).await?;
        let sql = "INSERT INTO user_trigrams (user_id, trigrams) SELECT id, '{1,2}' FROM users";
        tx.execute(sql, &[]).await
    })
    .await;
    store.close().await.unwrap();
    let store = open(&location, MIGRATIONS).await;
    assert_made_anew(&store).await;
    // What nodes of the release before read: that the index knows nobody.
    let sql = "SELECT COUNT(*) FROM search_trigrams";
    let counts: i64 =
        store.read(async |tx: &mut Tx| tx.one(sql, &[], |row| row.get(0)).await).await.unwrap();
    assert_eq!(counts, 0);
}

/// The index knows nobody at first; searches find the same before and after it knows everybody.
async fn assert_made_anew(store: &Store) {
    let count = store.read(async |tx: &mut Tx| tx.count_unindexed_users().await).await.unwrap();
    assert_eq!(count, NAMES.len() as u64);
    assert_same(store).await;
    index(store).await;
    assert_same(store).await;
}

/// Where a segment begins and ends, how many users it says it has, and how many it has.
type Counted = (String, String, i64, i64);

async fn counted_segments(tx: &mut Tx) -> Result<Vec<Counted>, crate::Error> {
    let sql = "SELECT first_name || ' ' || first_user, end_name || ' ' || end_user, users, \
               (SELECT COUNT(*) FROM user_tokens WHERE (name_key, user_id) >= (first_name, first_user) \
               AND (name_key, user_id) < (end_name, end_user)) \
               FROM search_segments ORDER BY first_name, first_user";
    tx.list(sql, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).await
}

#[tokio::test]
async fn segments_that_grow_are_cut_and_hold_everybody() {
    let store = on_postgres().await;
    let most = 40;
    let segments = write(&store, async |tx: &mut Tx| {
        for number in 0..500 {
            let mut one = user(tx, &format!("u{number}")).await?;
            // Some of one name, more than a segment holds.
            one.first_name =
                if number % 3 == 0 { "Robert J".to_owned() } else { format!("N{number}") };
            tx.update_user(&mut one).await?;
        }
        while tx.index_users_within(90, most).await? > 0 {}
        counted_segments(tx).await
    })
    .await;
    assert!((13..=30).contains(&segments.len()), "{segments:?}");
    let (first, last) = (&segments[0], segments.last().unwrap());
    assert_eq!((first.0.as_str(), last.1.as_str()), (" 0", "\u{10FFFF} 0"));
    assert!(segments.windows(2).all(|pair| pair[0].1 == pair[1].0), "{segments:?}");
    assert!(segments.iter().all(|(.., says, is)| (1..=most).contains(is) && says == is));
    assert_eq!(segments.iter().map(|(.., is)| is).sum::<i64>(), 500);

    let everybody = everybody(&store).await;
    for (piece, found) in [("robert", 167), ("n499", 1), ("u49", 11), ("example", 500), ("zz", 0)] {
        for is_descending in [false, true] {
            let filter = Filter::contains(UserField::SEARCHED.to_vec(), piece);
            let mut due: Vec<_> = everybody.iter().filter(|one| filter.matches(*one)).collect();
            assert_eq!(due.len(), found, "{piece}");
            due.sort_by_key(|one| (roster_model::fold(&one.name()), one.id));
            let mut order = vec![OrderBy::ascending(UserField::Name)];
            if is_descending {
                due.reverse();
                order =
                    vec![OrderBy::descending(UserField::Name), OrderBy::descending(UserField::Id)];
            }
            let query = UserQuery { filter, order, ..UserQuery::default() };
            let read = read_by_pages(&store, &query, 30).await;
            assert_eq!(read, due.iter().map(|one| one.id).collect::<Vec<_>>(), "{piece}");
        }
    }
}

/// Who is found, page by page, each of which takes a bounded number of statements.
async fn read_by_pages(store: &Store, query: &UserQuery, limit: i64) -> Vec<UserId> {
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let window = Window { after, offset: 0, limit };
        let page = store.read(async |tx: &mut Tx| {
            let page = tx.list_users(query, &window).await?;
            assert!(tx.statements <= 5, "{} statements", tx.statements);
            Ok::<_, crate::Error>(page)
        });
        let page = page.await.unwrap();
        let Some(last) = page.last() else { return read };
        after = Some(query.mark(last));
        read.extend(page.iter().map(|one| one.id));
    }
}

#[tokio::test]
async fn users_of_other_segments_are_left_out_though_their_numbers_are_the_same() {
    let store = on_postgres().await;
    write(&store, async |tx: &mut Tx| {
        for number in 0..60 {
            user(tx, &format!("u{number:02}")).await?;
        }
        tx.index_users_within(u32::MAX, 20).await?;
        // As if all masks were the same.
        let sql = "UPDATE user_tokens SET tokens = ARRAY(SELECT one # segment.mask FROM unnest(tokens) AS one) \
                   FROM search_segments AS segment WHERE (name_key, user_id) >= (first_name, first_user) \
                   AND (name_key, user_id) < (end_name, end_user)";
        tx.execute(sql, &[]).await?;
        tx.execute("UPDATE search_segments SET mask = 0", &[]).await
    })
    .await;
    for order in [OrderBy::ascending(UserField::Name), OrderBy::ascending(UserField::Username)] {
        let filter = Filter::contains(UserField::SEARCHED.to_vec(), "example");
        let query = UserQuery { filter, order: vec![order], ..UserQuery::default() };
        let read = read_by_pages(&store, &query, 7).await;
        assert_eq!(read.iter().collect::<HashSet<_>>().len(), 60);
        assert_eq!(read.len(), 60);
    }
}

#[tokio::test]
async fn a_walk_looks_candidates_up_in_a_hash_table_whatever_postgresql_thinks_of_their_number() {
    let store = on_postgres().await;
    let plan = write(&store, async |tx: &mut Tx| {
        for number in 0..300 {
            user(tx, &format!("u{number:03}")).await?;
        }
        tx.index_users_within(u32::MAX, 8).await?;
        // As many segments with so little memory as a million users are with what is usual.
        tx.execute("SET LOCAL work_mem = '64kB'", &[]).await?;
        tx.execute("SET LOCAL hash_mem_multiplier = 1", &[]).await?;
        let mut query = Query::new(tx.engine(), "EXPLAIN SELECT id FROM users WHERE (id IN (");
        Candidates::All(vec!["exa".to_owned()]).write(&mut query);
        query.push(")) IS TRUE");
        query.list(tx, |row| row.get::<String>(0)).await
    })
    .await;
    assert!(plan.iter().any(|line| line.contains("hashed SubPlan")), "{plan:#?}");
}

#[tokio::test]
async fn a_segment_whose_users_left_is_counted_before_it_is_cut() {
    let store = on_postgres().await;
    let segments = write(&store, async |tx: &mut Tx| {
        for number in 0..60 {
            let mut one = user(tx, &format!("u{number}")).await?;
            tx.index_users_within(9, 10).await?;
            one.deleted_at = Some(noon());
            tx.update_user(&mut one).await?;
            tx.purge_user(one.id, one.primary_group_id, noon()).await?;
        }
        tx.index_users_within(9, 10).await?;
        counted_segments(tx).await
    })
    .await;
    let [(_, _, says, 0)] = segments[..] else { panic!("{segments:?}") };
    assert!(says <= 10, "{says}");
}

async fn index(store: &Store) {
    while store.write(async |tx: &mut Tx| tx.index_users(3).await).await.unwrap() > 0 {}
}

on_both_databases! {
    async fn a_search_finds_the_same_before_and_after_the_index_knows(store: Store) {
        people(&store).await;
        assert_same(&store).await;
        index(&store).await;
        assert_same(&store).await;
    }

    async fn those_who_stand_at_the_end_of_the_order_are_found_as_well(store: Store) {
        let many = FEW as usize + 100;
        write(&store, async |tx: &mut Tx| {
            for number in 0..1500 {
                user(tx, &format!("a{number}")).await?;
            }
            for number in 0..many {
                user(tx, &format!("zed{number:05}")).await?;
            }
            tx.index_users(u32::MAX).await
        })
        .await;
        let window = Window { after: None, offset: 0, limit: 3 };
        let query = UserQuery {
            filter: Filter::contains(vec![UserField::Username], "zed"),
            order: vec![OrderBy::ascending(UserField::Username)],
            ..UserQuery::default()
        };
        let found = store.read(async |tx: &mut Tx| tx.list_users(&query, &window).await).await;
        assert_eq!(names(&found.unwrap()), ["zed00000", "zed00001", "zed00002"]);
    }

    async fn renamed_deleted_and_purged_users_are_found_as_they_are(store: Store) {
        people(&store).await;
        index(&store).await;
        write(&store, async |tx: &mut Tx| {
            let mut anna = tx.find_user(&UserRef::parse("anna")).await?.unwrap();
            anna.first_name = "Zoë".to_owned();
            tx.update_user(&mut anna).await?;
            let mut wang = tx.find_user(&UserRef::parse("wang")).await?.unwrap();
            wang.deleted_at = Some(noon());
            tx.update_user(&mut wang).await?;
            let mut cafe = tx.find_user(&UserRef::parse("cafe")).await?.unwrap();
            cafe.deleted_at = Some(noon());
            tx.update_user(&mut cafe).await?;
            tx.purge_user(cafe.id, cafe.primary_group_id, noon()).await
        })
        .await;
        assert_same(&store).await;
        index(&store).await;
        assert_same(&store).await;
        let count = store.read(async |tx: &mut Tx| tx.count_unindexed_users().await).await.unwrap();
        assert_eq!(count, 0);
    }

    async fn a_list_runs_the_same_number_of_statements_however_long_it_is(store: Store) {
        people(&store).await;
        index(&store).await;
        let query = UserQuery {
            filter: Filter::contains(UserField::SEARCHED.to_vec(), "example"),
            ..UserQuery::default()
        };
        let mut counts = Vec::new();
        for (filter, limit) in [(Filter::default(), 1), (Filter::default(), 9), (query.filter, 9)] {
            let query = UserQuery { filter, ..UserQuery::default() };
            let window = Window { after: None, offset: 0, limit };
            counts.push(
                store
                    .read(async |tx: &mut Tx| {
                        tx.list_users(&query, &window).await?;
                        Ok::<_, crate::Error>(tx.statements)
                    })
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(counts[..2], [1, 1]);
        assert!(counts[2] <= 4, "{counts:?}");
    }
}
