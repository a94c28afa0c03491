//! Signing in.

use std::{collections::HashSet, sync::Arc, time::Duration};

use proptest::prelude::*;
use roster_core::{Door, Error};
use roster_model::{
    AuditField, AuthenticationMethod, ErrorCode, LoginType, OrderBy, Outcome, Role, SignIn, Status,
};

use roster_store::{AuditQuery, Narrowed, Tx, Window};

use crate::fixture::{PASSWORD, Roster, nobody, on_both_databases};

/// What an answer looks like from outside.
async fn answer(roster: &Roster, login: &str, password: &str) -> String {
    match roster.try_sign_in(login, password, None).await {
        Ok(_) => "signed in".to_owned(),
        Err(error) => format!("{:?} {error}", error.code()),
    }
}

on_both_databases! {
    async fn a_name_or_address_and_the_password_open_a_session(roster: Roster) {
        let ann = roster.user_like("ann", Role::Viewer, |user| user.status = Status::New).await;
        for (count, login) in ["ann", "ANN", "Ann@Example.COM"].into_iter().enumerate() {
            let signed_in = roster.try_sign_in(login, PASSWORD, None).await.unwrap();
            assert_eq!(signed_in.user.id, ann.id);
            assert_eq!(signed_in.user.status, Status::Active);
            assert_eq!(signed_in.user.sign_in_count, count as i64 + 1);
            assert_eq!(signed_in.session.method, AuthenticationMethod::Password);
            assert_eq!(signed_in.session.address.as_deref(), Some("192.0.2.7"));
            let actor = roster.actor(&signed_in.token).await.unwrap();
            let whoami = roster.whoami(&actor).await.unwrap();
            assert_eq!(whoami.user.version, signed_in.user.version);
            assert_eq!(whoami.expires_at, Some(signed_in.session.expires_at));
            assert_eq!(whoami.user.last_seen_at, Some(roster.now()));
        }
    }

    async fn t01_t02_nobody_is_told_apart_before_the_right_password(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        roster.user_like("off", Role::Viewer, |user| user.status = Status::Disabled).await;
        roster.user_like("late", Role::Viewer, |user| user.status = Status::Pending).await;
        roster.user_without_password("bare").await;
        let gone = roster.user("gone", Role::Viewer).await;
        roster.alter(&gone, |user| user.deleted_at = Some(user.created_at)).await;
        let mut answers = HashSet::new();
        let mut work = HashSet::new();
        for login in ["ann", "off", "late", "bare", "gone", "nobody", "", "a\0b", "ann@example.com"] {
            let before = (roster.figures().password_hashes, roster.figures().store.writes);
            answers.insert(answer(&roster, login, "wrong").await);
            let after = (roster.figures().password_hashes, roster.figures().store.writes);
            work.insert((after.0 - before.0, after.1 - before.1));
        }
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(work, HashSet::from([(1, 2)]), "hashes and writes");
        assert!(answer(&roster, "gone", PASSWORD).await.starts_with("InvalidCredentials"));
        assert!(answer(&roster, "off", PASSWORD).await.starts_with("AccountUnavailable"));
        assert!(answer(&roster, "late", PASSWORD).await.starts_with("AccountUnavailable"));
    }

    async fn t01_known_and_unknown_names_wait_alike(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        let mut answers = Vec::new();
        for login in ["ann", "nobody"] {
            let mut heard = Vec::new();
            for _ in 0..12 {
                heard.push(answer(&roster, login, "wrong").await);
            }
            roster.advance(Duration::from_secs(30));
            heard.push(answer(&roster, login, "wrong").await);
            heard.push(answer(&roster, login, "wrong").await);
            answers.push(heard);
        }
        assert_eq!(answers[0], answers[1]);
        assert!(answers[0][10].starts_with("InvalidCredentials"));
        assert!(answers[0][11].starts_with("RateLimited"));
        assert!(answers[0][13].contains("60"), "{}", answers[0][13]);
    }

    async fn an_expired_password_says_so_and_opens_nothing(roster: Roster) {
        let now = roster.now();
        roster.user_like("ann", Role::Viewer, |user| user.password_expires_at = Some(now)).await;
        assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
        assert!(answer(&roster, "ann", PASSWORD).await.starts_with("PasswordExpired"));
    }

    async fn a_second_factor_is_asked_for_after_the_password_alone(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let refused = roster.try_sign_in("ann", PASSWORD, Some(&"123456".into())).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCredentials, "a code that nobody asked for");
        let secret = roster.enrol(&roster.acting(&ann).await).await;
        let code = roster.code(&secret);
        let refused = roster.try_sign_in("ann", "wrong", Some(&code)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidCredentials);
        let refused = roster.try_sign_in("ann", PASSWORD, None).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::OtpRequired);
        let signed_in = roster.try_sign_in("ann", PASSWORD, Some(&code)).await.unwrap();
        assert_eq!(signed_in.session.method, AuthenticationMethod::Otp);
        assert_eq!(signed_in.session.mfa_at, Some(roster.now()));
        let refused = roster.try_sign_in("ann", PASSWORD, Some(&code)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::OtpInvalid, "a code is good once");
    }

    async fn a_right_password_without_its_code_is_no_failure(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        roster.enrol(&roster.acting(&ann).await).await;
        for _ in 0..15 {
            let refused = roster.try_sign_in("ann", PASSWORD, None).await.unwrap_err();
            assert_eq!(refused.code(), ErrorCode::OtpRequired);
        }
    }

    async fn t05_of_parallel_guesses_only_as_many_count_as_are_allowed(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        let roster = Arc::new(roster);
        let before = roster.figures().password_hashes;
        let guesses: Vec<_> = (0..200)
            .map(|guess| {
                let roster = Arc::clone(&roster);
                tokio::spawn(async move {
                    roster.try_sign_in("ann", &format!("guess {guess}"), None).await.unwrap_err()
                })
            })
            .collect();
        let mut compared = 0;
        for guess in guesses {
            match guess.await.unwrap() {
                Error::InvalidCredentials => compared += 1,
                Error::RateLimited { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(compared, 11);
        assert_eq!(roster.figures().password_hashes - before, 11);
    }

    async fn many_right_passwords_at_once_are_not_taken_for_guesses(roster: Roster) {
        roster.user("robot", Role::Viewer).await;
        let roster = Arc::new(roster);
        let sign_ins: Vec<_> = (0..40)
            .map(|_| {
                let roster = Arc::clone(&roster);
                tokio::spawn(async move { roster.try_sign_in("robot", PASSWORD, None).await })
            })
            .collect();
        for sign_in in sign_ins {
            sign_in.await.unwrap().unwrap();
        }
    }

    async fn t05_one_code_opens_one_session_however_often_it_comes_at_once(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let secret = roster.enrol(&roster.acting(&ann).await).await;
        let code = roster.code(&secret);
        let roster = Arc::new(roster);
        let sign_ins: Vec<_> = (0..8)
            .map(|_| {
                let (roster, code) = (Arc::clone(&roster), code.clone());
                tokio::spawn(async move { roster.try_sign_in("ann", PASSWORD, Some(&code)).await })
            })
            .collect();
        let mut successes = 0;
        for sign_in in sign_ins {
            match sign_in.await.unwrap() {
                Ok(_) => successes += 1,
                Err(error) => assert_eq!(error.code(), ErrorCode::OtpInvalid),
            }
        }
        assert_eq!(successes, 1);
    }

    async fn t04_all_doors_share_one_count(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        let try_at = async |door: Door, password: &str| {
            let mut actor = nobody();
            actor.origin.door = door;
            let input =
                SignIn { login: "ann".to_owned(), password: password.into(), code: None };
            roster.sign_in(&actor, &input).await.unwrap_err().code()
        };
        for door in Door::ALL.into_iter().cycle().take(11) {
            assert_eq!(try_at(door, "wrong").await, ErrorCode::InvalidCredentials);
        }
        for door in Door::ALL {
            assert_eq!(try_at(door, PASSWORD).await, ErrorCode::RateLimited, "{door:?}");
        }
    }

    async fn where_people_sign_in_at_a_provider_passwords_open_nothing(roster: Roster) {
        roster.user("ann", Role::AccountAdmin).await;
        roster.user_like("exempt", Role::Viewer, |user| user.flags.sso_disabled = true).await;
        roster.user("root", Role::SystemAdmin).await;
        roster.set_organization(|settings| settings.login_type = LoginType::Sso).await;
        assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
        assert!(answer(&roster, "ann", PASSWORD).await.starts_with("AccountUnavailable"));
        roster.try_sign_in("exempt", PASSWORD, None).await.unwrap();
        roster.try_sign_in("root", PASSWORD, None).await.unwrap();
    }

    async fn sign_ins_are_audited_without_what_was_typed(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        answer(&roster, "hunter2", "hunter3").await;
        answer(&roster, "ann", "hunter4").await;
        roster.try_sign_in("ann", PASSWORD, None).await.unwrap();
        let window = Window { after: None, offset: 0, limit: 10 };
        let order = vec![OrderBy::descending(AuditField::Id)];
        let narrowed = Narrowed { order, ..Narrowed::default() };
        let query = AuditQuery { narrowed, ..AuditQuery::default() };
        let events = roster
            .store
            .point_read(async |tx: &mut Tx| tx.list_audit_events(&query, &window).await)
            .await
            .unwrap();
        let told: Vec<_> = events
            .iter()
            .map(|(event, _)| (event.action.as_str(), event.outcome, event.user_id))
            .collect();
        let opened = "session.opened";
        assert_eq!(
            told,
            [
                (opened, Outcome::Success, Some(ann.id)),
                (opened, Outcome::Failure, Some(ann.id)),
                (opened, Outcome::Failure, None),
            ]
        );
        let text = format!("{events:?}");
        assert!(!text.contains("hunter"), "{text}");
        assert!(text.contains("192.0.2.7"), "{text}");
    }

    async fn t10_the_victim_of_guesses_works_on_and_gets_in_after_the_wait(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let known = roster.signed_in(&ann).await.token;
        for _ in 0..11 {
            assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
        }
        let Err(Error::RateLimited { retry_after }) = roster.try_sign_in("ann", PASSWORD, None).await
        else {
            panic!("the twelfth try was let through")
        };
        assert_eq!(retry_after, Duration::from_secs(30));
        roster.actor(&known).await.unwrap();
        roster.advance(retry_after);
        roster.try_sign_in("ann", PASSWORD, None).await.unwrap();
        assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
    }

    async fn after_ten_wrong_passwords_the_right_one_needs_no_wait(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        for _ in 0..3 {
            for _ in 0..10 {
                assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
            }
            roster.try_sign_in("ann", PASSWORD, None).await.unwrap();
        }
    }

    async fn t10_waits_double_and_are_bounded(roster: Roster) {
        roster.user("ann", Role::Viewer).await;
        for _ in 0..10 {
            assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
        }
        let mut waits = Vec::new();
        for _ in 0..7 {
            assert!(answer(&roster, "ann", "wrong").await.starts_with("InvalidCredentials"));
            let refused = roster.try_sign_in("ann", "wrong", None).await.unwrap_err();
            let wait = refused.retry_after().unwrap();
            waits.push(wait.as_secs());
            roster.advance(wait);
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
    }

    async fn a_changed_password_ends_a_sign_in_under_way(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let token = roster.signed_in(&ann).await.token;
        roster.actor(&token).await.unwrap();
        roster.write(async |tx: &mut Tx| tx.replace_password_hash(ann.id, "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW").await).await;
        assert!(answer(&roster, "ann", PASSWORD).await.starts_with("InvalidCredentials"));
        roster.try_sign_in("ann", "secret", None).await.unwrap();
        let upgraded = roster
            .store
            .point_read(async |tx: &mut Tx| tx.find_password_hash(ann.id).await)
            .await;
        assert!(upgraded.unwrap().unwrap().starts_with("$argon2id$"), "an old hash is replaced");
    }
}

/// Spellings of one login that fold to the same name.
fn spelling() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<(bool, bool)>(), 3).prop_map(|how| {
        "ann"
            .chars()
            .zip(how)
            .map(|(c, (upper, wide))| {
                let c = if upper { c.to_ascii_uppercase() } else { c };
                match wide {
                    // The full-width form, which normalises to the same letter.
                    true => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                    false => c,
                }
            })
            .collect()
    })
}

#[test]
fn t08_tries_count_by_user_however_the_name_is_spelt() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    proptest!(ProptestConfig::with_cases(16), |(spellings in prop::collection::vec(spelling(), 11), with_address: [bool; 11])| {
        runtime.block_on(async {
            let roster = crate::fixture::on_sqlite().await;
            roster.user("ann", Role::Viewer).await;
            for (spelling, with_address) in spellings.iter().zip(with_address) {
                let login = if with_address { format!("{spelling}@example.com") } else { spelling.clone() };
                let heard = answer(&roster, &login, "wrong").await;
                assert!(heard.starts_with("InvalidCredentials"), "{login}: {heard}");
            }
            let heard = answer(&roster, "ann", PASSWORD).await;
            assert!(heard.starts_with("RateLimited"), "{heard}");
        });
    });
}
