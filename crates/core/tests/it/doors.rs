//! What only some doors know of: airt has super users and plain users, and no word for a suspension.

use roster_core::{Actor, Door, Error, UserSelection};
use roster_model::{
    ErrorCode, MembershipRank, PageRequest, Role, Status, User, UserRef, UserUpdate,
};

use crate::{
    authority::{code, group, named, person, system, team_admin, to},
    fixture::{Roster, on_both_databases},
};

impl Roster {
    /// A user signed in, at a door.
    async fn acting_at(&self, door: Door, user: &User) -> Actor {
        let mut actor = self.acting(user).await;
        actor.origin.door = door;
        actor
    }
}

fn is_refused<T>(result: Result<T, Error>) -> bool {
    matches!(code(result), Some(ErrorCode::Forbidden | ErrorCode::NotFound))
}

on_both_databases! {
    async fn t24_at_airt_who_is_no_super_user_has_nothing_to_say_about_others(roster: Roster) {
        let boss = roster.user("boss", Role::AccountAdmin).await;
        let ann = roster.user("ann", Role::Viewer).await;
        let crew = group(&roster, "Crew", &[]).await;
        let manager = roster.user("manager", Role::Viewer).await;
        let rank = MembershipRank::Manager;
        roster.set_member(&system(), crew.id, &to(&manager), rank).await.unwrap();
        let home = UserUpdate { primary_group_id: Some(crew.id), ..UserUpdate::default() };
        roster.update_user(&system(), &to(&ann), &home, None).await.unwrap();
        let (tom, _) = team_admin(&roster, "tom", &crew).await;
        let update = UserUpdate { first_name: Some("Eve".into()), ..UserUpdate::default() };
        for user in [&boss, &manager, &tom] {
            let name = &user.username;
            let actor = roster.acting_at(Door::Airt, user).await;
            let page = PageRequest::default();
            let listed = roster.select_users(&actor, UserSelection::default(), &page).await;
            assert!(is_refused(listed), "{name}");
            assert!(is_refused(roster.create_user(&actor, &person("new", crew.id)).await), "{name}");
            assert!(is_refused(roster.get_user(&actor, &to(&ann)).await), "{name}");
            assert!(is_refused(roster.update_user(&actor, &to(&ann), &update, None).await), "{name}");
            assert!(is_refused(roster.disable_user(&actor, &to(&ann)).await), "{name}");
            assert!(is_refused(roster.enable_user(&actor, &to(&ann)).await), "{name}");
            let none = roster.select_api_keys(&actor, &to(&ann), &whole()).await;
            assert!(is_refused(none), "{name}");
            // About itself it has.
            roster.get_user(&actor, &UserRef::Me).await.unwrap();
            roster.update_user(&actor, &UserRef::Me, &update, None).await.unwrap();
            roster.select_api_keys(&actor, &UserRef::Me, &whole()).await.unwrap();
        }
        let native = roster.acting(&boss).await;
        roster.get_user(&native, &to(&ann)).await.unwrap();
        let root = roster.user("root", Role::SystemAdmin).await;
        let root = roster.acting_at(Door::Airt, &root).await;
        roster.get_user(&root, &to(&ann)).await.unwrap();
        roster.create_group(&system(), &named("Other")).await.unwrap();
    }

    async fn who_is_shown_as_disabled_is_not_disabled_again_at_airt_and_stays_suspended_at_geobox(roster: Roster) {
        let root = roster.user("root", Role::SystemAdmin).await;
        for status in [Status::Suspended, Status::Pending] {
            let user = roster.user_like(status.as_str(), Role::Viewer, |user| user.status = status).await;
            let airt = roster.acting_at(Door::Airt, &root).await;
            let refused = roster.disable_user(&airt, &to(&user)).await;
            assert_eq!(code(refused), Some(ErrorCode::WrongState));
            let disabled = UserUpdate { status: Some(Status::Disabled), ..UserUpdate::default() };
            let geobox = roster.acting_at(Door::Geobox, &root).await;
            let shown = roster.update_user(&geobox, &to(&user), &disabled, None).await.unwrap();
            // Pending has a word of its own there.
            let stays = if status == Status::Suspended { status } else { Status::Disabled };
            assert_eq!(shown.status, stays);
            let native = roster.acting(&root).await;
            let shown = roster.update_user(&native, &to(&user), &disabled, None).await.unwrap();
            assert_eq!(shown.status, Status::Disabled);
        }
    }
}

fn whole() -> roster_core::Selection<roster_model::ApiKeyField> {
    roster_core::Selection {
        filter: roster_model::Filter::default(),
        order: Vec::new(),
        skip: 0,
        limit: 100,
    }
}
