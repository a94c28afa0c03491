use roster_model::{MembershipRank, SignIn, Status, UserId, UserImport, UserRow, fold};

use super::*;
use crate::authorize::get_user;
use crate::testing::{Fixture, PASSWORD, new_user, on_both_databases};

/// An administrator, and another user made from it with another role.
async fn two_users(core: &Core) -> (User, User) {
    let made = core.create_first_administrator(&Fixture::system(), &new_user("ann")).await;
    let admin = made.unwrap().unwrap();
    let now = core.now();
    let eve = User {
        uuid: crate::random::RandomExt::uuid_v7(core.random(), now),
        username: "eve".into(),
        email: "eve@example.com".into(),
        role: Role::Viewer,
        status: Status::Active,
        ..admin.clone()
    };
    let eve = core
        .store()
        .write(async |tx: &mut Tx| {
            let id = tx.insert_user(&eve).await?;
            for name in ["eve", "eve@example.com"] {
                assert!(tx.claim_identifier(&fold(name), id).await?);
            }
            tx.set_membership(eve.primary_group_id, id, MembershipRank::Member, now).await?;
            let hash = tx.find_password_hash(admin.id).await?.unwrap_or_default();
            tx.set_password_hash(id, &hash, now, None).await?;
            get_user(tx, id).await
        })
        .await
        .unwrap();
    (admin, eve)
}

async fn user(core: &Core, id: UserId) -> User {
    core.store().write(async |tx: &mut Tx| get_user(tx, id).await).await.unwrap()
}

async fn sign_in(core: &Core, name: &str) -> Result<roster_model::SignedIn> {
    let input = SignIn { login: name.into(), password: PASSWORD.into(), code: None };
    core.sign_in(&Fixture::nobody(), &input).await
}

async fn allow_days(core: &Core, days: u32) {
    let allow = async |tx: &mut Tx| {
        let mut default = tx.find_organization_by_slug("default").await?.unwrap();
        default.settings.inactivity_suspension_days = Some(days);
        tx.update_organization(&default).await
    };
    core.store().write(allow).await.unwrap();
}

on_both_databases! {
    async fn who_stays_away_longer_than_allowed_is_suspended_and_admins_are_not(fixture: Fixture) {
        let core = &fixture.core;
        let (admin, eve) = two_users(core).await;
        sign_in(core, "ann").await.unwrap();
        let session = sign_in(core, "eve").await.unwrap();
        fixture.clock.advance(DAY * 29);
        core.clear_away(&Fixture::system()).await.unwrap();
        assert_eq!(user(core, eve.id).await.status, Status::Active, "nobody has asked for it");
        allow_days(core, 30).await;
        core.clear_away(&Fixture::system()).await.unwrap();
        assert_eq!(user(core, eve.id).await.status, Status::Active);
        fixture.clock.advance(DAY * 2);
        core.clear_away(&Fixture::system()).await.unwrap();
        assert_eq!(user(core, eve.id).await.status, Status::Suspended);
        assert_eq!(user(core, admin.id).await.status, Status::Active);
        let line = crate::RequestLine { method: "GET", path: "/" };
        let origin = crate::Origin::system();
        assert!(core.authenticate(session.token.expose(), line, origin).await.is_err());
        assert!(matches!(sign_in(core, "eve").await, Err(Error::AccountUnavailable)));
    }

    async fn the_search_index_makes_way_for_an_import(fixture: Fixture) {
        let core = &fixture.core;
        core.create_first_administrator(&Fixture::system(), &new_user("ann")).await.unwrap();
        let row = |number: u32| UserRow {
            username: format!("user{number}"),
            email: format!("user{number}@example.com"),
            ..UserRow::default()
        };
        let users = (0..2 * BATCH).map(row).collect();
        let import = UserImport { users, ..UserImport::default() };
        let made = core.import_users(&Fixture::system(), import).await.unwrap();
        assert_eq!(made.created, u64::from(2 * BATCH));
        let left = async || {
            core.store().read(async |tx: &mut Tx| tx.count_unindexed_users().await).await.unwrap()
        };
        let all = left().await;
        let place = core.store().stand_in_line().await;
        core.index_users(&Fixture::system()).await.unwrap();
        assert_eq!(left().await, all - u64::from(BATCH));
        drop(place);
        core.index_users(&Fixture::system()).await.unwrap();
        assert_eq!(left().await, 0);
    }

    async fn who_comes_is_not_suspended(fixture: Fixture) {
        let core = &fixture.core;
        let (_, eve) = two_users(core).await;
        allow_days(core, 30).await;
        for _ in 0..3 {
            fixture.clock.advance(DAY * 20);
            sign_in(core, "eve").await.unwrap();
            core.clear_away(&Fixture::system()).await.unwrap();
        }
        assert_eq!(user(core, eve.id).await.status, Status::Active);
    }

    async fn the_bin_is_emptied_after_thirty_days_and_names_stay_taken(fixture: Fixture) {
        let core = &fixture.core;
        let (admin, mut eve) = two_users(core).await;
        eve.deleted_at = Some(core.now());
        let delete = async |tx: &mut Tx| tx.update_user(&mut eve.clone()).await;
        core.store().write(delete).await.unwrap();
        fixture.clock.advance(DAY * 30 - Duration::from_secs(1));
        core.clear_away(&Fixture::system()).await.unwrap();
        let find = async |tx: &mut Tx| tx.find_user(&roster_model::UserRef::Id(eve.id)).await;
        assert!(core.store().write(find).await.unwrap().is_some());
        fixture.clock.advance(Duration::from_secs(2));
        core.clear_away(&Fixture::system()).await.unwrap();
        assert!(core.store().write(find).await.unwrap().is_none());
        let claim = async |tx: &mut Tx| tx.claim_identifier(&fold("EVE"), admin.id).await;
        assert!(!core.store().write(claim).await.unwrap());
    }

    async fn only_the_server_clears_away(fixture: Fixture) {
        assert!(fixture.core.clear_away(&Fixture::nobody()).await.is_err());
    }
}
