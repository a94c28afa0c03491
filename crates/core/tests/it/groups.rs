//! Organizations, groups, plans and the audit log.

use roster_core::{Actor, Error};
use roster_model::{
    AuditFilter, ErrorCode, Field, GroupFilter, GroupUpdate, ListFilter, MembershipRank, NewGroup,
    NewUser, OrganizationUpdate, PageRequest, Role, User, UserRef, UserUpdate,
};

use crate::fixture::{Roster, nobody, on_both_databases};

fn named(name: &str) -> NewGroup {
    NewGroup { name: name.into(), ..NewGroup::default() }
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

async fn boss(roster: &Roster) -> Actor {
    let boss = roster.user("boss", Role::AccountAdmin).await;
    roster.acting(&boss).await
}

on_both_databases! {
    async fn names_and_slugs_of_groups_are_taken_once_in_an_organization(roster: Roster) {
        let actor = boss(&roster).await;
        let crew = roster.create_group(&actor, &named("Ground Crew")).await.unwrap();
        assert_eq!(crew.slug, "ground-crew");
        let refused = roster.create_group(&actor, &named("GROUND crew")).await;
        assert_eq!(field(refused), Some(Field::Name));
        let alike = roster.create_group(&actor, &named("Ground, Crew")).await.unwrap();
        assert_eq!(alike.slug, "ground-crew-2", "a slug that nobody chose gives way");
        let chosen = NewGroup { slug: Some("ground-crew".into()), ..named("Third") };
        let refused = roster.create_group(&actor, &chosen).await;
        assert_eq!(field(refused), Some(Field::Slug));
        let other = roster.create_group(&actor, &named("Pilots")).await.unwrap();
        let rename = GroupUpdate { name: Some("ground CREW".into()), ..GroupUpdate::default() };
        let refused = roster.update_group(&actor, other.id, &rename).await;
        assert_eq!(field(refused), Some(Field::Name));
        let own = roster.update_group(&actor, crew.id, &rename).await.unwrap();
        assert_eq!(own.name, "ground CREW");

        let place = roster.elsewhere().await;
        let stranger = roster.stranger("stranger", Role::AccountAdmin, place).await;
        let elsewhere = roster.acting(&stranger).await;
        roster.create_group(&elsewhere, &named("Ground Crew")).await.unwrap();
    }

    async fn of_twenty_groups_of_one_name_at_once_one_is_made(roster: Roster) {
        let actor = boss(&roster).await;
        let tries = (0..20).map(|_| {
            let (core, actor) = (roster.core.clone(), actor.clone());
            tokio::spawn(async move { core.create_group(&actor, &named("Crew")).await })
        });
        let results = futures_util::future::join_all(tries).await;
        let made = results.into_iter().filter(|result| match result.as_ref().unwrap() {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::AlreadyExists);
                false
            }
        });
        assert_eq!(made.count(), 1);
    }

    async fn t23_groups_of_other_organizations_are_as_if_absent(roster: Roster) {
        let place = roster.elsewhere().await;
        let actor = boss(&roster).await;
        let stranger = roster.stranger("stranger", Role::Viewer, place).await;
        let crew = roster.create_group(&actor, &named("Crew")).await.unwrap();
        let update = GroupUpdate { description: Some("x".into()), ..GroupUpdate::default() };
        for group in [place.1, roster_model::GroupId(0)] {
            assert_eq!(code(roster.get_group(&actor, group).await), Some(ErrorCode::NotFound));
            let refused = roster.update_group(&actor, group, &update).await;
            assert_eq!(code(refused), Some(ErrorCode::NotFound));
            assert_eq!(code(roster.delete_group(&actor, group).await), Some(ErrorCode::NotFound));
            let page = PageRequest::default();
            let refused = roster.list_members(&actor, group, &ListFilter::default(), &page).await;
            assert_eq!(code(refused), Some(ErrorCode::NotFound));
            let refused = roster.set_member(&actor, group, &UserRef::Me, MembershipRank::Manager).await;
            assert_eq!(code(refused), Some(ErrorCode::NotFound));
        }
        let refused = roster.set_member(&actor, crew.id, &to(&stranger), MembershipRank::Member).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let new = NewGroup { organization_id: Some(place.0), ..named("Spies") };
        assert_eq!(code(roster.create_group(&actor, &new).await), Some(ErrorCode::NotFound));
        let new = NewGroup { owner_id: Some(stranger.id), ..named("Spies") };
        assert_eq!(field(roster.create_group(&actor, &new).await), Some(Field::OwnerId));
        let groups = roster.list_groups(&actor, &GroupFilter::default(), &PageRequest::default()).await.unwrap();
        assert!(groups.items.iter().all(|group| group.group.organization_id == crew.organization_id));
        assert_eq!(groups.items.len(), 2);
    }

    async fn a_manager_adds_and_removes_members_and_others_do_not(roster: Roster) {
        let actor = boss(&roster).await;
        let [ann, bob, cid] = [
            roster.user("ann", Role::Viewer).await,
            roster.user("bob", Role::Viewer).await,
            roster.user("cid", Role::Viewer).await,
        ];
        let crew = NewGroup { owner_id: Some(ann.id), ..named("Crew") };
        let crew = roster.create_group(&actor, &crew).await.unwrap().id;
        let (manager, member) = (roster.acting(&ann).await, roster.acting(&bob).await);
        let rank = MembershipRank::Member;
        let set = roster.set_member(&manager, crew, &to(&bob), rank).await.unwrap();
        assert_eq!((set.user.id, set.rank), (bob.id, rank));
        let refused = roster.set_member(&member, crew, &to(&cid), rank).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let refused = roster.set_member(&member, crew, &UserRef::Me, MembershipRank::Manager).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let page = PageRequest { limit: Some(1), count: Some(true), ..PageRequest::default() };
        let first = roster.list_members(&member, crew, &ListFilter::default(), &page).await.unwrap();
        assert_eq!((first.items[0].user.id, first.total), (ann.id, Some(2)));
        let page = PageRequest { cursor: first.next, ..page };
        let second = roster.list_members(&member, crew, &ListFilter::default(), &page).await.unwrap();
        assert_eq!((second.items[0].user.id, second.next), (bob.id, None));
        roster.remove_member(&manager, crew, &to(&bob)).await.unwrap();
        let refused = roster.remove_member(&manager, crew, &to(&bob)).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
    }

    async fn everybodys_group_and_primary_groups_keep_their_people(roster: Roster) {
        let system = Actor::system("tests");
        let new = NewUser {
            username: "ann".into(),
            email: "ann@example.com".into(),
            ..NewUser::default()
        };
        let ann = roster.create_user(&system, &new).await.unwrap();
        let actor = boss(&roster).await;
        let public = ann.primary_group_id;
        let crew = roster.create_group(&actor, &named("Crew")).await.unwrap().id;
        let update = UserUpdate { primary_group_id: Some(crew), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &update, None).await.unwrap();
        // She was in everybody's group by choice, and stays in it without.
        roster.remove_member(&actor, public, &to(&ann)).await.unwrap();
        for group in [public, crew] {
            let refused = roster.remove_member(&actor, group, &to(&ann)).await;
            assert_eq!(code(refused), Some(ErrorCode::WrongState));
            let refused = roster.delete_group(&actor, group).await;
            assert_eq!(code(refused), Some(ErrorCode::WrongState));
        }
        let rename = GroupUpdate { slug: Some("all".into()), ..GroupUpdate::default() };
        let refused = roster.update_group(&actor, public, &rename).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        let home = UserUpdate { primary_group_id: Some(public), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &home, None).await.unwrap();
        roster.delete_group(&actor, crew).await.unwrap();
        assert_eq!(code(roster.get_group(&actor, crew).await), Some(ErrorCode::NotFound));
    }

    async fn who_moves_to_another_organization_leaves_the_groups_of_the_old_one(roster: Roster) {
        let system = Actor::system("tests");
        let place = roster.elsewhere().await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let old = ann.primary_group_id;
        let rank = MembershipRank::Manager;
        roster.set_member(&system, old, &to(&ann), rank).await.unwrap();
        let parent = UserUpdate { parent_id: Some(Some(boss.id)), ..UserUpdate::default() };
        roster.update_user(&system, &to(&ann), &parent, None).await.unwrap();
        let moved = UserUpdate { organization_id: Some(place.0), ..UserUpdate::default() };
        let moved = roster.update_user(&system, &to(&ann), &moved, None).await.unwrap();
        assert_eq!((moved.primary_group_id, moved.parent_id), (place.1, None));
        let page = PageRequest::default();
        assert!(roster.list_members(&system, old, &ListFilter::default(), &page).await.unwrap().items.is_empty());
        assert_eq!(roster.list_members(&system, place.1, &ListFilter::default(), &page).await.unwrap().items.len(), 1);
        let refused = roster.update_user(&system, &to(&ann), &parent, None).await;
        assert_eq!(field(refused), Some(Field::ParentId), "an admin of the old one");
    }

    async fn an_organization_is_seen_by_its_people_and_changed_by_its_administrators(roster: Roster) {
        let place = roster.elsewhere().await;
        let actor = boss(&roster).await;
        let own = actor.credential().unwrap().user.organization_id;
        let page = PageRequest { count: Some(true), ..PageRequest::default() };
        let seen = roster.list_organizations(&actor, &page).await.unwrap();
        assert_eq!((seen.items.len(), seen.items[0].id, seen.total), (1, own, Some(1)));
        let all = roster.list_organizations(&Actor::system("tests"), &page).await.unwrap();
        assert_eq!(all.total, Some(2));
        let update = OrganizationUpdate {
            name: Some(" Acme ".into()),
            password_min_length: Some(Some(12)),
            ..OrganizationUpdate::default()
        };
        let changed = roster.update_organization(&actor, own, &update).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.settings.password_min_length), ("Acme", Some(12)));
        let refused = roster.update_organization(&actor, place.0, &update).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let refused = roster.get_organization(&actor, place.0).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let wrong = OrganizationUpdate {
            password_min_length: Some(Some(0)),
            ..OrganizationUpdate::default()
        };
        let refused = roster.update_organization(&actor, own, &wrong).await;
        assert_eq!(field(refused), Some(Field::PasswordMinLength));
        let ann = roster.user("ann", Role::Viewer).await;
        let ann = roster.acting(&ann).await;
        let refused = roster.update_organization(&ann, own, &update).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        assert_eq!(roster.get_organization(&ann, own).await.unwrap().name, "Acme");
    }

    async fn plans_are_found_by_number_and_name(roster: Roster) {
        let system = Actor::system("tests");
        roster.prepare(&system).await.unwrap();
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        let plans = roster.list_plans(&actor, &ListFilter::default(), &PageRequest::default()).await.unwrap().items;
        let names: Vec<_> = plans.iter().map(|plan| plan.name.as_str()).collect();
        assert_eq!(names, ["small", "medium", "large"]);
        let by_number = roster.get_plan(&actor, &plans[1].id.to_string()).await.unwrap();
        assert_eq!(by_number, roster.get_plan(&actor, "MEDIUM").await.unwrap());
        for absent in ["huge", "0", "a\0b", "99999999999999999999"] {
            let refused = roster.get_plan(&actor, absent).await;
            assert_eq!(code(refused), Some(ErrorCode::NotFound), "{absent:?}");
        }
        let refused = roster.list_plans(&nobody(), &ListFilter::default(), &PageRequest::default()).await;
        assert_eq!(code(refused), Some(ErrorCode::Unauthenticated));
    }

    async fn the_audit_log_shows_each_what_concerns_it(roster: Roster) {
        let place = roster.elsewhere().await;
        let actor = boss(&roster).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let stranger = roster.stranger("stranger", Role::Viewer, place).await;
        let own = roster.acting(&ann).await;
        roster.acting(&stranger).await;
        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &title, None).await.unwrap();

        let page = PageRequest::default();
        let all = AuditFilter::default();
        let seen = roster.list_audit_events(&own, &all, &page).await.unwrap().items;
        assert_eq!(seen[0].action, "user.updated");
        assert_eq!(seen[0].actor_id, actor.user_id());
        assert_eq!(seen[0].changes["fields"], serde_json::json!(["title"]));
        let concerns = |event: &roster_model::AuditEvent| {
            [event.actor_id, event.user_id].contains(&Some(ann.id))
        };
        assert!(seen.iter().all(concerns));
        let seen = roster.list_audit_events(&actor, &all, &page).await.unwrap().items;
        assert!(seen.len() > 2);
        assert!(seen.iter().all(|event| event.user_id != Some(stranger.id)));
        let whole = roster.list_audit_events(&Actor::system("tests"), &all, &page).await.unwrap();
        assert!(whole.items.iter().any(|event| event.user_id == Some(stranger.id)));
        let about = |name: &str| AuditFilter { user: Some(name.into()), ..all.clone() };
        let refused = roster.list_audit_events(&actor, &about("stranger"), &page).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let refused = roster.list_audit_events(&own, &about("boss"), &page).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let action = AuditFilter { action: Some("user.updated".into()), ..about("ANN") };
        let page = PageRequest { count: Some(true), ..page };
        let seen = roster.list_audit_events(&actor, &action, &page).await.unwrap();
        assert_eq!((seen.items.len(), seen.total), (1, Some(1)));
    }
}
