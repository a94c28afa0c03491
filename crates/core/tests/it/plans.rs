//! Plans: made, changed and removed by system admins; given, renewed, and over.

use std::time::Duration;

use roster_core::{Actor, Error};
use roster_model::{
    ErrorCode, Field, ListFilter, NewApiKey, NewPlan, NewUser, PageRequest, PlanUpdate, Role, User,
    UserRef, UserUpdate,
};

use crate::fixture::{Roster, on_both_databases};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn plan(name: &str, number_of_days: Option<i64>) -> NewPlan {
    NewPlan {
        name: name.into(),
        display_name: None,
        description: None,
        plan_color: "#00fF7e".into(),
        storage: i64::MAX,
        concurrent_tasks: 1,
        daily_api_calls: 1,
        monthly_api_calls: 1,
        daily_traffic: 1,
        monthly_traffic: 1,
        daily_process: 1,
        monthly_process: 1,
        number_of_days,
    }
}

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn to(user: &User) -> UserRef {
    UserRef::Id(user.id)
}

fn with_plan(plan: &str) -> UserUpdate {
    UserUpdate { plan: Some(Some(plan.into())), ..UserUpdate::default() }
}

async fn root(roster: &Roster) -> Actor {
    let root = roster.user("root", Role::SystemAdmin).await;
    roster.acting(&root).await
}

on_both_databases! {
    async fn a_plan_is_made_changed_and_removed_by_system_admins_alone(roster: Roster) {
        let actor = root(&roster).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let boss = roster.acting(&boss).await;
        let made = roster.create_plan(&actor, &plan(" Gold ", Some(30))).await.unwrap();
        assert_eq!((made.name.as_str(), made.storage), ("Gold", i64::MAX));
        let name = made.id.to_string();
        let update = PlanUpdate {
            name: Some("GOLD".into()),
            description: Some(Some("For those who dig".into())),
            number_of_days: Some(None),
            ..PlanUpdate::default()
        };
        let changed = roster.update_plan(&actor, "gold", &update).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.number_of_days), ("GOLD", None));
        assert_eq!(roster.get_plan(&boss, &name).await.unwrap(), changed);
        for refused in [
            code(roster.create_plan(&boss, &plan("Silver", None)).await),
            code(roster.update_plan(&boss, &name, &update).await),
            code(roster.delete_plan(&boss, &name).await),
        ] {
            assert_eq!(refused, Some(ErrorCode::Forbidden));
        }
        roster.delete_plan(&actor, &name).await.unwrap();
        assert_eq!(code(roster.get_plan(&actor, &name).await), Some(ErrorCode::NotFound));
        assert_eq!(code(roster.delete_plan(&actor, &name).await), Some(ErrorCode::NotFound));
        let update = roster.update_plan(&actor, "gold", &update).await;
        assert_eq!(code(update), Some(ErrorCode::NotFound));
    }

    async fn a_plan_holds_only_what_makes_sense(roster: Roster) {
        let actor = root(&roster).await;
        let good = || plan("Gold", Some(1));
        for (wrong, field) in [
            (NewPlan { name: " ".into(), ..good() }, Field::Name),
            (NewPlan { name: "007".into(), ..good() }, Field::Name),
            (NewPlan { plan_color: "red".into(), ..good() }, Field::PlanColor),
            (NewPlan { plan_color: "#12345é".into(), ..good() }, Field::PlanColor),
            (NewPlan { storage: 0, ..good() }, Field::Storage),
            (NewPlan { monthly_process: -1, ..good() }, Field::MonthlyProcess),
            (NewPlan { number_of_days: Some(0), ..good() }, Field::NumberOfDays),
            (NewPlan { description: Some("a\0b".into()), ..good() }, Field::Description),
        ] {
            let refused = roster.create_plan(&actor, &wrong).await.unwrap_err();
            assert_eq!(refused.field(), Some(field), "{wrong:?}");
        }
        roster.create_plan(&actor, &good()).await.unwrap();
        roster.create_plan(&actor, &plan("Silver", None)).await.unwrap();
        let taken = roster.create_plan(&actor, &plan("gold", None)).await;
        assert_eq!(code(taken), Some(ErrorCode::AlreadyExists));
        let rename = PlanUpdate { name: Some("GOLD".into()), ..PlanUpdate::default() };
        let taken = roster.update_plan(&actor, "silver", &rename).await;
        assert_eq!(code(taken), Some(ErrorCode::AlreadyExists));
    }

    async fn a_plan_that_somebody_has_stays(roster: Roster) {
        let actor = root(&roster).await;
        let gold = roster.create_plan(&actor, &plan("Gold", None)).await.unwrap();
        let ann = roster.user("ann", Role::Viewer).await;
        roster.update_user(&actor, &to(&ann), &with_plan("gold"), None).await.unwrap();
        assert_eq!(code(roster.delete_plan(&actor, "gold").await), Some(ErrorCode::WrongState));
        roster.delete_user(&actor, &to(&ann)).await.unwrap();
        roster.delete_plan(&actor, "gold").await.unwrap();
        let back = roster.restore_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(back.plan_id, None);
        let unknown = with_plan(&gold.id.to_string());
        let refused = roster.update_user(&actor, &to(&ann), &unknown, None).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::Plan));
    }

    async fn renewal_begins_where_the_period_ends_or_now(roster: Roster) {
        let actor = root(&roster).await;
        roster.create_plan(&actor, &plan("Monthly", Some(30))).await.unwrap();
        roster.create_plan(&actor, &plan("Forever", None)).await.unwrap();
        roster.create_plan(&actor, &plan("Ages", Some(i64::MAX))).await.unwrap();
        let ann = roster.user("ann", Role::Viewer).await;
        let refused = roster.renew_plan(&actor, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));

        let start = roster.now();
        let given = roster.update_user(&actor, &to(&ann), &with_plan("monthly"), None).await;
        assert_eq!(given.unwrap().plan_expires_at, Some(start + 30 * DAY));
        let renewed = roster.renew_plan(&actor, &to(&ann)).await.unwrap();
        assert_eq!(renewed.plan_expires_at, Some(start + 60 * DAY));
        roster.advance(100 * DAY);
        let actor = Actor::system("tests");
        let renewed = roster.renew_plan(&actor, &to(&ann)).await.unwrap();
        assert_eq!(renewed.plan_expires_at, Some(roster.now() + 30 * DAY));

        let given = roster.update_user(&actor, &to(&ann), &with_plan("ages"), None).await.unwrap();
        assert!(given.plan_expires_at > Some(roster.now() + 100_000 * DAY));
        let read = roster.get_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(read.plan_expires_at, given.plan_expires_at);
        roster.update_user(&actor, &to(&ann), &with_plan("forever"), None).await.unwrap();
        let renewed = roster.renew_plan(&actor, &to(&ann)).await.unwrap();
        assert_eq!(renewed.plan_expires_at, None);
    }

    async fn t18_the_end_of_a_plan_locks_out_at_that_moment(roster: Roster) {
        let actor = root(&roster).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let signed_in = roster.signed_in(&ann).await;
        let own = roster.actor(&signed_in.token).await.unwrap();
        let new = NewApiKey { name: "key".into(), ..NewApiKey::default() };
        let key = roster.create_api_key(&own, &UserRef::Me, &new).await.unwrap();
        let hour = Duration::from_secs(3600);
        let update = UserUpdate {
            plan_expires_at: Some(Some(roster.now() + hour)),
            ..UserUpdate::default()
        };
        roster.update_user(&actor, &to(&ann), &update, None).await.unwrap();
        for token in [&signed_in.token, &key.token] {
            roster.actor(token).await.unwrap();
        }
        roster.advance(hour);
        for token in [&signed_in.token, &key.token] {
            assert_eq!(code(roster.actor(token).await), Some(ErrorCode::Unauthenticated));
        }
        let refused = roster.try_sign_in("ann", crate::fixture::PASSWORD, None).await;
        assert_eq!(code(refused), Some(ErrorCode::AccountUnavailable));
        let wrong = roster.try_sign_in("ann", "wrong", None).await;
        assert_eq!(code(wrong), Some(ErrorCode::InvalidCredentials));
        assert_eq!(code(roster.impersonate(&actor, &to(&ann)).await), Some(ErrorCode::AccountUnavailable));

        let end = UserUpdate { plan_expires_at: Some(None), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &end, None).await.unwrap();
        roster.actor(&key.token).await.unwrap();
        roster.actor(&signed_in.token).await.unwrap();
    }

    async fn what_is_open_at_the_end_of_a_plan_is_cleared_away(roster: Roster) {
        let actor = root(&roster).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let ben = roster.user("ben", Role::Viewer).await;
        roster.signed_in(&ann).await;
        let other = roster.signed_in(&ben).await;
        let update = UserUpdate { plan_expires_at: Some(Some(roster.now())), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &update, None).await.unwrap();
        let page = PageRequest::default();
        assert_eq!(roster.list_sessions(&actor, &to(&ann), &ListFilter::default(), &page).await.unwrap().items.len(), 1);
        roster.clear_away(&Actor::system("tests")).await.unwrap();
        assert_eq!(roster.list_sessions(&actor, &to(&ann), &ListFilter::default(), &page).await.unwrap().items.len(), 0);
        roster.actor(&other.token).await.unwrap();
    }

    async fn the_last_system_admin_comes_to_no_end(roster: Roster) {
        let actor = root(&roster).await;
        let over = UserUpdate { plan_expires_at: Some(Some(roster.now())), ..UserUpdate::default() };
        let refused = roster.update_user(&actor, &UserRef::Me, &over, None).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        let other = NewUser {
            username: "other".into(),
            email: "other@example.com".into(),
            role: Some(Role::SystemAdmin),
            plan_expires_at: Some(roster.now()),
            ..NewUser::default()
        };
        roster.create_user(&actor, &other).await.unwrap();
        let refused = roster.update_user(&actor, &UserRef::Me, &over, None).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState), "the other one is locked out");
    }

    async fn nobody_renews_its_own_plan_but_system_admins(roster: Roster) {
        let actor = root(&roster).await;
        roster.create_plan(&actor, &plan("Gold", Some(1))).await.unwrap();
        for role in [Role::Viewer, Role::AccountAdmin] {
            let user = roster.user(role.as_str(), role).await;
            roster.update_user(&actor, &to(&user), &with_plan("gold"), None).await.unwrap();
            let own = roster.acting(&user).await;
            let refused = roster.renew_plan(&own, &UserRef::Me).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{role}");
        }
    }
}
