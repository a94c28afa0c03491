//! Changing passwords.

use std::time::Duration;

use roster_core::{Actor, Error, Profile};
use roster_model::{ChangeExpiredPassword, ChangePassword, ErrorCode, Field, Role, User, UserRef};
use roster_store::Location;

use crate::fixture::{PASSWORD, Roster, nobody, on_both_databases};

const NEW: &str = "a much newer password";

async fn change(
    roster: &Roster,
    actor: &Actor,
    user: &UserRef,
    old: Option<&str>,
    new: &str,
) -> Result<(), Error> {
    let input = ChangePassword { password: old.map(Into::into), new_password: new.into() };
    roster.change_password(actor, user, &input).await
}

async fn change_expired(roster: &Roster, old: &str, new: &str) -> Result<(), Error> {
    let input = ChangeExpiredPassword {
        login: "ann".to_owned(),
        password: old.into(),
        new_password: new.into(),
    };
    roster.change_expired_password(&nobody(), &input).await
}

async fn expire(roster: &Roster, user: &User) {
    let now = roster.now();
    roster.alter(user, |user| user.password_expires_at = Some(now)).await;
}

on_both_databases! {
    async fn a_changed_password_ends_the_other_sessions_and_keeps_this_one(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let other = roster.signed_in(&ann).await.token;
        let this = roster.signed_in(&ann).await.token;
        let actor = roster.actor(&this).await.unwrap();
        roster.actor(&other).await.unwrap();
        change(&roster, &actor, &UserRef::Me, Some(PASSWORD), NEW).await.unwrap();
        assert!(roster.actor(&other).await.is_err());
        let user = roster.whoami(&roster.actor(&this).await.unwrap()).await.unwrap().user;
        assert_eq!(user.password_changed_at, Some(roster.now()));
        assert_eq!(user.password_expires_at, None);
        assert!(roster.try_sign_in("ann", PASSWORD, None).await.is_err());
        roster.try_sign_in("ann", NEW, None).await.unwrap();
    }

    async fn t04_wrong_old_passwords_count_with_wrong_sign_ins(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        for round in 0..11 {
            let refused = match round % 3 {
                0 => change(&roster, &actor, &UserRef::Me, Some("wrong"), NEW).await.unwrap_err(),
                1 => change_expired(&roster, "wrong", NEW).await.unwrap_err(),
                _ => roster.try_sign_in("ann", "wrong", None).await.unwrap_err(),
            };
            assert!(matches!(refused.code(), ErrorCode::FieldInvalid | ErrorCode::InvalidCredentials), "{refused:?}");
        }
        for refused in [
            change(&roster, &actor, &UserRef::Me, Some(PASSWORD), NEW).await.unwrap_err(),
            change_expired(&roster, PASSWORD, NEW).await.unwrap_err(),
            roster.try_sign_in("ann", PASSWORD, None).await.unwrap_err(),
        ] {
            assert_eq!(refused.code(), ErrorCode::RateLimited);
        }
    }

    async fn a_bad_new_password_is_refused_and_changes_nothing(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        for _ in 0..3 {
            for new in ["", "short", "password1", "ann@example.com", PASSWORD, &"x".repeat(1025)] {
                let refused = change(&roster, &actor, &UserRef::Me, Some(PASSWORD), new).await.unwrap_err();
                assert_eq!(refused.field(), Some(Field::NewPassword), "{new}: {refused}");
            }
        }
        let refused = change(&roster, &actor, &UserRef::Me, None, NEW).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::Password));
        roster.try_sign_in("ann", PASSWORD, None).await.unwrap();
    }

    async fn an_administrator_sets_the_password_of_others_without_knowing_it(roster: Roster) {
        let ann = roster.user("ann", Role::AccountAdmin).await;
        let theirs = roster.signed_in(&ann).await.token;
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let viewer = roster.user("viewer", Role::Viewer).await;
        let refused = change(&roster, &roster.acting(&viewer).await, &UserRef::Id(ann.id), None, NEW).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        let refused = change(&roster, &roster.acting(&ann).await, &UserRef::Id(admin.id), None, NEW).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden, "t24");
        let actor = roster.acting(&admin).await;
        change(&roster, &actor, &UserRef::Id(ann.id), None, NEW).await.unwrap();
        assert!(roster.actor(&theirs).await.is_err());
        roster.try_sign_in("ann", NEW, None).await.unwrap();
        let refused = change(&roster, &actor, &UserRef::Id(admin.id), None, NEW).await;
        assert_eq!(refused.unwrap_err().field(), Some(Field::Password), "one's own needs the old one");
    }

    async fn an_expired_password_can_be_changed_and_nothing_else(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let early = change_expired(&roster, PASSWORD, NEW).await.unwrap_err();
        assert_eq!(early.code(), ErrorCode::WrongState);
        expire(&roster, &ann).await;
        let refused = change_expired(&roster, PASSWORD, PASSWORD).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::NewPassword));
        change_expired(&roster, PASSWORD, NEW).await.unwrap();
        roster.try_sign_in("ann", NEW, None).await.unwrap();
        let again = change_expired(&roster, PASSWORD, "yet another password").await.unwrap_err();
        assert_eq!(again.code(), ErrorCode::InvalidCredentials);
    }
}

#[tokio::test]
async fn passwords_of_the_compat_profile_last_a_year() {
    let roster = Roster::on(&Location::Memory, |settings| settings.profile = Profile::Compat).await;
    let ann = roster.user("ann", Role::Viewer).await;
    change(&roster, &roster.acting(&ann).await, &UserRef::Me, Some(PASSWORD), "x").await.unwrap();
    roster.advance(Duration::from_secs(365 * 24 * 3600 - 1));
    roster.try_sign_in("ann", "x", None).await.unwrap();
    roster.advance(Duration::from_secs(1));
    let refused = roster.try_sign_in("ann", "x", None).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::PasswordExpired);
}
