//! Feature flags: who switches them, and who has them.

use roster_core::{Actor, Error};
use roster_model::{
    ErrorCode, FeatureFlag, FeatureFlagScope, GroupId, MembershipRank, NewFeatureFlag, NewGroup,
    OrganizationId, PageRequest, PeopleFilter, Role, SwitchFeatureFlag, UserRef,
};

use crate::fixture::{Roster, on_both_databases};

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn system() -> Actor {
    Actor::system("tests")
}

async fn flag(roster: &Roster, name: &str) -> FeatureFlag {
    let new = NewFeatureFlag { name: name.into(), is_on_for_everybody: false };
    roster.create_feature_flag(&system(), &new).await.unwrap()
}

fn on() -> SwitchFeatureFlag {
    SwitchFeatureFlag { is_on: true, ..SwitchFeatureFlag::default() }
}

async fn switch(roster: &Roster, name: &str, switch: &SwitchFeatureFlag) -> FeatureFlag {
    roster.switch_feature_flag(&system(), name, switch).await.unwrap()
}

/// The flags that somebody has, with by what.
async fn has(roster: &Roster, who: &Actor) -> Vec<(String, Vec<FeatureFlagScope>)> {
    let flags = roster.list_feature_flags_of(who, &UserRef::Me).await.unwrap();
    assert!(flags.is_sorted_by_key(|flag| flag.name.clone()));
    let on = flags.into_iter().filter(|flag| flag.is_on);
    on.map(|flag| (flag.name, flag.through)).collect()
}

/// Who has a flag, as a list of people finds it.
async fn having(roster: &Roster, who: &Actor, name: &str) -> Vec<String> {
    let filter = PeopleFilter { feature_flag: Some(name.into()), ..PeopleFilter::default() };
    let page = PageRequest { count: Some(true), ..PageRequest::default() };
    let found = roster.list_people(who, &filter, &page).await.unwrap();
    assert_eq!(found.total, Some(found.items.len() as u64), "{name}");
    found.items.into_iter().map(|person| person.user.username).collect()
}

async fn audited(roster: &Roster, action: &str) -> usize {
    let filter = roster_model::AuditFilter { action: Some(action.into()), ..Default::default() };
    let page = PageRequest::default();
    roster.list_audit_events(&system(), &filter, &page).await.unwrap().items.len()
}

on_both_databases! {
    async fn a_flag_is_on_through_the_user_its_groups_its_organization_or_for_everybody(roster: Roster) {
        let (ann, bob) = (roster.user("ann", Role::Viewer).await, roster.user("bob", Role::Viewer).await);
        let place = roster.elsewhere().await;
        let eve = roster.stranger("eve", Role::Viewer, place).await;
        let new = NewGroup { name: "Crew".into(), ..NewGroup::default() };
        let crew = roster.create_group(&system(), &new).await.unwrap();
        roster.set_member(&system(), crew.id, &UserRef::Id(bob.id), MembershipRank::Member).await.unwrap();
        for name in ["b.user", "a_group", "c-place", "d4", "off"] {
            flag(&roster, name).await;
        }
        switch(&roster, "b.user", &SwitchFeatureFlag { users: vec!["ANN".into(), bob.uuid.to_string()], ..on() }).await;
        switch(&roster, "a_group", &SwitchFeatureFlag { group_ids: vec![crew.id], ..on() }).await;
        switch(&roster, "c-place", &SwitchFeatureFlag { organization_ids: vec![place.0], ..on() }).await;
        switch(&roster, "d4", &SwitchFeatureFlag { everybody: true, ..on() }).await;
        let (ann, bob, eve) =
            (roster.acting(&ann).await, roster.acting(&bob).await, roster.acting(&eve).await);
        let (user, group) = (FeatureFlagScope::User, FeatureFlagScope::Group);
        let everybody = ("d4".to_owned(), vec![FeatureFlagScope::Everybody]);
        let named = |name: &str, scope| (name.to_owned(), vec![scope]);
        assert_eq!(has(&roster, &ann).await, [named("b.user", user), everybody.clone()]);
        assert_eq!(has(&roster, &bob).await, [named("a_group", group), named("b.user", user), everybody.clone()]);
        assert_eq!(has(&roster, &eve).await, [named("c-place", FeatureFlagScope::Organization), everybody]);
        assert_eq!(having(&roster, &ann, "b.user").await, ["ann", "bob"]);
        assert_eq!(having(&roster, &ann, "a_group").await, ["bob"]);
        assert!(having(&roster, &ann, "c-place").await.is_empty(), "people elsewhere are not seen");
        assert_eq!(having(&roster, &eve, "c-place").await, ["eve"]);
        assert_eq!(having(&roster, &ann, "d4").await, ["ann", "bob"]);
        for none in ["off", "no such flag", "", "B.USER", "a\0", "%"] {
            assert!(having(&roster, &ann, none).await.is_empty(), "{none:?}");
        }
        // What ends a membership ends what came of it.
        roster.remove_member(&system(), crew.id, &bob.user_id().unwrap().into()).await.unwrap();
        assert!(having(&roster, &ann, "a_group").await.is_empty());
        roster.delete_group(&system(), crew.id).await.unwrap();
        let page = PageRequest::default();
        assert!(roster.list_feature_flag_switches(&system(), "a_group", &page).await.unwrap().items.is_empty());
    }

    async fn all_that_are_named_are_switched_or_nobody(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let made = flag(&roster, "new").await;
        for wrong in [
            on(),
            SwitchFeatureFlag { users: vec!["ann".into(), "nobody".into()], ..on() },
            SwitchFeatureFlag { users: vec!["ann".into(), "a\0".into()], ..on() },
            SwitchFeatureFlag { users: vec!["ann".into(), "me".into()], ..on() },
            SwitchFeatureFlag { users: vec!["ann".into()], group_ids: vec![GroupId(987_654)], ..on() },
            SwitchFeatureFlag { everybody: true, organization_ids: vec![OrganizationId(987_654)], ..on() },
            SwitchFeatureFlag { users: vec!["ann".into(); 1001], ..on() },
        ] {
            let refused = roster.switch_feature_flag(&system(), "new", &wrong).await;
            assert_eq!(code(refused), Some(ErrorCode::FieldInvalid), "{wrong:?}");
        }
        assert_eq!(roster.get_feature_flag(&system(), "new").await.unwrap(), made);
        assert_eq!(audited(&roster, "flag.switched").await, 0);
        let ann = SwitchFeatureFlag { users: vec!["ann".into(), ann.id.to_string()], ..on() };
        let switched = switch(&roster, "new", &ann).await;
        assert_eq!((switched.user_count, switched.id), (1, made.id));
        roster.advance(std::time::Duration::from_secs(60));
        assert_eq!(switch(&roster, "new", &ann).await, switched, "it was so already");
        assert_eq!(audited(&roster, "flag.switched").await, 1);
        let off = switch(&roster, &made.id.to_string(), &SwitchFeatureFlag { is_on: false, ..ann }).await;
        assert_eq!((off.user_count, off.updated_at), (0, roster.now()));
    }

    async fn names_are_such_as_programs_write_and_each_is_there_once(roster: Roster) {
        flag(&roster, "new_editor-2.beta").await;
        let long = "a".repeat(65);
        for name in ["", "New", "1st", "_x", "a b", "ü", "a/b", ".", "..", "a\n", "a\0", &long] {
            let new = NewFeatureFlag { name: name.into(), is_on_for_everybody: true };
            let refused = roster.create_feature_flag(&system(), &new).await;
            assert_eq!(code(refused), Some(ErrorCode::FieldInvalid), "{name:?}");
            assert_eq!(code(roster.get_feature_flag(&system(), name).await), Some(ErrorCode::NotFound));
        }
        let again = NewFeatureFlag { name: "new_editor-2.beta".into(), is_on_for_everybody: true };
        assert_eq!(code(roster.create_feature_flag(&system(), &again).await), Some(ErrorCode::AlreadyExists));
        roster.delete_feature_flag(&system(), "new_editor-2.beta").await.unwrap();
        assert_eq!(code(roster.delete_feature_flag(&system(), "new_editor-2.beta").await), Some(ErrorCode::NotFound));
        roster.create_feature_flag(&system(), &again).await.unwrap();
        assert_eq!(audited(&roster, "flag.created").await, 2);
        assert_eq!(audited(&roster, "flag.deleted").await, 1);
    }

    async fn t16_nobody_but_system_admins_switches_or_sees_for_whom(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let place = roster.elsewhere().await;
        let eve = roster.stranger("eve", Role::AccountAdmin, place).await;
        let root = roster.user("root", Role::SystemAdmin).await;
        flag(&roster, "new").await;
        let own = UserRef::Id(ann.id);
        let (ann, boss) = (roster.acting(&ann).await, roster.acting(&boss).await);
        let (eve, root) = (roster.acting(&eve).await, roster.acting(&root).await);
        let (forbidden, page) = (Some(ErrorCode::Forbidden), PageRequest::default());
        let oneself = SwitchFeatureFlag { users: vec!["me".into()], ..on() };
        for other in [&ann, &boss, &eve] {
            let new = NewFeatureFlag { name: "own".into(), is_on_for_everybody: true };
            assert_eq!(code(roster.create_feature_flag(other, &new).await), forbidden);
            assert_eq!(code(roster.switch_feature_flag(other, "new", &oneself).await), forbidden);
            assert_eq!(code(roster.delete_feature_flag(other, "new").await), forbidden);
            assert_eq!(code(roster.list_feature_flags(other, &page).await), forbidden);
            assert_eq!(code(roster.list_feature_flag_switches(other, "new", &page).await), forbidden);
        }
        assert_eq!(roster.switch_feature_flag(&root, "new", &oneself).await.unwrap().user_count, 1);
        assert_eq!(has(&roster, &root).await.len(), 1);
        for who in [&ann, &boss, &root] {
            assert_eq!(roster.list_feature_flags_of(who, &own).await.unwrap().len(), 1);
        }
        assert_eq!(code(roster.list_feature_flags_of(&eve, &own).await), Some(ErrorCode::NotFound));
        let bob = roster.user("bob", Role::Viewer).await;
        let bob = roster.acting(&bob).await;
        assert_eq!(code(roster.list_feature_flags_of(&bob, &own).await), forbidden);
    }
}
