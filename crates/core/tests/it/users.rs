//! Making, changing, finding, shutting out and deleting users.

use std::time::Duration;

use roster_core::{Error, KeyRef, Settings};
use roster_model::{
    ChangePassword, Channel, ConfirmEmail, ErrorCode, Field, NewApiKey, NewGroup, NewUser,
    PageRequest, Role, Secret, Status, User, UserFilter, UserRef, UserUpdate,
};
use roster_store::Location;

use crate::fixture::{self, Roster, nobody, on_both_databases};

fn new_user(username: &str, email: &str) -> NewUser {
    NewUser { username: username.to_owned(), email: email.to_owned(), ..NewUser::default() }
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn field<T>(result: Result<T, Error>) -> Option<Field> {
    result.err().and_then(|error| error.field())
}

fn to(user: &User) -> UserRef {
    UserRef::Id(user.id)
}

on_both_databases! {
    async fn of_fifty_creations_of_one_name_at_once_one_wins(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let tries = (0..50).map(|number| {
            let (core, actor) = (roster.core.clone(), actor.clone());
            // Half want it as a username, half as an address: it is one namespace.
            let new = match number % 2 {
                0 => new_user("wanted@example.com", &format!("{number}@example.com")),
                _ => new_user(&format!("user-{number}"), "Wanted@Example.COM"),
            };
            tokio::spawn(async move { core.create_user(&actor, &new).await })
        });
        let mut winners = 0;
        for result in futures_util::future::join_all(tries).await {
            match result.unwrap() {
                Ok(_) => winners += 1,
                Err(error) => assert_eq!(error.code(), ErrorCode::AlreadyExists, "{error}"),
            }
        }
        assert_eq!(winners, 1);
        let (filter, page) = (UserFilter::default(), PageRequest::default());
        let users = roster.list_users(&actor, &filter, &page).await.unwrap();
        assert_eq!(users.items.len(), 2);
    }

    async fn the_field_that_is_taken_is_named(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        roster.create_user(&actor, &new_user("ann", "ann@example.com")).await.unwrap();
        let both = roster.create_user(&actor, &new_user("bob@b.example", "bob@b.example")).await;
        assert_eq!(both.unwrap().email, "bob@b.example");
        for (username, email, taken) in [
            ("ANN", "new@example.com", Field::Username),
            ("new", "ANN@example.com", Field::Email),
            ("ann@EXAMPLE.com", "new@example.com", Field::Username),
        ] {
            let refused = roster.create_user(&actor, &new_user(username, email)).await;
            assert_eq!(field(refused), Some(taken), "{username} {email}");
        }
    }

    async fn t15_names_that_look_alike_are_one_name_or_none(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        roster.create_user(&actor, &new_user("Straße", "ann@example.com")).await.unwrap();
        for username in ["STRASSE", "straße", "ｓｔｒａｓｓｅ", "ſtrasse"] {
            let refused = roster.create_user(&actor, &new_user(username, "x@example.com")).await;
            assert_eq!(code(refused), Some(ErrorCode::AlreadyExists), "{username}");
        }
        for username in [
            "", " ", "stra\u{200B}sse", "strasse\u{202E}", "strasse\0", "stra\u{00AD}sse", " strasse",
            "strasse\u{00A0}", "me", "４２", "42", "0198c5b2-7b1e-7c33-9d5e-3f1e6f0a1b2c", "a\nb",
        ] {
            let refused = roster.create_user(&actor, &new_user(username, "x@example.com")).await;
            assert_eq!(field(refused), Some(Field::Username), "{username:?}");
        }
        for email in ["ann＠example.com", "ANN@EXAMPLE.COM", "ann", "a@b@c", "@b.example", "a@"] {
            let refused = roster.create_user(&actor, &new_user("other", email)).await;
            assert_eq!(field(refused), Some(Field::Email), "{email:?}");
        }
    }

    async fn t29_names_of_deleted_users_stay_taken_even_after_the_purge(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let ann = roster.create_user(&actor, &new_user("ann", "ann@example.com")).await.unwrap();
        roster.delete_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(code(roster.get_user(&actor, &to(&ann)).await), Some(ErrorCode::NotFound));
        assert_eq!(code(roster.delete_user(&actor, &to(&ann)).await), Some(ErrorCode::NotFound));
        for _ in 0..2 {
            let refused = roster.create_user(&actor, &new_user("Ann", "x@example.com")).await;
            assert_eq!(field(refused), Some(Field::Username));
            let refused = roster.create_user(&actor, &new_user("x", "Ann@example.com")).await;
            assert_eq!(field(refused), Some(Field::Email));
            roster.advance(Duration::from_secs(31 * 24 * 3600));
            roster.clear_away(&roster_core::Actor::system("tests")).await.unwrap();
        }
    }

    async fn t18_the_time_in_the_bin_is_over_when_it_is_over(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster_core::Actor::system("tests");
        let [ann, bob] = [("ann", "a@example.com"), ("bob", "b@example.com")]
            .map(|(name, email)| new_user(name, email));
        let ann = roster.create_user(&actor, &ann).await.unwrap();
        let bob = roster.create_user(&actor, &bob).await.unwrap();
        for user in [&ann, &bob] {
            roster.delete_user(&actor, &to(user)).await.unwrap();
        }
        roster.advance(Duration::from_secs(29 * 24 * 3600));
        let restored = roster.restore_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!((restored.username.as_str(), restored.deleted_at), ("ann", None));
        roster.advance(Duration::from_secs(2 * 24 * 3600));
        let refused = roster.restore_user(&actor, &to(&bob)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        let refused = roster.restore_user(&actor, &to(&admin)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
    }

    async fn the_old_name_of_somebody_who_lives_is_free_again(roster: Roster) {
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let rename = UserUpdate { username: Some("anna".into()), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &rename, None).await.unwrap();
        roster.create_user(&actor, &new_user("ann", "new@example.com")).await.unwrap();
        let found = roster.get_user(&actor, &UserRef::parse("ANNA")).await.unwrap();
        assert_eq!(found.id, ann.id);
    }

    async fn t16_what_is_administrators_business_nobody_changes_for_oneself(roster: Roster) {
        let (other, other_group) = roster.elsewhere().await;
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let fields = [
            UserUpdate { role: Some(Role::Viewer), ..UserUpdate::default() },
            UserUpdate { organization_id: Some(other), ..UserUpdate::default() },
            UserUpdate { primary_group_id: Some(other_group), ..UserUpdate::default() },
            UserUpdate { parent_id: Some(None), ..UserUpdate::default() },
            UserUpdate { plan: Some(None), ..UserUpdate::default() },
            UserUpdate { plan_expires_at: Some(None), ..UserUpdate::default() },
            UserUpdate { robot: Some(true), ..UserUpdate::default() },
            UserUpdate { vpn_enabled: Some(true), ..UserUpdate::default() },
            UserUpdate { sso_disabled: Some(true), ..UserUpdate::default() },
            UserUpdate { otp_required_for_login: Some(false), ..UserUpdate::default() },
            UserUpdate { exempt_from_org_sms_otp_disabled: Some(true), ..UserUpdate::default() },
        ];
        for user in [&ann, &boss] {
            let actor = roster.acting(user).await;
            for update in &fields {
                let refused = roster.update_user(&actor, &UserRef::Me, update, None).await;
                assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{update:?}");
            }
            for refused in [
                roster.enable_user(&actor, &UserRef::Me).await,
                roster.disable_user(&actor, &UserRef::Me).await,
                roster.suspend_user(&actor, &UserRef::Me).await,
            ] {
                assert_eq!(code(refused), Some(ErrorCode::Forbidden));
            }
            assert_eq!(roster.get_user(&actor, &UserRef::Me).await.unwrap().version, 1);
        }
    }

    async fn users_change_their_own_profile(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        let update = UserUpdate {
            first_name: Some(" Ann ".into()),
            city: Some(Some("Wien".into())),
            prefers_sms_otp: Some(true),
            preferences: serde_json::json!({ "dark": true }).as_object().cloned(),
            ..UserUpdate::default()
        };
        let changed = roster.update_user(&actor, &UserRef::Me, &update, Some(1)).await.unwrap();
        assert_eq!((changed.first_name.as_str(), changed.version), ("Ann", 2));
        let again = roster.update_user(&actor, &UserRef::Me, &update, None).await.unwrap();
        assert_eq!(again.version, 2, "nothing has changed");
        let outdated = roster.update_user(&actor, &UserRef::Me, &update, Some(1)).await;
        assert_eq!(code(outdated), Some(ErrorCode::PreconditionFailed));
    }

    async fn a_managers_hands_are_on_profiles_only(roster: Roster) {
        let boss = roster.user("boss", Role::Viewer).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let admin = roster.user("root", Role::SystemAdmin).await;
        let group = ann.primary_group_id;
        let root = roster.acting(&admin).await;
        let rank = roster_model::MembershipRank::Manager;
        roster.set_member(&root, group, &to(&boss), rank).await.unwrap();
        let actor = roster.acting(&boss).await;
        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        let changed = roster.update_user(&actor, &to(&ann), &title, None).await.unwrap();
        assert_eq!(changed.profile.title.as_deref(), Some("Dr"));
        for update in [
            UserUpdate { username: Some("x".into()), ..UserUpdate::default() },
            UserUpdate { email: Some("x@example.com".into()), ..UserUpdate::default() },
            UserUpdate { preferences: Some(serde_json::Map::new()), ..UserUpdate::default() },
            UserUpdate { role: Some(Role::Viewer), ..UserUpdate::default() },
        ] {
            let refused = roster.update_user(&actor, &to(&ann), &update, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{update:?}");
        }
        let refused = roster.update_user(&actor, &to(&admin), &title, None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden), "a stronger one");
    }

    async fn t23_people_of_other_organizations_are_as_if_absent(roster: Roster) {
        let place = roster.elsewhere().await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let stranger = roster.stranger("stranger", Role::Viewer, place).await;
        let actor = roster.acting(&boss).await;
        let update = UserUpdate { city: Some(None), ..UserUpdate::default() };
        for user in [to(&stranger), UserRef::parse("nobody-at-all"), UserRef::parse("0")] {
            for refused in [
                roster.get_user(&actor, &user).await,
                roster.update_user(&actor, &user, &update, None).await,
                roster.disable_user(&actor, &user).await,
                roster.restore_user(&actor, &user).await,
                roster.delete_user(&actor, &user).await.map(|()| stranger.clone()),
            ] {
                let error = refused.unwrap_err();
                assert_eq!(error.code(), ErrorCode::NotFound);
                assert_eq!(error.to_string(), "there is no such user");
            }
        }
        let filter = UserFilter { organization_id: Some(place.0), ..UserFilter::default() };
        let refused = roster.list_users(&actor, &filter, &PageRequest::default()).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let filter = UserFilter { group_id: Some(place.1), ..UserFilter::default() };
        let page = roster.list_users(&actor, &filter, &PageRequest::default()).await.unwrap();
        assert!(page.items.is_empty());
        let new = NewUser { organization_id: Some(place.0), ..new_user("x", "x@example.com") };
        assert_eq!(code(roster.create_user(&actor, &new).await), Some(ErrorCode::NotFound));
        let moved = UserUpdate { organization_id: Some(place.0), ..UserUpdate::default() };
        let ann = roster.user("ann", Role::Viewer).await;
        let refused = roster.update_user(&actor, &to(&ann), &moved, None).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
    }

    async fn t24_nobody_gives_more_rights_than_it_has_or_acts_on_who_has_more(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&boss).await;
        let new = NewUser { role: Some(Role::SystemAdmin), ..new_user("x", "x@example.com") };
        assert_eq!(code(roster.create_user(&actor, &new).await), Some(ErrorCode::Forbidden));
        let promote = UserUpdate { role: Some(Role::SystemAdmin), ..UserUpdate::default() };
        let refused = roster.update_user(&actor, &to(&ann), &promote, None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let title = UserUpdate { title: Some(None), ..UserUpdate::default() };
        for refused in [
            roster.update_user(&actor, &to(&root), &title, None).await,
            roster.disable_user(&actor, &to(&root)).await,
            roster.suspend_user(&actor, &to(&root)).await,
            roster.delete_user(&actor, &to(&root)).await.map(|()| root.clone()),
        ] {
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        }
        let equal = UserUpdate { role: Some(Role::AccountAdmin), ..UserUpdate::default() };
        let changed = roster.update_user(&actor, &to(&ann), &equal, None).await.unwrap();
        assert_eq!(changed.role, Role::AccountAdmin);
        let nothing = roster.create_user(&nobody(), &new).await;
        assert_eq!(code(nothing), Some(ErrorCode::Unauthenticated));
    }

    async fn t24_who_gets_more_rights_while_a_password_is_hashed_keeps_the_old_one(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let input = ChangePassword { password: None, new_password: "known to the boss".into() };
        let system = roster_core::Actor::system("tests");
        let promote = UserUpdate { role: Some(Role::SystemAdmin), ..UserUpdate::default() };
        let mut name = String::from("ann");
        loop {
            let target = to(&roster.user(&name, Role::Viewer).await);
            let mut set = std::pin::pin!(roster.change_password(&actor, &target, &input));
            // Polled once, it is on its way: it reads who that is. Now and then all is done before anybody looks.
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if set.as_mut().poll(&mut context).is_ready() {
                name.push('a');
                continue;
            }
            roster.update_user(&system, &target, &promote, None).await.unwrap();
            break assert_eq!(code(set.await), Some(ErrorCode::Forbidden));
        }
    }

    async fn whoever_moves_to_another_organization_leaves_its_groups_behind(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&root).await;
        let new = NewGroup {
            name: "Ground Crew".into(),
            owner_id: Some(ann.id),
            ..NewGroup::default()
        };
        let group = roster.create_group(&actor, &new).await.unwrap();
        let place = roster.elsewhere().await;
        let moved = UserUpdate { organization_id: Some(place.0), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &moved, None).await.unwrap();
        assert_eq!(roster.get_group(&actor, group.id).await.unwrap().group.owner_id, None);
    }

    async fn t24_the_last_system_admin_stays_one(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        roster.user_like("asleep", Role::SystemAdmin, |user| user.status = Status::Disabled).await;
        // Perhaps there is nobody who could sign in as this one.
        roster.user_like("new", Role::SystemAdmin, |user| user.status = Status::New).await;
        let actor = roster.acting(&root).await;
        let demote = UserUpdate { role: Some(Role::Viewer), ..UserUpdate::default() };
        for refused in [
            roster.update_user(&actor, &UserRef::Me, &demote, None).await,
            roster.disable_user(&actor, &UserRef::Me).await,
            roster.suspend_user(&actor, &UserRef::Me).await,
            roster.delete_user(&actor, &UserRef::Me).await.map(|()| root.clone()),
        ] {
            assert_eq!(code(refused), Some(ErrorCode::WrongState));
        }
        roster.actor(&roster.signed_in(&root).await.token).await.unwrap();
    }

    async fn t24_of_two_system_admins_who_remove_each_other_at_once_one_stays(roster: Roster) {
        let system = roster_core::Actor::system("tests");
        let pair = [
            roster.user("one", Role::SystemAdmin).await,
            roster.user("two", Role::SystemAdmin).await,
        ];
        let tries = pair.clone().map(|user| {
            let (core, actor) = (roster.core.clone(), system.clone());
            tokio::spawn(async move { core.delete_user(&actor, &UserRef::Id(user.id)).await })
        });
        let mut gone = 0;
        for result in futures_util::future::join_all(tries).await {
            match result.unwrap() {
                Ok(()) => gone += 1,
                Err(error) => assert_eq!(error.code(), ErrorCode::WrongState),
            }
        }
        assert_eq!(gone, 1);
    }

    async fn t25_a_limited_key_makes_no_administrators_and_moves_no_addresses(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let session = roster.acting(&root).await;
        let key = NewApiKey {
            name: "people".into(),
            scopes: vec!["user".into()],
            ..NewApiKey::default()
        };
        let key = roster.create_api_key(&session, &UserRef::Me, &key).await.unwrap();
        let actor = roster.actor(&key.token).await.unwrap();
        let new = new_user("plain", "plain@example.com");
        roster.create_user(&actor, &new).await.unwrap();
        for role in [Role::SystemAdmin, Role::AccountAdmin] {
            let new = NewUser { role: Some(role), ..new_user("x", "x@example.com") };
            assert_eq!(code(roster.create_user(&actor, &new).await), Some(ErrorCode::Forbidden));
            let promote = UserUpdate { role: Some(role), ..UserUpdate::default() };
            let refused = roster.update_user(&actor, &to(&ann), &promote, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        }
        let email = UserUpdate { email: Some("x@example.com".into()), ..UserUpdate::default() };
        for user in [UserRef::Me, to(&ann)] {
            let refused = roster.update_user(&actor, &user, &email, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        }
    }

    async fn t30_disabling_ends_keys_for_good_and_suspending_lets_them_rest(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let admin = roster.acting(&root).await;
        let session = roster.signed_in(&ann).await.token;
        let own = roster.actor(&session).await.unwrap();
        let key = NewApiKey { name: "k".into(), ..NewApiKey::default() };
        let key = roster.create_api_key(&own, &UserRef::Me, &key).await.unwrap();

        roster.suspend_user(&admin, &to(&ann)).await.unwrap();
        assert!(roster.actor(&session).await.is_err());
        assert!(roster.actor(&key.token).await.is_err());
        let refused = roster.suspend_user(&admin, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        let enabled = roster.enable_user(&admin, &to(&ann)).await.unwrap();
        assert_eq!(enabled.status, Status::Active);
        assert!(roster.actor(&session).await.is_err(), "sessions do not come back");
        assert!(roster.actor(&key.token).await.is_ok());

        roster.disable_user(&admin, &to(&ann)).await.unwrap();
        let refused = roster.disable_user(&admin, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        roster.enable_user(&admin, &to(&ann)).await.unwrap();
        let refused = roster.enable_user(&admin, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        assert!(roster.actor(&key.token).await.is_err());
        let name = KeyRef::Name("k".into());
        let key = roster.get_api_key(&admin, &to(&ann), &name).await.unwrap();
        assert!(key.revoked_at.is_some());
    }

    async fn a_plan_begins_when_it_is_set_and_ends_after_its_days(roster: Roster) {
        let root = roster_core::Actor::system("tests");
        roster.prepare(&root).await.unwrap();
        let plan = NewUser { plan: Some("SMALL".into()), ..new_user("ann", "a@example.com") };
        let ann = roster.create_user(&root, &plan).await.unwrap();
        assert_eq!(roster.get_plan(&root, "small").await.unwrap().id, ann.plan_id.unwrap());
        assert_eq!(ann.plan_expires_at, None, "small has no end");
        let unknown = NewUser { plan: Some("huge\0".into()), ..new_user("x", "x@example.com") };
        assert_eq!(field(roster.create_user(&root, &unknown).await), Some(Field::Plan));
        let end = roster.now() + Duration::from_nanos(1_234_567_891);
        let update = UserUpdate { plan_expires_at: Some(Some(end)), ..UserUpdate::default() };
        let once = roster.update_user(&root, &to(&ann), &update, None).await.unwrap();
        let twice = roster.update_user(&root, &to(&ann), &update, None).await.unwrap();
        assert_eq!((once.version, twice.version), (2, 2));
    }

    async fn pages_visit_each_user_once_in_every_order(roster: Roster) {
        let root = roster_core::Actor::system("tests");
        for number in 0..23 {
            let name = format!("{}-{number}", ["ß", "Z", "a", "é", "Ω"][number % 5]);
            roster.user_like(&name, Role::Viewer, |user| {
                user.first_name = ["Same", "Other"][number % 2].to_owned();
            })
            .await;
            if number % 3 == 0 {
                roster.advance(Duration::from_secs(1));
            }
        }
        for order in ["id", "username", "name", "email", "created_at"] {
            let listing = async |order: &str, limit| {
                let filter =
                    UserFilter { order_by: Some(order.to_owned()), ..UserFilter::default() };
                let mut page = PageRequest { limit: Some(limit), ..PageRequest::default() };
                let mut ids = Vec::new();
                loop {
                    let got = roster.list_users(&root, &filter, &page).await.unwrap();
                    ids.extend(got.items.iter().map(|user| user.id));
                    match got.next {
                        Some(next) => page.cursor = Some(next),
                        None => return ids,
                    }
                }
            };
            let whole = listing(order, 1000).await;
            assert_eq!(whole.len(), 23, "{order}");
            assert_eq!(listing(order, 4).await, whole, "{order}");
            let mut backwards = listing(&format!("-{order}"), 5).await;
            backwards.reverse();
            assert_eq!(backwards, whole, "-{order}");
            let filter = UserFilter { order_by: Some(order.to_owned()), ..UserFilter::default() };
            let page = PageRequest { offset: Some(20), count: Some(true), ..PageRequest::default() };
            let got = roster.list_users(&root, &filter, &page).await.unwrap();
            let ids: Vec<_> = got.items.iter().map(|user| user.id).collect();
            assert_eq!((ids.as_slice(), got.total), (&whole[20..], Some(23)));
        }
        let wrong = UserFilter { order_by: Some("id; DROP".into()), ..UserFilter::default() };
        let refused = roster.list_users(&root, &wrong, &PageRequest::default()).await;
        assert_eq!(field(refused), Some(Field::OrderBy));
    }

    async fn lists_are_narrowed_by_status_role_group_and_bin(roster: Roster) {
        let root = roster_core::Actor::system("tests");
        let ann = roster.user("ann", Role::Viewer).await;
        roster.user_like("bob", Role::Editor, |user| user.status = Status::Disabled).await;
        let cid = roster.user("cid", Role::Viewer).await;
        roster.delete_user(&root, &to(&cid)).await.unwrap();
        let names = async |filter: UserFilter| {
            let page = roster.list_users(&root, &filter, &PageRequest::default()).await.unwrap();
            page.items.into_iter().map(|user| user.username).collect::<Vec<_>>()
        };
        let all = UserFilter::default();
        assert_eq!(names(all.clone()).await, ["ann", "bob"]);
        let status = Some("disabled, suspended".to_owned());
        assert_eq!(names(UserFilter { status, ..all.clone() }).await, ["bob"]);
        assert_eq!(names(UserFilter { role: Some(Role::Viewer), ..all.clone() }).await, ["ann"]);
        assert_eq!(names(UserFilter { deleted: Some(true), ..all.clone() }).await, ["cid"]);
        let group = Some(ann.primary_group_id);
        assert!(names(UserFilter { group_id: group, ..all.clone() }).await.is_empty());
        let wrong = UserFilter { status: Some("gone".into()), ..all };
        let refused = roster.list_users(&root, &wrong, &PageRequest::default()).await;
        assert_eq!(field(refused), Some(Field::Status));
    }
}

#[tokio::test]
async fn t17_an_own_new_address_waits_and_an_administrators_ends_what_was_mailed() {
    let roster = Roster::on(&Location::Memory, |settings| settings.channels = vec![Channel::Email]);
    let roster = roster.await;
    let root = roster.user("root", Role::SystemAdmin).await;
    let ann = roster.user("ann", Role::Viewer).await;
    let (admin, own) = (roster.acting(&root).await, roster.acting(&ann).await);
    let email = |text: &str| UserUpdate { email: Some(text.into()), ..UserUpdate::default() };

    let update = email("new@example.com");
    let waiting = roster.update_user(&own, &UserRef::Me, &update, None).await.unwrap();
    assert_eq!(waiting.email, "ann@example.com");
    assert_eq!(waiting.unconfirmed_email.as_deref(), Some("new@example.com"));
    let taken = roster.update_user(&own, &UserRef::Me, &email("ROOT@example.com"), None).await;
    assert_eq!(field(taken), Some(Field::Email));
    let mailed = mailed_link(&roster).await;

    let update = email("set@example.com");
    let set = roster.update_user(&admin, &to(&ann), &update, None).await.unwrap();
    assert_eq!((set.email.as_str(), set.unconfirmed_email), ("set@example.com", None));
    let late = roster.confirm_email(&nobody(), &ConfirmEmail { token: mailed }).await;
    assert_eq!(code(late), Some(ErrorCode::OtpInvalid));
    let again = roster.update_user(&own, &UserRef::Me, &email("Set@Example.com"), None).await;
    assert_eq!(again.unwrap().email, "Set@Example.com", "another spelling is the same mailbox");
}

#[tokio::test]
async fn t11_nobody_has_any_number_of_mails_sent_to_addresses_of_its_choice() {
    let roster = Roster::on(&Location::Memory, |settings| {
        settings.channels = vec![Channel::Email];
        settings.limits.codes_per_user = 2;
        settings.limits.codes_per_destination = 3;
    });
    let roster = roster.await;
    let ask = async |name: &str, email: &str| {
        let found =
            roster.get_user(&roster_core::Actor::system("tests"), &UserRef::parse(name)).await;
        let own = roster.acting(&found.unwrap()).await;
        let update = UserUpdate { email: Some(email.into()), ..UserUpdate::default() };
        code(roster.update_user(&own, &UserRef::Me, &update, None).await)
    };
    for name in ["ann", "bob"] {
        roster.user(name, Role::Viewer).await;
    }
    assert_eq!(ask("ann", "victim@example.org").await, None);
    assert_eq!(ask("ann", "VICTIM@example.org").await, None);
    assert_eq!(ask("ann", "other@example.org").await, Some(ErrorCode::RateLimited), "ann's budget");
    assert_eq!(ask("bob", "Victim@Example.org").await, None);
    assert_eq!(
        ask("bob", "victim@example.org").await,
        Some(ErrorCode::RateLimited),
        "the mailbox's"
    );
    roster.advance(Duration::from_secs(600));
    assert_eq!(ask("bob", "other@example.org").await, None);
}

/// The token of the only link in the messages that wait.
async fn mailed_link(roster: &Roster) -> Secret {
    let worker = roster_core::Actor::system("tests");
    let messages = roster.claim_messages(&worker, 10).await.unwrap();
    let mut tokens =
        messages.iter().filter_map(|message| message.text.expose().split_once("token="));
    let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
        panic!("one message with a link was expected")
    };
    token.split_whitespace().next().unwrap().into()
}

#[tokio::test]
async fn nobody_is_invited_who_may_not_sign_in() {
    for location in [Location::Memory, fixture::postgres().await] {
        let mail = |settings: &mut Settings| settings.channels = vec![Channel::Email];
        let roster = Roster::on(&location, mail).await;
        let admin = roster.user("root", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        let ann = new_user("ann", "ann@example.com");
        let pending = NewUser { status: Some(Status::Pending), ..ann };
        let invited = NewUser { send_invitation: true, ..pending.clone() };
        assert_eq!(field(roster.create_user(&actor, &invited).await), Some(Field::Status));
        let ann = roster.create_user(&actor, &pending).await.unwrap();
        let early = roster.invite_user(&actor, &to(&ann)).await;
        assert_eq!(code(early), Some(ErrorCode::WrongState));
        roster.enable_user(&actor, &to(&ann)).await.unwrap();
        roster.invite_user(&actor, &to(&ann)).await.unwrap();
    }
}
