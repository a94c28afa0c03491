//! Favorites in their strict order, the objects behind them, and activity.

use std::sync::Arc;

use roster_core::{Actor, Error};
use roster_model::{
    ActivityFilter, ActivityOrder, ErrorCode, FavoriteFilter, FavoriteId, FavoriteMove,
    FavoriteOrder, ListFilter, NewApiKey, NewFavorite, ObjectFilter, ObjectId, ObjectRegistration,
    ObjectType, PageRequest, Role, RunState, UserFilter, UserRef,
};

use crate::fixture::{Roster, on_both_databases};

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn project(number: i64) -> NewFavorite {
    NewFavorite { object_type: ObjectType::Project, object_id: ObjectId(number) }
}

fn told(name: &str, author: &str) -> ObjectRegistration {
    ObjectRegistration {
        name: name.into(),
        author: author.into(),
        state: RunState::Succeeded,
        category: None,
        last_run_id: Some("run-7".into()),
        last_run_state: Some(RunState::Failed),
        last_run_at: None,
        next_run_at: None,
        updated_at: None,
    }
}

/// The objects' numbers in the order of the list, whose positions must count from 1.
async fn numbers(roster: &Roster, actor: &Actor) -> Vec<i64> {
    let (filter, page) = (FavoriteFilter::default(), PageRequest::default());
    let found = roster.list_favorites(actor, &UserRef::Me, &filter, &page).await.unwrap().items;
    let positions: Vec<_> = found.iter().map(|one| one.position.unwrap()).collect();
    assert_eq!(positions, (1..).take(found.len()).collect::<Vec<i64>>());
    found.iter().map(|one| one.object_id.0).collect()
}

async fn with_favorites(roster: &Roster, count: i64) -> (Actor, Vec<FavoriteId>) {
    let ann = roster.user("ann", Role::Viewer).await;
    let actor = roster.acting(&ann).await;
    let mut ids = Vec::new();
    for number in 1..=count {
        let made = roster.add_favorite(&actor, &UserRef::Me, &project(number)).await.unwrap();
        assert_eq!(made.position, Some(number));
        ids.push(made.id);
    }
    (actor, ids)
}

on_both_databases! {
    async fn favorites_stand_where_they_were_moved_without_gaps(roster: Roster) {
        let (ann, ids) = with_favorites(&roster, 4).await;
        let me = &UserRef::Me;
        for (favorite, to, after) in [
            (3, FavoriteMove::Top, [4, 1, 2, 3]),
            (3, FavoriteMove::Higher, [4, 1, 2, 3]),
            (2, FavoriteMove::Higher, [4, 1, 3, 2]),
            (3, FavoriteMove::Lower, [1, 4, 3, 2]),
            (0, FavoriteMove::Bottom, [4, 3, 2, 1]),
            (0, FavoriteMove::Lower, [4, 3, 2, 1]),
        ] {
            roster.move_favorite(&ann, me, ids[favorite], to).await.unwrap();
            assert_eq!(numbers(&roster, &ann).await, after);
        }
        roster.remove_favorite(&ann, me, ids[2]).await.unwrap();
        assert_eq!(numbers(&roster, &ann).await, [4, 2, 1]);
        let again = code(roster.remove_favorite(&ann, me, ids[2]).await);
        assert_eq!(again, Some(ErrorCode::NotFound));
        let twice = code(roster.add_favorite(&ann, me, &project(1)).await);
        assert_eq!(twice, Some(ErrorCode::AlreadyExists));
        for number in [0, -1, 1 << 53] {
            let refused = code(roster.add_favorite(&ann, me, &project(number)).await);
            assert_eq!(refused, Some(ErrorCode::FieldInvalid), "{number}");
        }
    }

    async fn moves_at_once_leave_every_favorite_on_a_place_of_its_own(roster: Roster) {
        let (ann, ids) = with_favorites(&roster, 8).await;
        let roster = Arc::new(roster);
        let to = [FavoriteMove::Top, FavoriteMove::Higher, FavoriteMove::Lower, FavoriteMove::Bottom];
        let moves = (0..32).map(|turn| {
            let (roster, ann, id) = (roster.clone(), ann.clone(), ids[turn * 5 % ids.len()]);
            let to = to[turn % to.len()];
            tokio::spawn(async move { roster.move_favorite(&ann, &UserRef::Me, id, to).await })
        });
        let moves: Vec<_> = moves.collect();
        for done in moves {
            done.await.unwrap().unwrap();
        }
        let mut left = numbers(&roster, &ann).await;
        left.sort_unstable();
        assert_eq!(left, (1..=8).collect::<Vec<_>>());
    }

    async fn a_list_of_favorites_is_narrowed_ordered_and_paged(roster: Roster) {
        let (ann, _) = with_favorites(&roster, 5).await;
        let table = NewFavorite { object_type: ObjectType::Table, object_id: ObjectId(9) };
        roster.add_favorite(&ann, &UserRef::Me, &table).await.unwrap();
        let list = async |filter: FavoriteFilter, page: PageRequest| {
            roster.list_favorites(&ann, &UserRef::Me, &filter, &page).await
        };
        let wanted = FavoriteFilter { object_type: Some(ObjectType::Table), ..Default::default() };
        let found = list(wanted, PageRequest::default()).await.unwrap().items;
        assert_eq!(found.iter().map(|one| one.position).collect::<Vec<_>>(), [Some(6)]);
        let alone = FavoriteFilter { object_id: Some(ObjectId(9)), ..Default::default() };
        assert_eq!(code(list(alone, PageRequest::default()).await), Some(ErrorCode::FieldInvalid));
        let wrong = FavoriteFilter { order: Some(FavoriteOrder::ObjectId), ..Default::default() };
        assert_eq!(code(list(wrong, PageRequest::default()).await), Some(ErrorCode::FieldInvalid));
        let newest = FavoriteFilter {
            order: Some(FavoriteOrder::CreatedAt),
            descending: Some(true),
            ..Default::default()
        };
        let mut page = PageRequest { limit: Some(4), count: Some(true), ..Default::default() };
        let first = list(newest.clone(), page.clone()).await.unwrap();
        assert_eq!(first.total, Some(6));
        page.cursor = first.next;
        let second = list(newest, page).await.unwrap();
        let seen: Vec<_> = first.items.iter().chain(&second.items).map(|one| one.object_id.0).collect();
        assert_eq!((seen, second.next), (vec![9, 5, 4, 3, 2, 1], None));
    }

    async fn t23_favorites_are_their_users_alone(roster: Roster) {
        let (ann, ids) = with_favorites(&roster, 1).await;
        let bob = roster.user("bob", Role::Viewer).await;
        let bob = roster.acting(&bob).await;
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        let anns = UserRef::Id(ann.user_id().unwrap());
        for other in [&bob, &root] {
            let gone = code(roster.remove_favorite(other, &UserRef::Me, ids[0]).await);
            assert_eq!(gone, Some(ErrorCode::NotFound));
            let moved = roster.move_favorite(other, &UserRef::Me, ids[0], FavoriteMove::Top).await;
            assert_eq!(code(moved), Some(ErrorCode::NotFound));
            let (filter, page) = (FavoriteFilter::default(), PageRequest::default());
            let seen = code(roster.list_favorites(other, &anns, &filter, &page).await);
            assert_eq!(seen, Some(ErrorCode::Forbidden));
            let added = code(roster.add_favorite(other, &anns, &project(2)).await);
            assert_eq!(added, Some(ErrorCode::Forbidden));
        }
        assert_eq!(numbers(&roster, &ann).await, [1]);
    }

    async fn an_organizations_favorites_are_its_administrators_to_write(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let (home, boss) = (boss.organization_id, roster.acting(&boss).await);
        let (ann, own) = with_favorites(&roster, 1).await;
        let refused = code(roster.add_organization_favorite(&ann, home, &project(1)).await);
        assert_eq!(refused, Some(ErrorCode::Forbidden));
        let made = roster.add_organization_favorite(&boss, home, &project(1)).await.unwrap();
        assert_eq!(made.position, None);
        let twice = code(roster.add_organization_favorite(&boss, home, &project(1)).await);
        assert_eq!(twice, Some(ErrorCode::AlreadyExists));
        let (filter, page) = (FavoriteFilter::default(), PageRequest::default());
        let seen = roster.list_organization_favorites(&ann, home, &filter, &page).await.unwrap();
        assert_eq!(seen.items, std::slice::from_ref(&made));
        // A user's favorite is none of the organization's.
        let mixed = code(roster.remove_organization_favorite(&boss, home, own[0]).await);
        assert_eq!(mixed, Some(ErrorCode::NotFound));
        let refused = code(roster.remove_organization_favorite(&ann, home, made.id).await);
        assert_eq!(refused, Some(ErrorCode::Forbidden));
        roster.remove_organization_favorite(&boss, home, made.id).await.unwrap();
        assert_eq!(numbers(&roster, &ann).await, [1]);
    }

    async fn t22_objects_are_registered_by_system_admins_and_their_keys_alone(roster: Roster) {
        let (ann, _) = with_favorites(&roster, 1).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let boss = roster.acting(&boss).await;
        let service = roster.user("service", Role::SystemAdmin).await;
        let service = roster.acting(&service).await;
        let (kind, id) = (ObjectType::Project, ObjectId(1));
        for other in [&ann, &boss] {
            let refused = code(roster.register_object(other, kind, id, &told("X", "ann")).await);
            assert_eq!(refused, Some(ErrorCode::Forbidden));
        }
        let key = NewApiKey { name: "service".into(), scopes: vec!["object".into()], ..NewApiKey::default() };
        let key = roster.create_api_key(&service, &UserRef::Me, &key).await.unwrap();
        let key = roster.actor(&key.token).await.unwrap();
        roster.register_object(&key, kind, id, &told("Census", "ann")).await.unwrap();
        let beyond = code(roster.list_messages(&key, &ListFilter::default(), &PageRequest::default()).await);
        assert_eq!(beyond, Some(ErrorCode::Forbidden));
        let (filter, page) = (FavoriteFilter::default(), PageRequest::default());
        let seen = roster.list_favorites(&ann, &UserRef::Me, &filter, &page).await.unwrap();
        let favorite = &seen.items[0];
        assert_eq!(favorite.object_name.as_deref(), Some("Census"));
        assert_eq!(favorite.object_author.as_ref().unwrap().username, "ann");
        let bob = roster.user("bob", Role::Viewer).await;
        let bob = roster.acting(&bob).await;
        assert_eq!(code(roster.get_object(&bob, kind, id).await), Some(ErrorCode::NotFound));
        assert_eq!(roster.get_object(&boss, kind, id).await.unwrap().name, "Census");
        let filter = ObjectFilter::default();
        for (who, count) in [(&ann, 1), (&bob, 0), (&boss, 1), (&key, 1)] {
            let seen = roster.list_objects(who, &filter, &PageRequest::default()).await.unwrap();
            assert_eq!(seen.items.len(), count);
        }
        let unknown = roster.register_object(&key, kind, id, &told("X", "nobody")).await;
        assert_eq!(code(unknown), Some(ErrorCode::FieldInvalid));
        roster.remove_object(&key, kind, id).await.unwrap();
        assert_eq!(code(roster.remove_object(&key, kind, id).await), Some(ErrorCode::NotFound));
    }

    async fn t03_a_favorite_tells_nothing_of_what_its_user_may_not_see(roster: Roster) {
        let service = roster.user("service", Role::SystemAdmin).await;
        let service = roster.acting(&service).await;
        let [ann, bob, boss] = [
            roster.user("ann", Role::Viewer).await,
            roster.user("bob", Role::Viewer).await,
            roster.user("boss", Role::AccountAdmin).await,
        ];
        let home = ann.organization_id;
        for (number, author) in [(1, "ann"), (2, "bob")] {
            let (kind, id) = (ObjectType::Project, ObjectId(number));
            let object = told(&format!("of {author}"), author);
            roster.register_object(&service, kind, id, &object).await.unwrap();
        }
        let names = async |actor: &Actor| {
            let (filter, page) = (FavoriteFilter::default(), PageRequest::default());
            let found = roster.list_favorites(actor, &UserRef::Me, &filter, &page).await.unwrap();
            found.items.into_iter().map(|one| one.object_name).collect::<Vec<_>>()
        };
        let own = |text: &str| Some(text.to_owned());
        let actors = [roster.acting(&ann).await, roster.acting(&boss).await];
        for (actor, expected) in actors.iter().zip([None, own("of bob")]) {
            let made = roster.add_favorite(actor, &UserRef::Me, &project(2)).await.unwrap();
            assert_eq!((made.object_name, made.position), (expected.clone(), Some(1)));
            assert_eq!(made.object_author.is_some(), expected.is_some());
            roster.add_favorite(actor, &UserRef::Me, &project(1)).await.unwrap();
            assert_eq!(names(actor).await, [expected, own("of ann")]);
        }
        // What the organization shows to all its people is no secret.
        roster.add_organization_favorite(&actors[1], home, &project(2)).await.unwrap();
        assert_eq!(names(&actors[0]).await, [own("of bob"), own("of ann")]);
        assert_eq!(names(&roster.acting(&bob).await).await, Vec::<Option<String>>::new());
    }

    async fn t22_lists_show_an_account_admin_nobody_and_nothing_of_system_admins_or_of_others_people(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let service = roster.acting(&root).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let other = roster.user("other", Role::AccountAdmin).await;
        let theirs = roster.user_like("theirs", Role::Viewer, |user| user.parent_id = Some(other.id)).await;
        roster.user_like("mine", Role::Viewer, |user| user.parent_id = Some(boss.id)).await;
        roster.user("free", Role::Viewer).await;
        for (number, author) in (1..).zip(["root", "boss", "theirs", "mine", "free"]) {
            let (kind, id) = (ObjectType::Project, ObjectId(number));
            roster.register_object(&service, kind, id, &told(author, author)).await.unwrap();
        }
        let actor = roster.acting(&boss).await;
        let page = PageRequest { count: Some(true), ..PageRequest::default() };
        let seen = roster.list_objects(&actor, &ObjectFilter::default(), &page).await.unwrap();
        let names: Vec<_> = seen.items.iter().map(|object| object.name.as_str()).collect();
        assert_eq!((names, seen.total), (vec!["boss", "mine", "free"], Some(3)));
        let seen = roster.list_users(&actor, &UserFilter::default(), &page).await.unwrap();
        let names: Vec<_> = seen.items.iter().map(|user| user.username.as_str()).collect();
        assert!(names.contains(&"mine") && names.contains(&"free") && names.contains(&"boss"));
        assert!(!names.contains(&"root") && !names.contains(&"theirs"), "{names:?}");
        assert_eq!(theirs.parent_id, Some(other.id));
    }

    async fn activity_is_the_callers_objects_and_what_it_did(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let id = root.id;
        let root = roster.acting(&root).await;
        let failed = ObjectRegistration { state: RunState::Failed, ..told("Zebra", "root") };
        roster.register_object(&root, ObjectType::Project, ObjectId(4), &failed).await.unwrap();
        let list = async |filter: ActivityFilter| {
            let found = roster.list_my_activity(&root, &filter).await;
            found.map(|found| found.into_iter().map(|one| one.name).collect::<Vec<_>>())
        };
        let all = list(ActivityFilter::default()).await.unwrap();
        assert_eq!(all.len(), 2);
        let by_name = ActivityFilter { order: Some(ActivityOrder::Name), ..Default::default() };
        assert_eq!(list(by_name).await.unwrap(), ["Zebra", "object.registered"]);
        for (state, names) in [
            (RunState::Failed, vec!["Zebra"]),
            (RunState::Succeeded, vec!["object.registered"]),
            (RunState::Running, vec![]),
        ] {
            let filter = ActivityFilter { state: Some(state), ..Default::default() };
            assert_eq!(list(filter).await.unwrap(), names);
        }
        for (author, count) in [(format!("{},{id}", id.0 + 1), 2), ((id.0 + 1).to_string(), 0)] {
            let filter = ActivityFilter { author: Some(author), ..Default::default() };
            assert_eq!(list(filter).await.unwrap().len(), count);
        }
        let filter = ActivityFilter { author: Some("x".into()), ..Default::default() };
        assert_eq!(code(list(filter).await), Some(ErrorCode::FieldInvalid));
    }
}
