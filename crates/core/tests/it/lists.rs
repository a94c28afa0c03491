//! Lists filtered, searched and ordered as the caller writes it down.

use roster_core::{Actor, UserSelection};
use roster_model::{Field, Filter, OrderBy, PageRequest, Role, User, UserField, UserFilter};

use crate::fixture::{Roster, on_both_databases};

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.username.as_str()).collect()
}

async fn people(roster: &Roster) {
    for (username, first, last) in [
        ("ann", "Ann", "Smith"),
        ("bob", "Bob", "SMITHERS"),
        ("cid", "Jörg", "Groß"),
        ("dan", "Dan", "王"),
    ] {
        roster
            .user_like(username, Role::Viewer, |user| {
                (user.first_name, user.last_name) = (first.to_owned(), last.to_owned());
            })
            .await;
    }
}

fn filter(text: &str) -> UserFilter {
    UserFilter { filter: Some(text.to_owned()), ..UserFilter::default() }
}

on_both_databases! {
    async fn a_filter_in_words_narrows_the_list(roster: Roster) {
        people(&roster).await;
        let root = Actor::system("tests");
        let found = async |wanted: UserFilter| {
            let page = roster.list_users(&root, &wanted, &PageRequest::default()).await.unwrap();
            names(&page.items).join(" ")
        };
        for is_indexed in [false, true] {
            if is_indexed {
                roster.index_users(&root).await.unwrap();
            }
            for (text, expected) in [
                ("last_name LIKE 'Smith%'", "ann"),
                ("last_name ILIKE 'smith%'", "ann bob"),
                ("last_name ILIKE 'GROSS'", "cid"),
                ("NOT (username = 'ann' OR last_name = '王')", "bob cid"),
                ("phone <> 'x'", ""),
                ("phone IS NULL AND id > 0", "ann bob cid dan"),
                ("created_at > '2000-01-01' AND email LIKE '%@%' AND username IN ('ann', 'dan')", "ann dan"),
            ] {
                assert_eq!(found(filter(text)).await, expected, "{text}");
            }
            let search = |text: &str| UserFilter { search: Some(text.to_owned()), ..UserFilter::default() };
            for (text, expected) in [("SMITH", "ann bob"), ("nn sm", "ann"), (" 王 ", "dan"), ("zzz", ""), ("", "ann bob cid dan")] {
                assert_eq!(found(search(text)).await, expected, "{text}");
            }
            let ordered = UserFilter { order_by: Some("-last_name,username".to_owned()), ..filter("username <> 'cid'") };
            assert_eq!(found(ordered).await, "dan bob ann");
        }
    }

    async fn what_is_wrong_with_a_filter_is_said_with_its_place(roster: Roster) {
        let root = Actor::system("tests");
        let wrong = [
            (filter("password_hash LIKE '%'"), Field::Filter),
            (filter("username = 'ann"), Field::Filter),
            (UserFilter { search: Some("a\0".to_owned()), ..UserFilter::default() }, Field::Search),
            (UserFilter { search: Some("x".repeat(400)), ..UserFilter::default() }, Field::Search),
            (UserFilter { order_by: Some("username,".to_owned()), ..UserFilter::default() }, Field::OrderBy),
        ];
        for (filter, field) in wrong {
            let refused = roster.list_users(&root, &filter, &PageRequest::default()).await.unwrap_err();
            assert_eq!(refused.field(), Some(field), "{refused}");
        }
        let text = filter("username = 'ann");
        let refused = roster.list_users(&root, &text, &PageRequest::default()).await.unwrap_err();
        assert!(refused.to_string().contains("character 12"), "{refused}");
    }

    async fn a_door_selects_by_a_tree_and_counts(roster: Roster) {
        people(&roster).await;
        let root = Actor::system("tests");
        let selection = UserSelection {
            filter: Filter::contains(vec![UserField::LastName], "smith"),
            order: vec![OrderBy::descending(UserField::Username)],
            ..UserSelection::default()
        };
        assert_eq!(roster.count_users(&root, selection.clone()).await.unwrap(), 2);
        let page = PageRequest { limit: Some(10_000), ..PageRequest::default() };
        let found = roster.select_users(&root, selection, &page).await.unwrap();
        assert_eq!(names(&found.items), ["bob", "ann"]);
    }

    async fn t35_nesting_beyond_the_bounds_is_refused_and_harms_nobody(roster: Roster) {
        let root = Actor::system("tests");
        for text in ["(".repeat(5_000), format!("{}id = 1", "NOT ".repeat(1_500)), " ".repeat(9_000)] {
            let refused = roster.list_users(&root, &filter(&text), &PageRequest::default()).await;
            assert_eq!(refused.err().and_then(|error| error.field()), Some(Field::Filter));
        }
        let mut tree = Filter::IsNull { field: UserField::Phone };
        for _ in 0..1_000 {
            tree = Filter::Not(Box::new(tree));
        }
        let deep = UserSelection { filter: tree, ..UserSelection::default() };
        assert!(roster.count_users(&root, deep).await.is_err());
    }
}
