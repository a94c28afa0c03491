//! What groups make of their members, and with whom they are shared.

use std::collections::HashSet;

use roster_core::{Actor, Error};
use roster_model::{
    Channel, ErrorCode, Field, Group, GroupFilter, GroupId, GroupRole, GroupUpdate, MembershipRank,
    NewGroup, NewUser, PageRequest, PermissionLevel, Role, ShareWithGroups, ShareWithUsers,
    SignedIn, Status, User, UserRef, UserUpdate,
};
use roster_store::Location;

use crate::fixture::{Roster, on_both_databases};

pub(crate) fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

pub(crate) fn to(user: &User) -> UserRef {
    UserRef::Id(user.id)
}

pub(crate) fn system() -> Actor {
    Actor::system("tests")
}

pub(crate) fn named(name: &str) -> NewGroup {
    NewGroup { name: name.into(), ..NewGroup::default() }
}

pub(crate) fn person(name: &str, home: GroupId) -> NewUser {
    NewUser {
        username: name.into(),
        email: format!("{name}@example.com"),
        primary_group_id: Some(home),
        ..NewUser::default()
    }
}

/// A group of the first organization with these roles.
pub(crate) async fn group(roster: &Roster, name: &str, roles: &[GroupRole]) -> Group {
    let new = NewGroup { roles: roles.to_vec(), ..named(name) };
    roster.create_group(&system(), &new).await.unwrap()
}

pub(crate) async fn join(roster: &Roster, group: &Group, user: &User) {
    let rank = MembershipRank::Member;
    roster.set_member(&system(), group.id, &to(user), rank).await.unwrap();
}

pub(crate) async fn give(roster: &Roster, group: &Group, user: &User, permission: PermissionLevel) {
    let share = ShareWithUsers::new(vec![user.id], permission);
    roster.share_group_with_users(&system(), group.id, &share).await.unwrap();
}

/// A team admin who manages `team`, with its session.
pub(crate) async fn team_admin(roster: &Roster, name: &str, team: &Group) -> (User, SignedIn) {
    let user = roster.user(name, Role::Viewer).await;
    let admins = roster
        .list_groups(&system(), &GroupFilter::default(), &PageRequest::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .find(|group| group.group.roles == [GroupRole::TeamAdmin]);
    let admins = match admins {
        Some(admins) => admins.group,
        None => group(roster, "Team admins", &[GroupRole::TeamAdmin]).await,
    };
    join(roster, &admins, &user).await;
    give(roster, team, &user, PermissionLevel::Manage).await;
    let session = roster.signed_in(&user).await;
    (user, session)
}

on_both_databases! {
    async fn members_of_a_group_of_organization_admins_administer_until_they_leave_it(roster: Roster) {
        let admins = group(&roster, "Admins", &[GroupRole::OrganizationAdmin]).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let session = roster.signed_in(&ann).await;
        let home = ann.primary_group_id;
        let actor = roster.actor(&session.token).await.unwrap();
        let refused = roster.create_user(&actor, &person("bob", home)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));

        join(&roster, &admins, &ann).await;
        let actor = roster.actor(&session.token).await.unwrap();
        roster.create_user(&actor, &person("bob", home)).await.unwrap();
        let seen = roster.get_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!((seen.role, seen.group_role), (Role::Viewer, Some(GroupRole::OrganizationAdmin)));
        // What the group gives lies with the group.
        let without = GroupUpdate { roles: Some(vec![]), ..GroupUpdate::default() };
        roster.update_group(&system(), admins.id, &without).await.unwrap();
        let actor = roster.actor(&session.token).await.unwrap();
        let refused = roster.create_user(&actor, &person("eve", home)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let with = vec![GroupRole::OrganizationAdmin, GroupRole::TeamAdmin];
        let with = GroupUpdate { roles: Some(with), ..GroupUpdate::default() };
        roster.update_group(&system(), admins.id, &with).await.unwrap();
        let actor = roster.actor(&session.token).await.unwrap();
        roster.create_user(&actor, &person("eve", home)).await.unwrap();
        roster.remove_member(&system(), admins.id, &to(&ann)).await.unwrap();
        let actor = roster.actor(&session.token).await.unwrap();
        let refused = roster.create_user(&actor, &person("mallory", home)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
    }

    async fn who_goes_with_a_deleted_group_or_to_another_organization_administers_no_more(roster: Roster) {
        let admins = group(&roster, "Admins", &[GroupRole::OrganizationAdmin]).await;
        let ann = roster.user("ann", Role::Viewer).await;
        join(&roster, &admins, &ann).await;
        roster.delete_group(&system(), admins.id).await.unwrap();
        assert_eq!(roster.get_user(&system(), &to(&ann)).await.unwrap().group_role, None);

        let admins = group(&roster, "Admins", &[GroupRole::OrganizationAdmin]).await;
        join(&roster, &admins, &ann).await;
        let place = roster.elsewhere().await;
        let moved = UserUpdate { organization_id: Some(place.0), ..UserUpdate::default() };
        let moved = roster.update_user(&system(), &to(&ann), &moved, None).await.unwrap();
        assert_eq!(moved.group_role, None);
    }

    async fn t24_only_administrators_say_what_a_group_makes_of_its_members(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let (_, session) = team_admin(&roster, "lead", &team).await;
        let lead = roster.actor(&session.token).await.unwrap();
        let new = NewGroup { roles: vec![GroupRole::StandardUser], ..named("Mine") };
        assert_eq!(code(roster.create_group(&lead, &new).await), Some(ErrorCode::Forbidden));
        for role in [GroupRole::OrganizationAdmin, GroupRole::TeamAdmin, GroupRole::ReportViewer] {
            let update = GroupUpdate { roles: Some(vec![role]), ..GroupUpdate::default() };
            let refused = roster.update_group(&lead, team.id, &update).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{role}");
        }
        // The same as it is now is no change.
        let same = GroupUpdate { roles: Some(vec![]), ..GroupUpdate::default() };
        roster.update_group(&lead, team.id, &same).await.unwrap();
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let boss = roster.acting(&boss).await;
        let update = GroupUpdate { roles: Some(vec![GroupRole::TeamAdmin]), ..GroupUpdate::default() };
        roster.update_group(&boss, team.id, &update).await.unwrap();
        let all = GroupUpdate {
            roles: Some(vec![GroupRole::OrganizationAdmin]),
            ..GroupUpdate::default()
        };
        let public = roster
            .list_groups(&boss, &GroupFilter { search: Some("public".into()), ..GroupFilter::default() }, &PageRequest::default())
            .await.unwrap().items.remove(0).group;
        let refused = roster.update_group(&boss, public.id, &all).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
    }

    async fn t24_nobody_joins_or_fills_a_group_that_gives_more_than_it_has(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let admins = group(&roster, "Admins", &[GroupRole::OrganizationAdmin]).await;
        let leads = group(&roster, "More leads", &[GroupRole::TeamAdmin]).await;
        let (lead, session) = team_admin(&roster, "lead", &team).await;
        give(&roster, &admins, &lead, PermissionLevel::Manage).await;
        roster.set_member(&system(), leads.id, &to(&lead), MembershipRank::Manager).await.unwrap();
        let actor = roster.actor(&session.token).await.unwrap();
        let refused =
            roster.set_member(&actor, admins.id, &to(&lead), MembershipRank::Member).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let share = ShareWithUsers::new(vec![lead.id], PermissionLevel::Read);
        let refused = roster.share_group_with_users(&actor, admins.id, &share).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        assert_eq!(code(roster.delete_group(&actor, admins.id).await), Some(ErrorCode::Forbidden));
        let new = NewUser { group_ids: Some(vec![admins.id]), ..person("puppet", team.id) };
        assert_eq!(code(roster.create_user(&actor, &new).await), Some(ErrorCode::Forbidden));
        let seen = roster.get_group(&actor, admins.id).await.unwrap();
        assert_eq!(seen.permission, PermissionLevel::Read);

        // A manager by rank who is no team admin makes no team admins.
        let ann = roster.user("ann", Role::Viewer).await;
        let bob = roster.user("bob", Role::Viewer).await;
        let plain = group(&roster, "Plain", &[]).await;
        roster.set_member(&system(), plain.id, &to(&ann), MembershipRank::Manager).await.unwrap();
        let ann = roster.acting(&ann).await;
        roster.set_member(&ann, plain.id, &to(&bob), MembershipRank::Member).await.unwrap();
        let update = GroupUpdate { roles: Some(vec![GroupRole::TeamAdmin]), ..GroupUpdate::default() };
        roster.update_group(&system(), plain.id, &update).await.unwrap();
        roster.remove_member(&system(), plain.id, &UserRef::Id(ann.user_id().unwrap())).await.unwrap();
        let boss = roster.user("boss", Role::Viewer).await;
        give(&roster, &plain, &boss, PermissionLevel::Manage).await;
        let boss = roster.acting(&boss).await;
        let carl = roster.user("carl", Role::Viewer).await;
        let refused = roster.set_member(&boss, plain.id, &to(&carl), MembershipRank::Member).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
    }

    async fn a_team_admin_makes_groups_that_its_team_manages(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let (lead, session) = team_admin(&roster, "lead", &team).await;
        let home = UserUpdate { primary_group_id: Some(team.id), ..UserUpdate::default() };
        roster.update_user(&system(), &to(&lead), &home, None).await.unwrap();
        let actor = roster.actor(&session.token).await.unwrap();
        let made = roster.create_group(&actor, &named("Project")).await.unwrap();
        assert_eq!((made.created_by, made.updated_by), (Some(lead.id), Some(lead.id)));
        let shares = roster.get_group_shares(&actor, made.id).await.unwrap();
        assert_eq!(shares.managers.groups[0].id, team.id);
        assert!(shares.managers.users.is_empty() && shares.readers.groups.is_empty());
        let children = roster.list_child_groups(&actor, team.id).await.unwrap();
        assert_eq!(children.manageable[0].name, "Project");
        let rename = GroupUpdate { name: Some("Venture".into()), ..GroupUpdate::default() };
        assert_eq!(roster.update_group(&actor, made.id, &rename).await.unwrap().name, "Venture");
        let seen = roster.get_group(&actor, made.id).await.unwrap();
        assert_eq!((seen.permission, seen.member_count), (PermissionLevel::Manage, 0));

        // Where its team is everybody, the group is its own.
        let everybody = roster.user("everybody", Role::Viewer).await;
        let (single, session) = team_admin(&roster, "single", &team).await;
        let actor = roster.actor(&session.token).await.unwrap();
        let made = roster.create_group(&actor, &named("Lonely")).await.unwrap();
        let shares = roster.get_group_shares(&actor, made.id).await.unwrap();
        assert_eq!(shares.managers.users[0].id, single.id);
        let actor = roster.acting(&everybody).await;
        assert_eq!(code(roster.create_group(&actor, &named("No")).await), Some(ErrorCode::Forbidden));
        roster.delete_group(&roster.acting(&single).await, made.id).await.unwrap();
    }

    async fn a_team_admin_makes_and_manages_users_of_its_groups_and_no_others(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let through = group(&roster, "Through", &[]).await;
        let other = group(&roster, "Other", &[]).await;
        let (lead, session) = team_admin(&roster, "lead", &team).await;
        join(&roster, &through, &lead).await;
        let actor = roster.actor(&session.token).await.unwrap();
        let ann = roster.create_user(&actor, &person("ann", team.id)).await.unwrap();
        let refused = roster.create_user(&actor, &person("bob", other.id)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        let both = NewUser { group_ids: Some(vec![other.id]), ..person("bob", team.id) };
        assert_eq!(code(roster.create_user(&actor, &both).await), Some(ErrorCode::Forbidden));
        let nowhere = NewUser { primary_group_id: None, ..person("bob", team.id) };
        assert_eq!(code(roster.create_user(&actor, &nowhere).await), Some(ErrorCode::Forbidden));
        for more in [
            NewUser { role: Some(Role::AccountAdmin), ..person("bob", team.id) },
            NewUser { plan: Some("large".into()), ..person("bob", team.id) },
        ] {
            assert_eq!(code(roster.create_user(&actor, &more).await), Some(ErrorCode::Forbidden));
        }
        // Given to a group that it is in, a group is its own to manage, too.
        let share =
            ShareWithGroups::new(vec![through.id], PermissionLevel::Manage);
        roster.share_group_with_groups(&system(), other.id, &share).await.unwrap();
        let bob = roster.create_user(&actor, &person("bob", other.id)).await.unwrap();

        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        for user in [&ann, &bob] {
            roster.update_user(&actor, &to(user), &title, None).await.unwrap();
        }
        let moved = UserUpdate { primary_group_id: Some(other.id), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &moved, None).await.unwrap();
        roster.suspend_user(&actor, &to(&ann)).await.unwrap();
        let role = UserUpdate { role: Some(Role::Editor), ..UserUpdate::default() };
        let refused = roster.update_user(&actor, &to(&ann), &role, None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        assert_eq!(code(roster.delete_user(&actor, &to(&ann)).await), Some(ErrorCode::Forbidden));

        roster.unshare_group_with_group(&system(), other.id, through.id).await.unwrap();
        let refused = roster.update_user(&actor, &to(&bob), &title, None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        // Without the role, what was given to manage are groups, not people.
        let plain = roster.user("plain", Role::Viewer).await;
        give(&roster, &team, &plain, PermissionLevel::Manage).await;
        let plain = roster.acting(&plain).await;
        let refused = roster.create_user(&plain, &person("carl", team.id)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        roster.set_member(&plain, team.id, &to(&bob), MembershipRank::Member).await.unwrap();
    }

    async fn t24_a_team_admin_has_nobody_in_its_hands_who_manages_more(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let other = group(&roster, "Other", &[]).await;
        let (lead, session) = team_admin(&roster, "lead", &team).await;
        let actor = roster.actor(&session.token).await.unwrap();
        let ann = roster.create_user(&actor, &person("ann", team.id)).await.unwrap();
        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &title, None).await.unwrap();
        give(&roster, &other, &ann, PermissionLevel::Manage).await;
        let refused = roster.update_user(&actor, &to(&ann), &title, None).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        give(&roster, &other, &lead, PermissionLevel::Manage).await;
        let title = UserUpdate { title: Some(Some("Prof".into())), ..UserUpdate::default() };
        roster.update_user(&actor, &to(&ann), &title, None).await.unwrap();
        let admins = group(&roster, "Admins", &[GroupRole::OrganizationAdmin]).await;
        join(&roster, &admins, &ann).await;
        let refused = roster.suspend_user(&actor, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
    }

    async fn t22_shares_reach_neither_groups_nor_people_of_another_organization(roster: Roster) {
        let place = roster.elsewhere().await;
        let stranger = roster.stranger("stranger", Role::AccountAdmin, place).await;
        let outside = roster.acting(&stranger).await;
        let team = group(&roster, "Team", &[]).await;
        let share = ShareWithUsers::new(vec![stranger.id], PermissionLevel::Read);
        let refused = roster.share_group_with_users(&system(), team.id, &share).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::UserIds));
        let share = ShareWithGroups::new(vec![place.1], PermissionLevel::Read);
        let refused = roster.share_group_with_groups(&system(), team.id, &share).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::GroupIds));
        let ann = roster.user("ann", Role::Viewer).await;
        give(&roster, &team, &ann, PermissionLevel::Write).await;
        let share = ShareWithUsers::new(vec![ann.id], PermissionLevel::Manage);
        let refused = roster.share_group_with_users(&outside, team.id, &share).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let refused = roster.unshare_group_with_user(&outside, team.id, ann.id).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let refused = roster.get_group_shares(&outside, team.id).await;
        assert_eq!(code(refused), Some(ErrorCode::NotFound));
        let shown = roster.list_members_of(&outside, &[team.id, place.1]).await.unwrap();
        assert!(!shown.contains_key(&team.id));
        // Half a list is not taken, either.
        let share = ShareWithUsers::new(vec![ann.id, stranger.id], PermissionLevel::Manage);
        roster.share_group_with_users(&system(), team.id, &share).await.unwrap_err();
        let shares = roster.get_group_shares(&system(), team.id).await.unwrap();
        assert_eq!((shares.writers.users[0].id, shares.managers.users.len()), (ann.id, 0));
    }

    async fn who_gets_a_share_is_told_by_mail_if_that_is_wanted(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let told = ShareWithUsers { send_email: true, ..ShareWithUsers::new(vec![ann.id], PermissionLevel::Read) };
        let refused = roster.share_group_with_users(&system(), team.id, &told).await;
        assert_eq!(code(refused), Some(ErrorCode::ChannelUnavailable), "there is no transport here");
        assert!(roster.get_group_shares(&system(), team.id).await.unwrap().readers.users.is_empty());
        let long = ShareWithUsers {
            email_text: Some("x".repeat(10_001)),
            ..ShareWithUsers::new(vec![ann.id], PermissionLevel::Read)
        };
        let refused = roster.share_group_with_users(&system(), team.id, &long).await.unwrap_err();
        assert_eq!(refused.field(), Some(Field::EmailText));
    }

    async fn a_new_level_takes_the_place_of_the_old_one(roster: Roster) {
        let team = group(&roster, "Team", &[]).await;
        let ann = roster.user("ann", Role::Viewer).await;
        give(&roster, &team, &ann, PermissionLevel::Manage).await;
        give(&roster, &team, &ann, PermissionLevel::Read).await;
        let shares = roster.get_group_shares(&system(), team.id).await.unwrap();
        assert_eq!((shares.readers.users.len(), shares.managers.users.len()), (1, 0));
        let actor = roster.acting(&ann).await;
        let rename = GroupUpdate { name: Some("Mine".into()), ..GroupUpdate::default() };
        let refused = roster.update_group(&actor, team.id, &rename).await;
        assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        roster.unshare_group_with_user(&system(), team.id, ann.id).await.unwrap();
        let absent = roster.unshare_group_with_user(&system(), team.id, ann.id).await;
        assert_eq!(code(absent), Some(ErrorCode::NotFound));
    }

    async fn groups_are_found_by_name_member_and_permission_in_each_order(roster: Roster) {
        let mut names = vec!["alpha", "Beta", "gamma", "50%_off"];
        let mut groups = Vec::new();
        for name in &names {
            groups.push(group(&roster, name, &[]).await);
        }
        let ann = roster.user("ann", Role::Viewer).await;
        let bob = roster.user_like("bob", Role::Viewer, |bob| bob.status = roster_model::Status::Disabled).await;
        join(&roster, &groups[0], &ann).await;
        join(&roster, &groups[0], &bob).await;
        join(&roster, &groups[1], &bob).await;
        give(&roster, &groups[1], &ann, PermissionLevel::Write).await;
        give(&roster, &groups[2], &ann, PermissionLevel::Manage).await;
        let actor = roster.acting(&ann).await;
        let list = async |filter: GroupFilter| {
            let page = PageRequest { count: Some(true), ..PageRequest::default() };
            let page = roster.list_groups(&actor, &filter, &page).await.unwrap();
            assert_eq!(page.total, Some(page.items.len() as u64), "{filter:?}");
            page.items.into_iter().map(|one| one.group.name).collect::<Vec<_>>()
        };
        let all = GroupFilter::default();
        let by_name = GroupFilter { order_by: Some("-name".into()), ..all.clone() };
        names.push("public");
        names.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
        assert_eq!(list(by_name.clone()).await, names);
        let search = |text: &str| GroupFilter { search: Some(text.into()), ..all.clone() };
        assert_eq!(list(search("BET")).await, ["Beta"]);
        assert_eq!(list(search("%_")).await, ["50%_off"]);
        assert_eq!(list(search(&groups[2].id.to_string())).await, ["gamma"]);
        assert!(list(search("'")).await.is_empty());
        let called = |text: &str| GroupFilter { name: Some(text.into()), ..all.clone() };
        assert_eq!(list(called("BET")).await, ["Beta"]);
        assert_eq!(list(called(&groups[2].id.to_string())).await, ["gamma"]);
        assert_eq!(list(search("50-off")).await, ["50%_off"], "the slug is looked through");
        assert!(list(called("50-off")).await.is_empty(), "but not where a name is asked for");
        assert!(list(GroupFilter { search: Some("beta".into()), ..called("gamma") }).await.is_empty());
        assert_eq!(list(called("")).await, list(all.clone()).await);
        let users = |users: &[&User]| GroupFilter {
            user_ids: Some(users.iter().map(|user| user.id.to_string()).collect::<Vec<_>>().join(",")),
            ..all.clone()
        };
        assert_eq!(list(users(&[&ann])).await, ["alpha"]);
        assert_eq!(list(users(&[&ann, &bob])).await, ["alpha", "Beta"]);
        let level = |permission| GroupFilter { permission: Some(permission), ..all.clone() };
        assert_eq!(list(level(PermissionLevel::Manage)).await, ["gamma"]);
        assert_eq!(list(level(PermissionLevel::Write)).await, ["Beta", "gamma"]);
        assert_eq!(list(level(PermissionLevel::Read)).await.len(), 5);
        let elsewhere = roster.elsewhere().await.0;
        assert!(list(GroupFilter { organization_id: Some(elsewhere), ..all.clone() }).await.is_empty());

        let counted = roster.get_group(&actor, groups[0].id).await.unwrap();
        assert_eq!((counted.member_count, counted.active_member_count), (2, 1));
        assert_eq!(counted.organization_name, "Default");
        let members = roster.list_members_of(&actor, &[groups[0].id, groups[1].id]).await.unwrap();
        let alpha = &members[&groups[0].id];
        assert_eq!(alpha.iter().map(|one| one.is_active).collect::<Vec<_>>(), [true, false]);

        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Some(2), cursor, ..PageRequest::default() };
            let page = roster.list_groups(&actor, &by_name, &page).await.unwrap();
            seen.extend(page.items.into_iter().map(|one| one.group.name));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, names);
        for (wrong, field) in [
            (GroupFilter { order_by: Some("size".into()), ..all.clone() }, Field::OrderBy),
            (GroupFilter { user_ids: Some("1,x".into()), ..all.clone() }, Field::UserIds),
            (search("a\0"), Field::Search),
        ] {
            let refused = roster.list_groups(&actor, &wrong, &PageRequest::default()).await;
            assert_eq!(refused.unwrap_err().field(), Some(field), "{wrong:?}");
        }
    }

    async fn the_roles_are_a_fixed_list(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let roles = roster.list_roles(&roster.acting(&ann).await).await.unwrap();
        let slugs: HashSet<_> = roles.iter().map(|role| role.slug.as_str()).collect();
        assert_eq!(roles.len(), 7);
        for slug in ["standard_user", "rv", "uc", "gc", "um", "team_admin", "org_admin"] {
            assert!(slugs.contains(slug), "{slug}");
        }
    }
}

/// Shares are told once to each who may sign in, whoever shares aside.
#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_group_are_told_of_a_share_once_each() {
    let roster =
        Roster::on(&Location::Memory, |settings| settings.channels = vec![Channel::Email]).await;
    let (team, crew, pair) = (
        group(&roster, "Team", &[]).await,
        group(&roster, "Crew", &[]).await,
        group(&roster, "Pair", &[]).await,
    );
    let boss = roster.user("boss", Role::AccountAdmin).await;
    let (ann, bob) =
        (roster.user("ann", Role::Viewer).await, roster.user("bob", Role::Viewer).await);
    let off = roster.user_like("off", Role::Viewer, |user| user.status = Status::Disabled).await;
    for user in [&boss, &ann, &bob, &off] {
        join(&roster, &crew, user).await;
    }
    join(&roster, &pair, &ann).await;
    let boss = roster.acting(&boss).await;
    let share = ShareWithGroups {
        send_email: true,
        email_text: Some("Please read.".into()),
        ..ShareWithGroups::new(vec![crew.id, pair.id], PermissionLevel::Write)
    };
    roster.share_group_with_groups(&boss, team.id, &share).await.unwrap();
    let mails = roster.claim_messages(&system(), 100).await.unwrap();
    let to: Vec<_> = mails.iter().map(|mail| (mail.template.as_str(), mail.to.as_str())).collect();
    assert_eq!(to, [("group_shared", "ann@example.com"), ("group_shared", "bob@example.com")]);
    let text = mails[0].text.expose();
    for piece in
        ["\"ann\"", "\"boss\" has shared the group \"Team\"", "write to", "\n> Please read.\n"]
    {
        assert!(text.contains(piece), "{piece}: {text}");
    }
    let quiet = ShareWithGroups { send_email: false, ..share };
    roster.share_group_with_groups(&boss, team.id, &quiet).await.unwrap();
    assert!(roster.claim_messages(&system(), 100).await.unwrap().is_empty());
}
