//! Account admins and the people who belong to them, natively and where accounts are kept apart.

use roster_core::{Actor, Door, Error, KeyRef};
use roster_model::{
    ApiKeyUpdate, ChangePassword, ErrorCode, Field, ListFilter, MembershipRank, NewApiKey,
    NewGroup, NewUser, PageRequest, Role, Status, User, UserId, UserRef, UserUpdate,
};

use crate::fixture::{PASSWORD, Roster, on_both_databases};

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn to(user: &User) -> UserRef {
    UserRef::Id(user.id)
}

/// The same caller at Geobox's door.
fn at_geobox(actor: &Actor) -> Actor {
    let mut actor = actor.clone();
    actor.origin.door = Door::Geobox;
    actor
}

fn new_user(username: &str) -> NewUser {
    let email = format!("{username}@example.com");
    NewUser { username: username.into(), email, ..NewUser::default() }
}

fn title() -> UserUpdate {
    UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() }
}

fn with_parent(parent: Option<&User>) -> UserUpdate {
    UserUpdate { parent_id: Some(parent.map(|parent| parent.id)), ..UserUpdate::default() }
}

/// Two account admins, somebody of the first one's, and somebody of nobody's.
struct Accounts {
    boss: User,
    other: User,
    own: User,
    free: User,
    actor: Actor,
}

async fn accounts(roster: &Roster) -> Accounts {
    let boss = roster.user("boss", Role::AccountAdmin).await;
    let other = roster.user("other", Role::AccountAdmin).await;
    let parent = Some(boss.id);
    let own = roster.user_like("own", Role::Viewer, |user| user.parent_id = parent).await;
    let free = roster.user("free", Role::Viewer).await;
    let actor = roster.acting(&boss).await;
    Accounts { boss, other, own, free, actor }
}

on_both_databases! {
    async fn another_account_admins_people_are_nobody_elses_business(roster: Roster) {
        let Accounts { other, own, free, actor, .. } = accounts(&roster).await;
        let stranger = roster.acting(&other).await;
        for refused in [
            code(roster.get_user(&stranger, &to(&own)).await),
            code(roster.update_user(&stranger, &to(&own), &title(), None).await),
            code(roster.disable_user(&stranger, &to(&own)).await),
            code(roster.delete_user(&stranger, &to(&own)).await),
            code(roster.list_sessions(&stranger, &to(&own), &ListFilter::default(), &PageRequest::default()).await),
            code(roster.impersonate(&stranger, &to(&own)).await),
        ] {
            assert_eq!(refused, Some(ErrorCode::Forbidden));
        }
        roster.update_user(&actor, &to(&own), &title(), None).await.unwrap();
        // Whoever belongs to nobody is the organization's.
        for admin in [&actor, &stranger] {
            roster.get_user(admin, &to(&free)).await.unwrap();
        }
    }

    async fn at_geobox_an_account_admins_power_ends_at_its_account(roster: Roster) {
        let Accounts { boss, other, own, free, actor } = accounts(&roster).await;
        let actor = at_geobox(&actor);
        for user in [&boss, &own] {
            roster.get_user(&actor, &to(user)).await.unwrap();
        }
        for user in [&free, &other] {
            for refused in [
                code(roster.get_user(&actor, &to(user)).await),
                code(roster.update_user(&actor, &to(user), &title(), None).await),
                code(roster.delete_user(&actor, &to(user)).await),
            ] {
                assert_eq!(refused, Some(ErrorCode::Forbidden));
            }
        }
        let made = roster.create_user(&actor, &new_user("made")).await.unwrap();
        assert_eq!(made.parent_id, Some(boss.id));
        let wrong = NewUser { parent_id: Some(other.id), ..new_user("wrong") };
        assert_eq!(code(roster.create_user(&actor, &wrong).await), Some(ErrorCode::Forbidden));
        let strong = NewUser { role: Some(Role::SystemAdmin), ..new_user("strong") };
        assert_eq!(code(roster.create_user(&actor, &strong).await), Some(ErrorCode::Forbidden));
    }

    async fn only_system_admins_move_people_into_accounts(roster: Roster) {
        let Accounts { boss, other, own, free, actor } = accounts(&roster).await;
        let claim = roster.update_user(&actor, &to(&free), &with_parent(Some(&boss)), None).await;
        assert_eq!(code(claim), Some(ErrorCode::Forbidden));
        let gift = roster.update_user(&actor, &to(&own), &with_parent(Some(&other)), None).await;
        assert_eq!(code(gift), Some(ErrorCode::Forbidden));
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        let moved = roster.update_user(&root, &to(&free), &with_parent(Some(&boss)), None).await;
        assert_eq!(moved.unwrap().parent_id, Some(boss.id));
        let freed = roster.update_user(&actor, &to(&own), &with_parent(None), None).await;
        assert_eq!(freed.unwrap().parent_id, None);
        let to_viewer = with_parent(Some(&own));
        let refused = roster.update_user(&root, &to(&free), &to_viewer, None).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::ParentId));
        let nowhere = UserUpdate { parent_id: Some(Some(UserId(999))), ..UserUpdate::default() };
        let unknown = roster.update_user(&root, &to(&free), &nowhere, None).await.unwrap_err();
        for said in [refused.to_string(), unknown.to_string()] {
            let sentence =
                "parent_id must be another user, who is an administrator of the same organization";
            assert_eq!(said, sentence, "a viewer is there, but nobody's account admin");
        }
    }

    async fn whoever_loses_its_account_admin_belongs_to_nobody(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        for way in ["deleted", "demoted"] {
            let boss = roster.user(&format!("{way}-boss"), Role::AccountAdmin).await;
            let own = roster
                .user_like(way, Role::Viewer, |user| user.parent_id = Some(boss.id))
                .await;
            match way {
                "deleted" => roster.delete_user(&root, &to(&boss)).await.unwrap(),
                _ => {
                    let role = UserUpdate { role: Some(Role::Editor), ..UserUpdate::default() };
                    roster.update_user(&root, &to(&boss), &role, None).await.unwrap();
                }
            }
            assert_eq!(roster.get_user(&root, &to(&own)).await.unwrap().parent_id, None, "{way}");
        }
    }

    async fn at_geobox_a_username_is_an_administrators_business(roster: Roster) {
        let Accounts { own, actor, .. } = accounts(&roster).await;
        let name = |name: &str| UserUpdate { username: Some(name.into()), ..UserUpdate::default() };
        let person = roster.acting(&own).await;
        let refused =
            roster.update_user(&at_geobox(&person), &UserRef::Me, &name("mine"), None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        roster.update_user(&person, &UserRef::Me, &name("mine"), None).await.unwrap();
        let actor = at_geobox(&actor);
        let changed = roster.update_user(&actor, &to(&own), &name("given"), None).await.unwrap();
        assert_eq!(changed.username, "given");
        roster.update_user(&actor, &UserRef::Me, &name("chief"), None).await.unwrap();
    }

    async fn at_geobox_the_old_password_is_not_asked_for(roster: Roster) {
        let Accounts { own, .. } = accounts(&roster).await;
        let (kept, ended) = (roster.signed_in(&own).await, roster.signed_in(&own).await);
        let actor = roster.actor(&kept.token).await.unwrap();
        let input = ChangePassword { password: None, new_password: "quite another one".into() };
        let refused = roster.change_password(&actor, &UserRef::Me, &input).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::Password));
        roster.change_password(&at_geobox(&actor), &UserRef::Me, &input).await.unwrap();
        roster.actor(&kept.token).await.unwrap();
        assert_eq!(code(roster.actor(&ended.token).await), Some(ErrorCode::Unauthenticated));
        let old = roster.try_sign_in("own", PASSWORD, None).await;
        assert_eq!(code(old), Some(ErrorCode::InvalidCredentials));
        let common = ChangePassword { password: None, new_password: "password".into() };
        let refused = roster.change_password(&at_geobox(&actor), &UserRef::Me, &common).await;
        assert_eq!(code(refused), Some(ErrorCode::FieldInvalid));
    }

    async fn at_geobox_an_account_admin_fills_its_own_groups_with_its_own_people(roster: Roster) {
        let Accounts { boss, own, free, actor, other } = accounts(&roster).await;
        let actor = at_geobox(&actor);
        let new = NewGroup { name: "Crew".into(), ..NewGroup::default() };
        let crew = roster.create_group(&actor, &new).await.unwrap();
        assert_eq!(crew.owner_id, Some(boss.id));
        let rank = MembershipRank::Member;
        roster.set_member(&actor, crew.id, &to(&own), rank).await.unwrap();
        let refused = roster.set_member(&actor, crew.id, &to(&free), rank).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let other = at_geobox(&roster.acting(&other).await);
        assert_eq!(code(roster.delete_group(&other, crew.id).await), Some(ErrorCode::Forbidden));
        roster.delete_group(&actor, crew.id).await.unwrap();
    }

    async fn a_status_set_among_other_fields_does_what_its_operation_does(roster: Roster) {
        let Accounts { boss, own, actor, .. } = accounts(&roster).await;
        let person = roster.signed_in(&own).await;
        let own_actor = roster.actor(&person.token).await.unwrap();
        let new = NewApiKey { name: "key".into(), ..NewApiKey::default() };
        let key = roster.create_api_key(&own_actor, &UserRef::Me, &new).await.unwrap();
        let status = |status| UserUpdate { status: Some(status), ..UserUpdate::default() };
        for status in [status(Status::Active), status(Status::Disabled)] {
            let refused = roster.update_user(&own_actor, &UserRef::Me, &status, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        }
        let refused = roster.update_user(&actor, &to(&boss), &status(Status::Pending), None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden), "nobody shuts itself out");
        roster.update_user(&actor, &to(&own), &status(Status::Pending), None).await.unwrap();
        for token in [&person.token, &key.token] {
            assert_eq!(code(roster.actor(token).await), Some(ErrorCode::Unauthenticated));
        }
        roster.update_user(&actor, &to(&own), &status(Status::Active), None).await.unwrap();
        roster.actor(&key.token).await.unwrap();
        roster.update_user(&actor, &to(&own), &status(Status::Disabled), None).await.unwrap();
        roster.update_user(&actor, &to(&own), &status(Status::Active), None).await.unwrap();
        let gone = roster.actor(&key.token).await;
        assert_eq!(code(gone), Some(ErrorCode::Unauthenticated), "disabling revokes keys");
        let root = roster.user("root", Role::SystemAdmin).await;
        let root_actor = roster.acting(&root).await;
        let refused =
            roster.update_user(&root_actor, &UserRef::Me, &status(Status::Disabled), None).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState), "the last system admin stays");
    }

    async fn a_phone_number_written_down_by_an_update_is_not_verified(roster: Roster) {
        let Accounts { own, actor, .. } = accounts(&roster).await;
        let now = roster.now();
        roster
            .alter(&own, |user| {
                user.phone = roster_model::PhoneNumber::parse("+44 1632 960001").ok();
                user.phone_verified_at = Some(now);
            })
            .await;
        let phone = |text: Option<&str>| UserUpdate {
            phone: Some(text.map(str::to_owned)),
            ..UserUpdate::default()
        };
        let same = phone(Some("+44 1632 960001"));
        let same = roster.update_user(&actor, &to(&own), &same, None).await.unwrap();
        assert!(same.phone_verified_at.is_some());
        let other = phone(Some("+98 9120123456"));
        let other = roster.update_user(&actor, &to(&own), &other, None).await.unwrap();
        assert_eq!(other.phone.unwrap().as_typed, "+98 9120123456");
        assert_eq!(other.phone_verified_at, None);
        let none = roster.update_user(&actor, &to(&own), &phone(None), None).await.unwrap();
        assert_eq!(none.phone, None);
        let wrong = phone(Some("call me"));
        let wrong = roster.update_user(&actor, &to(&own), &wrong, None).await.unwrap_err();
        assert_eq!(wrong.field(), Some(Field::Phone));
    }

    async fn administrators_make_keys_for_their_people_and_nobody_else_does(roster: Roster) {
        let Accounts { own, free, actor, other, .. } = accounts(&roster).await;
        let new = NewApiKey { name: "for own".into(), ..NewApiKey::default() };
        let issued = roster.create_api_key(&actor, &to(&own), &new).await.unwrap();
        assert_eq!(roster.actor(&issued.token).await.unwrap().user_id(), Some(own.id));
        let other = roster.acting(&other).await;
        let free = roster.acting(&free).await;
        for actor in [&other, &free] {
            let refused = roster.create_api_key(actor, &to(&own), &new).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
            let hidden = roster.owner_of_api_key(actor, issued.api_key.id).await;
            assert_eq!(code(hidden), Some(ErrorCode::NotFound));
        }
        assert_eq!(roster.owner_of_api_key(&actor, issued.api_key.id).await.unwrap(), own.id);
    }

    async fn a_key_is_revoked_restored_renamed_and_removed(roster: Roster) {
        let Accounts { own, .. } = accounts(&roster).await;
        let actor = roster.acting(&own).await;
        let new = |name: &str| NewApiKey { name: name.into(), ..NewApiKey::default() };
        let one = roster.create_api_key(&actor, &UserRef::Me, &new("one")).await.unwrap();
        let key = KeyRef::Id(one.api_key.id);
        roster.actor(&one.token).await.unwrap();
        let live = roster.restore_api_key(&actor, &UserRef::Me, &key).await;
        assert_eq!(code(live), Some(ErrorCode::WrongState));
        roster.revoke_api_key(&actor, &UserRef::Me, &key).await.unwrap();
        assert_eq!(code(roster.actor(&one.token).await), Some(ErrorCode::Unauthenticated));
        roster.restore_api_key(&actor, &UserRef::Me, &key).await.unwrap();
        roster.actor(&one.token).await.unwrap();

        roster.revoke_api_key(&actor, &UserRef::Me, &key).await.unwrap();
        roster.create_api_key(&actor, &UserRef::Me, &new("ONE")).await.unwrap();
        let taken = roster.restore_api_key(&actor, &UserRef::Me, &key).await;
        assert_eq!(code(taken), Some(ErrorCode::AlreadyExists));
        let rename = ApiKeyUpdate { name: Some("first".into()), ..ApiKeyUpdate::default() };
        roster.update_api_key(&actor, &UserRef::Me, &key, &rename).await.unwrap();
        roster.restore_api_key(&actor, &UserRef::Me, &key).await.unwrap();
        let taken = ApiKeyUpdate { name: Some("one".into()), ..ApiKeyUpdate::default() };
        let taken = roster.update_api_key(&actor, &UserRef::Me, &key, &taken).await;
        assert_eq!(code(taken), Some(ErrorCode::AlreadyExists));

        let hour = std::time::Duration::from_secs(3600);
        let end = Some(roster.now() + hour);
        let end = ApiKeyUpdate { expires_at: Some(end), ..ApiKeyUpdate::default() };
        roster.update_api_key(&actor, &UserRef::Me, &key, &end).await.unwrap();
        roster.advance(hour);
        assert_eq!(code(roster.actor(&one.token).await), Some(ErrorCode::Unauthenticated));
        let never = ApiKeyUpdate { expires_at: Some(None), ..ApiKeyUpdate::default() };
        roster.update_api_key(&actor, &UserRef::Me, &key, &never).await.unwrap();
        roster.actor(&one.token).await.unwrap();
        let past = ApiKeyUpdate { expires_at: Some(Some(roster.now())), ..ApiKeyUpdate::default() };
        let past = roster.update_api_key(&actor, &UserRef::Me, &key, &past).await.unwrap_err();
        assert_eq!(past.field(), Some(Field::ExpiresAt));

        roster.delete_api_key(&actor, &UserRef::Me, &key).await.unwrap();
        assert_eq!(code(roster.actor(&one.token).await), Some(ErrorCode::Unauthenticated));
        let gone = roster.get_api_key(&actor, &UserRef::Me, &key).await;
        assert_eq!(code(gone), Some(ErrorCode::NotFound));
    }
}
