//! Sessions: how long they live, who sees and ends them, and acting in somebody's name.

use std::time::Duration;

use roster_core::{Actor, Core, Error};
use roster_model::{
    AuthenticationMethod, ErrorCode, IntrospectionRequest, ListFilter, NewApiKey, PageRequest,
    Role, Secret, Status, UserRef,
};

use crate::fixture::{Roster, nobody, on_both_databases};

const HOUR: Duration = Duration::from_secs(3600);

fn jobs() -> Actor {
    Actor::system("tests")
}

async fn list(core: &Core, actor: &Actor) -> Vec<roster_model::Session> {
    core.list_sessions(actor, &UserRef::Me, &ListFilter::default(), &PageRequest::default())
        .await
        .unwrap()
        .items
}

async fn introspect(roster: &Roster, actor: &Actor, token: &Secret) -> roster_model::Introspection {
    let input = IntrospectionRequest { token: token.clone(), method: None, path: None };
    roster.introspect(actor, &input).await.unwrap()
}

on_both_databases! {
    async fn t18_a_session_ends_by_the_clock_though_nobody_cleans_up(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let token = roster.signed_in(&ann).await.token;
        roster.advance(24 * HOUR - Duration::from_micros(1));
        roster.actor(&token).await.unwrap();
        roster.advance(24 * HOUR);
        assert_eq!(roster.actor(&token).await.unwrap_err().code(), ErrorCode::Unauthenticated);
    }

    async fn a_session_slides_with_its_use_whether_or_not_that_is_written_down(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let token = roster.signed_in(&ann).await.token;
        for day in 0..8 {
            roster.advance(23 * HOUR);
            roster.actor(&token).await.unwrap();
            if day % 2 == 0 {
                assert_eq!(roster.flush_usage(&jobs()).await.unwrap(), 1);
            }
            if day % 3 == 0 {
                // What stood in memory is gone; what is pending is not.
                roster.alter(&ann, |user| user.profile.city = Some("Ulm".to_owned())).await;
            }
        }
    }

    async fn t18_a_session_in_use_ends_after_thirty_days(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let token = roster.signed_in(&ann).await.token;
        for _ in 0..(30 * 24 / 20) - 1 {
            roster.advance(20 * HOUR);
            roster.actor(&token).await.unwrap();
        }
        roster.advance(20 * HOUR);
        assert!(roster.actor(&token).await.is_err());
        roster.flush_usage(&jobs()).await.unwrap();
        assert!(roster.actor(&token).await.is_err(), "a late note revives nothing");
    }

    async fn the_list_shows_what_lives_and_what_is_pending(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        roster.signed_in(&ann).await;
        roster.advance(23 * HOUR);
        let first = roster.signed_in(&ann).await;
        roster.advance(2 * HOUR);
        let actor = roster.acting(&ann).await;
        roster.actor(&first.token).await.unwrap();
        let sessions = list(&roster, &actor).await;
        assert_eq!(sessions.len(), 2, "the first of all is over");
        assert_eq!((sessions[0].is_current, sessions[1].is_current), (true, false));
        assert_eq!(sessions[1].uuid, first.session.uuid);
        assert_eq!(sessions[1].last_used_at, roster.now());
        assert_eq!(sessions[1].expires_at, roster.now() + 24 * HOUR);
        let before = list(&roster, &actor).await;
        roster.flush_usage(&jobs()).await.unwrap();
        assert_eq!(list(&roster, &actor).await, before, "written down, it reads the same");
    }

    async fn pages_of_sessions_visit_each_once(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        for _ in 0..4 {
            roster.signed_in(&ann).await;
        }
        let actor = roster.acting(&ann).await;
        let mut request =
            PageRequest { limit: Some(2), count: Some(true), ..PageRequest::default() };
        let mut seen = Vec::new();
        loop {
            let page = roster.list_sessions(&actor, &UserRef::Me, &ListFilter::default(), &request).await.unwrap();
            assert_eq!(page.total, Some(5));
            seen.extend(page.items.into_iter().map(|session| session.uuid));
            let Some(next) = page.next else { break };
            request.cursor = Some(next);
        }
        let all = list(&roster, &actor).await.into_iter().map(|session| session.uuid);
        assert_eq!(seen, all.collect::<Vec<_>>());
    }

    async fn t23_a_session_is_ended_under_its_own_user_only(roster: Roster) {
        let (ann, bob) = (roster.user("ann", Role::Viewer).await, roster.user("bob", Role::Viewer).await);
        let theirs = roster.signed_in(&bob).await;
        let actor = roster.acting(&ann).await;
        let refused = roster.end_session(&actor, &UserRef::Me, theirs.session.uuid).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::NotFound);
        let refused = roster.end_session(&actor, &UserRef::Id(bob.id), theirs.session.uuid).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        roster.actor(&theirs.token).await.unwrap();
        let actor = roster.actor(&theirs.token).await.unwrap();
        roster.end_session(&actor, &UserRef::Me, theirs.session.uuid).await.unwrap();
        assert!(roster.actor(&theirs.token).await.is_err());
    }

    async fn t09_no_way_of_minting_a_token_passes_over_the_status(roster: Roster) {
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let actor = roster.acting(&admin).await;
        for status in [Status::Pending, Status::Suspended, Status::Disabled] {
            let name = status.as_str();
            let user = roster.user_like(name, Role::Viewer, |user| user.status = status).await;
            let refused = roster.try_sign_in(name, crate::fixture::PASSWORD, None).await;
            assert_eq!(refused.unwrap_err().code(), ErrorCode::AccountUnavailable, "{name}: sign-in");
            let refused = roster.impersonate(&actor, &UserRef::Id(user.id)).await;
            assert_eq!(refused.unwrap_err().code(), ErrorCode::AccountUnavailable, "{name}: impersonation");
        }
        // A key is made with a credential; one that was good a moment ago is held against what is true now.
        let ann = roster.user("ann", Role::Viewer).await;
        let stale = roster.acting(&ann).await;
        roster.alter(&ann, |user| user.status = Status::Disabled).await;
        let new = NewApiKey { name: "late".to_owned(), ..NewApiKey::default() };
        let refused = roster.create_api_key(&stale, &UserRef::Me, &new).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::AccountUnavailable, "a key");
    }

    async fn who_must_enrol_can_do_nothing_else_first(roster: Roster) {
        let ann = roster
            .user_like("ann", Role::SystemAdmin, |user| user.flags.otp_required_for_login = true)
            .await;
        let bob = roster.user("bob", Role::Viewer).await;
        let service = roster.acting(&bob).await;
        let signed_in = roster.signed_in(&ann).await;
        let actor = roster.actor(&signed_in.token).await.unwrap();
        roster.whoami(&actor).await.unwrap();
        let new = NewApiKey { name: "key".to_owned(), ..NewApiKey::default() };
        let refused = roster.create_api_key(&actor, &UserRef::Me, &new).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        let refused = roster.list_sessions(&actor, &UserRef::Id(bob.id), &ListFilter::default(), &PageRequest::default()).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        assert!(!introspect(&roster, &service, &signed_in.token).await.active);
        roster.enrol(&actor).await;
        let actor = roster.actor(&signed_in.token).await.unwrap();
        roster.list_sessions(&actor, &UserRef::Id(bob.id), &ListFilter::default(), &PageRequest::default()).await.unwrap();
        assert!(introspect(&roster, &service, &signed_in.token).await.active);
    }

    async fn t24_nobody_acts_in_the_name_of_somebody_stronger(roster: Roster) {
        let system = roster.user("system", Role::SystemAdmin).await;
        let account = roster.user("account", Role::AccountAdmin).await;
        let viewer = roster.user("viewer", Role::Viewer).await;
        let (by_account, by_viewer) = (roster.acting(&account).await, roster.acting(&viewer).await);
        for (actor, target) in [(&by_account, &system), (&by_viewer, &account), (&by_viewer, &viewer), (&by_account, &account)] {
            let refused = roster.impersonate(actor, &UserRef::Id(target.id)).await;
            assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden, "{}", target.username);
        }
        let refused = roster.impersonate(&nobody(), &UserRef::Id(viewer.id)).await;
        assert_eq!(refused.unwrap_err().code(), ErrorCode::Unauthenticated);
        roster.impersonate(&by_account, &UserRef::Id(viewer.id)).await.unwrap();
    }

    async fn acting_in_a_name_reaches_no_credentials_and_ends_after_an_hour(roster: Roster) {
        let admin = roster.user("admin", Role::SystemAdmin).await;
        let other = roster.user("other", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let acting = roster.impersonate(&roster.acting(&admin).await, &UserRef::Id(other.id)).await.unwrap();
        assert_eq!(acting.session.method, AuthenticationMethod::Impersonation);
        assert_eq!(acting.session.impersonator_id, Some(admin.id));
        assert_eq!(acting.user.sign_in_count, 0, "it is no sign-in of that user");
        let actor = roster.actor(&acting.token).await.unwrap();
        assert_eq!(roster.whoami(&actor).await.unwrap().impersonator_id, Some(admin.id));
        let new = NewApiKey { name: "key".to_owned(), ..NewApiKey::default() };
        for refused in [
            roster.impersonate(&actor, &UserRef::Id(ann.id)).await.map(drop),
            roster.create_api_key(&actor, &UserRef::Me, &new).await.map(drop),
            roster.begin_totp(&actor, &UserRef::Me).await.map(drop),
            roster.end_sessions(&actor, &UserRef::Me, true).await.map(drop),
        ] {
            assert_eq!(refused.unwrap_err().code(), ErrorCode::Forbidden);
        }
        for _ in 0..3 {
            roster.advance(HOUR / 3 - Duration::from_secs(1));
            roster.actor(&acting.token).await.unwrap();
        }
        roster.advance(Duration::from_secs(3));
        assert!(roster.actor(&acting.token).await.is_err());
    }

    async fn introspection_says_nothing_about_what_is_worth_nothing(roster: Roster) {
        let ann = roster.user("ann", Role::Editor).await;
        let signed_in = roster.signed_in(&ann).await;
        let service = roster.acting(&ann).await;
        let refused = roster.introspect(&nobody(), &IntrospectionRequest { token: signed_in.token.clone(), method: None, path: None }).await;
        assert!(matches!(refused, Err(Error::Unauthenticated)));
        let answer = introspect(&roster, &service, &signed_in.token).await;
        assert!(answer.active);
        assert_eq!((answer.username.as_deref(), answer.role), (Some("ann"), Some(Role::Editor)));
        assert_eq!(answer.exp, Some(signed_in.session.expires_at.as_second()));
        roster.sign_out(&roster.actor(&signed_in.token).await.unwrap()).await.unwrap();
        let mangled = Secret::new(format!("{}x", signed_in.token.expose()));
        for token in [&signed_in.token, &mangled, &Secret::new("")] {
            let answer = introspect(&roster, &service, token).await;
            assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"active":false}"#);
        }
    }
}
