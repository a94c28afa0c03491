//! People as colleagues see and managers change them.

use std::{collections::BTreeMap, time::Duration};

use roster_core::{Actor, Core, Error};
use roster_model::{
    AccountFilter, AccountState, Channel, ConfirmEmail, ErrorCode, Field, Group, GroupDefaults,
    GroupId, GroupRole, MembershipRank, NewGroup, NewUser, NewUserFlags, PageRequest,
    PasswordReset, PeopleFilter, PermissionLevel, Profile, Role, Secret, Status, User, UserRef,
    UserUpdate,
};
use roster_store::{Location, Tx};

use crate::fixture::{PASSWORD, Roster, nobody, on_both_databases};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn code<T>(result: Result<T, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

fn field<T>(result: Result<T, Error>) -> Option<Field> {
    result.err().and_then(|error| error.field())
}

fn to(user: &User) -> UserRef {
    UserRef::Id(user.id)
}

fn system() -> Actor {
    Actor::system("tests")
}

fn person(name: &str) -> NewUser {
    NewUser {
        username: name.into(),
        email: format!("{name}@example.com"),
        first_name: Some("Ann".into()),
        last_name: Some("van der Berg".into()),
        ..NewUser::default()
    }
}

async fn group(roster: &Roster, name: &str) -> Group {
    let new = NewGroup { name: name.into(), ..NewGroup::default() };
    roster.create_group(&system(), &new).await.unwrap()
}

async fn groups_of(roster: &Roster, user: &User) -> Vec<GroupId> {
    let seen = roster.get_person(&system(), &to(user)).await.unwrap();
    seen.groups.iter().map(|group| group.id).collect()
}

async fn state(roster: &Roster, user: &User) -> AccountState {
    roster.get_person(&system(), &to(user)).await.unwrap().account_state
}

/// A rulebook that sends mail.
async fn mailing() -> Roster {
    Roster::on(&Location::Memory, |settings| settings.channels = vec![Channel::Email]).await
}

/// What is in the outbox: template, destination and code.
async fn mails(core: &Core) -> Vec<(String, String, Option<Secret>)> {
    let mails = core.claim_messages(&system(), 100).await.unwrap();
    mails.into_iter().map(|mail| (mail.template, mail.to, mail.code)).collect()
}

fn templates(mails: &[(String, String, Option<Secret>)]) -> BTreeMap<&str, &str> {
    mails.iter().map(|(template, to, _)| (template.as_str(), to.as_str())).collect()
}

on_both_databases! {
    async fn a_new_user_is_in_its_groups_with_what_they_give(roster: Roster) {
        let defaults = GroupDefaults {
            default_time_zone: Some("Europe/Vienna".into()),
            default_otp_required_for_login: Some(true),
            ..GroupDefaults::default()
        };
        let new = NewGroup { name: "Team".into(), defaults: Some(defaults), ..NewGroup::default() };
        let team = roster.create_group(&system(), &new).await.unwrap();
        let other = group(&roster, "Other").await;
        let new = NewUser {
            primary_group_id: Some(team.id),
            group_ids: Some(vec![other.id, other.id]),
            ..person("ann")
        };
        let ann = roster.create_user(&system(), &new).await.unwrap();
        assert_eq!(groups_of(&roster, &ann).await, [team.id, other.id]);
        assert!(ann.flags.otp_required_for_login);
        assert_eq!(ann.profile.initials.as_deref(), Some("AVDB"));
        let seen = roster.get_person(&system(), &to(&ann)).await.unwrap();
        assert_eq!(seen.effective_time_zone, "Europe/Vienna");
        assert_eq!((seen.organization.slug.as_str(), seen.account_state), ("default", AccountState::Active));
        assert_eq!(seen.session_began_at, None);

        let flags = NewUserFlags { otp_required_for_login: Some(false), ..NewUserFlags::default() };
        let profile = Profile {
            initials: Some("XY".into()),
            time_zone: Some("Asia/Tokyo".into()),
            ..Profile::default()
        };
        let new = NewUser {
            primary_group_id: Some(team.id),
            flags: Some(flags),
            profile: Some(profile),
            ..person("bob")
        };
        let bob = roster.create_user(&system(), &new).await.unwrap();
        assert!(!bob.flags.otp_required_for_login);
        assert_eq!(bob.profile.initials.as_deref(), Some("XY"));
        let seen = roster.get_person(&system(), &to(&bob)).await.unwrap();
        assert_eq!(seen.effective_time_zone, "Asia/Tokyo");
        let rename = UserUpdate { last_name: Some("Cole".into()), ..UserUpdate::default() };
        let bob = roster.update_user(&system(), &to(&bob), &rename, None).await.unwrap();
        assert_eq!(bob.profile.initials.as_deref(), Some("AC"), "another name has others");
        let carl = roster.create_user(&system(), &person("carl")).await.unwrap();
        let seen = roster.get_person(&system(), &to(&carl)).await.unwrap();
        assert_eq!((seen.effective_time_zone.as_str(), seen.groups.len()), ("UTC", 1));

        let place = roster.elsewhere().await;
        for wrong in [place.1, GroupId(987_654)] {
            let new = NewUser { group_ids: Some(vec![wrong]), ..person("dan") };
            assert_eq!(field(roster.create_user(&system(), &new).await), Some(Field::GroupIds));
        }
    }

    async fn a_set_of_groups_takes_the_place_of_another_and_the_primary_one_stays(roster: Roster) {
        let (one, two, three) =
            (group(&roster, "One").await, group(&roster, "Two").await, group(&roster, "Three").await);
        let new = NewUser { primary_group_id: Some(one.id), ..person("ann") };
        let ann = roster.create_user(&system(), &new).await.unwrap();
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let set = |groups: &[&Group]| UserUpdate {
            group_ids: Some(groups.iter().map(|group| group.id).collect()),
            ..UserUpdate::default()
        };
        let changed = roster.manage_user(&actor, &to(&ann), &set(&[&two, &three]), None).await.unwrap();
        assert_eq!(groups_of(&roster, &ann).await, [one.id, two.id, three.id]);
        assert_eq!((changed.version, changed.updated_by), (ann.version + 1, Some(boss.id)));
        let same = roster.manage_user(&actor, &to(&ann), &set(&[&two, &three]), None).await.unwrap();
        assert_eq!(same.version, changed.version);
        let moved = UserUpdate { primary_group_id: Some(three.id), ..set(&[]) };
        roster.manage_user(&actor, &to(&ann), &moved, None).await.unwrap();
        assert_eq!(groups_of(&roster, &ann).await, [three.id]);
        let refused = roster.remove_member(&actor, three.id, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        assert_eq!(code(roster.delete_group(&actor, three.id).await), Some(ErrorCode::WrongState));

        // All or nothing.
        let both = UserUpdate {
            title: Some(Some("Dr".into())),
            group_ids: Some(vec![two.id, GroupId(987_654)]),
            ..UserUpdate::default()
        };
        let refused = roster.manage_user(&actor, &to(&ann), &both, None).await;
        assert_eq!(field(refused), Some(Field::GroupIds));
        assert_eq!(groups_of(&roster, &ann).await, [three.id]);
        assert_eq!(roster.get_user(&system(), &to(&ann)).await.unwrap().profile.title, None);
    }

    async fn t16_nobody_manages_itself_without_being_an_administrator(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let bob = roster.user("bob", Role::Viewer).await;
        let actor = roster.acting(&ann).await;
        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        for user in [&ann, &bob] {
            let refused = roster.manage_user(&actor, &to(user), &title, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
            let refused = roster.terminate_sessions(&actor, &to(user)).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
            let refused = roster.wipe_mfa(&actor, &to(user)).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden));
        }
        for own in [
            UserUpdate { group_ids: Some(vec![]), ..UserUpdate::default() },
            UserUpdate { active: Some(true), ..UserUpdate::default() },
            UserUpdate { account_state: Some(AccountState::Active), ..UserUpdate::default() },
            UserUpdate { robot: Some(true), ..UserUpdate::default() },
        ] {
            let refused = roster.update_user(&actor, &UserRef::Me, &own, None).await;
            assert_eq!(code(refused), Some(ErrorCode::Forbidden), "{own:?}");
        }
        let seen = roster.get_person(&actor, &UserRef::Me).await.unwrap();
        assert_eq!(seen.permission, PermissionLevel::Write);
        roster.update_user(&actor, &UserRef::Me, &title, None).await.unwrap();
    }

    async fn t03_colleagues_see_each_other_but_not_what_is_private(roster: Roster) {
        let place = roster.elsewhere().await;
        let stranger = roster.stranger("stranger", Role::Viewer, place).await;
        let ann = roster
            .user_like("ann", Role::Viewer, |ann| {
                ann.unconfirmed_email = Some("secret@example.com".into());
                ann.phone = roster_model::PhoneNumber::parse("+440123456789").ok();
                ann.preferences.insert("colour".into(), "red".into());
            })
            .await;
        let bob = roster.user("bob", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&bob).await;
        let seen = roster.get_person(&actor, &to(&ann)).await.unwrap();
        assert_eq!((seen.permission, seen.user.id), (PermissionLevel::Read, ann.id));
        let text = serde_json::to_string(&seen).unwrap();
        for hidden in ["secret@", "0123456789", "colour"] {
            assert!(!text.contains(hidden), "{text}");
        }
        let seen = roster.get_person(&roster.acting(&boss).await, &to(&ann)).await.unwrap();
        assert_eq!(seen.permission, PermissionLevel::Manage);
        assert!(seen.user.phone.is_some() && seen.user.unconfirmed_email.is_some());
        let absent = roster.get_person(&actor, &to(&stranger)).await;
        assert_eq!(code(absent), Some(ErrorCode::NotFound));
        assert_eq!(code(roster.get_person(&nobody(), &to(&ann)).await), Some(ErrorCode::Unauthenticated));
        let page = PageRequest { count: Some(true), ..PageRequest::default() };
        let people = roster.list_people(&actor, &PeopleFilter::default(), &page).await.unwrap();
        assert_eq!(people.total, Some(3));
        assert!(people.items.iter().all(|one| one.user.organization_id != place.0));
        let there = PeopleFilter { organization_id: Some(place.0), ..PeopleFilter::default() };
        assert_eq!(roster.list_people(&actor, &there, &page).await.unwrap().total, Some(0));
        // A telephone is not found by guessing, either.
        let guess = PeopleFilter { search: Some("0123456789".into()), ..PeopleFilter::default() };
        assert_eq!(roster.list_people(&actor, &guess, &page).await.unwrap().total, Some(0));
    }

    async fn people_are_found_by_account_name_number_and_group(roster: Roster) {
        let (one, two) = (group(&roster, "One").await, group(&roster, "Two").await);
        let mut people = Vec::new();
        for (name, groups) in
            [("ann", vec![one.id]), ("bob", vec![one.id, two.id]), ("carl", vec![]), ("x%_y", vec![])]
        {
            let new = NewUser { group_ids: Some(groups), first_name: Some(name.into()), last_name: None, ..person(name) };
            people.push(roster.create_user(&system(), &new).await.unwrap());
        }
        roster.alter(&people[2], |carl| carl.status = Status::Disabled).await;
        roster.alter(&people[1], |bob| bob.status = Status::Suspended).await;
        let actor = system();
        let list = async |filter: PeopleFilter| {
            let page = PageRequest { count: Some(true), ..PageRequest::default() };
            let page = roster.list_people(&actor, &filter, &page).await.unwrap();
            assert_eq!(page.total, Some(page.items.len() as u64));
            page.items.into_iter().map(|one| one.user.username).collect::<Vec<_>>()
        };
        let all = PeopleFilter { account: Some(AccountFilter::All), ..PeopleFilter::default() };
        assert_eq!(list(PeopleFilter::default()).await, ["ann", "bob", "x%_y"]);
        let inactive = PeopleFilter { account: Some(AccountFilter::Inactive), ..all.clone() };
        assert_eq!(list(inactive).await, ["carl"]);
        let down = PeopleFilter { order_by: Some("-username".into()), ..all.clone() };
        assert_eq!(list(down).await, ["x%_y", "carl", "bob", "ann"]);
        let search = |text: String| PeopleFilter { search: Some(text), ..all.clone() };
        assert_eq!(list(search("%_".into())).await, ["x%_y"]);
        assert_eq!(list(search("ARL@".into())).await, ["carl"]);
        let number = people[0].id.to_string();
        assert!(list(search(number)).await.contains(&"ann".to_owned()));
        let several = |ids: String| PeopleFilter { group_ids: Some(ids), ..all.clone() };
        assert_eq!(list(several(format!("{},{}", one.id, two.id))).await, ["ann", "bob"]);
        assert_eq!(list(several(two.id.to_string())).await, ["bob"]);
        assert!(list(several("987654".into())).await.is_empty());
        assert_eq!(list(PeopleFilter { group_id: Some(one.id), ..all.clone() }).await, ["ann", "bob"]);
        let without = PeopleFilter { exclude_groups: Some(true), ..all.clone() };
        let page = roster.list_people(&actor, &without, &PageRequest::default()).await.unwrap();
        assert!(page.items.iter().all(|one| one.groups.is_empty()));
        for (wrong, at) in [
            (PeopleFilter { group_id: Some(one.id), ..several("1".into()) }, Field::GroupIds),
            (several("x".into()), Field::GroupIds),
            (PeopleFilter { order_by: Some("email".into()), ..all.clone() }, Field::OrderBy),
        ] {
            let refused = roster.list_people(&actor, &wrong, &PageRequest::default()).await;
            assert_eq!(field(refused), Some(at), "{wrong:?}");
        }
    }

    async fn a_suspension_is_lifted_and_shows_until_the_user_comes_back(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let session = roster.signed_in(&ann).await;
        let refused = roster.unsuspend_user(&actor, &to(&ann)).await;
        assert_eq!(code(refused), Some(ErrorCode::WrongState));
        roster.advance(Duration::from_secs(60));
        roster.suspend_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Suspended);
        assert_eq!(code(roster.actor(&session.token).await), Some(ErrorCode::Unauthenticated));
        roster.advance(Duration::from_secs(60));
        let lifted = roster.unsuspend_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(lifted.unlocked_at, Some(roster.now()));
        assert_eq!(state(&roster, &ann).await, AccountState::Unsuspended);
        roster.advance(Duration::from_secs(60));
        let session = roster.signed_in(&ann).await;
        assert_eq!(state(&roster, &ann).await, AccountState::Active);
        roster.advance(Duration::from_secs(60));
        roster.suspend_user(&actor, &to(&ann)).await.unwrap();
        roster.unsuspend_user(&actor, &to(&ann)).await.unwrap();
        assert_eq!(code(roster.actor(&session.token).await), Some(ErrorCode::Unauthenticated));
        assert_eq!(state(&roster, &ann).await, AccountState::Unsuspended);
    }

    async fn account_states_are_set_and_never_contradict(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let set = |state| UserUpdate { account_state: Some(state), ..UserUpdate::default() };
        let active = |active| UserUpdate { active: Some(active), ..UserUpdate::default() };
        for wanted in [
            AccountState::Suspended,
            AccountState::Unsuspended,
            AccountState::Deactivated,
            AccountState::Suspended,
            AccountState::Active,
            AccountState::Deactivated,
            AccountState::Active,
        ] {
            roster.advance(Duration::from_secs(1));
            roster.manage_user(&actor, &to(&ann), &set(wanted), None).await.unwrap();
            assert_eq!(state(&roster, &ann).await, wanted);
        }
        let session = roster.signed_in(&ann).await;
        roster.manage_user(&actor, &to(&ann), &active(false), None).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Deactivated);
        assert_eq!(code(roster.actor(&session.token).await), Some(ErrorCode::Unauthenticated));
        roster.manage_user(&actor, &to(&ann), &active(true), None).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Active);
        roster.manage_user(&actor, &to(&ann), &set(AccountState::Suspended), None).await.unwrap();
        roster.manage_user(&actor, &to(&ann), &active(true), None).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Suspended, "suspended people are active");
        for wrong in [
            UserUpdate { active: Some(true), ..set(AccountState::Deactivated) },
            UserUpdate { active: Some(false), ..set(AccountState::Suspended) },
            UserUpdate { status: Some(Status::Active), ..active(true) },
        ] {
            let refused = roster.manage_user(&actor, &to(&ann), &wrong, None).await;
            assert!(field(refused).is_some(), "{wrong:?}");
        }
    }

    async fn a_password_comes_with_other_changes_or_not_at_all(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let session = roster.signed_in(&ann).await;
        let title = UserUpdate { title: Some(Some("Dr".into())), ..UserUpdate::default() };
        let weak = roster.manage_user(&actor, &to(&ann), &title, Some(&"short".into())).await;
        assert_eq!(field(weak), Some(Field::Password));
        assert_eq!(roster.get_user(&system(), &to(&ann)).await.unwrap().profile.title, None);
        roster.actor(&session.token).await.unwrap();
        let new: Secret = "a rather long password".into();
        let changed = roster.manage_user(&actor, &to(&ann), &title, Some(&new)).await.unwrap();
        assert_eq!(changed.password_changed_at, Some(roster.now()));
        assert_eq!(code(roster.actor(&session.token).await), Some(ErrorCode::Unauthenticated));
        roster.try_sign_in("ann", new.expose(), None).await.unwrap();
        let refused = roster.try_sign_in("ann", PASSWORD, None).await;
        assert_eq!(code(refused), Some(ErrorCode::InvalidCredentials));
    }

    async fn all_sessions_end_and_no_sign_in_is_the_present_one(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let first = roster.signed_in(&ann).await;
        let began = roster.now();
        let seen = roster.get_person(&actor, &to(&ann)).await.unwrap();
        assert_eq!(seen.session_began_at, Some(began));
        let ended = roster.terminate_sessions(&actor, &to(&ann)).await.unwrap();
        assert_eq!(ended.count, 1);
        assert_eq!(code(roster.actor(&first.token).await), Some(ErrorCode::Unauthenticated));
        let seen = roster.get_person(&actor, &to(&ann)).await.unwrap();
        let user = &seen.user;
        assert_eq!((seen.session_began_at, user.current_sign_in_at), (None, None));
        assert_eq!((user.last_sign_in_at, user.sign_in_count), (Some(began), 1));
        roster.advance(DAY);
        let again = roster.signed_in(&ann).await.user;
        assert_eq!((again.last_sign_in_at, again.current_sign_in_at), (Some(began), Some(roster.now())));
    }

    async fn second_factors_are_wiped_whether_there_are_any_or_not(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let actor = roster.acting(&boss).await;
        let own = roster.acting(&ann).await;
        roster.enrol(&own).await;
        assert!(!roster.wipe_mfa(&actor, &to(&ann)).await.unwrap().is_mfa_active);
        assert!(!roster.wipe_mfa(&actor, &to(&ann)).await.unwrap().is_mfa_active);
        let root = roster.user("root", Role::SystemAdmin).await;
        assert_eq!(code(roster.wipe_mfa(&actor, &to(&root)).await), Some(ErrorCode::Forbidden));
    }

    async fn those_who_have_not_come_for_long_are_suspended_and_idle_days_count_anew(roster: Roster) {
        let ann = roster.user("ann", Role::Viewer).await;
        let new = roster.user_like("new", Role::Viewer, |user| user.status = Status::New).await;
        let root = roster.user("root", Role::SystemAdmin).await;
        roster.advance(DAY * 40);
        roster.clear_away(&system()).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Active, "off unless it is set");
        roster.set_organization(|settings| settings.inactivity_suspension_days = Some(30)).await;
        roster.clear_away(&system()).await.unwrap();
        for user in [&ann, &new] {
            assert_eq!(state(&roster, user).await, AccountState::Suspended);
        }
        assert_eq!(state(&roster, &root).await, AccountState::Active);
        roster.unsuspend_user(&system(), &to(&ann)).await.unwrap();
        roster.advance(DAY * 29);
        roster.clear_away(&system()).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Unsuspended);
        roster.advance(DAY * 2);
        roster.clear_away(&system()).await.unwrap();
        assert_eq!(state(&roster, &ann).await, AccountState::Suspended);
    }

    async fn organization_admins_are_those_by_role_and_those_by_group(roster: Roster) {
        let new = NewGroup {
            name: "Admins".into(),
            roles: vec![GroupRole::OrganizationAdmin],
            ..NewGroup::default()
        };
        let admins = roster.create_group(&system(), &new).await.unwrap();
        let ann = roster.user("ann", Role::Viewer).await;
        let rank = MembershipRank::Member;
        roster.set_member(&system(), admins.id, &to(&ann), rank).await.unwrap();
        roster.user("boss", Role::AccountAdmin).await;
        roster.user_like("asleep", Role::AccountAdmin, |user| user.status = Status::Disabled).await;
        let place = roster.elsewhere().await;
        roster.stranger("stranger", Role::AccountAdmin, place).await;
        let actor = roster.acting(&ann).await;
        let admins = roster.list_organization_admins(&actor).await.unwrap();
        let names: Vec<_> = admins.iter().map(|one| one.username.as_str()).collect();
        assert_eq!(names, ["ann", "boss"]);
        let seen = roster.get_person(&actor, &UserRef::Me).await.unwrap();
        assert_eq!(seen.roles, [GroupRole::OrganizationAdmin]);
    }
}

#[tokio::test]
async fn a_new_address_waits_for_its_mail_and_the_old_one_is_told() {
    let roster = mailing().await;
    let ann = roster.user("ann", Role::Viewer).await;
    let boss = roster.user("boss", Role::AccountAdmin).await;
    let actor = roster.acting(&boss).await;
    let email = |email: &str| UserUpdate {
        email: Some(email.into()),
        is_email_confirmed: Some(false),
        ..UserUpdate::default()
    };
    let waiting =
        roster.manage_user(&actor, &to(&ann), &email("new@example.com"), None).await.unwrap();
    assert_eq!(waiting.email, "ann@example.com");
    assert_eq!(waiting.unconfirmed_email.as_deref(), Some("new@example.com"));
    let first = mails(&roster).await;
    let expected = [("confirm_email", "new@example.com"), ("email_changed", "ann@example.com")];
    assert_eq!(templates(&first), BTreeMap::from(expected));
    let token = |mails: &[(String, String, Option<Secret>)]| {
        let mail = mails.iter().find(|(template, ..)| template == "confirm_email");
        ConfirmEmail { token: mail.unwrap().2.clone().unwrap() }
    };
    let (first, taken) = (token(&first), email("boss@example.com"));
    let refused = roster.manage_user(&actor, &to(&ann), &taken, None).await;
    assert_eq!(code(refused), Some(ErrorCode::AlreadyExists));

    // A later change takes its place, the present address takes it back.
    roster.manage_user(&actor, &to(&ann), &email("newer@example.com"), None).await.unwrap();
    let second = token(&mails(&roster).await);
    assert_eq!(code(roster.confirm_email(&nobody(), &first).await), Some(ErrorCode::OtpInvalid));
    let back =
        roster.manage_user(&actor, &to(&ann), &email("ANN@example.com"), None).await.unwrap();
    assert_eq!(back.unconfirmed_email, None);
    assert_eq!(code(roster.confirm_email(&nobody(), &second).await), Some(ErrorCode::OtpInvalid));

    roster.manage_user(&actor, &to(&ann), &email("newest@example.com"), None).await.unwrap();
    let third = token(&mails(&roster).await);
    roster.advance(DAY * 3 - Duration::from_secs(1));
    let confirmed = roster.confirm_email(&nobody(), &third).await.unwrap();
    assert_eq!(
        (confirmed.email.as_str(), confirmed.unconfirmed_email),
        ("newest@example.com", None)
    );
    assert_eq!(code(roster.confirm_email(&nobody(), &third).await), Some(ErrorCode::OtpInvalid));
    let actor = roster.acting(&boss).await;
    roster.manage_user(&actor, &to(&ann), &email("late@example.com"), None).await.unwrap();
    let late = token(&mails(&roster).await);
    roster.advance(DAY * 3);
    assert_eq!(code(roster.confirm_email(&nobody(), &late).await), Some(ErrorCode::OtpInvalid));

    // Its own address nobody calls confirmed.
    let own = roster.acting(&ann).await;
    let mine = UserUpdate { is_email_confirmed: Some(true), ..email("mine@example.com") };
    let refused = roster.update_user(&own, &UserRef::Me, &mine, None).await;
    assert_eq!(field(refused), Some(Field::IsEmailConfirmed));

    // With a new password the link of before is gone (threat T17), and nothing waits for it; the one that comes with the
    // password is good.
    let actor = roster.acting(&boss).await;
    roster.manage_user(&actor, &to(&ann), &email("lost@example.com"), None).await.unwrap();
    let lost = token(&mails(&roster).await);
    let password = Secret::new("a new good password");
    let nothing = UserUpdate::default();
    let changed = roster.manage_user(&actor, &to(&ann), &nothing, Some(&password)).await.unwrap();
    assert_eq!(changed.unconfirmed_email, None);
    assert_eq!(code(roster.confirm_email(&nobody(), &lost).await), Some(ErrorCode::OtpInvalid));
    let both = email("kept@example.com");
    let changed = roster.manage_user(&actor, &to(&ann), &both, Some(&password)).await.unwrap();
    assert_eq!(changed.unconfirmed_email.as_deref(), Some("kept@example.com"));
    let kept = token(&mails(&roster).await);
    let confirmed = roster.confirm_email(&nobody(), &kept).await.unwrap();
    assert_eq!(confirmed.email, "kept@example.com");
}

#[tokio::test]
async fn an_access_mail_welcomes_whoever_never_had_a_password_and_its_link_sets_one() {
    let roster = mailing().await;
    let boss = roster.user("boss", Role::AccountAdmin).await;
    let actor = roster.acting(&boss).await;
    let ann = roster.create_user(&actor, &person("ann")).await.unwrap();
    assert!(mails(&roster).await.is_empty(), "nothing is mailed unless it is asked for");
    roster.invite_user(&actor, &to(&ann)).await.unwrap();
    let sent = mails(&roster).await;
    assert_eq!(templates(&sent), BTreeMap::from([("welcome", "ann@example.com")]));
    let reset = PasswordReset {
        login: None,
        code: None,
        token: sent[0].2.clone(),
        new_password: "a rather long password".into(),
    };
    roster.reset_password(&nobody(), &reset).await.unwrap();
    roster.try_sign_in("ann", "a rather long password", None).await.unwrap();
    assert_eq!(code(roster.reset_password(&nobody(), &reset).await), Some(ErrorCode::OtpInvalid));
    mails(&roster).await;
    roster.invite_user(&actor, &to(&ann)).await.unwrap();
    let sent = mails(&roster).await;
    assert_eq!(templates(&sent), BTreeMap::from([("reset_password", "ann@example.com")]));

    let off = UserUpdate { active: Some(false), ..UserUpdate::default() };
    roster.manage_user(&actor, &to(&ann), &off, None).await.unwrap();
    assert_eq!(code(roster.invite_user(&actor, &to(&ann)).await), Some(ErrorCode::WrongState));
    assert!(mails(&roster).await.is_empty());
    let new = NewUser { send_invitation: true, ..person("bob") };
    roster.create_user(&actor, &new).await.unwrap();
    assert_eq!(templates(&mails(&roster).await), BTreeMap::from([("welcome", "bob@example.com")]));
}

#[tokio::test]
async fn a_group_of_many_is_listed_whole_and_counted() {
    let roster = Roster::on(&Location::Memory, |_| {}).await;
    let team = group(&roster, "Team").await;
    let boss = roster.user("boss", Role::AccountAdmin).await;
    let actor = roster.acting(&boss).await;
    let mut people = Vec::new();
    for number in 0..200 {
        people.push(roster.user(&format!("user{number:03}"), Role::Viewer).await);
    }
    roster
        .write(async |tx: &mut Tx| {
            for user in &people {
                tx.set_membership(team.id, user.id, MembershipRank::Member, user.created_at)
                    .await?;
            }
            Ok(())
        })
        .await;
    let count = async |limit: u32| {
        let filter = PeopleFilter { group_id: Some(team.id), ..PeopleFilter::default() };
        let page = PageRequest { limit: Some(limit), ..PageRequest::default() };
        let page = roster.list_people(&actor, &filter, &page).await.unwrap();
        page.items.len()
    };
    assert_eq!((count(1).await, count(200).await), (1, 200));
    let seen = roster.get_group(&actor, team.id).await.unwrap();
    assert_eq!((seen.member_count, seen.active_member_count), (200, 200));
}
