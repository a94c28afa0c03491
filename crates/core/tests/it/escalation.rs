//! Nobody gives others, or itself, more than it has: by the owner of a group, with a key that has limits, or between the
//! question and the deed (threats T24, T25).

use roster_core::{Actor, Error, Idempotency};
use roster_model::{
    ErrorCode, Group, GroupRole, GroupUpdate, MembershipRank, NewApiKey, NewGroup, NewUser,
    PermissionLevel, Role, Secret, ShareWithUsers, User, UserImport, UserRef, UserRow, UserUpdate,
};

use crate::{
    authority::{code, give, group, join, named, person, system, team_admin, to},
    fixture::{Roster, on_both_databases},
};

const ORGANIZATION_ADMIN: &[GroupRole] = &[GroupRole::OrganizationAdmin];
const TEAM_ADMIN: &[GroupRole] = &[GroupRole::TeamAdmin];

fn owned_by(user: &User) -> GroupUpdate {
    GroupUpdate { owner_id: Some(Some(user.id)), ..GroupUpdate::default() }
}

fn giving(roles: &[GroupRole]) -> GroupUpdate {
    GroupUpdate { roles: Some(roles.to_vec()), ..GroupUpdate::default() }
}

async fn group_role(roster: &Roster, user: &User) -> Option<GroupRole> {
    roster.get_user(&system(), &to(user)).await.unwrap().group_role
}

async fn is_in(roster: &Roster, group: &Group, user: &User) -> bool {
    let people = roster.get_group_with_people(&system(), group.id).await.unwrap().people;
    people.iter().any(|person| person.id == user.id)
}

/// A key of the caller's with these scopes, as an actor.
async fn limited(roster: &Roster, actor: &Actor, scopes: &[&str]) -> Actor {
    let new = NewApiKey {
        name: scopes.join(" "),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        constraints: Vec::new(),
        expires_at: None,
    };
    let issued = roster.create_api_key(actor, &UserRef::Me, &new).await.unwrap();
    roster.actor(&issued.token).await.unwrap()
}

/// What a change of the roles of a group does meanwhile.
async fn change_roles(core: roster_core::Core, group: Group, roles: &'static [GroupRole]) {
    core.update_group(&system(), group.id, &giving(roles)).await.unwrap();
}

on_both_databases! {
    async fn t24_who_may_not_fill_a_group_makes_nobody_its_owner(roster: Roster) {
        let one = group(&roster, "One", TEAM_ADMIN).await;
        let two = group(&roster, "Two", TEAM_ADMIN).await;
        let ann = roster.user("ann", Role::Viewer).await;
        for group in [&one, &two] {
            give(&roster, group, &ann, PermissionLevel::Manage).await;
        }
        let actor = roster.acting(&ann).await;
        for group in [&one, &two] {
            let refused = roster.update_group(&actor, group.id, &owned_by(&ann)).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
            assert!(!is_in(&roster, group, &ann).await);
        }
        // What once woke a membership that lay dormant.
        roster.delete_group(&actor, two.id).await.unwrap();
        assert_eq!(group_role(&roster, &ann).await, None);
    }

    async fn t25_a_limited_key_makes_nobody_an_administrator_by_giving_it_a_group(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let session = roster.acting(&boss).await;
        let key = limited(&roster, &session, &["group"]).await;
        for roles in [ORGANIZATION_ADMIN, TEAM_ADMIN] {
            let admins = group(&roster, roles[0].as_str(), roles).await;
            let refused = roster.update_group(&key, admins.id, &owned_by(&ann)).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{roles:?}");
            assert!(!is_in(&roster, &admins, &ann).await);
            // Nor does it make such groups, with or without an owner.
            let new = NewGroup { roles: roles.to_vec(), ..named("New") };
            let refused = roster.create_group(&key, &new).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{roles:?}");
            // Whom the key belongs to may, and then it counts at once.
            roster.update_group(&session, admins.id, &owned_by(&ann)).await.unwrap();
            assert_eq!(group_role(&roster, &ann).await, Some(roles[0]), "{roles:?}");
            roster.delete_group(&session, admins.id).await.unwrap();
            assert_eq!(group_role(&roster, &ann).await, None, "{roles:?}");
        }
        let crew = group(&roster, "Crew", &[]).await;
        roster.update_group(&key, crew.id, &owned_by(&ann)).await.unwrap();
        assert!(is_in(&roster, &crew, &ann).await);
    }

    async fn the_owner_of_a_new_group_is_at_once_what_the_group_makes_of_it(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let new = NewGroup {
            roles: ORGANIZATION_ADMIN.to_vec(),
            owner_id: Some(ann.id),
            ..named("Admins")
        };
        roster.create_group(&actor, &new).await.unwrap();
        assert_eq!(group_role(&roster, &ann).await, Some(GroupRole::OrganizationAdmin));
    }

    async fn t25_a_limited_key_makes_users_without_passwords_and_fills_no_group_of_admins(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let session = roster.acting(&boss).await;
        let key = limited(&roster, &session, &["user.create"]).await;
        let home = boss.primary_group_id;
        let with = |name: &str| NewUser {
            password: Some(Secret::new("a long enough password")),
            ..person(name, home)
        };
        let refused = roster.create_user(&key, &with("ann")).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        roster.create_user(&key, &person("bob", home)).await.unwrap();
        roster.create_user(&session, &with("ann")).await.unwrap();

        let team = group(&roster, "Team", &[]).await;
        let (tom, signed_in) = team_admin(&roster, "tom", &team).await;
        let tom = (roster.actor(&signed_in.token).await.unwrap(), tom);
        let admins = roster.get_user(&system(), &to(&tom.1)).await.unwrap();
        assert_eq!(admins.group_role, Some(GroupRole::TeamAdmin));
        let admins = group(&roster, "More team admins", TEAM_ADMIN).await;
        give(&roster, &admins, &tom.1, PermissionLevel::Manage).await;
        let cid = roster.user("cid", Role::Viewer).await;
        let rank = MembershipRank::Member;
        let key = limited(&roster, &tom.0, &["group", "user"]).await;
        let refused = roster.set_member(&key, admins.id, &to(&cid), rank).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let new = NewUser { group_ids: Some(vec![admins.id]), ..person("dan", team.id) };
        let refused = roster.create_user(&key, &new).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        roster.create_user(&key, &person("eve", team.id)).await.unwrap();
        roster.set_member(&tom.0, admins.id, &to(&cid), rank).await.unwrap();
        roster.create_user(&tom.0, &new).await.unwrap();
    }

    async fn a_team_admin_makes_a_user_once_however_often_it_asks(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let (_, signed_in) = team_admin(&roster, "tom", &team).await;
        let actor = roster.actor(&signed_in.token).await.unwrap();
        let once = Idempotency { key: "k1".into(), digest: [1; 32] };
        let actor = actor.with_idempotency(Some(once));
        let first = roster.create_user(&actor, &person("ann", team.id)).await.unwrap();
        let again = roster.create_user(&actor, &person("ann", team.id)).await.unwrap();
        assert_eq!(first.id, again.id);
    }

    async fn t24_who_leaves_a_group_that_has_just_come_to_give_something_keeps_nothing_of_it(roster: Roster) {
        let crew = group(&roster, "Crew", &[]).await;
        let ann = roster.user("ann", Role::Viewer).await;
        join(&roster, &crew, &ann).await;
        roster.at_clock.once(change_roles(roster.core.clone(), crew.clone(), ORGANIZATION_ADMIN));
        roster.remove_member(&system(), crew.id, &to(&ann)).await.unwrap();
        assert!(roster.at_clock.is_over());
        assert!(!is_in(&roster, &crew, &ann).await);
        assert_eq!(group_role(&roster, &ann).await, None);
    }

    async fn t24_nobody_is_made_a_member_of_a_group_that_has_just_come_to_give_more(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let crew = group(&roster, "Crew", &[]).await;
        let (tom, signed_in) = team_admin(&roster, "tom", &team).await;
        give(&roster, &crew, &tom, PermissionLevel::Manage).await;
        let actor = roster.actor(&signed_in.token).await.unwrap();
        let new = NewUser { group_ids: Some(vec![crew.id]), ..person("ann", team.id) };
        roster.at_random.once(change_roles(roster.core.clone(), crew.clone(), ORGANIZATION_ADMIN));
        let refused = roster.create_user(&actor, &new).await;
        assert!(roster.at_random.is_over());
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let absent = roster.get_user(&system(), &UserRef::parse("ann")).await;
        assert_eq!(code(absent), Some(ErrorCode::NotFound), "nothing is left half done");
        // Who may do it makes somebody who is at once what the group makes of it.
        change_roles(roster.core.clone(), crew.clone(), &[]).await;
        roster.at_random.once(change_roles(roster.core.clone(), crew.clone(), ORGANIZATION_ADMIN));
        let ann = roster.create_user(&system(), &new).await.unwrap();
        assert_eq!(ann.group_role, Some(GroupRole::OrganizationAdmin));
    }

    async fn t24_an_import_looks_again_what_its_groups_give(roster: Roster) {
        let crew = group(&roster, "Crew", &[]).await;
        let row = |name: &str| UserRow {
            username: name.into(),
            email: format!("{name}@example.com"),
            groups: Some("Crew".into()),
            ..UserRow::default()
        };
        let import = |name: &str| UserImport {
            organization_id: None,
            dry_run: false,
            users: vec![row(name)],
        };
        roster.at_clock.once(change_roles(roster.core.clone(), crew.clone(), ORGANIZATION_ADMIN));
        roster.import_users(&system(), import("ann")).await.unwrap();
        assert!(roster.at_clock.is_over());
        let ann = roster.get_user(&system(), &UserRef::parse("ann")).await.unwrap();
        assert_eq!(ann.group_role, Some(GroupRole::OrganizationAdmin));
    }

    async fn t24_a_share_that_was_just_taken_back_is_passed_on_to_nobody(roster: Roster) {
        let crew = group(&roster, "Crew", &[]).await;
        let [ann, eve] =
            [roster.user("ann", Role::Viewer).await, roster.user("eve", Role::Viewer).await];
        give(&roster, &crew, &ann, PermissionLevel::Manage).await;
        let actor = roster.acting(&ann).await;
        let (core, id, withdrawn) = (roster.core.clone(), crew.id, ann.id);
        roster.at_clock.once(async move {
            core.unshare_group_with_user(&system(), id, withdrawn).await.unwrap();
        });
        let share =
            ShareWithUsers::new(vec![eve.id], PermissionLevel::Manage);
        let refused = roster.share_group_with_users(&actor, crew.id, &share).await;
        assert!(roster.at_clock.is_over());
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let shares = roster.get_group_shares(&system(), crew.id).await.unwrap();
        assert_eq!(serde_json::to_string(&shares).unwrap().matches("eve").count(), 0);
    }

    async fn t24_nobody_is_restored_by_an_administrator_whom_it_has_just_outgrown(roster: Roster) {
        roster.user("root", Role::SystemAdmin).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let actor = roster.acting(&boss).await;
        roster.delete_user(&actor, &to(&ann)).await.unwrap();
        let (core, id) = (roster.core.clone(), ann.id);
        roster.at_clock.once(async move {
            let ann = UserRef::Id(id);
            core.restore_user(&system(), &ann).await.unwrap();
            let strong = UserUpdate { role: Some(Role::SystemAdmin), ..UserUpdate::default() };
            core.update_user(&system(), &ann, &strong, None).await.unwrap();
            core.delete_user(&system(), &ann).await.unwrap();
        });
        let refused: Result<User, Error> = roster.restore_user(&actor, &to(&ann)).await;
        assert!(roster.at_clock.is_over());
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
    }

    async fn newcomers_are_what_everybodys_group_makes_of_them(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let public = ann.primary_group_id;
        roster.update_group(&system(), public, &giving(TEAM_ADMIN)).await.unwrap();
        let crew = group(&roster, "Crew", &[]).await;
        for (name, home) in [("bob", public), ("cid", crew.id)] {
            let made = roster.create_user(&system(), &person(name, home)).await.unwrap();
            assert_eq!(made.group_role, Some(GroupRole::TeamAdmin), "{name}");
        }
        let row = UserRow {
            username: "dan".into(),
            email: "dan@example.com".into(),
            ..UserRow::default()
        };
        let import = UserImport { organization_id: None, dry_run: false, users: vec![row] };
        roster.import_users(&system(), import).await.unwrap();
        let dan = roster.get_user(&system(), &UserRef::parse("dan")).await.unwrap();
        assert_eq!(dan.group_role, Some(GroupRole::TeamAdmin));
    }
}
