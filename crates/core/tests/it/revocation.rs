//! What is ended is ended at once, whatever stands in memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use roster_core::{Actor, KeyRef};
use roster_model::{
    ChangePassword, ListFilter, NewApiKey, PageRequest, Role, Secret, Status, User, UserRef,
    UserUpdate,
};
use roster_store::Tx;

use crate::fixture::{PASSWORD, Roster, on_both_databases};

/// A session and a key of a user, both checked a moment ago.
async fn credentials(roster: &Roster, user: &User) -> [Secret; 2] {
    let session = roster.signed_in(user).await.token;
    let actor = roster.actor(&session).await.unwrap();
    let name = format!("key {}", roster.now());
    let new = NewApiKey { name, ..NewApiKey::default() };
    let key = roster.create_api_key(&actor, &UserRef::Me, &new).await.unwrap().token;
    roster.advance(Duration::from_micros(1));
    for token in [&session, &key] {
        roster.actor(token).await.unwrap();
    }
    [session, key]
}

/// Of so many checks, how many succeed.
async fn successes(roster: &Roster, token: &Secret) -> usize {
    let mut count = 0;
    for _ in 0..1000 {
        count += usize::from(roster.actor(token).await.is_ok());
    }
    count
}

on_both_databases! {
    async fn t30_who_may_not_sign_in_has_no_credentials_left(roster: Roster) {
        for status in [Status::Disabled, Status::Suspended, Status::Pending] {
            let user = roster.user(status.as_str(), Role::Viewer).await;
            let tokens = credentials(&roster, &user).await;
            roster.alter(&user, |user| user.status = status).await;
            for token in &tokens {
                assert_eq!(successes(&roster, token).await, 0, "{}", status.as_str());
            }
        }
        let user = roster.user("gone", Role::Viewer).await;
        let tokens = credentials(&roster, &user).await;
        let now = roster.now();
        roster.alter(&user, |user| user.deleted_at = Some(now)).await;
        for token in &tokens {
            assert_eq!(successes(&roster, token).await, 0);
        }
    }

    async fn t30_log_out_everywhere_leaves_no_session_and_no_name_borrowed(roster: Roster) {
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let [session, key] = credentials(&roster, &admin).await;
        let actor = roster.actor(&session).await.unwrap();
        let borrowed = roster.impersonate(&actor, &UserRef::Id(ann.id)).await.unwrap().token;
        roster.actor(&borrowed).await.unwrap();
        let another = roster.signed_in(&admin).await.token;
        let ended = roster.end_sessions(&actor, &UserRef::Me, true).await.unwrap();
        assert_eq!(ended.count, 1);
        assert_eq!(successes(&roster, &session).await, 1000, "the one that asks is kept");
        assert_eq!(successes(&roster, &another).await, 0);
        assert_eq!(successes(&roster, &borrowed).await, 0);
        assert_eq!(roster.end_sessions(&actor, &UserRef::Me, false).await.unwrap().count, 1);
        assert_eq!(successes(&roster, &session).await, 0);
        assert_eq!(successes(&roster, &key).await, 1000, "keys are no sessions");
    }

    async fn t30_a_set_password_ends_every_session(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let [session, _] = credentials(&roster, &ann).await;
        let input = ChangePassword { password: None, new_password: "a much newer password".into() };
        roster.change_password(&roster.acting(&admin).await, &UserRef::Id(ann.id), &input).await.unwrap();
        assert_eq!(successes(&roster, &session).await, 0);
    }

    async fn t30_a_lost_role_is_lost_in_the_very_next_check(roster: Roster) {
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        for token in credentials(&roster, &admin).await {
            roster.alter(&admin, |user| user.role = Role::SystemAdmin).await;
            let page = PageRequest::default();
            let actor = roster.actor(&token).await.unwrap();
            roster.list_sessions(&actor, &UserRef::Id(ann.id), &ListFilter::default(), &page).await.unwrap();
            roster.alter(&admin, |user| user.role = Role::Viewer).await;
            let actor = roster.actor(&token).await.unwrap();
            assert!(roster.list_sessions(&actor, &UserRef::Id(ann.id), &ListFilter::default(), &page).await.is_err());
        }
    }

    async fn t30_who_is_shut_out_or_demoted_acts_in_no_name_any_more(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        let ann = roster.user("ann", Role::Viewer).await;
        for way in ["role", "disable", "delete", "password"] {
            let admin = roster.user(way, Role::AccountAdmin).await;
            let actor = roster.acting(&admin).await;
            let borrowed =
                roster.impersonate(&actor, &UserRef::Id(ann.id)).await.unwrap().token;
            assert_eq!(successes(&roster, &borrowed).await, 1000);
            let admin = UserRef::Id(admin.id);
            match way {
                "role" => {
                    let update =
                        UserUpdate { role: Some(Role::Viewer), ..UserUpdate::default() };
                    roster.update_user(&root, &admin, &update, None).await.map(drop)
                }
                "disable" => roster.disable_user(&root, &admin).await.map(drop),
                "delete" => roster.delete_user(&root, &admin).await,
                _ => {
                    let new_password = "a much newer password".into();
                    let input = ChangePassword { password: None, new_password };
                    roster.change_password(&root, &admin, &input).await
                }
            }
            .unwrap();
            assert_eq!(successes(&roster, &borrowed).await, 0, "{way}");
        }
    }

    async fn t30_shutting_out_through_the_rulebook_ends_keys_for_good(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting(&root).await;
        for way in ["disable", "suspend", "delete"] {
            let user = roster.user(way, Role::Viewer).await;
            let tokens = credentials(&roster, &user).await;
            let user = UserRef::Id(user.id);
            match way {
                "disable" => roster.disable_user(&root, &user).await.map(drop),
                "suspend" => roster.suspend_user(&root, &user).await.map(drop),
                _ => roster.delete_user(&root, &user).await,
            }
            .unwrap();
            for token in &tokens {
                assert_eq!(successes(&roster, token).await, 0, "{way}");
            }
            match way {
                "delete" => roster.restore_user(&root, &user).await.unwrap(),
                _ => roster.enable_user(&root, &user).await.unwrap(),
            };
            assert!(roster.actor(&tokens[0]).await.is_err(), "{way}: the session came back");
            if way != "suspend" {
                assert!(roster.actor(&tokens[1]).await.is_err(), "{way}: the key came back");
            }
        }
    }

    async fn t31_a_token_is_good_for_what_it_was_made_for_only(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let [session, key] = credentials(&roster, &ann).await;
        for token in [&session, &key] {
            for other in ["s", "k", "l", "t"] {
                let mut text = token.expose().to_owned();
                if text[4..5] != *other {
                    text.replace_range(4..5, other);
                    assert!(roster.actor(&text.into()).await.is_err(), "{other}");
                }
            }
            assert!(roster.actor(&token.expose()[..token.expose().len() - 1].into()).await.is_err());
        }
        let first = roster.signed_in(&ann).await.token;
        let second = roster.signed_in(&ann).await.token;
        assert_ne!(first.expose(), second.expose(), "each sign-in has a token of its own");
    }

    async fn t32_no_check_that_begins_after_a_revocation_succeeds(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let roster = Arc::new(roster);
        for round in 0..20 {
            let [session, key] = credentials(&roster, &ann).await;
            let actor = roster.actor(&session).await.unwrap();
            let revoked = Arc::new(AtomicBool::new(false));
            let late = Arc::new(AtomicU64::new(0));
            let mut checks = Vec::new();
            for token in [&session, &key, &session, &key] {
                let (roster, token) = (Arc::clone(&roster), token.clone());
                let (revoked, late) = (Arc::clone(&revoked), Arc::clone(&late));
                checks.push(tokio::spawn(async move {
                    let mut after = 0;
                    while after < 50 {
                        let began_after = revoked.load(Ordering::SeqCst);
                        let is_good = roster.actor(&token).await.is_ok();
                        after += u32::from(began_after);
                        late.fetch_add(u64::from(began_after && is_good), Ordering::SeqCst);
                        tokio::task::yield_now().await;
                    }
                }));
            }
            // Misses and fills beside the checks: memory forgets the user again and again.
            let flush = Actor::system("tests");
            for _ in 0..round % 4 {
                roster.write(async |tx: &mut Tx| tx.count_sign_in(ann.id, roster.now()).await).await;
                roster.flush_usage(&flush).await.unwrap();
            }
            let name = roster
                .list_api_keys(&actor, &UserRef::Me, false, &ListFilter::default(), &PageRequest::default())
                .await
                .unwrap()
                .items
                .pop()
                .unwrap();
            roster.revoke_api_key(&actor, &UserRef::Me, &KeyRef::Id(name.id)).await.unwrap();
            roster.sign_out(&actor).await.unwrap();
            revoked.store(true, Ordering::SeqCst);
            roster.flush_usage(&flush).await.unwrap();
            for check in checks {
                check.await.unwrap();
            }
            assert_eq!(late.load(Ordering::SeqCst), 0, "in round {round}");
        }
        roster.try_sign_in("ann", PASSWORD, None).await.unwrap();
    }
}
