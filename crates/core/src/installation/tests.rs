use std::sync::Arc;

use roster_model::SignIn;
use roster_store::{Location, Options, Store};

use super::*;
use crate::{
    Door, Origin, Parts, Settings,
    clock::ManualClock,
    credentials::{
        hasher::{HashingSettings, PasswordHasher},
        secret_key::Keyring,
    },
    random::SeededRandom,
    sso::provider::NoProviders,
};

const SYSTEM: &str = "test";

async fn core() -> Core {
    let random = Arc::new(SeededRandom::new(1));
    let hashing = HashingSettings { memory_kib: 8, passes: 1, lanes: 1, threads: 1, queue: 8 };
    let store = Store::open(&Location::Memory, &Options::default()).await.unwrap();
    let core = Core::new(Parts {
        store,
        clock: Arc::new(ManualClock::new("2026-11-24T00:00:00Z".parse().unwrap())),
        hasher: PasswordHasher::start(hashing, random.clone()).unwrap(),
        keys: Keyring::generate(&*random),
        random,
        settings: Settings::new("https://roster.example.com".parse().unwrap()),
        providers: Arc::new(NoProviders),
    });
    core.prepare(&Actor::system(SYSTEM)).await.unwrap();
    core
}

fn nobody() -> Actor {
    Actor::nobody(Origin { door: Door::Native, ..Origin::system() })
}

fn new_user() -> NewUser {
    NewUser {
        username: "ann".into(),
        email: "ann@example.com".into(),
        password: Some(Secret::new("a long enough password")),
        ..NewUser::default()
    }
}

async fn token(core: &Core) -> Option<Secret> {
    core.issue_set_up_token(&Actor::system(SYSTEM)).await.unwrap()
}

#[tokio::test]
async fn the_installation_is_prepared_once_however_often_it_is_asked_for() {
    let core = core().await;
    for _ in 0..2 {
        core.prepare(&Actor::system(SYSTEM)).await.unwrap();
        let (organizations, groups, plans) = core
            .store()
            .write(async |tx: &mut Tx| {
                let organization = tx.find_organization_by_slug("default").await?.unwrap().id;
                Ok::<_, Error>((
                    tx.count_organizations().await?,
                    tx.count_groups(Some(organization)).await?,
                    tx.count_plans().await?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((organizations, groups, plans), (1, 1, 3));
    }
}

#[tokio::test]
async fn the_set_up_link_makes_an_administrator_who_can_sign_in_once() {
    let core = core().await;
    let token = token(&core).await.unwrap();
    let user = core.set_up(&nobody(), &token, &new_user()).await.unwrap();
    assert_eq!(
        (user.role, user.status, user.username.as_str()),
        (Role::SystemAdmin, Status::New, "ann")
    );
    let login = |login: &str| SignIn {
        login: login.into(),
        password: Secret::new("a long enough password"),
        code: None,
    };
    for name in ["ann", "ANN@example.com"] {
        let signed_in = core.sign_in(&nobody(), &login(name)).await.unwrap();
        assert_eq!((signed_in.user.id, signed_in.user.status), (user.id, Status::Active));
    }
    let other = NewUser { username: "eve".into(), email: "eve@example.com".into(), ..new_user() };
    let again = core.set_up(&nobody(), &token, &other).await.unwrap_err();
    assert!(matches!(again, Error::Forbidden), "{again:?}");
    assert!(core.issue_set_up_token(&Actor::system(SYSTEM)).await.unwrap().is_none());
}

#[tokio::test]
async fn no_other_token_sets_up() {
    let core = core().await;
    let made_up = Token::issue(TokenKind::Link, core.random());
    let refused =
        async |token: &Secret| core.set_up(&nobody(), token, &new_user()).await.unwrap_err();
    assert!(matches!(refused(&Secret::new(made_up.expose())).await, Error::Forbidden));
    let old = token(&core).await.unwrap();
    let present = token(&core).await.unwrap();
    assert!(matches!(refused(&old).await, Error::Forbidden));
    for mangled in ["", "ros_", "x"] {
        assert!(matches!(refused(&Secret::new(mangled)).await, Error::Forbidden));
    }
    core.set_up(&nobody(), &present, &new_user()).await.unwrap();
}

#[tokio::test]
async fn what_the_rules_refuse_leaves_the_link_open() {
    let core = core().await;
    let token = token(&core).await.unwrap();
    for (new, field) in [
        (NewUser { username: "me".into(), ..new_user() }, Field::Username),
        (NewUser { email: "ann".into(), ..new_user() }, Field::Email),
        (NewUser { password: Some(Secret::new("short")), ..new_user() }, Field::Password),
        (NewUser { password: None, ..new_user() }, Field::Password),
    ] {
        match core.set_up(&nobody(), &token, &new).await.unwrap_err() {
            Error::Invalid { field: found, .. } => assert_eq!(found, field),
            other => panic!("{field:?}: {other:?}"),
        }
    }
    core.set_up(&nobody(), &token, &new_user()).await.unwrap();
}

#[tokio::test]
async fn of_two_who_use_the_link_at_once_one_becomes_administrator() {
    let core = core().await;
    let token = token(&core).await.unwrap();
    let other = NewUser { username: "eve".into(), email: "eve@example.com".into(), ..new_user() };
    let (actor, first) = (nobody(), new_user());
    let (one, two) =
        tokio::join!(core.set_up(&actor, &token, &first), core.set_up(&actor, &token, &other));
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
}

#[tokio::test]
async fn the_configured_administrator_is_made_only_while_there_are_no_users() {
    let core = core().await;
    let system = Actor::system(SYSTEM);
    assert!(core.create_first_administrator(&system, &new_user()).await.unwrap().is_some());
    let other = NewUser { username: "eve".into(), email: "eve@example.com".into(), ..new_user() };
    assert!(core.create_first_administrator(&system, &other).await.unwrap().is_none());
    let outsider = core.create_first_administrator(&nobody(), &other).await;
    assert!(outsider.is_err() && core.prepare(&nobody()).await.is_err());
}
